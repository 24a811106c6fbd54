/** Where the HTTP port listens: reading the address, and whether other machines can reach it. */
import { createServer, isIPv4, isIPv6 } from "node:net";
import { fail, ok, type Result } from "../base/result.ts";

export interface ListenAddress {
  /** An address or a name of this machine. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

export const defaultListen = "127.0.0.1:8080";

/** Reads `127.0.0.1:8080`, `[::1]:8080`, `0.0.0.0:443` or `:8080` (every address). @fault invalid app/listen-address */
export function parseListen(text: string): Result<ListenAddress> {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    const message = `"${text}" is no address to listen on. Write for example ${defaultListen}, [::1]:8080 or 0.0.0.0:8443.`;
    return fail("invalid", "app/listen-address", message);
  }
  return ok({ host: match[1] ?? (match[2] || "0.0.0.0"), port });
}

/** The address itself while nobody listens there; else the same host with port 0, which takes any that is free. */
export async function freeAddress(wanted: ListenAddress): Promise<ListenAddress> {
  const probe = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(wanted.port, wanted.host, () => resolve(true));
  });
  if (isFree) await new Promise((resolve) => probe.close(resolve));
  return isFree ? wanted : { ...wanted, port: 0 };
}

/** Whether no other machine can reach it. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith("127.");
  if (isIPv6(host)) return host === "::1" || /^::ffff:127\./i.test(host);
  return host === "localhost";
}
