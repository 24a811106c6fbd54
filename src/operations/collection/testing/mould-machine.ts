/**
 * A moulding machine with a family mould, made up for tests: up to three cavities, each with a job of its own, one stroke
 * counter for all. It keeps its own books of what was really made, in fractions, without any knowledge of how collection
 * reads it.
 */
import { instant } from "../../../base/instant.ts";
import type { MachineMap, StationRule } from "../../../record/machine-map.ts";
import type { Sample, SampleValue } from "../../../record/sample.ts";
import { buildMap } from "../../../site/map-build.ts";
import { mapSchema } from "../../../site/map-schema.ts";
import { unwrap } from "../../../base/result.ts";
import type { LifeStep } from "./life.ts";

const because = "because: The controller counts for as long as it lives and keeps the value without power.";

const text = {
  name: "family-mould",
  version: 1,
  validFrom: "2020-01-01T00:00:00Z",
  frame: "source-time",
  clock: { trust: "device", late: "10s" },
  items: {
    job: { path: "Cavity{cavity}/Job" },
    article: { path: "Cavity{cavity}/Article" },
    open: { path: "Cavity{cavity}/Open" },
    rejects: { path: "Cavity{cavity}/Rejects" },
    inserts: { path: "Cavity{cavity}/Inserts" },
    strokes: { path: "Strokes" },
    granulate: { path: "Granulate" },
    energy: { path: "Energy" },
    state: { path: "State" },
  },
  run: { by: "job", job: "job", article: "article" },
  stations: { pieces: { item: "open" }, because },
  counters: [
    { rule: "strokes", item: "strokes", grade: "good", uom: "C62", bits: 8, ...counter(100) },
    { rule: "rejects", item: "rejects", grade: "scrap", uom: "C62", ...counter(100) },
  ],
  consumption: [
    { rule: "granulate", amount: "granulate", material: { fixed: "PA6" }, uom: { fixed: "KGM" }, ...counter(100) },
    {
      rule: "inserts",
      amount: "inserts",
      material: { fixed: "INSERT" },
      uom: { fixed: "C62" },
      ...counter(100),
      reset: "per-run",
      baseline: "zero",
      drop: "stale",
    },
  ],
  state: { item: "state", states: { 0: "idle", 1: "production", 2: "held" } },
  energy: { item: "energy", uom: "KWH", ...counter(100) },
};

function counter(stepMax: number): Record<string, unknown> {
  return { reset: "never", baseline: "first", drop: "classify", stepMax, because };
}

/** The machine's map, with another statement of how many pieces a stroke makes. */
export function mouldMap(stations?: Pick<StationRule, "pieces" | "shares">): MachineMap {
  const map = unwrap(buildMap(mapSchema.parse(text)));
  return stations ? { ...map, stations: { ...stations, because } } : map;
}

export type MouldStep = LifeStep<keyof typeof actions>;

export interface MouldRun {
  readonly job: string;
  readonly article: string;
  readonly startedAt: number;
  /** Strokes with each number of open cavities, by cavity. */
  readonly strokes: { readonly cavity: string; readonly strokes: number; readonly open: number }[];
  rejects: number;
  inserts: number;
  ended: boolean;
  held: number;
}

/** An amount of the whole machine, and what each cavity had open meanwhile. */
export interface Shared {
  readonly micro: number;
  readonly open: readonly { readonly cavity: string; readonly open: number; readonly run: MouldRun | null }[];
}

export interface MouldTruth {
  readonly runs: readonly MouldRun[];
  /** Pieces of cavities that named no job. */
  readonly withoutRun: MouldRun["strokes"];
  readonly granulate: readonly Shared[];
  readonly energy: readonly Shared[];
  readonly states: readonly number[];
}

interface Cavity {
  run: MouldRun | null;
  open: number;
  rejects: number;
  inserts: number;
}

const jobs = ["A", "B", "C"] as const;

