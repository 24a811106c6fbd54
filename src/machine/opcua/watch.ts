/**
 * What is watched on behalf of a listener, over all its connections: which nodes the paths stand for, nodes that
 * appear later, and what is told when. The subscription itself lives in `subscription.ts`.
 */
import { makeFault, ok, type Fault, type Result } from "../../base/result.ts";
import type { MachineListener, WatchedPath, WatchOutcome } from "../connector.ts";
import { Address, type FoundNode } from "./address.ts";
import type { Content } from "./client-notification.ts";
import type { Link } from "./client.ts";
import { hasPlaceholder } from "./path.ts";
import { Subscription } from "./subscription.ts";

/** Nodes of which only the fact of a change matters: path → who wants to know. Shared with the connection. */
export type Notices = ReadonlyMap<string, ReadonlySet<() => void>>;

export class Watch {
  readonly #paths: readonly string[];
  readonly #listener: MachineListener;
  readonly #notices: Notices;
  #link: Link | null = null;
  #address: Address | null = null;
  #subscription: Subscription | null = null;
  #missing: readonly string[] = [];
  /** Ever announced, so that a rebuilt connection does not announce it again. */
  readonly #known = new Set<string>();
  /** Asked to be watched, and not told to have appeared. */
  readonly #coming = new Set<string>();
  #rediscovery: NodeJS.Timeout | undefined;
  #searching: Promise<void> | null = null;
  #searchAgain = false;
  /** New nodes were told of and their first values are still under way. */
  #unsettled = false;
  /** More of what the machine said at one time is under way. */
  #isInCycle = false;
  /** Something was told, or is missing, and not yet that nothing is under way. */
  #owesComplete = false;
  #stopped = false;

  constructor(paths: readonly WatchedPath[], listener: MachineListener, notices: Notices) {
    this.#paths = paths.map((watched) => watched.path);
    this.#listener = listener;
    this.#notices = notices;
  }

