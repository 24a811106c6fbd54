/** Where the HTTP port listens: reading the address, and whether other machines can reach it. */
import { createServer, isIPv4, isIPv6 } from "node:net";
import { fail, ok, type Fault, type Result } from "../base/result.ts";

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
  const tried = await tryToListen(wanted);
  return tried.ok ? wanted : { ...wanted, port: 0 };
}

/** Listens for a moment: what is wrong with the address is known before anything is started. @fault refused app/listen */
export async function tryToListen(wanted: ListenAddress): Promise<Result<void>> {
  const probe = createServer();
  const error = await new Promise<Error | null>((resolve) => {
    probe.once("error", resolve);
    probe.listen(wanted.port, wanted.host, () => resolve(null));
  });
  if (error) return { ok: false, fault: listenFault(wanted, error) };
  await new Promise((resolve) => probe.close(resolve));
  return ok(undefined);
}

const causes: Readonly<Record<string, (at: ListenAddress) => string>> = {
  EADDRINUSE: ({ port }) => `Another program has port ${port}. Stop it, or choose another address with --listen.`,
  EACCES: ({ port }) =>
    `This user may not take port ${port}. Choose one from 1024 on with --listen, or give the right.`,
  EADDRNOTAVAIL: ({ host }) => `This computer has no address ${host}. Choose one of its own with --listen.`,
  ENOTFOUND: ({ host }) => `Nobody knows the name ${host}. Write an address of this computer with --listen.`,
};

export function listenFault(at: ListenAddress, error: unknown): Fault {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const cause = causes[code]?.(at) ?? "Choose another address with --listen.";
  const message = `Millrace cannot listen on ${at.host}:${at.port}. ${cause}`;
  return { kind: "refused", code: "app/listen", message, cause: error };
}

/** Whether no other machine can reach it. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith("127.");
  if (isIPv6(host)) return host === "::1" || /^::ffff:127\./i.test(host);
  return host === "localhost";
}
