/**
 * What a publish response says, in our words: called for every message, so that nothing is copied that need not be.
 * The order of messages, and what is missing between them, is `subscription.ts`.
 */
import {
  DataChangeNotification,
  DataType,
  EventNotificationList,
  type NotificationMessage,
  promoteOpaqueStructureInNotificationData,
  PublishRequest,
  PublishResponse,
  RepublishRequest,
  RepublishResponse,
  StatusChangeNotification,
} from "node-opcua";
import { systemClock } from "../../base/clock.ts";
import type { Instant } from "../../base/instant.ts";
import type { Sample } from "../../record/sample.ts";
import { hasOverflowed, toSample } from "./client-value.ts";
import type { Link } from "./client.ts";
import { isNodeGone, type Answer } from "./faults.ts";

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
