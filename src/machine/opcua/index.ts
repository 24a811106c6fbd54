/** The OPC UA connector: its name in `site.yaml` and how a session is opened. See README.md. */
import { ok, type Result } from "../../base/result.ts";
import type { MachineConnector, MachineSession } from "../connector.ts";
import { parseSettings } from "./config.ts";
import { Connection } from "./connection.ts";
import { OpcuaSession } from "./session.ts";

export const opcuaConnector: MachineConnector = {
  protocol: "opcua",

  async open(settings: unknown, signal: AbortSignal): Promise<Result<MachineSession>> {
    const parsed = parseSettings(settings);
    if (!parsed.ok) return parsed;
    const connection = await Connection.open(parsed.value, signal);
    return connection.ok ? ok(new OpcuaSession(connection.value)) : connection;
  },
};

export { browseMachine, type Browsed, type BrowsedItem } from "./browse.ts";
