/**
 * The OPC UA connector: its name in `site.yaml` and how a session is opened. See README.md. The protocol's library is
 * loaded with the first session: it takes more than a second of a core, which no command without a machine should wait for.
 */
import { ok, type Result } from "../../base/result.ts";
import type { MachineConnector, MachineSession } from "../connector.ts";
import { parseSettings } from "./config.ts";
import type { Browsed } from "./browse.ts";

export const opcuaConnector: MachineConnector = {
  protocol: "opcua",

  async open(settings: unknown, signal: AbortSignal): Promise<Result<MachineSession>> {
    const parsed = parseSettings(settings);
    if (!parsed.ok) return parsed;
    const [{ Connection }, { OpcuaSession }] = await Promise.all([import("./connection.ts"), import("./session.ts")]);
    const connection = await Connection.open(parsed.value, signal);
    return connection.ok ? ok(new OpcuaSession(connection.value)) : connection;
  },
};

/** As `browse.ts` says. */
export async function browseMachine(
  settings: unknown,
  itemsMax: number,
  signal: AbortSignal,
): Promise<Result<Browsed>> {
  const browse = await import("./browse.ts");
  return browse.browseMachine(settings, itemsMax, signal);
}

export type { Browsed, BrowsedItem } from "./browse.ts";
