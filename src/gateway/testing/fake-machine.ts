/**
 * A machine for the gateway's tests. It says values, remembers those of items with history, delivers them to whoever
 * watches while the line is up, and loses on the way what was under way when the line is cut.
 */
import { instant, type Instant } from "../../base/instant.ts";
import { fail, makeFault, ok, type Result } from "../../base/result.ts";
import type {
  HistoryOutcome,
  HistorySlice,
  MachineJobOrders,
  MachineListener,
  MachineSession,
  SlowerItem,
  WatchedPath,
} from "../../machine/connector.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";

export interface FakeMachine {
  open(signal: AbortSignal): Promise<Result<MachineSession>>;
  /** Something happens in the machine `stepMs` after what happened before. */
  say(item: string, value: SampleValue, stepMs?: number): Sample;
  /** What is under way arrives. */
  deliver(): void;
  /** The same, item by item, as protocols do that queue by item. What is older of one item comes after what is newer of another. */
  deliverByItem(): void;
  /** The machine's queue of an item was full: of what is under way there only the newest is left, and the machine says so. */
  overrun(item: string): void;
  /** One of what is under way is held up on its way and never arrives. */
  hold(sample: Sample): void;
  /** What was said comes once more. */
  sayAgain(samples: readonly Sample[]): void;
  /** The line breaks: what is under way is lost. */
  cut(): void;
  heal(): void;
  /** The watching session notices items that the machine got since, and those that were away. */
  notice(): void;
  /** The machine takes an item away: what it says there is not heard until it is noticed again. */
  takeAway(item: string): void;
  /** Everything the machine has ever said. */
  readonly said: readonly Sample[];
  /** What reached a listener live. */
  readonly delivered: readonly Sample[];
  now: number;
  /** The machine's clock is set back. */
  rewind(now: number): void;
  /** Items that the machine does not remember. */
  readonly forgetful: Set<string>;
  /** Items that it does not queue. */
  unqueued: readonly string[];
  /** Items at which it looks now and then. */
  slower: readonly SlowerItem[];
  /** How the machine misbehaves from now on. */
  readonly plan: {
    sliceSamples: number;
    /** The next history calls that break off, each after so many slices. */
    historyBreaks: number[];
    /** Openings that fail. */
    openFails: number;
    historyRefused: boolean;
    complete: boolean;
    /** Called before each slice, e.g. to say more meanwhile. */
    beforeSlice: () => void | Promise<void>;
  };
  /** History calls so far. */
  readonly asked: { readonly items: readonly string[]; readonly from: Instant }[];
  readonly opened: () => number;
  /** The machine's time whenever somebody began to watch. */
  readonly watchedAt: number[];
  jobs: MachineJobOrders | null;
}

/** Samples that came from history are received at a time below zero, to tell them apart in tests. */
export function isFromHistory(sample: Sample): boolean {
  return sample.receivedAt < 0;
}

interface Watching {
  readonly paths: readonly WatchedPath[];
  readonly listener: MachineListener;
  readonly items: Set<string>;
}

