/** Browsing: the children of nodes, whatever the server's limits and continuation points. */
import {
  BrowseDirection,
  BrowseNextRequest,
  BrowseNextResponse,
  BrowseRequest,
  BrowseResponse,
  coerceNodeId,
  type BrowseResult,
  NodeClass,
  type NodeId,
  ReferenceTypeIds,
} from "node-opcua";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Link } from "./client.ts";
import { badNoContinuationPoints, readingFault, sameMeaning } from "./faults.ts";

/** A node of the server, as a key and for further services; means nothing after a new session. */
export type NodeRef = NodeId;

export interface ChildNode {
  readonly node: NodeRef;
  /** Browse name without its namespace. */
  readonly name: string;
  readonly isVariable: boolean;
  /** Describes its parent rather than being an item of its own, e.g. a unit. */
  readonly isProperty: boolean;
}

/** Reference type, node class and browse name are all that is asked. */
const typeClassAndName = 0x01 | 0x04 | 0x08;

/** The children of each node, in the same order. A node that the server does not know has none. */
export async function browseChildren(link: Link, nodes: readonly NodeRef[]): Promise<Result<ChildNode[][]>> {
  const children: ChildNode[][] = [];
  let size = link.limits.browse;
  for (let from = 0; from < nodes.length;) {
    const part = nodes.slice(from, from + size);
    const answer = await link.request(browseRequest(part), BrowseResponse);
    if (!answer.ok) return { ok: false, fault: readingFault(answer.failure, "Browsing the machine") };
    const results = answer.value.results ?? [];
    // More nodes in one call than the server has continuation points for: ask for fewer at a time.
    if (part.length > 1 && results.some((result) => sameMeaning(result.statusCode.value, badNoContinuationPoints))) {
      await release(link, results);
      size = Math.max(1, Math.floor(part.length / 4));
      continue;
    }
    for (const result of results) {
      const all = await follow(link, result);
      if (!all.ok) return all;
      children.push(all.value);
    }
    from += part.length;
  }
  return ok(children);
}

function browseRequest(nodes: readonly NodeRef[]): BrowseRequest {
  return new BrowseRequest({
    requestedMaxReferencesPerNode: 0,
    nodesToBrowse: nodes.map((nodeId) => ({
      nodeId,
      browseDirection: BrowseDirection.Forward,
      referenceTypeId: coerceNodeId(ReferenceTypeIds.HierarchicalReferences),
      includeSubtypes: true,
      nodeClassMask: 0,
      resultMask: typeClassAndName,
    })),
  });
}

async function follow(link: Link, first: BrowseResult): Promise<Result<ChildNode[]>> {
  const children: ChildNode[] = [];
  for (let result: BrowseResult | undefined = first; result;) {
    for (const reference of result.references ?? []) {
      children.push({
        node: reference.nodeId,
        name: reference.browseName.name ?? "",
        isVariable: reference.nodeClass === NodeClass.Variable,
        isProperty:
          reference.referenceTypeId.namespace === 0 && reference.referenceTypeId.value === ReferenceTypeIds.HasProperty,
      });
    }
    const point: Buffer | null = result.continuationPoint;
    if (!point?.length) return ok(children);
    const request = new BrowseNextRequest({ releaseContinuationPoints: false, continuationPoints: [point] });
    const answer = await link.request(request, BrowseNextResponse);
    if (!answer.ok) return { ok: false, fault: readingFault(answer.failure, "Browsing the machine") };
    result = answer.value.results?.[0];
    if (result && !result.statusCode.isGood()) {
      const text = `Browsing the machine stopped half-way: ${result.statusCode.name}.`;
      return fail("transient", "machine/busy", text, result.statusCode);
    }
  }
  return ok(children);
}

async function release(link: Link, results: readonly BrowseResult[]): Promise<void> {
  const points = results.map((result) => result.continuationPoint).filter((point) => point?.length);
  if (!points.length) return;
  const request = new BrowseNextRequest({ releaseContinuationPoints: true, continuationPoints: points });
  await link.request(request, BrowseNextResponse);
}

/**
 * A node id as text → node, with `nsu=<uri>;` looked up in the server's namespaces.
 *
 * @fault invalid machine/config   no node id, or a namespace that the server does not have
 */
export function parseNode(link: Link, text: string): Result<NodeRef> {
  const parts = /^(?:nsu=([^;]+);)?(.*)$/s.exec(text);
  const [, uri, rest = text] = parts ?? [];
  const index = uri === undefined ? -1 : link.namespaces.indexOf(uri);
  if (uri !== undefined && index < 0) {
    return fail("invalid", "machine/config", `"${text}": the machine has no namespace ${uri}; check the spelling.`);
  }
  try {
    return ok(coerceNodeId(uri === undefined ? rest : `ns=${index};${rest}`));
  } catch (error) {
    return fail("invalid", "machine/config", `"${text}" is no node id: write e.g. nsu=urn:example;s=Name.`, error);
  }
}

export const objectsFolder: NodeRef = coerceNodeId("i=85");
export const serverObject: NodeRef = coerceNodeId("i=2253");
