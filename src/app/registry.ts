/** Which connectors this program has. Adding one is a line here and a folder. */
import type { ErpConnector } from "../erp/connector.ts";
import { readConfig } from "../erp/sap/config.ts";
import { sapConnector } from "../erp/sap/index.ts";
import type { MachineConnector } from "../machine/connector.ts";
import { parseSettings } from "../machine/opcua/config.ts";
import { opcuaConnector } from "../machine/opcua/index.ts";
import type { Result } from "../base/result.ts";
import { judgedSettings, type ConnectorRegistry } from "../site/connection.ts";

export const erpConnectors: readonly ErpConnector[] = [sapConnector];
export const machineConnectors: readonly MachineConnector[] = [opcuaConnector];

/** Settings as the connectors judge them; what we fill in ourselves is filled in before. */
export const settingsRegistry: ConnectorRegistry = {
  erps: { sap: judgedSettings((settings) => verdict(readConfig(settings))) },
  machines: { opcua: judgedSettings((settings) => verdict(parseSettings(withFolder(settings, "pki")))) },
};

/** The certificate store has its place in the data directory when the site names none. */
export function withFolder(settings: unknown, pkiFolder: string): unknown {
  return typeof settings === "object" && settings !== null ? { pkiFolder, ...settings } : settings;
}

/** References of orders carry the ids under which the site knows the ERP. */
export function withErp(settings: unknown, erp: string, company: string): unknown {
  return typeof settings === "object" && settings !== null ? { ...settings, erp, company } : settings;
}

function verdict(result: Result<unknown>): string | null {
  return result.ok ? null : result.fault.message;
}