export function fakeMachine(now = 1_000_000): FakeMachine {
  const said: Sample[] = [];
  const delivered: Sample[] = [];
  let underWay: Sample[] = [];
  let isOverrun = false;
  let watching: Watching | null = null;
  let up = true;
  let opened = 0;
  let claimed = 0;
  const matches = (paths: readonly WatchedPath[], item: string): boolean =>
    paths.some(({ path }) => new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`).test(item));
  const items = (): string[] => [...new Set(said.map(({ item }) => item))];
  const hand = (samples: readonly Sample[]): void => {
    if (samples.length === 0 || !watching) return;
    const received = samples.map((sample) => ({ ...sample, receivedAt: instant(machine.now) }));
    delivered.push(...received);
    // What appears may be heard before what others have said: then that is under way.
    watching.listener.samples(received, machine.plan.complete && underWay.length === 0);
  };
  const current = (of: Iterable<string>): Sample[] =>
    [...of].flatMap((item) => said.findLast((sample) => sample.item === item) ?? []);

  const history = async (
    asked: readonly string[],
    from: Instant,
    onSlice: (slice: HistorySlice) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Result<HistoryOutcome>> => {
    machine.asked.push({ items: asked, from });
    if (machine.plan.historyRefused) return fail("refused", "machine/history", "The machine keeps no history.");
    const breakAfter = machine.plan.historyBreaks.shift() ?? Number.POSITIVE_INFINITY;
    const wanted = new Set(asked.filter((item) => !machine.forgetful.has(item)));
    let next: number = from;
    let count = 0;
    for (let slices = 0; ; slices += 1) {
      await machine.plan.beforeSlice();
      if (signal.aborted || !up || slices >= breakAfter) return fail("transient", "machine/history", "The line broke.");
      const slice = sliceFrom(machine, wanted, next);
      if (!slice) return ok({ withoutHistory: asked.filter((item) => machine.forgetful.has(item)), samples: count });
      count += slice.samples.length;
      claimed = Math.max(claimed, slice.through);
      await onSlice(slice);
      next = slice.through + 1;
    }
  };

  const machine: FakeMachine = {
    said,
    delivered,
    now,
    forgetful: new Set(),
    unqueued: [],
    slower: [],
    asked: [],
    opened: () => opened,
    watchedAt: [],
    jobs: null,
    plan: {
      sliceSamples: 10,
      historyBreaks: [],
      openFails: 0,
      historyRefused: false,
      complete: true,
      beforeSlice: () => {},
    },
    say: (item, value, stepMs = 10) => {
      // A slice of history is complete up to its end: nothing is said there afterwards.
      machine.now = Math.max(machine.now + stepMs, claimed + 1);
      const at = instant(machine.now);
      const sample: Sample = { item, at, receivedAt: at, status: 0, value, mark: "" };
      said.push(sample);
      if (up && watching?.items.has(item)) underWay.push(sample);
      return sample;
    },
    rewind: (to) => {
      machine.now = to;
      claimed = 0;
    },
    deliver: () => {
      const arrived = underWay;
      underWay = [];
      if (!up) return;
      if (isOverrun) {
        watching?.listener.interrupted(makeFault("transient", "machine/overflow", "The machine dropped values."));
        watching?.listener.resumed();
      }
      isOverrun = false;
      hand(arrived);
    },
    deliverByItem: () => {
      underWay = [...Map.groupBy(underWay, ({ item }) => item).values()].flat();
      machine.deliver();
    },
    overrun: (item) => {
      const newest = underWay.findLast((sample) => sample.item === item);
      const left = underWay.filter((sample) => sample.item !== item || sample === newest);
      if (left.length < underWay.length) isOverrun = true;
      underWay = left;
    },
    hold: (sample) => {
      underWay = underWay.filter((one) => one !== sample);
    },
    sayAgain: hand,
    cut: () => {
      underWay = [];
      if (!up) return;
      up = false;
      watching?.listener.interrupted(makeFault("transient", "machine/line", "The line to the machine broke."));
    },
    heal: () => {
      if (up) return;
      up = true;
      if (!watching) return;
      watching.listener.resumed();
      hand(current(watching.items));
    },
    takeAway: (item) => {
      watching?.items.delete(item);
      // As protocols tell it: at the time of whoever tells it, not of the machine.
      const at = instant(machine.now + 3_600_000);
      const sample: Sample = { item, at, receivedAt: at, status: 0x8033_0000, value: null, mark: "" };
      watching?.listener.samples([sample], false);
    },
    notice: () => {
      if (!up || !watching) return;
      const { paths, items: known, listener } = watching;
      const fresh = items().filter((item) => !known.has(item) && matches(paths, item));
      if (fresh.length === 0) return;
      for (const item of fresh) known.add(item);
      listener.appeared(fresh);
      hand(current(fresh));
    },
    open: async () => {
      opened += 1;
      if (!up || machine.plan.openFails-- > 0) return fail("transient", "machine/line", "The machine does not answer.");
      let mine: Watching | null = null;
      const session: MachineSession = {
        check: async () => null,
        watch: async (paths, listener) => {
          if (!up) return fail("transient", "machine/line", "The line broke.");
          const found = items().filter((item) => matches(paths, item));
          mine = { paths, listener, items: new Set(found) };
          watching = mine;
          machine.watchedAt.push(machine.now);
          hand(current(found));
          return ok({ items: found, missing: [], unqueued: machine.unqueued, slower: machine.slower });
        },
        history,
        read: async (paths) => ok(current(paths)),
        write: async () => ok(undefined),
        call: async () => ok(undefined),
        jobOrders: async () => (machine.jobs ? ok(machine.jobs) : fail("refused", "machine/jobs", "No job control.")),
        close: async () => {
          if (watching === mine) {
            watching = null;
            underWay = [];
          }
        },
      };
      return ok(session);
    },
  };
  return machine;
}

/** The next samples from a time on, with all of the last one's time; null at the end. */
function sliceFrom(machine: FakeMachine, wanted: ReadonlySet<string>, from: number): HistorySlice | null {
  const { said, now, plan } = machine;
  const count = plan.sliceSamples;
  const left = said.filter(({ item, at }) => at >= from && wanted.has(item)).toSorted((a, b) => a.at - b.at);
  const last = left[Math.min(count, left.length) - 1];
  if (!last) return null;
  const samples = left.filter(({ at }) => at <= last.at).map((sample) => ({ ...sample, receivedAt: instant(-now) }));
  return { samples, through: last.at };
}
