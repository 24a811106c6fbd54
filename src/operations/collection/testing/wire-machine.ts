/**
 * A wire machine made up for tests: runs that nest, counters that show older values for a moment, lists of material
 * that come and go, work outside every run. It keeps its own books of what was really made (`Truth`), without any
 * knowledge of how collection reads it.
 */
import { instant } from "../../../base/instant.ts";
import type { Sample, SampleValue } from "../../../record/sample.ts";
import type { LifeStep } from "./life.ts";

/** One thing that happens at the machine; what cannot happen now is left out. Numbers choose among possibilities. */
export type Step = LifeStep<keyof typeof actions>;

export interface RunTruth {
  readonly number: number;
  readonly job: string;
  readonly article: string;
  readonly startedAt: number;
  good: number;
  readonly used: Map<string, number>;
  /** Null while it is open, and for a run the machine left without a word. */
  result: string | null;
}

export interface Truth {
  readonly runs: readonly RunTruth[];
  /** Made while the machine showed no run but named a job: pieces by job. */
  readonly outside: ReadonlyMap<string, number>;
  readonly states: readonly number[];
  readonly alarms: number;
  /** Millionths by what the machine showed while they were used: `run 3`, `outside OLD-1`, or `nothing`. */
  readonly energy: ReadonlyMap<string, number>;
}

interface Run {
  readonly truth: RunTruth;
  shown: number;
  lists: number;
  /** Everything used, whether or not it counts for this run. */
  readonly used: Map<string, number>;
}

const materials = ["W-1", "W-2", "W-3", "T-1"] as const;
const results = ["Terminated", "Aborted", "Interrupted"] as const;
const slots = 4;

class WireMachine {
  readonly samples: Sample[] = [];
  readonly truth = {
    runs: [] as RunTruth[],
    outside: new Map<string, number>(),
    states: [] as number[],
    alarms: 0,
    energy: new Map<string, number>(),
  };
  readonly #shown = new Map<string, SampleValue>();
  #at: number;
  stack: Run[] = [];
  ended: Run | null = null;
  outside: { job: string; counter: number } | null = null;
  runsEnded = 0;
  lists = 0;
  energyMicro = 0;
  state = -1;

  constructor(at: number) {
    this.#at = at;
    this.say({
      "Production/ActiveRun": 0,
      "Production/JobNumber": "",
      "Production/Article": "",
      "Production/GoodPieces": 0,
    });
    this.say({
      "Production/RunsEnded": 0,
      "Production/LastEndedRun": 0,
      "Production/LastJobResult": "",
      "Counters/Snapshot": 0,
    });
    this.say({ "Energy/ActiveEnergy": 0 });
  }

  get run(): Run | undefined {
    return this.stack.at(-1);
  }

  /** What its values belong to: a run that has ended is shown until the machine goes on. */
  get shows(): string {
    const run = this.ended ?? this.run;
    if (run) return `run ${run.truth.number}`;
    return this.outside ? `outside ${this.outside.job}` : "nothing";
  }

  pass(ms: number): void {
    this.#at += ms;
  }

  get at(): number {
    return this.#at;
  }

