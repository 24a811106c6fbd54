/**
 * One subscription: its items, its publish loop and its watchdog. Messages are handled in the order in which they
 * arrive; a missing one is fetched again before anything later is told. What the values mean to the listener is
 * decided in `watch.ts`.
 */
import { systemClock } from "../../base/clock.ts";
import { makeFault, ok, type Fault, type Result } from "../../base/result.ts";
import type { SlowerItem } from "../connector.ts";
import type { FoundNode } from "./address.ts";
import { publish, republish, type Acknowledgement, type Content, type Published } from "./client-notification.ts";
import {
  createSubscription,
  deleteSubscription,
  forgetItems,
  monitorItems,
  monitorModelChanges,
} from "./client-subscription.ts";
import { ping, type Link } from "./client.ts";
import {
  badMessageNotAvailable,
  badTimeout,
  badTooManyPublishRequests,
  isSessionGone,
  sameMeaning,
  type ServiceFailure,
} from "./faults.ts";

/** What the subscription tells; never called after `stop`. */
export interface SubscriptionListener {
  content(content: Content, cycleEnds: boolean): void;
  /** Messages are gone for good. */
  lost(fault: Fault): void;
  /** A sign of life: the machine has nothing to say, and all that it had was told. */
  quiet(): void;
}

interface Item {
  readonly path: string;
  readonly handle: number;
  readonly id: number;
  readonly isQueued: boolean;
  readonly samplingMs: number;
  readonly nodeKey: string;
}

/** Handle of the item that tells of new nodes; the others count up from 1. */
const modelHandle = 0;
/** So many requests wait at the server: the next message needs no round trip. */
const requestsWaiting = 3;
const failuresMax = 3;
/** A request that did not leave is made again after so long. */
const againMs = 100;
const pingMs = 1_000;
const sequenceMax = 4_294_967_295;
/** More missing messages than any server keeps: not worth asking one by one. */
const missingMax = 1_000;

export class Subscription {
  readonly #listener: SubscriptionListener;
  readonly #id: number;
  readonly #limitMs: number;
  readonly #items = new Map<string, Item>();
  readonly #paths: (string | undefined)[] = [undefined];
  readonly #notices = new Map<number, () => void>();
  readonly #itemOf = (handle: number): string | undefined => this.#paths[handle];
  #link: Link;
  #publishing = false;
  #waiting = 0;
  #depth = requestsWaiting;
  #failures = 0;
  #acknowledgements: Acknowledgement[] = [];
  /** Number of the last message that was told; the first one of a subscription has the number 1. */
  #last = 0;
  /** Set while an earlier message is still being completed. */
  #tail: Promise<void> | null = null;
  #heardAtMs = 0;
  #tickedAtMs = 0;
  #watchdog: NodeJS.Timeout | undefined;

  private constructor(link: Link, listener: SubscriptionListener, id: number, limitMs: number) {
    this.#link = link;
    this.#listener = listener;
    this.#id = id;
    this.#limitMs = limitMs;
  }

  static async create(link: Link, listener: SubscriptionListener): Promise<Result<Subscription>> {
    const made = await createSubscription(link);
    if (!made.ok) return made;
    const { id, keepAliveMs } = made.value;
    // A server may insist on fewer signs of life than we asked for.
    const limitMs = Math.max(link.settings.watchdogMs, 2.5 * keepAliveMs);
    const subscription = new Subscription(link, listener, id, limitMs);
    await monitorModelChanges(link, id, modelHandle);
    return ok(subscription);
  }

