/**
 * The demo that ends by itself: tells the story, lets the missing stock arrive, waits until everything is made and
 * booked, and compares machines, Millrace and ERP.
 */
import { systemClock } from "../base/clock.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import { localTime, type TimeZone } from "../base/site-time.ts";
import { closingTable, formatTable, type ClosingRow } from "../simulation/demo/closing.ts";
import { lineOf } from "../simulation/demo/story.ts";
import type { PlantSimulation } from "../simulation/plant.ts";
import type { WitnessedEvent } from "../simulation/witness/event.ts";
import { manualSource } from "../record/statement.ts";
import type { Workers } from "./demo-worker.ts";
import type { Running } from "./serve.ts";

export interface DemoOutcome {
  readonly rows: readonly ClosingRow[];
  /** True when machines, Millrace and ERP agree on every order. */
  readonly agrees: boolean;
}

export interface StoryOptions {
  /** How long the whole story may take. */
  readonly limitMs: number;
  /** Takes what a person reads, a line at a time. */
  readonly say: (line: string) => void;
}

/** How long the missing stock stays missing after the ERP has refused for it: long enough to be read. */
const lateStockAfterMs = 4_000;
const lookEveryMs = 200;

/** Tells the story and plays the one part of the plot that is not the machines': the missing stock arrives. */
export class Stage {
  readonly #plant: PlantSimulation;
  readonly #zone: TimeZone;
  readonly #say: (line: string) => void;
  #parkedAt: number | null = null;
  #hasArrived = false;
  #runsEnded = 0;
  readonly #machines: ReadonlySet<string>;

  /** @param zone  in which times are told: the plant's, as on the screens */
  constructor(plant: PlantSimulation, zone: TimeZone, say: (line: string) => void) {
    this.#plant = plant;
    this.#zone = zone;
    this.#machines = new Set(plant.machines.map(({ machine }) => machine.profile.name));
    this.#say = say;
  }

  see(event: WitnessedEvent): void {
    if (event.kind === "run-ended" && this.#machines.has(event.machine)) this.#runsEnded += 1;
    // A document that is refused for the same cause again and again is told once.
    const isRepeated = event.kind === "refused" && event.attempt > 1;
    const line = isRepeated ? null : lineOf(event);
    if (line !== null) this.#say(`${this.#time()}  ${line}`);
    if (event.kind === "refused" && event.parked) this.#parkedAt ??= systemClock.now();
  }

  get hasArrived(): boolean {
    return this.#hasArrived;
  }

  /** Millrace has seen the end of every run: what the machines have said last may still be on its way. */
  get hasSeenAll(): boolean {
    return this.#runsEnded >= this.#plant.machines.reduce((sum, { machine }) => sum + machine.runs.length, 0);
  }

  /** @param isOver  nothing more will be made: no reason to wait for a refusal */
  letStockArrive(isOver: boolean): void {
    const isDue = this.#parkedAt !== null && systemClock.now() - this.#parkedAt >= lateStockAfterMs;
    if (this.#hasArrived || !(isDue || (isOver && this.#parkedAt === null))) return;
    this.#hasArrived = true;
    for (const document of this.#plant.receiveLateStock()) {
      const [item] = document.items;
      this.#say(
        `${this.#time()}  The missing ${item?.material ?? "stock"} arrives in the ERP (document ${document.document}).`,
      );
    }
  }

  #time(): string {
    return localTime(systemClock.now(), this.#zone);
  }
}

/** @fault transient app/demo-time  it took too long */
export async function watch(
  options: StoryOptions,
  of: {
    readonly plant: PlantSimulation;
    readonly workers: Workers;
    readonly running: Running;
    readonly stage: Stage;
    readonly signal: AbortSignal;
  },
): Promise<Result<DemoOutcome>> {
  const { plant, workers, running, stage, signal } = of;
  const failure: { fault: Fault | null } = { fault: null };
  void running.failed.then((fault) => (failure.fault = fault));
  const until = systemClock.now() + options.limitMs;
  while (!signal.aborted) {
    if (failure.fault) return { ok: false, fault: failure.fault };
    const isMade = plant.isMade() && workers.isMade();
    stage.letStockArrive(isMade);
    if (isMade && stage.hasSeenAll && stage.hasArrived && (await running.status()).idle && plant.isMade())
      return ok(await close(options, of));
    if (systemClock.now() > until) {
      await close(options, of);
      const why = `The demo did not come to its end within ${Math.round(options.limitMs / 1000)} s.`;
      return fail("transient", "app/demo-time", `${why} What is missing stands in the table and in the log.`);
    }
    await systemClock.sleep(lookEveryMs, signal);
  }
  return fail("refused", "app/demo-stopped", "The demo was stopped before its end.");
}

async function close(
  options: StoryOptions,
  {
    plant,
    workers,
    running,
  }: { readonly plant: PlantSimulation; readonly workers: Workers; readonly running: Running },
): Promise<DemoOutcome> {
  const hand = workers.truth();
  const benches = new Set(hand.flatMap(({ machines }) => machines.map(manualSource)));
  const sources = [...(await running.status()).machines.map((machine) => machine.id), ...benches];
  const rows = await closingTable(plant, running.store, sources, hand);
  options.say("");
  for (const line of formatTable(rows)) options.say(line);
  const differences = rows.flatMap((row) => row.differences);
  options.say("");
  for (const difference of differences) options.say(`Difference: ${difference}`);
  const agrees = differences.length === 0;
  if (agrees) options.say("Machines, Millrace and the ERP agree on every order.");
  return { rows, agrees };
}
