/** What people have said about counters that could not be told, and what is asked of them. */
import type { Instant } from "../../base/instant.ts";
import type { CounterAnswer } from "../../record/counter-answer.ts";
import type { UnitGrade } from "../../record/fact.ts";
import type { CounterType } from "../../record/machine-map.ts";
import type { Sample } from "../../record/sample.ts";
import { microPerUnit } from "./compiled-map.ts";
import { readCounter, startCounter, type CounterReading, type CounterState, type Showing } from "./counter.ts";
import type { RunState } from "./state.ts";
import { ask, showing, type Work } from "./work.ts";

/** Where a counter is kept. */
export interface CounterPlace {
  readonly type: CounterType;
  readonly before: CounterState | undefined;
  /** For a counter that starts anew in the middle of a run: an answer to what was before does not serve. */
  readonly since?: Instant;
  save(state: CounterState): void;
}

function read(type: CounterType, before: CounterState | undefined, value: number, shown: Showing): CounterReading {
  return before ? readCounter(type, before, value, shown) : startCounter(type, value);
}

export type AnsweredReading = CounterReading & { readonly subject: string };

/**
 * A value that cannot be told is read from where a person has said that counting goes on, if one has. Each answer serves
 * once, and the next question has a subject of its own.
 */
export function readAnswered(
  work: Work,
  place: CounterPlace,
  rule: string,
  value: number,
  trigger: Sample,
  of: RunState | null,
): AnsweredReading {
  const run = of?.id ?? null;
  let { before } = place;
  let answeredAt = before?.answeredAt ?? place.since;
  for (;;) {
    const reading = read(place.type, before, value, showing(work, trigger));
    const answer =
      reading.change === "question" ? answerTo(work, place, { rule, run, answeredAt, at: trigger.at }) : undefined;
    if (!answer) {
      const state = answeredAt === undefined ? reading.state : { ...reading.state, answeredAt };
      return {
        ...reading,
        state,
        subject: `${rule}/${run ?? "source"}${answeredAt === undefined ? "" : `/${answeredAt}`}`,
      };
    }
    before = { base: before?.base ?? 0, counted: answer.value, last: answer.value };
    answeredAt = answer.at;
  }
}

/**
 * The answer to the very value that is asked about, whatever run it is read to belong to now; or one to an earlier value
 * of this counter, which was settled before the answer came.
 */
function answerTo(
  work: Work,
  place: CounterPlace,
  asked: Pick<CounterAnswer, "rule" | "run" | "at"> & { readonly answeredAt: Instant | undefined },
): CounterAnswer | undefined {
  const isOfSource = place.type.reset !== "per-run";
  return work.context.answers?.find(
    ({ rule, run, at }) =>
      rule === asked.rule &&
      (asked.answeredAt === undefined || at > asked.answeredAt) &&
      (at === asked.at || (at < asked.at && (isOfSource || run === asked.run))),
  );
}

export interface Shown {
  readonly what: string;
  readonly value: number;
  readonly uom: string;
  readonly grade: UnitGrade | null;
}

/** Asks a person what the counter has counted. */
export function askCounter(
  work: Work,
  reading: AnsweredReading & { readonly change: "question" },
  trigger: Sample,
  rule: string,
  { what, ...shown }: Shown,
  of: RunState | null,
): void {
  const { source, workUnit, compiled } = work.context;
  const text = `${what} ${inUnits(reading.why)}. Nothing is counted from it until somebody decides.`;
  ask(work, trigger, reading.subject, text, {
    ...shown,
    source,
    workUnit,
    rule,
    run: of?.id ?? null,
    at: trigger.at,
    mapVersion: compiled.map.version,
  });
}

/** Question texts speak in the counter's unit, states in millionths. */
function inUnits(why: string): string {
  return why.replace(/\d+/g, (digits) => String(Number(digits) / microPerUnit));
}
