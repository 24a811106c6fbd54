/** A machine that remembers nothing, with counters that begin anew with each run, and a line that is cut: who is asked. */
import { instant } from "../../../base/instant.ts";
import type { CounterAnswer } from "../../../record/counter-answer.ts";
import type { Fact } from "../../../record/fact.ts";
import type { CounterType, MachineMap } from "../../../record/machine-map.ts";
import type { GapMark } from "../../../record/sample-batch.ts";
import type { Sample, SampleValue } from "../../../record/sample.ts";
import type { KeptSamples } from "../sieve.ts";
import {
  rebuildMemory,
  startMemory,
  takeSamples,
  readAgain,
  type CollectorMemory,
  type MemoryLimits,
  type Taken,
} from "../memory.ts";
import { emptyState } from "../state.ts";
import type { CounterQuestion, SourceContext } from "../work.ts";
import { contextOf } from "./arrival.ts";
import { wireMap } from "./map.ts";
import { hearQuestions } from "./open-questions.ts";

const type: CounterType = {
  drop: "stale",
  modulus: null,
  reset: "per-run",
  baseline: "zero",
  stepMax: 1_000_000_000,
  because: "The machine restarts counters only with a job run.",
};

/** It names its jobs. */
export const named: MachineMap = {
  ...wireMap(),
  clock: { trust: "device", mode: "live", lateMs: 10_000 },
  items: Object.fromEntries(["job", "good"].map((key) => [key, { path: key, history: false }])),
  run: { by: "job", job: "job", article: null },
  counters: [{ rule: "good", item: "good", grade: "good", uom: "C62", type }],
  consumption: [],
  state: null,
  energy: null,
  alarm: null,
  job: null,
};

/** It numbers its runs, and tells which has ended. */
export const numbered: MachineMap = {
  ...named,
  items: Object.fromEntries(
    ["run", "job", "good", "ended", "endedRun", "result"].map((key) => [key, { path: key, history: false }]),
  ),
  run: {
    by: "number",
    number: "run",
    none: 0,
    job: "job",
    article: null,
    ended: { count: "ended", number: "endedRun", result: "result" },
  },
};

type Values = Readonly<Record<string, SampleValue>>;

/** Times are in seconds. */
export class GapScene {
  readonly questions: CounterQuestion[] = [];
  readonly #context: { -readonly [name in keyof SourceContext]: SourceContext[name] };
  #memory: CollectorMemory = startMemory({ state: emptyState, seq: 0 });
  readonly #batches: KeptSamples[] = [];
  readonly #facts: Fact[] = [];
  readonly #open = new Map<string, CounterQuestion>();
  readonly #limits: MemoryLimits;
  #seq = 0;
  #from = 0;

  /** @param samples  so many, and ten seconds, can be read again */
  constructor(map: MachineMap, samples = 1_000) {
    this.#context = contextOf([map]);
    this.#limits = { samples, lateMs: 10_000 };
  }

  say(second: number, values: Values, how: "live" | "history" = "live"): this {
    const fromHistory = how === "history" ? ({ fromHistory: true } as const) : {};
    return this.#take({ samples: samplesOf(second, values), ...fromHistory });
  }

  open(second: number): this {
    this.#from = second;
    return this.#take({ gaps: [{ state: "opened", at: instant(second * 1_000), cause: "cut", filled: false }] });
  }

  /** @param items  of which values may be missing, and up to when; left out: nobody knows */
  close(second: number, items?: Readonly<Record<string, number>>): this {
    const mark: GapMark = { state: "closed", at: instant(second * 1_000), cause: "cut", filled: false };
    if (!items) return this.#take({ gaps: [mark] });
    const until = Object.entries(items).map(([item, next]) => [item, instant(next * 1_000)] as const);
    const missing = { from: instant(this.#from * 1_000), items: Object.fromEntries(until) };
    return this.#take({ gaps: [{ ...mark, missing }] });
  }

  fill(second: number): this {
    return this.#take({ gaps: [{ state: "closed", at: instant(second * 1_000), cause: "cut", filled: true }] });
  }

  /** Somebody answers all that is asked. @param how  with pieces; or that it is closed without */
  answer(how: Pick<CounterAnswer, "closes" | "isTakenBack"> = {}): this {
    const answers = [...this.#open.values()].flatMap(({ about }) => (about ? [{ ...about, ...how }] : []));
    this.#context.answers = [...(this.#context.answers ?? []), ...answers];
    this.#open.clear();
    this.#hear(readAgain(this.#context, this.#memory));
    return this;
  }

  restart(): this {
    const { older } = this.#memory;
    const batches = this.#batches.filter(({ seq }) => seq > older.seq);
    const facts = this.#facts.filter(({ eventAt }) => eventAt > (older.state.position ?? 0));
    this.#memory = rebuildMemory(this.#context, older, batches, facts, this.#limits);
    return this;
  }

  /** How many gaps the kept checkpoint and memory hold at most, and how many batches a restart reads again. */
  kept(): { readonly gaps: number; readonly batches: number } {
    const { gaps, older, newer } = this.#memory;
    const held = [gaps, older.state.gaps, newer.state.gaps].map((one) => one?.unfilled.length ?? 0);
    return { gaps: Math.max(...held), batches: this.#seq - older.seq };
  }

  /** The jobs of the runs about which somebody is asked now. */
  asked(): readonly string[] {
    return [...this.#open.values()].map(({ about }) => this.#jobs().get(about?.run ?? null) ?? "");
  }

  runOf(job: string): string | null | undefined {
    return [...this.#jobs()].find(([, named]) => named === job)?.[0];
  }

  /** Pieces by job, as they are held to be true. */
  made(): Readonly<Record<string, number>> {
    const takenBack = new Set(this.#facts.flatMap(({ body }) => (body.kind === "Corrected" ? [body.corrects] : [])));
    const made: Record<string, number> = {};
    for (const { id, run, body } of this.#facts) {
      if (body.kind !== "UnitsCounted" || takenBack.has(id)) continue;
      const job = this.#jobs().get(run) ?? "";
      made[job] = (made[job] ?? 0) + Number(body.quantity.micro) / 1e6;
    }
    return made;
  }

  #jobs(): ReadonlyMap<string | null, string> {
    return new Map(this.#facts.flatMap(({ run, body }) => (body.kind === "JobStarted" ? [[run, body.job]] : [])));
  }

  #take(batch: { samples?: readonly Sample[]; gaps?: readonly GapMark[]; fromHistory?: true }): this {
    this.#seq += 1;
    const kept = { samples: [], ...batch, seq: this.#seq };
    this.#batches.push(kept);
    this.#hear(takeSamples(this.#context, this.#memory, kept, this.#limits));
    return this;
  }

  #hear(taken: Pick<Taken, "facts" | "questions" | "withdrawn">): void {
    this.#facts.push(...taken.facts);
    hearQuestions(this.#open, taken);
    this.questions.push(...taken.questions);
  }
}

/** What a machine says at a second, received in the same moment. */
export function samplesOf(second: number, values: Values): readonly Sample[] {
  const at = instant(second * 1_000);
  return Object.entries(values).map(([item, value]) => ({ item, at, receivedAt: at, status: 0, value, mark: "" }));
}
