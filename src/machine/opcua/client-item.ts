/** What a server says about variables besides their values: type, access, description. */
import { AttributeIds, DataType, ReadRequest, ReadResponse, TimestampsToReturn } from "node-opcua";
import { ok, type Result } from "../../base/result.ts";
import type { NodeRef } from "./client-browse.ts";
import type { Link } from "./client.ts";
import { readingFault } from "./faults.ts";

export interface ItemDescription {
  /** Name of the built-in type, e.g. `UInt32`; of a type of the server's own its node id. */
  readonly type: string;
  readonly isArray: boolean;
  readonly isWritable: boolean;
  readonly hasHistory: boolean;
  /** In the server's words; empty when it says nothing. */
  readonly description: string;
}

const attributes = [
  AttributeIds.DataType,
  AttributeIds.ValueRank,
  AttributeIds.UserAccessLevel,
  AttributeIds.Description,
] as const;
const writes = 0x02;
const historyReads = 0x04;

/** One description for each node, in the same order. What a server does not tell is taken for no. */
export async function describeItems(link: Link, nodes: readonly NodeRef[]): Promise<Result<ItemDescription[]>> {
  const found: ItemDescription[] = [];
  const size = Math.max(1, Math.floor(link.limits.read / attributes.length));
  for (let from = 0; from < nodes.length; from += size) {
    const part = nodes.slice(from, from + size);
    const request = new ReadRequest({
      nodesToRead: part.flatMap((nodeId) => attributes.map((attributeId) => ({ nodeId, attributeId }))),
      timestampsToReturn: TimestampsToReturn.Neither,
    });
    const answer = await link.request(request, ReadResponse);
    if (!answer.ok) return { ok: false, fault: readingFault(answer.failure, "Reading what the items are") };
    const values = (answer.value.results ?? []).map((result): unknown => result.value?.value);
    for (let i = 0; i < part.length; i++) found.push(descriptionOf(values.slice(i * attributes.length)));
  }
  return ok(found);
}

function descriptionOf([type, rank, access, description]: readonly unknown[]): ItemDescription {
  const level = typeof access === "number" ? access : 0;
  return {
    type: typeName(type),
    isArray: typeof rank === "number" && rank >= 0,
    isWritable: (level & writes) !== 0,
    hasHistory: (level & historyReads) !== 0,
    description: textOf(description),
  };
}

/** A node id of namespace 0 below 30 is a built-in type of the same number. */
function typeName(type: unknown): string {
  // The attribute is a node id, as the library has it.
  const id = type as NodeRef | undefined;
  if (!id) return "unknown";
  const name = id.namespace === 0 && typeof id.value === "number" ? DataType[id.value] : undefined;
  return name ?? id.toString();
}

function textOf(description: unknown): string {
  const text = typeof description === "object" && description !== null && "text" in description ? description.text : "";
  return typeof text === "string" ? text.trim() : "";
}