class Mould {
  readonly samples: Sample[] = [];
  readonly truth = {
    runs: [] as MouldRun[],
    withoutRun: [] as MouldRun["strokes"],
    granulate: [] as Shared[],
    energy: [] as Shared[],
    states: [0],
  };
  readonly cavities = new Map<string, Cavity>();
  #at: number;
  strokes = 200;
  granulate = 5_000_000;
  energy = 7_000_000;
  state = 0;

  constructor(at: number) {
    this.#at = at;
    this.say({ Strokes: this.strokes, Granulate: 5, Energy: 7, State: 0, ...this.bring("1"), ...this.bring("2") });
  }

  /** A cavity from which nothing was heard before. */
  bring(name: string): Record<string, SampleValue> {
    this.cavities.set(name, { run: null, open: 0, rejects: 0, inserts: 0 });
    const path = `Cavity${name}`;
    return { [`${path}/Job`]: "", [`${path}/Article`]: "", [`${path}/Open`]: 0, [`${path}/Rejects`]: 0 };
  }

  get at(): number {
    return this.#at;
  }

  pass(ms: number): void {
    this.#at += ms;
  }

  say(values: Readonly<Record<string, SampleValue>>): void {
    this.#at += 1;
    for (const [item, value] of Object.entries(values)) {
      const at = instant(this.#at);
      this.samples.push({ item, at, receivedAt: instant(at + 40), status: 0, value, mark: "" });
    }
  }

  cavity(a: number): readonly [string, Cavity] {
    const all = [...this.cavities];
    return all[a % all.length] ?? ["1", { run: null, open: 0, rejects: 0, inserts: 0 }];
  }

  open(): Shared["open"] {
    return [...this.cavities].map(([cavity, { open, run }]) => ({ cavity, open, run }));
  }

  count(strokes: number): void {
    this.strokes += strokes;
    for (const [cavity, { run, open }] of this.cavities) {
      if (open > 0) (run?.strokes ?? this.truth.withoutRun).push({ cavity, strokes, open });
    }
  }

  /** What the cavity says when it goes over to a job; null: to none. */
  name(cavity: string, job: number | null): Record<string, SampleValue> {
    const own = this.cavities.get(cavity);
    if (!own) return {};
    const before = own.run;
    const [name, article] = job === null ? ["", ""] : [jobs[job % 3] ?? "A", `ART-${job % 2}`];
    if ((before?.job ?? "") === name && (before?.article ?? "") === article) return {};
    const path = `Cavity${cavity}`;
    own.run = null;
    own.inserts = 0;
    if (job !== null) {
      const isOpen = (run: MouldRun): boolean => !run.ended && run.job === name && run.article === article;
      let run = this.truth.runs.find(isOpen);
      if (!run) {
        const startedAt = this.#at + 1;
        run = { job: name, article, startedAt, strokes: [], rejects: 0, inserts: 0, ended: false, held: 0 };
        this.truth.runs.push(run);
      }
      own.run = run;
    }
    if (before && ![...this.cavities.values()].some(({ run }) => run === before)) before.ended = true;
    return { [`${path}/Job`]: name, [`${path}/Article`]: article, [`${path}/Inserts`]: 0 };
  }
}

const actions = {
  nameJob(mould: Mould, a: number, b: number): void {
    mould.say(mould.name(mould.cavity(a)[0], b));
  },

  /** With the stroke that was the new job's first. */
  nameAndStroke(mould: Mould, a: number, b: number): void {
    const values = mould.name(mould.cavity(a)[0], b);
    mould.count(1 + (b % 9));
    mould.say({ ...values, Strokes: mould.strokes % 256 });
  },

  /** Two cavities change their jobs at once. */
  swap(mould: Mould): void {
    const [one, other] = [mould.cavities.get("1"), mould.cavities.get("2")];
    const first = one?.run;
    const second = other?.run;
    if (!one || !other || !first || !second || first === second) return;
    [one.run, other.run] = [second, first];
    [one.inserts, other.inserts] = [0, 0];
    mould.say({
      "Cavity1/Job": second.job,
      "Cavity1/Article": second.article,
      "Cavity1/Inserts": 0,
      "Cavity2/Job": first.job,
      "Cavity2/Article": first.article,
      "Cavity2/Inserts": 0,
    });
  },

  clear(mould: Mould, a: number): void {
    mould.say(mould.name(mould.cavity(a)[0], null));
  },

  /** The meter in the frame in which the job is over shows what the job has used. */
  clearAndBurn(mould: Mould, a: number, b: number): void {
    mould.energy += 1 + b;
    mould.truth.energy.push({ micro: 1 + b, open: mould.open() });
    mould.say({ ...mould.name(mould.cavity(a)[0], null), Energy: mould.energy / 1_000_000 });
  },

  open(mould: Mould, a: number, b: number): void {
    const [name, cavity] = mould.cavity(a);
    cavity.open = 1 + (b % 4);
    mould.say({ [`Cavity${name}/Open`]: cavity.open });
  },

  block(mould: Mould, a: number): void {
    const [name, cavity] = mould.cavity(a);
    cavity.open = 0;
    mould.say({ [`Cavity${name}/Open`]: 0 });
  },

  /** A cavity from which nothing was heard before. */
  third(mould: Mould): void {
    if (!mould.cavities.has("3")) mould.say(mould.bring("3"));
  },

  stroke(mould: Mould, a: number): void {
    mould.count(1 + (a % 30));
    mould.say({ Strokes: mould.strokes % 256 });
  },

  reject(mould: Mould, a: number, b: number): void {
    const [name, cavity] = mould.cavity(a);
    const by = 1 + (b % 3);
    cavity.rejects += by;
    if (cavity.run) cavity.run.rejects += by;
    mould.say({ [`Cavity${name}/Rejects`]: cavity.rejects });
  },

  insert(mould: Mould, a: number, b: number): void {
    const [name, cavity] = mould.cavity(a);
    if (!cavity.run) return;
    const by = 1 + (b % 5);
    cavity.inserts += by;
    cavity.run.inserts += by;
    mould.say({ [`Cavity${name}/Inserts`]: cavity.inserts });
  },

  feed(mould: Mould, a: number, b: number): void {
    const micro = 1 + a * 1000 + b;
    mould.granulate += micro;
    mould.truth.granulate.push({ micro, open: mould.open() });
    mould.say({ Granulate: mould.granulate / 1_000_000 });
  },

  burn(mould: Mould, a: number): void {
    const micro = 1 + a;
    mould.energy += micro;
    mould.truth.energy.push({ micro, open: mould.open() });
    mould.say({ Energy: mould.energy / 1_000_000 });
  },

  setState(mould: Mould, a: number): void {
    const state = a % 3;
    if (state === mould.state) return;
    mould.state = state;
    mould.truth.states.push(state);
    if (state === 2) for (const run of mould.truth.runs) if (!run.ended) run.held += 1;
    mould.say({ State: state });
  },

  sleep(mould: Mould, a: number): void {
    mould.pass((a % 20) * 3_600_000);
  },
};

export const mouldStepNames = Object.keys(actions) as readonly (keyof typeof actions)[]; // the keys of our own table

/** Lets the machine live through the steps, then end everything that is open. */
export function liveMould(
  steps: readonly MouldStep[],
  from: number,
): { readonly samples: readonly Sample[]; readonly truth: MouldTruth } {
  const mould = new Mould(from);
  for (const { what, a, b, afterMs } of steps) {
    mould.pass(afterMs);
    actions[what](mould, a, b);
  }
  for (const name of mould.cavities.keys()) mould.say(mould.name(name, null));
  actions.setState(mould, mould.state + 1);
  return mould;
}
