/**
 * Job orders as structures of OPC 10031-4 (Job Control V2) ⇄ our own form. Which call is made when, and what its
 * answer means, is decided in `job-control.ts`.
 */
import {
  coerceLocalizedText,
  DataType,
  ExtensionObject,
  LocalizedText,
  makeEUInformation,
  NodeId,
  Variant,
  VariantArrayType,
} from "node-opcua";
import { instant } from "../../base/instant.ts";
import { formatMicro, parseQuantity, zero, type Quantity } from "../../base/quantity.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { unitOf } from "../../base/unit.ts";
import type { MachineJobOrder } from "../../record/instruction.ts";
import { machineJobStates, type StoredJobOrder } from "../connector.ts";
import { readDataValues } from "./client-access.ts";
import { browseChildren, type NodeRef } from "./client-browse.ts";
import type { Link } from "./client.ts";

const jobControl = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/";
const unitsOfMeasure = "http://www.opcfoundation.org/UA/units/un/cefact";
const int16 = { least: -32_768, most: 32_767 } as const;
/** What the job order makes; requirements with another use are not ours. */
const produced = "Produced";

/** The type of the job order that the machine's Store method takes. */
export interface JobOrderType {
  readonly dataType: NodeRef;
}

/**
 * @fault invalid machine/job-control          the object has no Store method of ISA-95 Job Control
 * @fault invalid machine/job-control-version  it is another version than V2
 */
export async function jobOrderType(link: Link, store: NodeRef): Promise<Result<JobOrderType>> {
  const children = await browseChildren(link, [store]);
  if (!children.ok) return children;
  const node = children.value[0]?.find((child) => child.name === "InputArguments")?.node;
  const read = node ? await readDataValues(link, [node]) : null;
  if (read && !read.ok) return read;
  const first: unknown = read?.value[0]?.value?.value?.[0]?.dataType;
  if (!(first instanceof NodeId)) {
    return fail(
      "invalid",
      "machine/job-control",
      "The machine's Store method does not tell what it takes: it cannot be used.",
    );
  }
  const uri = link.namespaces[first.namespace] ?? "";
  if (uri === jobControl) return ok({ dataType: first });
  const text = /ISA95-JOBCONTROL\/?$/i.test(uri)
    ? `The machine speaks Job Control V1 (${uri}); only V2 is supported. Ask its maker for an update.`
    : `The machine's Store method takes a structure of ${uri || "an unknown namespace"}, not of ${jobControl}.`;
  return fail("invalid", "machine/job-control-version", text);
}

/** @fault refused machine/job-control   the machine does not describe its types so that one can be built */
export async function buildJobOrder(link: Link, type: JobOrderType, order: MachineJobOrder): Promise<Result<Variant>> {
  const { session } = link;
  if (!session) return fail("transient", "machine/unreachable", "The connection to the machine is gone.");
  try {
    const value = await session.constructExtensionObject(type.dataType, fieldsOf(order));
    return ok(new Variant({ dataType: DataType.ExtensionObject, value }));
  } catch (error) {
    const text = "The machine does not describe the structure of its job orders, so none can be stored.";
    return fail("refused", "machine/job-control", text, error);
  }
}

function fieldsOf(order: MachineJobOrder): Record<string, unknown> {
  const { quantity } = order;
  const parameters = Object.entries(order.parameters);
  return {
    jobOrderID: order.jobOrderId,
    description: [coerceLocalizedText(order.description)],
    priority: Math.max(int16.least, Math.min(int16.most, Math.round(order.priority))),
    ...(order.startTime === null ? {} : { startTime: new Date(order.startTime) }),
    materialRequirements: [
      {
        materialDefinitionID: order.material,
        materialUse: produced,
        quantity: formatMicro(quantity.micro),
        engineeringUnits: engineeringUnits(quantity.uom),
      },
    ],
    ...(parameters.length === 0
      ? {}
      : {
          jobOrderParameters: parameters.map(([ID, value]) => ({
            ID,
            value: new Variant({ dataType: DataType.String, value }),
          })),
        }),
  };
}