  /** One frame: the values that changed, and the forced ones, at a time of its own. */
  say(values: Readonly<Record<string, SampleValue>>, forced: readonly string[] = []): void {
    this.#at += 1;
    for (const [item, value] of Object.entries(values)) {
      if (this.#shown.get(item) === value && !forced.includes(item)) continue;
      this.#shown.set(item, value);
      this.samples.push({
        item,
        at: instant(this.#at),
        receivedAt: instant(this.#at + 40),
        status: 0,
        value,
        mark: "",
      });
    }
  }

  sayBad(item: string, value: SampleValue, status: number): void {
    this.#at += 1;
    this.samples.push({ item, at: instant(this.#at), receivedAt: instant(this.#at + 40), status, value, mark: "" });
  }
}

function shownOf(run: Run): Record<string, SampleValue> {
  const { number, job, article } = run.truth;
  return {
    "Production/ActiveRun": number,
    "Production/JobNumber": job,
    "Production/Article": article,
    "Production/GoodPieces": run.shown,
  };
}

/** The list in an order of its own, possibly without one of its lines. */
function listOf(used: ReadonlyMap<string, number>, turn: number, without: string | null): Record<string, SampleValue> {
  const lines = [...used].filter(([material]) => material !== without);
  const values: Record<string, SampleValue> = {};
  for (let slot = 0; slot < slots; slot += 1) {
    const [material, amount] = (slot < lines.length ? lines[(slot + turn) % lines.length] : undefined) ?? ["", 0];
    values[`Counters/Slot${slot + 1}/Material`] = material;
    values[`Counters/Slot${slot + 1}/Kind`] = material === "" ? "" : material.startsWith("W") ? "Wire" : "Terminal";
    values[`Counters/Slot${slot + 1}/Total`] = amount;
  }
  return values;
}

const actions = {
  /** A job starts, on top of whatever runs. */
  start(machine: WireMachine, a: number, b: number): void {
    machine.ended = null;
    machine.outside = null;
    const number = machine.truth.runs.length + 1;
    const truth: RunTruth = {
      number,
      job: `ORD-${a % 4}, ${b % 2}`,
      article: `ART-${a % 2}`,
      startedAt: machine.at + 1,
      good: 0,
      used: new Map(),
      result: null,
    };
    machine.truth.runs.push(truth);
    const run: Run = { truth, shown: 0, lists: 0, used: new Map() };
    // Sample pieces that were cut before the start stand in the first list.
    if (b % 3 === 0) run.used.set(materials[a % 4] ?? "W-1", 10 + (b % 50));
    machine.stack.push(run);
    machine.say(shownOf(run), ["Production/GoodPieces", "Production/JobNumber"]);
  },

  make(machine: WireMachine, a: number, b: number): void {
    if (machine.outside) {
      const { job } = machine.outside;
      const by = 1 + (a % 9);
      machine.outside.counter += by;
      machine.truth.outside.set(job, (machine.truth.outside.get(job) ?? 0) + by);
      machine.say({ "Production/GoodPieces": machine.outside.counter });
      return;
    }
    const { run } = machine;
    if (!run || machine.ended) return;
    run.truth.good += 1 + (a % 25);
    run.shown = run.truth.good;
    const material = materials[b % 4] ?? "W-1";
    run.used.set(material, (run.used.get(material) ?? 0) + 1 + (b % 700));
    // What was used before the first list of a run is not the run's.
    if (run.lists > 0) run.truth.used.set(material, (run.truth.used.get(material) ?? 0) + 1 + (b % 700));
    machine.say({ "Production/GoodPieces": run.shown });
  },

  /** A counter shows an older value for a moment. */
  stepBack(machine: WireMachine, a: number): void {
    const { run } = machine;
    if (!run || machine.ended || run.truth.good === 0) return;
    machine.say({ "Production/GoodPieces": a % run.truth.good });
    machine.say({ "Production/GoodPieces": run.truth.good });
  },

  list(machine: WireMachine, a: number, b: number): void {
    const run = machine.ended ?? machine.run;
    if (!run) return;
    machine.lists += 1;
    const isFirst = run.lists === 0;
    run.lists += 1;
    // The first list says where counting starts, so it is whole; later ones may leave a line out for a while.
    const without = !isFirst && b % 4 === 0 && machine.ended === null ? (materials[a % 4] ?? null) : null;
    machine.say({ ...listOf(run.used, a, without), "Counters/Snapshot": machine.lists });
    if (without !== null) {
      machine.lists += 1;
      machine.say({ ...listOf(run.used, b, null), "Counters/Snapshot": machine.lists });
    }
  },

  end(machine: WireMachine, a: number, b: number): void {
    const { run } = machine;
    if (!run || machine.ended) return;
    // A machine that has made something shows a last list before or after the end, so that nothing stays unsaid.
    run.truth.result = results[a % 3] ?? "Terminated";
    machine.stack.pop();
    machine.ended = run;
    machine.runsEnded += 1;
    machine.say(
      {
        "Production/GoodPieces": run.shown,
        "Production/LastJobResult": run.truth.result,
        "Production/LastEndedRun": run.truth.number,
        "Production/RunsEnded": machine.runsEnded,
      },
      ["Production/GoodPieces", "Production/LastJobResult", "Production/LastEndedRun"],
    );
    actions.list(machine, a, 1);
    if (b % 2 === 0) actions.settle(machine);
  },

  /** The run below is current again, or none; the counters go back to what they showed there. */
  settle(machine: WireMachine): void {
    if (!machine.ended) return;
    machine.ended = null;
    const { run } = machine;
    if (run) machine.say({ ...shownOf(run), ...listOf(run.used, 0, null) });
    else machine.say({ "Production/ActiveRun": 0, "Production/JobNumber": "", "Production/Article": "" });
  },

  /** The machine goes on with a job that it has closed: no run, but the job's name and its frozen counter. */
  goOutside(machine: WireMachine, a: number): void {
    if (machine.stack.length > 0) return;
    actions.settle(machine);
    const job = `OLD-${a % 2}`;
    if (machine.outside?.job === job) return;
    machine.outside = { job, counter: 50 + (a % 40) };
    machine.say({
      "Production/ActiveRun": 0,
      "Production/JobNumber": job,
      "Production/Article": "ART-OLD",
      "Production/GoodPieces": machine.outside.counter,
    });
  },

  comeBack(machine: WireMachine): void {
    if (!machine.outside) return;
    machine.outside = null;
    machine.say({ "Production/ActiveRun": 0, "Production/JobNumber": "", "Production/Article": "" });
  },

  setState(machine: WireMachine, a: number): void {
    const state = a % 5;
    if (state === machine.state) return;
    machine.state = state;
    machine.truth.states.push(state);
    machine.say({ "Production/State": state });
  },

  raiseAlarm(machine: WireMachine, a: number): void {
    machine.truth.alarms += 1;
    const time = new Date(machine.at).toISOString();
    const alarm = { "Alarms/Last/Code": a % 7, "Alarms/Last/Text": `Alarm ${a % 7}`, "Alarms/Last/Time": time };
    machine.say(alarm, Object.keys(alarm));
  },

  burn(machine: WireMachine, a: number): void {
    const by = 1 + (a % 5000);
    machine.energyMicro += by;
    machine.truth.energy.set(machine.shows, (machine.truth.energy.get(machine.shows) ?? 0) + by);
    machine.say({ "Energy/ActiveEnergy": machine.energyMicro / 1_000_000 });
  },

  /** A bad value, which means nothing. */
  fail(machine: WireMachine, a: number): void {
    machine.sayBad("Production/GoodPieces", a % 100_000, 0x80_0e_00_00);
  },

  sleep(machine: WireMachine, a: number): void {
    machine.pass((a % 20) * 3_600_000);
  },
};

export const stepNames = Object.keys(actions) as readonly (keyof typeof actions)[]; // the keys of our own table

/** Lets the machine live through the steps, then end everything that is open. */
export function live(
  steps: readonly Step[],
  from: number,
): { readonly samples: readonly Sample[]; readonly truth: Truth } {
  const machine = new WireMachine(from);
  for (const { what, a, b, afterMs } of steps) {
    machine.pass(afterMs);
    actions[what](machine, a, b);
  }
  actions.settle(machine);
  while (machine.stack.length > 0) actions.end(machine, 0, 0);
  actions.comeBack(machine);
  // The next state change says what was burnt since the last one.
  actions.setState(machine, machine.state + 1);
  return machine;
}
