/** A machine that names its jobs, with a clock that people set: what it says, and what collection makes of it. */
import assert from "node:assert/strict";
import { instant } from "../../../base/instant.ts";
import type { Fact } from "../../../record/fact.ts";
import type { CounterType, MachineMap } from "../../../record/machine-map.ts";
import type { Sample, SampleValue } from "../../../record/sample.ts";
import {
  rebuildMemory,
  startMemory,
  takeSamples,
  type Checkpoint,
  type CollectorMemory,
  type MemoryLimits,
  type Taken,
} from "../memory.ts";
import type { KeptSamples } from "../sieve.ts";
import { emptyState } from "../state.ts";
import { contextOf } from "./arrival.ts";
import { wireMap } from "./map.ts";

const counter: CounterType = {
  drop: "classify",
  modulus: 65_536,
  reset: "manual",
  baseline: "first",
  stepMax: 1_000,
  because: "The counter is set back by hand, and begins again at zero behind its largest value.",
};
const lateMs = 10_000;
const map: MachineMap = {
  ...wireMap(),
  clock: { trust: "device", mode: "live", lateMs },
  items: Object.fromEntries(["job", "good", "scrap"].map((key) => [key, { path: key, history: true }])),
  run: { by: "job", job: "job", article: null },
  counters: [
    { rule: "good", item: "good", grade: "good", uom: "C62", type: counter },
    { rule: "scrap", item: "scrap", grade: "scrap", uom: "C62", type: counter },
  ],
  consumption: [],
  state: null,
  energy: null,
  alarm: null,
  job: null,
};
const context = contextOf([map]);
export const start = Date.parse("2026-11-30T08:00:00Z");
export const hour = 3_600;

/** One machine: what its clock shows beside the true time, and what collection makes of it. */
export class ClockScene {
  memory: CollectorMemory = startMemory({ state: emptyState, seq: 0 });
  readonly facts: Fact[] = [];
  readonly questions: string[] = [];
  readonly setAside: string[] = [];
  /** Seconds by which the machine's clock is ahead of the true time. */
  off = 0;
  #kept: Checkpoint = { state: emptyState, seq: 0 };
  readonly #batches: KeptSamples[] = [];
  readonly #limits: MemoryLimits;

  constructor(samples = 1_000) {
    this.#limits = { samples, lateMs };
  }

  /** @param trueS  seconds since the start; what it shows is that by its clock, unless `shownS` says otherwise */
  say(trueS: number, values: Readonly<Record<string, SampleValue>>, shownS = trueS + this.off): Taken {
    return this.take(samplesOf(trueS, values, shownS));
  }

  take(samples: readonly Sample[], fromHistory = false): Taken {
    const batch = { samples, seq: this.#batches.length + 1, ...(fromHistory && { fromHistory: true as const }) };
    this.#batches.push(batch);
    const taken = takeSamples(context, this.memory, batch, this.#limits);
    this.#kept = taken.checkpoint ?? this.#kept;
    this.facts.push(...taken.facts);
    assert.equal(new Set(this.facts.map(({ id }) => id)).size, this.facts.length, "nothing is stated twice");
    this.questions.push(...taken.questions.map(({ text }) => text));
    this.setAside.push(...taken.setAside.map(({ sample, why }) => `${sample.item}: ${why}`));
    return taken;
  }

  /** The process begins anew with what is kept. */
  restart(): void {
    const { state, seq } = this.#kept;
    const batches = this.#batches.filter((batch) => batch.seq > seq);
    const facts = this.facts.filter(({ eventAt }) => state.position === null || eventAt > state.position);
    this.memory = rebuildMemory(context, this.#kept, batches, facts, this.#limits);
  }

  /** Pieces by job, as they are held to be true. */
  made(grade = "good"): Record<string, number> {
    const takenBack = new Set(this.facts.flatMap(({ body }) => (body.kind === "Corrected" ? [body.corrects] : [])));
    const holding = this.facts.filter(({ id, body }) => body.kind !== "Corrected" && !takenBack.has(id));
    const jobs = new Map(holding.flatMap(({ run, body }) => (body.kind === "JobStarted" ? [[run, body.job]] : [])));
    const made: Record<string, number> = {};
    for (const { run, body } of holding) {
      if (body.kind !== "UnitsCounted" || body.grade !== grade) continue;
      const job = jobs.get(run) ?? "none";
      made[job] = (made[job] ?? 0) + Number(body.quantity.micro) / 1e6;
    }
    return made;
  }

  /** A job `A` of ten pieces in the first minute, the counter of which began at 100. */
  begin(): this {
    this.say(0, { job: "A", good: 100, scrap: 7 });
    for (let i = 1; i <= 10; i += 1) this.say(i * 5, { good: 100 + i });
    return this;
  }
}

export function samplesOf(
  trueS: number,
  values: Readonly<Record<string, SampleValue>>,
  shownS: number,
): readonly Sample[] {
  return Object.entries(values).map(([item, value]) => ({
    item,
    at: instant(start + shownS * 1000),
    receivedAt: instant(start + trueS * 1000 + 50),
    status: 0,
    value,
    mark: "",
  }));
}