function engineeringUnits(uom: string): unknown {
  const units = makeEUInformation(uom, uom, unitOf(uom)?.name ?? uom);
  units.namespaceUri = unitsOfMeasure;
  units.unitId = unitIdOf(uom);
  return units;
}

/** The signs of a Rec 20 code as one number (OPC 10000-8, 5.6.3.3). */
export function unitIdOf(uom: string): number {
  return Array.from(uom).reduce((id, sign) => id * 256 + (sign.codePointAt(0) ?? 0), 0);
}

/** The other way round; empty when the number stands for no code. */
export function uomOf(unitId: number): string {
  let code = "";
  for (let rest = unitId; rest > 0; rest = Math.floor(rest / 256)) code = String.fromCodePoint(rest % 256) + code;
  return code;
}

/** No values but lists of texts, e.g. the comment of a call. */
export function emptyComment(): Variant {
  return new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [] });
}

export function textInput(value: string): Variant {
  return new Variant({ dataType: DataType.String, value });
}

/** ReturnStatus of a job control call; null when the call brought none. */
export function returnStatus(outputs: readonly Variant[]): bigint | null {
  const value: unknown = outputs[0]?.value;
  if (typeof value === "number") return BigInt(value);
  if (!Array.isArray(value)) return null;
  return (BigInt(Number(value[0]) >>> 0) << 32n) | BigInt(Number(value[1]) >>> 0);
}

/** @fault refused machine/job-list   the list has a form or a state that Job Control V2 does not have */
export async function readJobOrders(link: Link, list: NodeRef): Promise<Result<StoredJobOrder[]>> {
  const read = await readDataValues(link, [list]);
  if (!read.ok) return read;
  const [told] = read.value;
  const entries: unknown = told?.value?.value ?? [];
  if (!told?.statusCode.isGood() || !Array.isArray(entries)) return unreadable(told?.statusCode.name ?? "no value");
  const orders: StoredJobOrder[] = [];
  for (const entry of entries) {
    const { jobOrder, state } = fields(entry);
    const number = Array.isArray(state) ? fields(state[0])["stateNumber"] : null;
    const known = typeof number === "number" ? machineJobStates[number - 1] : undefined;
    if (!(jobOrder instanceof ExtensionObject)) return unreadable("an entry without a job order");
    if (!known) return unreadable(`state ${String(number)}`);
    orders.push({ order: orderOf(fields(jobOrder)), state: known });
  }
  return ok(orders);
}

function unreadable(what: string): Result<never> {
  return fail("refused", "machine/job-list", `The machine's list of job orders cannot be read: ${what}.`);
}

/** Orders that others have stored may lack what ours have: then texts are empty and the quantity is 0 pieces. */
function orderOf(order: Record<string, unknown>): MachineJobOrder {
  const requirements = listOf(order["materialRequirements"]);
  const made = requirements.find((requirement) => requirement["materialUse"] === produced) ?? requirements[0] ?? {};
  const startTime = order["startTime"];
  const parameters = listOf(order["jobOrderParameters"]).map((parameter) => {
    const { value } = parameter;
    return [textOf(parameter["ID"]), textOf(value instanceof Variant ? value.value : value)] as const;
  });
  return {
    jobOrderId: textOf(order["jobOrderID"]),
    description: textOf(Array.isArray(order["description"]) ? order["description"][0] : ""),
    material: textOf(made["materialDefinitionID"]),
    quantity: quantityOf(made),
    priority: typeof order["priority"] === "number" ? order["priority"] : 0,
    startTime: startTime instanceof Date ? instant(startTime.getTime()) : null,
    parameters: Object.fromEntries(parameters),
  };
}

function quantityOf(requirement: Record<string, unknown>): Quantity {
  const unitId = fields(requirement["engineeringUnits"])["unitId"];
  const parsed = parseQuantity(textOf(requirement["quantity"]), typeof unitId === "number" ? uomOf(unitId) : "");
  return parsed.ok ? parsed.value : zero("C62");
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

/** The library's structures carry their fields as properties. */
function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  if (value instanceof LocalizedText) return value.text ?? "";
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