  /** A new subscription in a new session. The first time it tells which nodes there are; later what is new. */
  async start(link: Link): Promise<Result<WatchOutcome>> {
    this.#link = link;
    this.#address = new Address(link);
    this.#unsettled = false;
    this.#isInCycle = false;
    this.#owesComplete = false;
    const first = this.#known.size === 0;
    const subscription = await Subscription.create(link, {
      content: (content, cycleEnds) => this.#tell(content, cycleEnds),
      lost: (fault) => this.#gap(fault),
      quiet: () => this.#complete(),
    });
    if (!subscription.ok) return subscription;
    this.#subscription = subscription.value;
    const added = await this.#find();
    if (!added.ok) {
      await subscription.value.stop();
      return added;
    }
    for (const path of added.value) this.#known.add(path);
    this.#coming.clear();
    for (const path of this.#notices.keys()) await this.notice(path);
    const { paths, unqueued, slower } = subscription.value;
    return ok({ items: first ? added.value : paths, missing: this.#missing, unqueued, slower });
  }

  /** Values flow from here on. */
  begin(appeared: readonly string[] = []): void {
    if (this.#stopped) return;
    if (appeared.length) this.#listener.appeared(appeared);
    this.#subscription?.start();
    this.#plan();
  }

  /** Goes on over a link that took over the session, its subscription included. */
  async resume(link: Link): Promise<void> {
    this.#link = link;
    this.#address = new Address(link);
    await this.#subscription?.resume(link);
    this.#plan();
    this.#search();
  }

  /** Watches one more node for a change; where it does not exist nobody is ever called. */
  async notice(path: string): Promise<void> {
    const found = await this.#address?.find([path]);
    const node = found?.ok ? found.value.get(path)?.[0]?.node : undefined;
    if (node) await this.#subscription?.notice(node, () => this.#notices.get(path)?.forEach((changed) => changed()));
  }

  get paths(): readonly string[] {
    return [...this.#known];
  }

  /** The link is gone: nothing more is told until the next `start` or `resume`. */
  pause(): void {
    clearInterval(this.#rediscovery);
    this.#subscription?.pause();
  }

  /** Nothing more is told; the subscription is left to end with its session. */
  abandon(): void {
    this.#stopped = true;
    this.pause();
  }

  async stop(): Promise<void> {
    this.abandon();
    await this.#searching;
    await this.#subscription?.stop();
  }

  /** Looks for nodes and watches those that are not watched yet. @returns their paths */
  async #find(): Promise<Result<string[]>> {
    const address = this.#address;
    const subscription = this.#subscription;
    if (!address || !subscription) return ok([]);
    const found = await address.find(this.#paths);
    if (!found.ok) return found;
    const nodes: FoundNode[] = [];
    const missing: string[] = [];
    for (const [path, candidates] of found.value) {
      const variables = candidates.filter((candidate) => candidate.isVariable);
      if (variables.length === 0) missing.push(path);
      nodes.push(...variables);
    }
    this.#coming.clear();
    const added = await subscription.add(nodes, this.#coming);
    if (!added.ok) return added;
    const watched = new Set(subscription.paths);
    const refused = nodes.filter(({ path }) => !watched.has(path)).map(({ path }) => path);
    this.#missing = [...missing, ...refused];
    return added;
  }

  /** Where the machine does not tell of new nodes, it is asked from time to time. */
  #plan(): void {
    clearInterval(this.#rediscovery);
    const everyMs = this.#link?.settings.rebrowseIntervalMs ?? 0;
    if (everyMs > 0 && this.#canGrow()) this.#rediscovery = setInterval(() => this.#search(), everyMs);
  }

  #canGrow(): boolean {
    return this.#missing.length > 0 || this.#paths.some(hasPlaceholder);
  }

  /** One search at a time; whatever is told of meanwhile is looked for in the next. */
  #search(): void {
    this.#searchAgain = true;
    this.#searching ??= this.#searchAll().finally(() => {
      this.#searching = null;
    });
  }

  async #searchAll(): Promise<void> {
    while (this.#searchAgain && !this.#stopped && this.#link?.alive) {
      this.#searchAgain = false;
      const added = await this.#find();
      // A search that failed is made good by the next one; a dead link ends in a new start.
      if (!added.ok || this.#stopped) break;
      const appeared = this.#appear(added.value);
      // First values that are still under way come in a message of their own, which then settles it; so does the end of a cycle.
      if (this.#searchAgain || appeared > 0 || this.#isInCycle) continue;
      this.#unsettled = false;
      this.#complete();
    }
  }

  /** Told of those that were known, too: nobody heard what their new node has said so far. @returns how many were told of */
  #appear(paths: readonly string[]): number {
    const appeared = paths.filter((path) => this.#coming.delete(path));
    for (const path of appeared) this.#known.add(path);
    if (appeared.length) this.#listener.appeared(appeared);
    return appeared.length;
  }

  /** The word alone that nothing is under way any more, where it is not said yet. */
  #complete(): void {
    if (this.#stopped || this.#unsettled || !this.#owesComplete) return;
    this.#owesComplete = false;
    this.#listener.samples([], true);
  }

  #tell(content: Content, cycleEnds: boolean): void {
    if (this.#stopped) return;
    if (content.modelChanged && this.#canGrow()) {
      this.#unsettled = true;
      this.#search();
    }
    if (content.overflowed.length) this.#gap(this.#overflow(content.overflowed));
    if (content.vanished.length) this.#forget(content.vanished);
    this.#isInCycle = !cycleEnds;
    if (cycleEnds && this.#searching === null) this.#unsettled = false;
    const complete = cycleEnds && !this.#unsettled;
    // A first value may be here before the word that its node is watched.
    if (this.#coming.size) this.#appear(content.samples.map(({ item }) => item));
    if (content.samples.length) {
      this.#owesComplete = !complete;
      this.#listener.samples(content.samples, complete);
    } else if (complete) this.#complete();
  }

  #gap(fault: Fault): void {
    if (this.#stopped) return;
    this.#owesComplete = true;
    this.#listener.interrupted(fault);
    this.#listener.resumed();
  }

  #overflow(items: readonly string[]): Fault {
    const { queueSize, endpointUrl } = this.#link?.settings ?? { queueSize: 0, endpointUrl: "The machine" };
    const named = [...new Set(items)];
    const shown = named.slice(0, 5).join(", ") + (named.length > 5 ? ` and ${named.length - 5} more` : "");
    const text =
      `${endpointUrl} changed ${shown} more than ${queueSize} times between two publishings and dropped values. ` +
      `Raise queueSize or lower publishingIntervalMs.`;
    return makeFault("transient", "machine/overflow", text);
  }

  /** The node behind a path is gone: it is looked for again, in case it was replaced. */
  #forget(paths: readonly string[]): void {
    void this.#subscription?.remove(paths).then(() => this.#search());
  }
}
