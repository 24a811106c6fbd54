/**
 * The services of a subscription, one function each, and what a publish response says in our words. When to call them
 * is decided in `subscription.ts`.
 */
import {
  AttributeIds,
  constructEventFilter,
  CreateMonitoredItemsRequest,
  CreateMonitoredItemsResponse,
  CreateSubscriptionRequest,
  CreateSubscriptionResponse,
  DataChangeFilter,
  DataChangeNotification,
  DataChangeTrigger,
  DataType,
  DeleteMonitoredItemsRequest,
  DeleteMonitoredItemsResponse,
  DeleteSubscriptionsRequest,
  DeleteSubscriptionsResponse,
  EventNotificationList,
  ModifySubscriptionRequest,
  ModifySubscriptionResponse,
  MonitoringMode,
  type NotificationMessage,
  ofType,
  ObjectTypeIds,
  promoteOpaqueStructureInNotificationData,
  PublishRequest,
  PublishResponse,
  RepublishRequest,
  RepublishResponse,
  StatusChangeNotification,
  TimestampsToReturn,
} from "node-opcua";
import { systemClock } from "../../base/clock.ts";
import type { Instant } from "../../base/instant.ts";
import { ok, type Result } from "../../base/result.ts";
import type { Sample } from "../../record/sample.ts";
import { serverObject, type NodeRef } from "./client-browse.ts";
import { hasOverflowed, toSample } from "./client-value.ts";
import { sessionTimeoutMs, type Link } from "./client.ts";
import { isNodeGone, readingFault, type Answer } from "./faults.ts";

const messageMax = 10_000;
const priority = 10;

export interface SubscriptionMade {
  readonly id: number;
  /** The server answers at least so often, if only to say that it lives. */
  readonly keepAliveMs: number;
}

export interface Acknowledgement {
  readonly subscriptionId: number;
  readonly sequenceNumber: number;
}

/** One publish response. */
export interface Published {
  readonly subscriptionId: number;
  readonly sequenceNumber: number;
  /** Nothing has changed; the number is the one that comes next. */
  readonly isKeepAlive: boolean;
  readonly moreFollows: boolean;
  /** Reads the message; a promise only while structures of unknown types are looked up. */
  read(itemOf: ItemOf): Content | Promise<Content>;
}

/** The path behind the handle of a monitored item; undefined for what is no longer watched, or only noticed. */
export type ItemOf = (handle: number) => string | undefined;

export interface Content {
  readonly samples: readonly Sample[];
  /** Items whose queue overflowed at the machine. */
  readonly overflowed: readonly string[];
  /** Items whose node is gone. */
  readonly vanished: readonly string[];
  /** Handles that have no path: their values are not looked at. */
  readonly notices: readonly number[];
  /** Nodes came or went. */
  readonly modelChanged: boolean;
  /** The server ends the subscription, with this status. */
  readonly closing: string | null;
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
async function slower(link: Link, id: number, intervalMs: number, keepAliveCount: number): Promise<Result<SubscriptionMade>> {
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

function countsFor(link: Link, intervalMs: number): { requestedMaxKeepAliveCount: number; requestedLifetimeCount: number } {
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

/** Ids of the monitored items, in the same order; null where the server refuses the item. */
export async function monitorItems(
  link: Link,
  subscriptionId: number,
  items: readonly ItemToMonitor[],
): Promise<Result<(number | null)[]>> {
  const { samplingIntervalMs, queueSize, reportRepeats } = link.settings;
  // Without a filter a value counts as changed when its value or status does.
  const filter = reportRepeats ? new DataChangeFilter({ trigger: DataChangeTrigger.StatusValueTimestamp }) : null;
  const ids: (number | null)[] = [];
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
    for (const result of answer.value.results ?? []) {
      ids.push(result.statusCode.isGood() ? result.monitoredItemId : null);
    }
  }
  return ok(ids);
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

/** Waits for the next publish response. */
export async function publish(
  link: Link,
  acknowledged: readonly Acknowledgement[],
  timeoutMs: number,
): Promise<Answer<Published>> {
  const request = new PublishRequest({ subscriptionAcknowledgements: [...acknowledged] });
  const answer = await link.request(request, PublishResponse, timeoutMs);
  if (!answer.ok) return answer;
  const { subscriptionId, notificationMessage, moreNotifications } = answer.value;
  return {
    ok: true,
    value: {
      subscriptionId,
      sequenceNumber: notificationMessage.sequenceNumber,
      isKeepAlive: !notificationMessage.notificationData?.length,
      moreFollows: moreNotifications,
      read: (itemOf) => contentOf(link, notificationMessage, itemOf),
    },
  };
}

/** A message that got lost on the way, from the server's store of unacknowledged ones. */
export async function republish(link: Link, wanted: Acknowledgement, itemOf: ItemOf): Promise<Answer<Content>> {
  const request = new RepublishRequest({
    subscriptionId: wanted.subscriptionId,
    retransmitSequenceNumber: wanted.sequenceNumber,
  });
  const answer = await link.request(request, RepublishResponse);
  if (!answer.ok) return answer;
  return { ok: true, value: await contentOf(link, answer.value.notificationMessage, itemOf) };
}

function contentOf(link: Link, message: NotificationMessage, itemOf: ItemOf): Content | Promise<Content> {
  const receivedAt = systemClock.now();
  if (!hasStructures(message, itemOf)) return decode(message, receivedAt, itemOf);
  return promote(link, message).then(() => decode(message, receivedAt, itemOf));
}

function decode(message: NotificationMessage, receivedAt: Instant, itemOf: ItemOf): Content {
  const samples: Sample[] = [];
  const overflowed: string[] = [];
  const vanished: string[] = [];
  const notices: number[] = [];
  let modelChanged = false;
  let closing: string | null = null;
  for (const part of message.notificationData ?? []) {
    if (part instanceof DataChangeNotification) {
      for (const { clientHandle, value } of part.monitoredItems ?? []) {
        const item = itemOf(clientHandle);
        if (item === undefined) {
          notices.push(clientHandle);
          continue;
        }
        const status = value.statusCode.value;
        if (status !== 0) {
          if (hasOverflowed(status)) overflowed.push(item);
          else if (isNodeGone(status)) vanished.push(item);
        }
        samples.push(toSample(item, value, receivedAt));
      }
    } else if (part instanceof EventNotificationList) modelChanged = true;
    else if (part instanceof StatusChangeNotification) closing = part.status.name;
  }
  return { samples, overflowed, vanished, notices, modelChanged, closing };
}

function hasStructures(message: NotificationMessage, itemOf: ItemOf): boolean {
  return (message.notificationData ?? []).some(
    (part) =>
      part instanceof DataChangeNotification &&
      part.monitoredItems?.some(
        ({ clientHandle, value }) =>
          value.value?.dataType === DataType.ExtensionObject && itemOf(clientHandle) !== undefined,
      ),
  );
}

/** Structures of types that the library does not know come as bytes until the server's descriptions are read. */
async function promote(link: Link, message: NotificationMessage): Promise<void> {
  const { session } = link;
  const parts = message.notificationData?.filter((part) => part !== null) ?? [];
  if (session) await promoteOpaqueStructureInNotificationData(session, parts).catch(() => {});
}
