/** Where the gateway writes what a person should be able to read later. The application brings the real one. */
import type { Fault } from "../base/result.ts";

export interface GatewayLog {
  info(message: string): void;
  warn(message: string, fault?: Fault): void;
}
