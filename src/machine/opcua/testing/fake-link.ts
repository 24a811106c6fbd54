/** A link as a subscription sees it: the subscription can be made, the rest the test answers. */
import assert from "node:assert/strict";
import {
  CreateMonitoredItemsRequest,
  CreateMonitoredItemsResponse,
  CreateSubscriptionRequest,
  CreateSubscriptionResponse,
  DataChangeNotification,
  DataType,
  EventNotificationList,
  NotificationMessage,
  PublishRequest,
  PublishResponse,
  type RepublishRequest,
  RepublishResponse,
  StatusCodes,
} from "node-opcua";
import type { Link } from "../client.ts";
import { parseSettings } from "../config.ts";
import { badMessageNotAvailable, type Answer } from "../faults.ts";

type Request = CreateSubscriptionRequest | CreateMonitoredItemsRequest | PublishRequest | RepublishRequest;
export type Reply = Answer<unknown> | Promise<Answer<unknown>>;

const parsed = parseSettings({
  endpointUrl: "opc.tcp://127.0.0.1:4840",
  pkiFolder: "none",
  addressing: "ns=1;s={path}",
});
assert.ok(parsed.ok);
const settings = parsed.value;
export const unsent = { ok: false, failure: { sent: false, status: null, text: "not connected" } } as const;
const notThere = { ok: false, failure: { sent: true, status: badMessageNotAvailable, text: "gone" } } as const;
const answers = (value: unknown): Answer<unknown> => ({ ok: true, value });
export const waits = (): Reply => new Promise<never>(() => {});

export class FakeLink {
  readonly settings = settings;
  readonly limits = { read: 100, history: 100, browse: 100, monitor: 100 };
  readonly session = null;
  alive = true;
  published = 0;
  /** The node that it does not let anybody watch. */
  refuses: string | null = null;
  readonly republished: number[] = [];
  readonly #publish: (nth: number) => Reply;
  readonly #kept: ReadonlyMap<number, number>;

  /** `kept`: message → its value, which the machine can send again. */
  constructor(publish: (nth: number) => Reply, kept: ReadonlyMap<number, number> = new Map()) {
    this.#publish = publish;
    this.#kept = kept;
  }

  async request(request: Request): Promise<Answer<unknown>> {
    if (request instanceof CreateSubscriptionRequest) {
      const counts = { revisedPublishingInterval: 100, revisedMaxKeepAliveCount: 10 };
      return answers(new CreateSubscriptionResponse({ subscriptionId: 1, ...counts }));
    }
    if (request instanceof CreateMonitoredItemsRequest) {
      const results = (request.itemsToCreate ?? []).map(({ itemToMonitor }, index) => ({
        monitoredItemId: index + 1,
        statusCode: itemToMonitor.nodeId.value === this.refuses ? StatusCodes.BadNodeIdUnknown : StatusCodes.Good,
      }));
      return answers(new CreateMonitoredItemsResponse({ results }));
    }
    if (request instanceof PublishRequest) return this.#publish((this.published += 1));
    const number = request.retransmitSequenceNumber;
    this.republished.push(number);
    const value = this.#kept.get(number);
    if (value === undefined) return notThere;
    return answers(new RepublishResponse({ notificationMessage: message(number, value) }));
  }

  end(): void {
    this.alive = false;
  }

  /** As much of it as the subscription uses. */
  get asLink(): Link {
    return this as unknown as Link;
  }
}

interface Message {
  /** Of the item that it is about; they count up from 1. */
  readonly handle?: number;
  /** Nodes came or went. */
  readonly event?: true;
  /** What was said at the same time comes with the next message. */
  readonly moreFollows?: boolean;
}

function message(sequenceNumber: number, value: number, { handle = 1, event }: Message = {}): NotificationMessage {
  const monitoredItems = [{ clientHandle: handle, value: { value: { dataType: DataType.Int32, value } } }];
  const events = event ? [new EventNotificationList({})] : [];
  return new NotificationMessage({
    sequenceNumber,
    notificationData: [new DataChangeNotification({ monitoredItems }), ...events],
  });
}

export const published = (sequenceNumber: number, value: number, said: Message = {}): Reply =>
  answers(
    new PublishResponse({
      subscriptionId: 1,
      notificationMessage: message(sequenceNumber, value, said),
      moreNotifications: said.moreFollows ?? false,
    }),
  );

/** @param next  number of the message that comes next */
export const keptAlive = (next: number): Reply =>
  answers(
    new PublishResponse({
      subscriptionId: 1,
      notificationMessage: new NotificationMessage({ sequenceNumber: next, notificationData: [] }),
    }),
  );

/** Everything that needs no timer and no socket has been done; more of it than any loop of these tests may need. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 1_000; turn += 1) await Promise.resolve();
}
