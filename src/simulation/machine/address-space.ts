/**
 * A machine's nodes under `Objects/Machines/<name>`, NodeId `s=<name>/<path>`, and the only place that writes their
 * values. What the values are is decided by `machine`.
 */
import {
  DataType,
  LocalizedText,
  makeEUInformation,
  makePermissionFlag,
  StatusCodes,
  Variant,
  VariantArrayType,
  WellKnownRoles,
  type AddressSpace,
  type Namespace,
  type StatusCode,
  type UAObject,
  type UAVariable,
} from "node-opcua";
import { assert } from "../../base/result.ts";
import type { Frame, Machine } from "./machine.ts";
import type { MachineProfile } from "./profile.ts";

export const machineNamespaceUri = "urn:millrace:simulation:machine";
const machineryUri = "http://opcfoundation.org/UA/Machinery/";
const historyValuesMax = 100_000;

interface ItemNode {
  readonly path: string;
  readonly type: "Int32" | "UInt32" | "UInt16" | "Double" | "String";
  readonly unit?: "MMT" | "GRM" | "C62" | "KWH";
  readonly description: string;
}

const stateNames = ["Idle", "Setup", "Running", "Held", "Fault"];
const unitSymbols = { MMT: "mm", GRM: "g", C62: "1", KWH: "kW·h" } as const;

function items(profile: MachineProfile): readonly ItemNode[] {
  const isRolling = profile.counters.kind === "rolling-16";
  const count = isRolling ? "UInt16" : "UInt32";
  const reach = isRolling ? "over all runs; 0 follows 65535" : "in the current run; starts at 0 with each run";
  return [
    { path: "Production/State", type: "Int32", description: "0 idle, 1 setup, 2 running, 3 held, 4 fault" },
    { path: "Production/ActiveRun", type: "UInt32", description: "Number of the run the values belong to; 0 none" },
    { path: "Production/Job", type: "String", description: "Job order of the current run" },
    { path: "Production/Article", type: "String", description: "Article of the current run" },
    {
      path: "Production/OrderedPieces",
      type: "UInt32",
      unit: "C62",
      description: "Good pieces after which the run ends",
    },
    { path: "Production/RunsEnded", type: "UInt32", description: "Plus 1 at each end of a run" },
    { path: "Production/LastEndedRun", type: "UInt32", description: "Run that ended last" },
    { path: "Production/LastResult", type: "String", description: "Completed, Stopped or Aborted" },
    { path: "Counters/Good", type: count, unit: "C62", description: `Good pieces ${reach}` },
    { path: "Counters/Scrap", type: count, unit: "C62", description: `Scrap pieces ${reach}` },
    { path: "Counters/Material", type: "String", description: "Material that Counters/Amount counts" },
    {
      path: "Counters/Amount",
      type: "UInt32",
      unit: profile.materialUnit,
      description: "Material used in the current run, scrap included",
    },
    { path: "Energy/Active", type: "Double", unit: "KWH", description: "Runs on as long as the machine has power" },
    { path: "Alarm/Code", type: "UInt32", description: "Code of the last alarm" },
    { path: "Alarm/Text", type: "String", description: "Text of the last alarm" },
    { path: "Alarm/Count", type: "UInt32", description: "Plus 1 at each alarm" },
  ];
}

const everyone = makePermissionFlag("Browse | Read | ReadHistory | ReadRolePermissions | ReceiveEvents");
const controller = makePermissionFlag(
  "Browse | Read | ReadHistory | ReadRolePermissions | ReceiveEvents | Write | Call",
);

/** Anonymous reads; the user with role Operator also writes and calls. To be set once per server. */
export function openNamespace(addressSpace: AddressSpace): Namespace {
  const namespace = addressSpace.registerNamespace(machineNamespaceUri);
  namespace.setDefaultRolePermissions([
    { roleId: WellKnownRoles.Anonymous, permissions: everyone },
    { roleId: WellKnownRoles.AuthenticatedUser, permissions: everyone },
    { roleId: WellKnownRoles.Operator, permissions: controller },
  ]);
  return namespace;
}

export class MachineNodes {
  readonly object: UAObject;
  readonly #addressSpace: AddressSpace;
  readonly #namespace: Namespace;
  readonly #name: string;
  readonly #variables = new Map<string, { readonly node: UAVariable; readonly type: DataType }>();
  readonly #folders = new Map<string, UAObject>();
  readonly #values = new Map<string, number | string>();

