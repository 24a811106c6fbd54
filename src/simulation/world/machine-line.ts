/**
 * The line between a simulated machine and the gateways that watch it: delivers what the machine says, late, twice or out
 * of order when it is told to, loses what is under way when it is cut, and answers for the machine's memory.
 */
import { instant, type Instant } from "../../base/instant.ts";
import { fail, makeFault, ok, type Result } from "../../base/result.ts";
import type { HistoryOutcome, HistorySlice, MachineListener, MachineSession } from "../../machine/connector.ts";
import type { Sample } from "../../record/sample.ts";
import type { Random } from "../random.ts";
import type { Actor, Schedule } from "./schedule.ts";

/** What a machine has said. */
export interface Memory {
  /** In order of source time. */
  readonly said: readonly Sample[];
  /** The newest value of each item. */
  readonly current: ReadonlyMap<string, Sample>;
  readonly hasHistory: boolean;
}

/** How the line misbehaves now; chances are of one frame. */
export interface LineWeather {
  readonly twice: number;
  readonly late: number;
  /** At most so late; less than what the map allows. */
  readonly lateMsMax: number;
  /**
   * What names a job takes another way, on which it is held up until then, longer than the map allows. The end of a run gets
   * through when the beginning has not: the run before seems to have lasted until then.
   */
  readonly wordsHeldUntil: number;
}

export const fairWeather: LineWeather = { twice: 0, late: 0, lateMsMax: 0, wordsHeldUntil: 0 };

interface Watcher {
  readonly actor: Actor;
  readonly listener: MachineListener;
  /** Frames of which the newest that was delivered says that nothing older is under way. */
  underWay: number;
  /** How often it was cut: what was under way then never arrives. */
  cuts: number;
  /** What waits for the next publishing. */
  gathered: Sample[];
}

/** An old snapshot has what was said in so long a time. */
const snapshotMs = 600_000;
const sliceSamples = 400;
const latencyMsMax = 200;

export class MachineLine {
  weather: LineWeather = fairWeather;
  #isUp = true;
  #beginIsHeld = false;
  #heldBack: { readonly item: string; readonly until: number } | null = null;
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #memory: Memory;
  readonly #publishMs: number;
  readonly #word: string;
  readonly #watchers = new Set<Watcher>();