  /** Paths that are watched now. */
  get paths(): readonly string[] {
    return [...this.#items.keys()];
  }

  /** Those of which the machine keeps one value only. */
  get unqueued(): readonly string[] {
    return [...this.#items.values()].filter(({ isQueued }) => !isQueued).map(({ path }) => path);
  }

  /** Those at which the machine looks less often than asked. */
  get slower(): readonly SlowerItem[] {
    const { samplingIntervalMs } = this.#link.settings;
    const slower = [...this.#items.values()].filter(({ samplingMs }) => samplingMs > samplingIntervalMs);
    return slower.map(({ path, samplingMs }) => ({ path, everyMs: samplingMs }));
  }

  /**
   * Watches nodes that are not watched yet; one whose node has been replaced is watched anew.
   *
   * @param asked  takes each path before its first value can come
   * @returns      the paths that are new
   */
  async add(nodes: readonly FoundNode[], asked: Set<string> = new Set()): Promise<Result<string[]>> {
    const wanted: { node: FoundNode["node"]; handle: number; path: string; nodeKey: string }[] = [];
    for (const { path, node } of nodes) {
      const nodeKey = node.toString();
      const known = this.#items.get(path);
      if (known?.nodeKey === nodeKey || asked.has(path)) continue;
      asked.add(path);
      if (known) await this.remove([path]);
      const handle = this.#paths.length;
      this.#paths.push(path);
      wanted.push({ node, handle, path, nodeKey });
    }
    if (wanted.length === 0) return ok([]);
    const made = await monitorItems(this.#link, this.#id, wanted);
    if (!made.ok) return made;
    const added: string[] = [];
    for (const [index, { path, handle, nodeKey }] of wanted.entries()) {
      const item = made.value[index] ?? null;
      if (item === null) continue;
      this.#items.set(path, { ...item, path, handle, nodeKey });
      added.push(path);
    }
    return ok(added);
  }

  /** Stops watching; what is still under way of these paths is not told. */
  async remove(paths: readonly string[]): Promise<void> {
    const items = paths.map((path) => this.#items.get(path)).filter((item) => item !== undefined);
    for (const item of items) {
      this.#items.delete(item.path);
      this.#paths[item.handle] = undefined;
    }
    if (items.length)
      await forgetItems(
        this.#link,
        this.#id,
        items.map((item) => item.id),
      );
  }

  /** Calls back whenever the node changes; its value is not looked at. */
  async notice(node: FoundNode["node"], changed: () => void): Promise<Result<void>> {
    const handle = this.#paths.length;
    this.#paths.push(undefined);
    this.#notices.set(handle, changed);
    const made = await monitorItems(this.#link, this.#id, [{ node, handle }]);
    return made.ok ? ok(undefined) : made;
  }

  /** From now on messages are asked for. Before this the server keeps them. */
  start(): void {
    this.#publishing = true;
    this.#heardAtMs = systemClock.monotonicMs();
    this.#tickedAtMs = this.#heardAtMs;
    const tickMs = Math.max(20, this.#limitMs / 5);
    this.#watchdog = setInterval(() => this.#tick(tickMs), tickMs);
    this.#refill();
  }

  /** Goes on over a new link that took over the session: first what the server still keeps, then the rest. */
  async resume(link: Link): Promise<void> {
    this.pause();
    await this.#tail;
    this.#link = link;
    this.#waiting = 0;
    this.#failures = 0;
    this.#depth = requestsWaiting;
    while (link.alive) {
      const answer = await republish(
        link,
        { subscriptionId: this.#id, sequenceNumber: next(this.#last) },
        this.#itemOf,
      );
      if (!answer.ok) break;
      this.#deliver(next(this.#last), answer.value, false);
    }
    if (link.alive) this.start();
  }

  /** No more requests and no watchdog; what the server sends meanwhile stays there. */
  pause(): void {
    this.#publishing = false;
    clearInterval(this.#watchdog);
  }

  /** The end of it, at the server too where that can be reached. */
  async stop(): Promise<void> {
    this.pause();
    if (this.#link.alive) await deleteSubscription(this.#link, this.#id);
  }

  #refill(): void {
    while (this.#publishing && this.#link.alive && this.#waiting < this.#depth) this.#ask();
  }

  #ask(): void {
    const link = this.#link;
    const acknowledged = this.#acknowledgements.splice(0);
    this.#waiting += 1;
    // The server gives up on a request of which we no longer wait for the answer.
    void publish(link, acknowledged, 4 * this.#limitMs).then((answer) => {
      // Answers of a link that is gone belong to nobody.
      if (link !== this.#link || !this.#publishing) return;
      this.#waiting -= 1;
      if (answer.ok) this.#take(answer.value);
      else this.#failed(answer.failure, acknowledged);
      if (answer.ok || answer.failure.status !== null) return this.#refill();
      // What did not leave fails before any timer or socket gets its turn: at once, again and again, none ever would.
      setTimeout(() => this.#refill(), againMs).unref();
    });
  }

  #take(published: Published): void {
    this.#heardAtMs = systemClock.monotonicMs();
    this.#failures = 0;
    if (published.subscriptionId !== this.#id) return;
    if (published.isKeepAlive) {
      if (!this.#tail && published.sequenceNumber === next(this.#last)) this.#listener.quiet();
      return;
    }
    if (this.#tail) {
      this.#chain(this.#tail.then(() => this.#complete(published)));
      return;
    }
    const content = this.#missing(published.sequenceNumber) > 0 ? null : published.read(this.#itemOf);
    if (content === null || content instanceof Promise) this.#chain(this.#complete(published, content));
    else this.#deliver(published.sequenceNumber, content, !published.moreFollows);
  }

  #chain(work: Promise<void>): void {
    const tail = work.finally(() => {
      if (this.#tail === tail) this.#tail = null;
    });
    this.#tail = tail;
  }

  async #complete(published: Published, reading: Promise<Content> | null = null): Promise<void> {
    const missing = this.#missing(published.sequenceNumber);
    if (missing > 0) await this.#fetch(missing);
    const content = await (reading ?? published.read(this.#itemOf));
    if (this.#publishing) this.#deliver(published.sequenceNumber, content, !published.moreFollows);
  }

  /** How many messages are missing before this one. */
  #missing(sequenceNumber: number): number {
    const ahead = sequenceNumber - next(this.#last);
    return ahead < 0 ? 0 : ahead;
  }

  async #fetch(missing: number): Promise<void> {
    const subscriptionId = this.#id;
    for (let count = 0; count < Math.min(missing, missingMax); count += 1) {
      const answer = await republish(this.#link, { subscriptionId, sequenceNumber: next(this.#last) }, this.#itemOf);
      if (!this.#publishing) return;
      if (answer.ok) this.#deliver(next(this.#last), answer.value, false);
      else {
        if (answer.failure.status !== null && !sameMeaning(answer.failure.status, badMessageNotAvailable)) return;
        break;
      }
      if (count + 1 === missing) return;
    }
    const text = `${missing} messages of ${this.#link.settings.endpointUrl} did not arrive and are no longer there.`;
    this.#listener.lost(makeFault("transient", "machine/message-lost", text));
  }

  #deliver(sequenceNumber: number, content: Content, cycleEnds: boolean): void {
    this.#last = sequenceNumber;
    this.#acknowledgements.push({ subscriptionId: this.#id, sequenceNumber });
    if (content.closing !== null) {
      this.#end("machine/subscription-closed", `ended the subscription (${content.closing})`);
      return;
    }
    for (const handle of content.notices) this.#notices.get(handle)?.();
    this.#listener.content(content, cycleEnds);
  }

  #failed({ status, text }: ServiceFailure, acknowledged: readonly Acknowledgement[]): void {
    this.#acknowledgements.push(...acknowledged);
    if (status !== null && sameMeaning(status, badTooManyPublishRequests)) {
      this.#depth = Math.max(1, this.#waiting);
      return;
    }
    if (isSessionGone(status)) {
      this.#end("machine/session-lost", `no longer knows our session or subscription (${text})`);
      return;
    }
    // No answer at all is the watchdog's to judge.
    if (status === null || sameMeaning(status, badTimeout)) return;
    this.#failures += 1;
    if (this.#failures >= failuresMax) this.#end("machine/subscription-closed", `refuses to publish (${text})`);
  }

  #tick(tickMs: number): void {
    const now = systemClock.monotonicMs();
    const late = now - this.#tickedAtMs > 2 * tickMs;
    this.#tickedAtMs = now;
    // We ourselves were busy: what has arrived meanwhile is read first.
    if (late) this.#heardAtMs = Math.max(this.#heardAtMs, now - this.#limitMs + 2 * tickMs);
    if (now - this.#heardAtMs > this.#limitMs) void this.#silent();
    else this.#refill();
  }

  /** Tells a dead line from a dead subscription: the first may give the subscription back, the second cannot. */
  async #silent(): Promise<void> {
    clearInterval(this.#watchdog);
    const heardAtMs = this.#heardAtMs;
    const answers = await ping(this.#link, Math.min(pingMs, this.#link.settings.requestTimeoutMs));
    if (!this.#publishing) return;
    if (this.#heardAtMs !== heardAtMs) return this.start();
    const since = `${Math.round(this.#limitMs)} ms`;
    if (answers) this.#end("machine/subscription-silent", `answers, but its subscription said nothing for ${since}`);
    else this.#end("machine/silent", `gave no sign of life for ${since}`);
  }

  #end(code: Fault["code"], why: string): void {
    this.pause();
    const text = `${this.#link.settings.endpointUrl} ${why}; it is connected anew.`;
    this.#link.end(makeFault("transient", code, text));
  }
}

function next(sequenceNumber: number): number {
  return sequenceNumber >= sequenceMax ? 1 : sequenceNumber + 1;
}
