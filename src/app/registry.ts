/** Which connectors this program has. Adding one is a line here and a folder. */
import type { ErpConnector } from "../erp/connector.ts";
import { b2mmlSettings } from "../erp/b2mml/config.ts";
import { b2mmlConnector } from "../erp/b2mml/index.ts";
import { sapSettings } from "../erp/sap/config.ts";
import { sapConnector } from "../erp/sap/index.ts";
import type { MachineConnector } from "../machine/connector.ts";
import { acrossOpcua, opcuaSettings } from "../machine/opcua/config.ts";
import { opcuaConnector } from "../machine/opcua/index.ts";
import { zodSettings, type ConnectorRegistry } from "../site/connection.ts";

export const erpConnectors: readonly ErpConnector[] = [sapConnector, b2mmlConnector];
export const machineConnectors: readonly MachineConnector[] = [opcuaConnector];

/** Settings as the connectors judge them; the folder of certificates is filled in when the site names none. */
export const settingsRegistry: ConnectorRegistry = {
  erps: { sap: zodSettings(sapSettings), b2mml: zodSettings(b2mmlSettings) },
  machines: {
    opcua: zodSettings(opcuaSettings.extend({ pkiFolder: opcuaSettings.shape.pkiFolder.optional() }), acrossOpcua),
  },
};

/** The certificate store has its place in the data directory when the site names none. */
export function withFolder(settings: unknown, pkiFolder: string): unknown {
  return typeof settings === "object" && settings !== null ? { pkiFolder, ...settings } : settings;
}

/** References of orders carry the ids under which the site knows the ERP. */
export function withErp(settings: unknown, erp: string, company: string): unknown {
  return typeof settings === "object" && settings !== null ? { ...settings, erp, company } : settings;
}
