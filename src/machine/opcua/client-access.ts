/** Reading, writing and calling: single services on nodes that are already found. */
import {
  AttributeIds,
  CallRequest,
  CallResponse,
  DataType,
  type DataValue,
  promoteOpaqueStructure,
  ReadRequest,
  ReadResponse,
  StatusCode,
  TimestampsToReturn,
  type Variant,
  VariantArrayType,
  WriteRequest,
  WriteResponse,
} from "node-opcua";
import { systemClock } from "../../base/clock.ts";
import { fail, ok, type Fault, type Result } from "../../base/result.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import type { NodeRef } from "./client-browse.ts";
import { toSample, toVariant } from "./client-value.ts";
import type { Link } from "./client.ts";
import {
  accessDenied,
  badMethodInvalid,
  changingFault,
  isLoginRefusal,
  isNodeGone,
  readingFault,
  sameMeaning,
} from "./faults.ts";

/** What a method call brought back; the call itself was good. */
export type CallOutputs = readonly Variant[];

/** Current values, one per node, in the same order; a node that cannot be read has its bad status. */
export async function readValues(
  link: Link,
  items: readonly { readonly path: string; readonly node: NodeRef }[],
): Promise<Result<Sample[]>> {
  const samples: Sample[] = [];
  for (let from = 0; from < items.length; from += link.limits.read) {
    const part = items.slice(from, from + link.limits.read);
    const values = await readDataValues(
      link,
      part.map(({ node }) => node),
    );
    if (!values.ok) return values;
    const receivedAt = systemClock.now();
    for (const [index, value] of values.value.entries())
      samples.push(toSample(part[index]?.path ?? "", value, receivedAt));
  }
  return ok(samples);
}

export async function readDataValues(link: Link, nodes: readonly NodeRef[]): Promise<Result<DataValue[]>> {
  const request = new ReadRequest({
    nodesToRead: nodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
    timestampsToReturn: TimestampsToReturn.Both,
    maxAge: 0,
  });
  const answer = await link.request(request, ReadResponse);
  if (!answer.ok) return { ok: false, fault: readingFault(answer.failure, "Reading from the machine") };
  const values = answer.value.results ?? [];
  const structures = values.filter((value) => value.value?.dataType === DataType.ExtensionObject);
  if (structures.length && link.session) await promoteOpaqueStructure(link.session, structures).catch(() => {});
  return ok(values);
}

/**
 * @fault invalid   machine/value            the value does not fit the item's type
 * @fault refused   machine/access-denied    the account may not write it
 * @fault refused   machine/write-refused    the machine says no: out of range, not writable
 * @fault ambiguous machine/call-unanswered  it left and no answer came
 */
export async function writeValue(link: Link, path: string, node: NodeRef, value: SampleValue): Promise<Result<void>> {
  const type = await typeOf(link, path, node);
  if (!type.ok) return type;
  const variant = toVariant(value, type.value.dataType, type.value.arrayType, path);
  if (!variant.ok) return variant;
  // Only the value: many servers refuse to be given times and a status.
  const request = new WriteRequest({
    nodesToWrite: [{ nodeId: node, attributeId: AttributeIds.Value, value: { value: variant.value } }],
  });
  const answer = await link.request(request, WriteResponse);
  const what = `Writing ${path}`;
  if (!answer.ok) return { ok: false, fault: changingFault(answer.failure, what) };
  const status = answer.value.results?.[0];
  if (!status || status.isGood()) return ok(undefined);
  if (isLoginRefusal(status.value)) return { ok: false, fault: accessDenied(what, status.name, status) };
  return fail("refused", "machine/write-refused", `${what}: the machine refuses the value (${status.name}).`, status);
}

/** The type of an item: of its value where it has one, else as declared. */
async function typeOf(
  link: Link,
  path: string,
  node: NodeRef,
): Promise<Result<{ dataType: DataType; arrayType: VariantArrayType }>> {
  const request = new ReadRequest({
    nodesToRead: [AttributeIds.Value, AttributeIds.DataType, AttributeIds.ValueRank].map((attributeId) => ({
      nodeId: node,
      attributeId,
    })),
    timestampsToReturn: TimestampsToReturn.Neither,
  });
  const answer = await link.request(request, ReadResponse);
  if (!answer.ok) return { ok: false, fault: readingFault(answer.failure, `Reading the type of ${path}`) };
  const [value, declared, rank] = answer.value.results ?? [];
  if (value?.value && value.value.dataType !== DataType.Null) {
    return ok({ dataType: value.value.dataType, arrayType: value.value.arrayType });
  }
  const dataTypeId: NodeRef | undefined = declared?.value?.value;
  if (!dataTypeId || !link.session) {
    const why = value?.statusCode.name ?? "no answer";
    return fail("refused", "machine/service", `Writing ${path}: the machine does not tell its type (${why}).`, value);
  }
  try {
    const dataType = await link.session.getBuiltInDataType(node);
    const isArray = Number(rank?.value?.value ?? -1) >= 1;
    return ok({ dataType, arrayType: isArray ? VariantArrayType.Array : VariantArrayType.Scalar });
  } catch (error) {
    return fail("refused", "machine/service", `Writing ${path}: its type ${dataTypeId.toString()} is unknown.`, error);
  }
}

/** Whether a refused write or call says that the node is no longer there. The machine did nothing then. */
export function refusesGoneNode({ cause }: Fault): boolean {
  const status =
    cause instanceof StatusCode ? cause : (cause as { statusCode?: unknown } | null | undefined)?.statusCode;
  if (!(status instanceof StatusCode)) return false;
  return isNodeGone(status.value) || sameMeaning(status.value, badMethodInvalid);
}

/**
 * Calls a method.
 *
 * @fault refused   machine/access-denied    the account may not call it
 * @fault refused   machine/method-refused   the machine says no
 * @fault ambiguous machine/call-unanswered  it left and no answer came
 */
export async function callMethod(
  link: Link,
  target: { readonly object: NodeRef; readonly method: NodeRef; readonly name: string },
  inputs: readonly Variant[] = [],
): Promise<Result<CallOutputs>> {
  const request = new CallRequest({
    methodsToCall: [{ objectId: target.object, methodId: target.method, inputArguments: [...inputs] }],
  });
  const answer = await link.request(request, CallResponse);
  const what = `Calling ${target.name}`;
  if (!answer.ok) return { ok: false, fault: changingFault(answer.failure, what) };
  const result = answer.value.results?.[0];
  if (!result)
    return fail("ambiguous", "machine/call-unanswered", `${what}: the answer was empty. Look at the machine.`);
  // Uncertain is an answer with outputs; only bad is a refusal (OPC 10000-4, 5.12.2).
  if (result.statusCode.value < 0x8000_0000) return ok(result.outputArguments ?? []);
  if (isLoginRefusal(result.statusCode.value)) {
    return { ok: false, fault: accessDenied(what, result.statusCode.name, result) };
  }
  const text = `${what}: the machine refuses it (${result.statusCode.name}).`;
  return fail("refused", "machine/method-refused", text, result);
}