  constructor(addressSpace: AddressSpace, namespace: Namespace, machine: Machine) {
    this.#addressSpace = addressSpace;
    this.#namespace = namespace;
    this.#name = machine.profile.name;
    const machines = addressSpace.findNode(`ns=${addressSpace.getNamespaceIndex(machineryUri)};i=1001`);
    assert(machines, "the Machinery nodeset is loaded");
    this.object = namespace.addObject({
      nodeId: `s=${this.#name}`,
      browseName: this.#name,
      displayName: machine.profile.description,
      componentOf: machines,
      eventNotifier: 1,
      notifierOf: addressSpace.rootFolder.objects.server,
    });
    const initial = machine.initial();
    for (const item of items(machine.profile)) this.#addItem(item, initial[item.path] ?? 0);
    this.#addEnumStrings();
  }

  get namespace(): Namespace {
    return this.#namespace;
  }

  #addItem(item: ItemNode, initial: number | string): void {
    const { path, type, unit, description } = item;
    const node = this.addVariable({
      path,
      type,
      description,
      initial,
      history: !path.startsWith("Alarm/"),
      writable: false,
      unit: unit ?? null,
    });
    if (!unit) return;
    this.#namespace.addVariable({
      browseName: { name: "EngineeringUnits", namespaceIndex: 0 },
      propertyOf: node,
      typeDefinition: "PropertyType",
      dataType: "EUInformation",
      value: new Variant({
        dataType: DataType.ExtensionObject,
        value: makeEUInformation(unit, unitSymbols[unit], unit),
      }),
    });
  }

  #addEnumStrings(): void {
    const state = this.#variables.get("Production/State")?.node;
    if (!state) return;
    this.#namespace.addVariable({
      browseName: { name: "EnumStrings", namespaceIndex: 0 },
      propertyOf: state,
      typeDefinition: "PropertyType",
      dataType: "LocalizedText",
      valueRank: 1,
      value: new Variant({
        dataType: DataType.LocalizedText,
        arrayType: VariantArrayType.Array,
        value: stateNames.map((name) => new LocalizedText(name)),
      }),
    });
  }

  addVariable(of: {
    readonly path: string;
    readonly type: ItemNode["type"];
    readonly description: string;
    readonly initial: number | string;
    readonly history?: boolean;
    readonly writable?: boolean;
    readonly unit?: string | null;
  }): UAVariable {
    const access = [
      "CurrentRead",
      ...(of.writable ? ["CurrentWrite"] : []),
      ...(of.history ? ["HistoryRead"] : []),
    ].join(" | ");
    const dataType = DataType[of.type];
    const node = this.#namespace.addVariable({
      nodeId: `s=${this.#name}/${of.path}`,
      browseName: of.path.slice(of.path.lastIndexOf("/") + 1),
      description: of.description,
      dataType: of.type,
      minimumSamplingInterval: 0,
      componentOf: this.folder(of.path.slice(0, of.path.lastIndexOf("/"))),
      accessLevel: access,
      userAccessLevel: access,
      typeDefinition: of.unit ? "AnalogUnitType" : "BaseDataVariableType",
      value: new Variant({ dataType, value: of.initial }),
    });
    if (of.history) this.#addressSpace.installHistoricalDataNode(node, { maxOnlineValues: historyValuesMax });
    this.#variables.set(of.path, { node, type: dataType });
    this.#values.set(of.path, of.initial);
    return node;
  }

  folder(path: string): UAObject {
    const known = this.#folders.get(path);
    if (known) return known;
    const at = path.lastIndexOf("/");
    const folder = this.#namespace.addObject({
      nodeId: `s=${this.#name}/${path}`,
      browseName: path.slice(at + 1),
      typeDefinition: "FolderType",
      componentOf: at < 0 ? this.object : this.folder(path.slice(0, at)),
    });
    this.#folders.set(path, folder);
    return folder;
  }

  variable(path: string): UAVariable | undefined {
    return this.#variables.get(path)?.node;
  }

  value(path: string): number | string | undefined {
    return this.#values.get(path);
  }

  /** Writes what changed, all with the frame's source time. */
  write(frame: Frame, status: StatusCode = StatusCodes.Good): void {
    const sourceTime = new Date(frame.at);
    for (const [path, value] of Object.entries(frame.values)) {
      const variable = this.#variables.get(path);
      if (!variable || this.#values.get(path) === value) continue;
      this.#values.set(path, value);
      variable.node.setValueFromSource(new Variant({ dataType: variable.type, value }), status, sourceTime);
    }
  }
}
