/**
 * "Taken over by manufacturing" → the function import OrderReleasedByMES. Pure. SAP does nothing on a repeat. Where the
 * site does not announce, the request names no service and is never sent: taking over is then known to us alone.
 */
import { ok, type Result } from "../../base/result.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { Envelope } from "../connector.ts";
import type { SapConfig } from "./config.ts";
import { freeze, jsonHeaders } from "./envelope.ts";
import { pad } from "./number.ts";
import { releaseCall } from "./service.ts";

export function composeOrderAccepted(key: string, request: OperationsRequest, config: SapConfig): Result<Envelope> {
  const number = encodeURIComponent(`'${writeOrderNumber(request, config).replaceAll("'", "''")}'`);
  const call = config.announceRelease ? `${config.services.order}/${releaseCall}` : "";
  const path = `${call}?ManufacturingOrder=${number}`;
  return ok(freeze(key, "order-accepted", { method: "POST", path, headers: jsonHeaders, body: null }));
}

/** The order number as this system wants it written. */
export function writeOrderNumber(request: OperationsRequest, config: SapConfig): string {
  return config.padOrderNumbers ? pad(request.reference.number, 12) : request.reference.number;
}