  /** @param options  `publishMs`: values are gathered so long and sent together; `word`: the item that names a run, or none */
  constructor(options: {
    readonly schedule: Schedule;
    readonly random: Random;
    readonly memory: Memory;
    readonly publishMs: number;
    readonly word: string;
  }) {
    this.#schedule = options.schedule;
    this.#random = options.random;
    this.#memory = options.memory;
    this.#publishMs = options.publishMs;
    this.#word = options.word;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Whoever hears the machine now. */
  get heardBy(): readonly Actor[] {
    const all = [...this.#watchers].map((watcher) => watcher.actor);
    return this.#isUp ? all.filter((actor) => actor.isAlive) : [];
  }

  /** What the machine has just said goes out to everybody who watches. */
  carry(samples: readonly Sample[]): void {
    if (!this.#isUp) return;
    const heldMs = this.#heldMs(samples);
    for (const watcher of this.#watchers) {
      if (!watcher.actor.isAlive) this.#watchers.delete(watcher);
      else if (heldMs > 0) this.#deliver(watcher, samples, heldMs);
      else if (this.#publishMs === 0) this.#send(watcher, samples);
      else this.#gather(watcher, samples);
    }
  }

  /** What says something of the item takes another way, on which all of it is held up until then; until `letPass`. */
  holdBack(item: string, until: number): void {
    this.#heldBack = { item, until };
  }

  /** What is said from now on goes out as always; what was held back still is. */
  letPass(): void {
    this.#heldBack = null;
  }

  /** So long a frame is held up; 0 for most. */
  #heldMs(samples: readonly Sample[]): number {
    const back = this.#heldBack;
    if (back && samples.some(({ item }) => item === back.item)) return Math.max(0, back.until - this.#schedule.now);
    const word = samples.find(({ item }) => item === this.#word);
    const heldMs = this.weather.wordsHeldUntil - this.#schedule.now;
    if (!word || heldMs <= 0) return 0;
    const begins = word.value !== "" && word.value !== 0;
    const isHeld = begins || !this.#beginIsHeld;
    this.#beginIsHeld = begins;
    return isHeld && this.#random.chance(0.8) ? heldMs : 0;
  }

  #gather(watcher: Watcher, samples: readonly Sample[]): void {
    watcher.gathered.push(...samples);
    if (watcher.gathered.length > samples.length) return;
    const { now } = this.#schedule;
    this.#schedule.at(now + this.#publishMs - (now % this.#publishMs), () => {
      const all = watcher.gathered;
      watcher.gathered = [];
      if (all.length > 0) this.#send(watcher, all);
    });
  }

  /** An old snapshot comes again, with the times that it had: everything that was said so long ago and up to then minutes after. */
  sayAgain(agoMs: number): void {
    if (!this.#isUp) return;
    const from = this.#schedule.now - agoMs;
    const old = this.#memory.said.filter(({ at }) => at >= from && at < from + snapshotMs);
    if (old.length === 0) return;
    for (const watcher of this.#watchers) if (watcher.actor.isAlive) this.#send(watcher, old);
  }

  cut(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    for (const watcher of this.#watchers) {
      watcher.cuts += 1;
      watcher.underWay = 0;
      watcher.gathered = [];
      if (!watcher.actor.isAlive) continue;
      watcher.listener.interrupted(makeFault("transient", "machine/connection-lost", "The line to the machine broke."));
    }
  }

  heal(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    for (const watcher of this.#watchers) {
      if (!watcher.actor.isAlive) continue;
      watcher.listener.resumed();
      this.#send(watcher, [...this.#memory.current.values()]);
    }
  }

  /** @param actor  whoever watches; when it dies nobody hears the machine through this session any more */
  async open(actor: Actor): Promise<Result<MachineSession>> {
    await this.#schedule.step(actor);
    if (!this.#isUp) return fail("transient", "machine/connection-lost", "The machine does not answer.");
    let mine: Watcher | null = null;
    return ok({
      check: () => Promise.resolve(null),
      watch: async (paths, listener) => {
        await this.#schedule.step(actor);
        if (!this.#isUp) return fail("transient", "machine/connection-lost", "The line broke.");
        mine = { actor, listener, underWay: 0, cuts: 0, gathered: [] };
        this.#watchers.add(mine);
        this.#send(mine, [...this.#memory.current.values()]);
        return ok({ items: paths.flatMap(({ path }) => this.#matching(path)), missing: [], unqueued: [], slower: [] });
      },
      history: (items, from, onSlice, signal) => this.#history(actor, items, from, onSlice, signal),
      read: async (paths) => ok(paths.flatMap((path) => this.#memory.current.get(path) ?? [])),
      write: () => Promise.resolve(ok(undefined)),
      call: () => Promise.resolve(ok(undefined)),
      jobOrders: () => Promise.resolve(fail("refused", "machine/job-control", "The machine keeps no job orders.")),
      close: async () => {
        if (mine) this.#watchers.delete(mine);
      },
    });
  }

  /** The items under a path; with a placeholder in it there may be several. */
  #matching(path: string): readonly string[] {
    if (!path.includes("{")) return [path];
    const [before = "", after = ""] = path.split(/\{\w+\}/);
    return [...this.#memory.current.keys()].filter((item) => item.startsWith(before) && item.endsWith(after));
  }

  #send(watcher: Watcher, samples: readonly Sample[]): void {
    const { twice, late, lateMsMax } = this.weather;
    const isLate = this.#random.chance(late);
    const delay = this.#random.whole(1, isLate ? lateMsMax : latencyMsMax);
    this.#deliver(watcher, samples, delay);
    if (this.#random.chance(twice)) this.#deliver(watcher, samples, delay + this.#random.whole(0, latencyMsMax));
  }

  #deliver(watcher: Watcher, samples: readonly Sample[], delayMs: number): void {
    watcher.underWay += 1;
    const { cuts } = watcher;
    this.#schedule.at(this.#schedule.now + delayMs, () => {
      if (watcher.cuts !== cuts || !watcher.actor.isAlive || !this.#watchers.has(watcher)) return;
      watcher.underWay -= 1;
      const received = samples.map((sample) => ({ ...sample, receivedAt: this.#schedule.now }));
      watcher.listener.samples(received, watcher.underWay === 0);
    });
  }

  async #history(
    actor: Actor,
    items: readonly string[],
    from: Instant,
    onSlice: (slice: HistorySlice) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Result<HistoryOutcome>> {
    if (!this.#memory.hasHistory) return ok({ withoutHistory: items, samples: 0 });
    const wanted = new Set(items);
    let count = 0;
    for (let next: number = from; ;) {
      await this.#schedule.step(actor);
      if (signal.aborted || !this.#isUp) return fail("transient", "machine/history", "The line broke.");
      const slice = this.#slice(wanted, next);
      if (!slice) return ok({ withoutHistory: [], samples: count });
      count += slice.samples.length;
      await onSlice(slice);
      next = slice.through + 1;
    }
  }

  #slice(wanted: ReadonlySet<string>, from: number): HistorySlice | null {
    const { said } = this.#memory;
    const samples: Sample[] = [];
    for (let i = firstFrom(said, from); i < said.length; i += 1) {
      const sample = said[i];
      const last = samples.at(-1);
      if (!sample || (samples.length >= sliceSamples && last && sample.at > last.at)) break;
      if (wanted.has(sample.item)) samples.push({ ...sample, receivedAt: this.#schedule.now });
    }
    const last = samples.at(-1);
    return last ? { samples, through: instant(last.at) } : null;
  }
}

function firstFrom(said: readonly Sample[], from: number): number {
  let low = 0;
  let high = said.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((said[middle]?.at ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
