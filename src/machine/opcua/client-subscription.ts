/**
 * The services that make a subscription and its items, one function each. When to call them is decided in
 * `subscription.ts`; what it then tells is read in `client-notification.ts`.
 */
import {
  AttributeIds,
  constructEventFilter,
  CreateMonitoredItemsRequest,
  CreateMonitoredItemsResponse,
  CreateSubscriptionRequest,
  CreateSubscriptionResponse,
  DataChangeFilter,
  DataChangeTrigger,
  DeleteMonitoredItemsRequest,
  DeleteMonitoredItemsResponse,
  DeleteSubscriptionsRequest,
  DeleteSubscriptionsResponse,
  ModifySubscriptionRequest,
  ModifySubscriptionResponse,
  MonitoringMode,
  ofType,
  ObjectTypeIds,
  TimestampsToReturn,
} from "node-opcua";
import { ok, type Result } from "../../base/result.ts";
import { serverObject, type NodeRef } from "./client-browse.ts";
import { sessionTimeoutMs, type Link } from "./client.ts";
import { readingFault } from "./faults.ts";

const messageMax = 10_000;
const priority = 10;

export interface SubscriptionMade {
  readonly id: number;
  /** The server answers at least so often, if only to say that it lives. */
  readonly keepAliveMs: number;
}

export async function createSubscription(link: Link): Promise<Result<SubscriptionMade>> {
  const { publishingIntervalMs } = link.settings;
  const request = new CreateSubscriptionRequest({
    requestedPublishingInterval: publishingIntervalMs,
    ...countsFor(link, publishingIntervalMs),
    // Bounds the size of one message; the rest of a cycle follows at once.
    maxNotificationsPerPublish: messageMax,
    publishingEnabled: true,
    priority,
  });
  const answer = await link.request(request, CreateSubscriptionResponse);
  if (!answer.ok) return { ok: false, fault: readingFault(answer.failure, "Subscribing to the machine") };
  const { subscriptionId, revisedPublishingInterval, revisedMaxKeepAliveCount } = answer.value;
  if (revisedPublishingInterval > publishingIntervalMs) {
    return slower(link, subscriptionId, revisedPublishingInterval, revisedMaxKeepAliveCount);
  }
  return ok({ id: subscriptionId, keepAliveMs: revisedPublishingInterval * revisedMaxKeepAliveCount });
}

/** The machine publishes less often than asked: fewer of its intervals make the time between two signs of life. */
async function slower(
  link: Link,
  id: number,
  intervalMs: number,
  keepAliveCount: number,
): Promise<Result<SubscriptionMade>> {
  const request = new ModifySubscriptionRequest({
    subscriptionId: id,
    requestedPublishingInterval: intervalMs,
    ...countsFor(link, intervalMs),
    maxNotificationsPerPublish: messageMax,
    priority,
  });
  const answer = await link.request(request, ModifySubscriptionResponse);
  // Not modified is no harm: the watchdog only waits longer.
  if (!answer.ok) return ok({ id, keepAliveMs: intervalMs * keepAliveCount });
  return ok({ id, keepAliveMs: answer.value.revisedPublishingInterval * answer.value.revisedMaxKeepAliveCount });
}

function countsFor(
  link: Link,
  intervalMs: number,
): { requestedMaxKeepAliveCount: number; requestedLifetimeCount: number } {
  const keepAlives = Math.max(1, Math.floor(link.settings.watchdogMs / 3 / intervalMs));
  // Outlives a break of the line as long as the session does.
  const lifetime = Math.max(3 * keepAlives, Math.ceil(sessionTimeoutMs / intervalMs));
  return { requestedMaxKeepAliveCount: keepAlives, requestedLifetimeCount: lifetime };
}

export async function deleteSubscription(link: Link, subscriptionId: number): Promise<void> {
  const request = new DeleteSubscriptionsRequest({ subscriptionIds: [subscriptionId] });
  await link.request(request, DeleteSubscriptionsResponse);
}

export interface ItemToMonitor {
  readonly node: NodeRef;
  readonly handle: number;
}

export interface MonitoredItem {
  readonly id: number;
  /** False: the server keeps the newest value only, and sets no overflow bit when it drops the others. */
  readonly isQueued: boolean;
  /** How often the server looks at the node; 0: it hears of every change. */
  readonly samplingMs: number;
}

/** The monitored items, in the same order; null where the server refuses the item. */
export async function monitorItems(
  link: Link,
  subscriptionId: number,
  items: readonly ItemToMonitor[],
): Promise<Result<(MonitoredItem | null)[]>> {
  const { samplingIntervalMs, queueSize, reportRepeats } = link.settings;
  // Without a filter a value counts as changed when its value or status does.
  const filter = reportRepeats ? new DataChangeFilter({ trigger: DataChangeTrigger.StatusValueTimestamp }) : null;
  const made: (MonitoredItem | null)[] = [];
  for (let from = 0; from < items.length; from += link.limits.monitor) {
    const request = new CreateMonitoredItemsRequest({
      subscriptionId,
      timestampsToReturn: TimestampsToReturn.Both,
      itemsToCreate: items.slice(from, from + link.limits.monitor).map(({ node, handle }) => ({
        itemToMonitor: { nodeId: node, attributeId: AttributeIds.Value },
        monitoringMode: MonitoringMode.Reporting,
        requestedParameters: {
          clientHandle: handle,
          samplingInterval: samplingIntervalMs,
          queueSize,
          discardOldest: true,
          filter,
        },
      })),
    });
    const answer = await link.request(request, CreateMonitoredItemsResponse);
    if (!answer.ok) return { ok: false, fault: readingFault(answer.failure, "Watching items of the machine") };
    for (const { statusCode, monitoredItemId, revisedQueueSize, revisedSamplingInterval } of answer.value.results ??
      []) {
      const item = { id: monitoredItemId, isQueued: revisedQueueSize > 1, samplingMs: revisedSamplingInterval };
      made.push(statusCode.isGood() ? item : null);
    }
  }
  return ok(made);
}

/** Asks to be told when nodes come and go. False: this server, or this account, does not get to know. */
export async function monitorModelChanges(link: Link, subscriptionId: number, handle: number): Promise<boolean> {
  const request = new CreateMonitoredItemsRequest({
    subscriptionId,
    timestampsToReturn: TimestampsToReturn.Neither,
    itemsToCreate: [
      {
        itemToMonitor: { nodeId: serverObject, attributeId: AttributeIds.EventNotifier },
        monitoringMode: MonitoringMode.Reporting,
        requestedParameters: {
          clientHandle: handle,
          samplingInterval: 0,
          queueSize: 1000,
          discardOldest: true,
          filter: constructEventFilter(["EventType"], ofType(ObjectTypeIds.BaseModelChangeEventType)),
        },
      },
    ],
  });
  const answer = await link.request(request, CreateMonitoredItemsResponse);
  return answer.ok && answer.value.results?.[0]?.statusCode.isGood() === true;
}

export async function forgetItems(link: Link, subscriptionId: number, ids: readonly number[]): Promise<void> {
  const request = new DeleteMonitoredItemsRequest({ subscriptionId, monitoredItemIds: [...ids] });
  await link.request(request, DeleteMonitoredItemsResponse);
}
