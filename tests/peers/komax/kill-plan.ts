/**
 * When and where the process under test is killed: a plan drawn from a seed before the run, and what of it was hit.
 * Pure; the killing is done by the process itself (a probe at a point) or by the harness while the proxy holds a call.
 */
import type { Random } from "../random.ts";

/**
 * - `buffer-durable`      samples are in the gateway's buffer and not yet in PostgreSQL
 * - `posting-sending`     `sending` is committed and no reply has come; done with the proxy's help
 * - `history-slice`       what was missed is being read from the machine's history
 * - `instruction-written` the machine has been told and nothing was verified
 * - `startup`             a stage of the start
 */
export const killClasses = [
  "buffer-durable",
  "posting-sending",
  "history-slice",
  "instruction-written",
  "startup",
] as const;
export type KillClass = (typeof killClasses)[number];

/** Whether the ERP has the document when the process dies: committed, never, or only after the process has died. */
export const sendingVariants = ["committed", "never", "afterwards"] as const;
export type SendingVariant = (typeof sendingVariants)[number];

export interface PlannedKill {
  readonly class: KillClass;
  /** At the how manieth time the point is reached; for `posting-sending` documents through the proxy. */
  readonly nth: number;
  /** Of `posting-sending` only. */
  readonly variant: SendingVariant | null;
}

export interface KillHit {
  /** `anytime`: the planned point was not reached for long, and the process was killed wherever it stood. */
  readonly class: KillClass | "anytime";
  /** What was under way, in words. */
  readonly about: string;
  /** Records that the machine had played, of all. */
  readonly index: number;
  readonly count: number;
  /** The machine was still running, so that values, orders and time went on without us. */
  readonly whileRunning: boolean;
}

/** How late a point may be drawn: often reached ones spread over the life of a process, rare ones hit soon. */
const nthMost: Readonly<Record<KillClass, number>> = {
  "buffer-durable": 25,
  "posting-sending": 3,
  "history-slice": 1,
  "instruction-written": 3,
  startup: 4, // stages that announce themselves, see src/app/serve.ts
};

/**
 * `count` kills, as even over the classes as the number allows; round by round, so that every class is met early and
 * late in the run, over which the pace of the machine spreads them (`pace.ts`). The first is one that needs no restart to be armed.
 */
export function planKills(
  random: Random,
  count: number,
  classes: readonly KillClass[] = killClasses,
): readonly PlannedKill[] {
  if (classes.length === 0) return [];
  const plan: PlannedKill[] = [];
  const variants = random.sample(sendingVariants, sendingVariants.length);
  let sendings = 0;
  for (let round = 0; plan.length < count; round += 1) {
    const order = round === 0 ? firstRound(random, classes) : random.sample(classes, classes.length);
    for (const killClass of order.slice(0, count - plan.length)) {
      const variant = killClass === "posting-sending" ? (variants[sendings++ % variants.length] ?? null) : null;
      plan.push({ class: killClass, nth: nthOf(random, killClass, round), variant });
    }
  }
  return plan;
}

/** Stages of the start are walked through round by round; other points are drawn. */
function nthOf(random: Random, killClass: KillClass, round: number): number {
  return killClass === "startup" ? 1 + (round % nthMost.startup) : random.between(1, nthMost[killClass]);
}

function firstRound(random: Random, classes: readonly KillClass[]): readonly KillClass[] {
  const others = classes.filter((killClass) => killClass !== "posting-sending");
  const shuffled = random.sample(others, others.length);
  return classes.includes("posting-sending") ? ["posting-sending", ...shuffled] : shuffled;
}

export interface KillCount {
  readonly class: KillClass;
  readonly planned: number;
  /** Hits while the machine was running; others do not count. */
  readonly hit: number;
}

export function countKills(plan: readonly PlannedKill[], hits: readonly KillHit[]): readonly KillCount[] {
  return killClasses
    .map((killClass) => ({
      class: killClass,
      planned: plan.filter((kill) => kill.class === killClass).length,
      hit: hits.filter((hit) => hit.class === killClass && hit.whileRunning).length,
    }))
    .filter((count) => count.planned > 0);
}
