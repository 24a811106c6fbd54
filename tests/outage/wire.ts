/**
 * A TCP line that a test can break: cut (RST or FIN reaches both ends), or half-open: bytes of both sides are taken and
 * never arrive, and no end is told. It knows no protocol.
 */
import { createConnection, createServer, type Socket } from "node:net";

/** A port of loopback, or a Unix socket. */
export type WireTarget = { readonly port: number } | { readonly path: string };

export interface Wire {
  readonly port: number;
  /** Connections that pass bytes at this moment. */
  open(): number;
  /** Every connection breaks now; new ones pass. */
  cut(): void;
  /** From now on nothing arrives on any line there is, and nothing is told; new lines are refused, swallowed or pass. */
  halfOpen(newLines: "pass" | "swallow"): void;
  /** New lines pass again. What was swallowed stays lost, and the lines it was on stay dead. */
  mend(): void;
  close(): Promise<void>;
}

interface Line {
  readonly ends: readonly [Socket, Socket];
  isDead: boolean;
}

export async function startWire(target: WireTarget): Promise<Wire> {
  const lines = new Set<Line>();
  let swallowsNew = false;
  const server = createServer((near) => {
    const far = createConnection({ ...target, ...("port" in target ? { host: "127.0.0.1" } : {}) });
    const line: Line = { ends: [near, far], isDead: swallowsNew };
    lines.add(line);
    const pass = (from: Socket, to: Socket): void => {
      from.on("data", (bytes: Buffer) => void (!line.isDead && to.write(bytes)));
      // On a dead line the other end never hears that this one has gone.
      const end = (): void => {
        if (!line.isDead) to.destroy();
        if (near.destroyed && far.destroyed) lines.delete(line);
      };
      from.on("error", end).on("close", end);
    };
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  const destroyAll = (): void => {
    for (const { ends } of lines) for (const end of ends) end.destroy();
    lines.clear();
  };
  return {
    port: address.port,
    open: () => [...lines].filter((line) => !line.isDead).length,
    cut: destroyAll,
    halfOpen(newLines) {
      for (const line of lines) line.isDead = true;
      swallowsNew = newLines === "swallow";
    },
    mend: () => void (swallowsNew = false),
    async close() {
      destroyAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
