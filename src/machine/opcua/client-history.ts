/** One page of raw history per node: the service, its continuation points and its results in our words. */
import {
  DataType,
  HistoryData,
  HistoryReadRequest,
  HistoryReadResponse,
  promoteOpaqueStructure,
  ReadRawModifiedDetails,
  TimestampsToReturn,
} from "node-opcua";
import { systemClock } from "../../base/clock.ts";
import type { Instant } from "../../base/instant.ts";
import { ok, type Result } from "../../base/result.ts";
import type { Sample } from "../../record/sample.ts";
import type { NodeRef } from "./client-browse.ts";
import { toSample } from "./client-value.ts";
import type { Link } from "./client.ts";
import { readingFault } from "./faults.ts";

/** Where the server stopped; opaque, and only good in its session. */
export type ContinuationPoint = Buffer;

export interface HistoryPage {
  /** Status of this node's operation. */
  readonly status: number;
  readonly statusName: string;
  readonly samples: readonly Sample[];
  /** Null: nothing more in the asked range. */
  readonly point: ContinuationPoint | null;
}

export interface HistoryAsk {
  readonly path: string;
  readonly node: NodeRef;
  readonly point: ContinuationPoint | null;
}

export interface HistoryRange {
  readonly from: Instant;
  /** Null: as many as `perNode`, wherever they end; the server then needs no continuation point. */
  readonly to: Instant | null;
  readonly perNode: number;
}

/** One page for each node, in the same order. All of them have a point, or none of them has. */
export async function readHistory(
  link: Link,
  asks: readonly HistoryAsk[],
  { from, to, perNode }: HistoryRange,
): Promise<Result<HistoryPage[]>> {
  const request = new HistoryReadRequest({
    historyReadDetails: new ReadRawModifiedDetails({
      isReadModified: false,
      startTime: new Date(from),
      // No date at all is the protocol's "not specified".
      ...(to === null ? {} : { endTime: new Date(to) }),
      numValuesPerNode: perNode,
      returnBounds: false,
    }),
    timestampsToReturn: TimestampsToReturn.Both,
    releaseContinuationPoints: false,
    nodesToRead: asks.map(({ node, point }) => ({ nodeId: node, ...(point ? { continuationPoint: point } : {}) })),
  });
  const answer = await link.request(request, HistoryReadResponse);
  if (!answer.ok) return { ok: false, fault: readingFault(answer.failure, "Reading the machine's history") };
  const receivedAt = systemClock.now();
  const pages: HistoryPage[] = [];
  for (const [index, result] of (answer.value.results ?? []).entries()) {
    const path = asks[index]?.path ?? "";
    const values = (result.historyData instanceof HistoryData ? result.historyData.dataValues : null) ?? [];
    const structures = values.filter((value) => value.value?.dataType === DataType.ExtensionObject);
    if (structures.length && link.session) await promoteOpaqueStructure(link.session, structures).catch(() => {});
    pages.push({
      status: result.statusCode.value,
      statusName: result.statusCode.name,
      samples: values.map((value) => toSample(path, value, receivedAt)),
      point: result.continuationPoint?.length ? result.continuationPoint : null,
    });
  }
  return ok(pages);
}

/** Gives continuation points back that nobody will use. */
export async function releaseHistory(link: Link, asks: readonly HistoryAsk[]): Promise<void> {
  if (asks.length === 0) return;
  const request = new HistoryReadRequest({
    historyReadDetails: new ReadRawModifiedDetails({}),
    timestampsToReturn: TimestampsToReturn.Both,
    releaseContinuationPoints: true,
    nodesToRead: asks.map(({ node, point }) => ({ nodeId: node, ...(point ? { continuationPoint: point } : {}) })),
  });
  await link.request(request, HistoryReadResponse);
}
