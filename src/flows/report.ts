/**
 * A person reports what happened at a work unit: claimed once by its command, judged against the unit's state at its event
 * time, kept as a statement, and carried out on the path that a machine's facts take. What is entered late, or taken
 * back, is read again together with everything after it.
 */
import type { Clock } from "../base/clock.ts";
import { instant, type Instant } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { judgeTime, type JudgedTime } from "../operations/reporting/event-time.ts";
import { readStatements, type Reading } from "../operations/reporting/reading.ts";
import { statementId, type Meaning, type Statement } from "../record/statement.ts";
import type { Site } from "../site/site.ts";
import { applyFacts } from "./apply-facts.ts";
import { decideOnce } from "./command.ts";
import type { Store, Tx } from "./ports.ts";
import { meaningOf } from "./report-meaning.ts";
import { sceneOf, type Report, type Scene } from "./report-scene.ts";

export interface ReportPorts {
  readonly store: Store;
  readonly site: Site;
  readonly clock: Clock;
  /** Postings were planned, or job orders moved: delivery and dispatching look again. */
  readonly onReported: (done: { readonly postings: number; readonly moved: boolean }) => void;
}

export interface Reported {
  readonly statement: string;
  readonly facts: readonly string[];
  readonly message: string;
}

export interface ReportOutcome extends Reported {
  /** False when the same command had been carried out before. */
  readonly isNew: boolean;
}

/** @fault see docs/spec/manual.md, flows/command-reused */
export async function reportAtUnit(
  ports: ReportPorts,
  command: string,
  report: Report,
): Promise<Result<ReportOutcome>> {
  let effect = { postings: 0, moved: false };
  let isNew = false;
  const { unit, said, at, because, corrects, terminal, way, person } = report;
  const content = { unit, said, at, because, corrects, terminal, way };
  const actor = { person, reason: because ?? "reported at the terminal" };
  const claimed = { id: command, name: "terminal/report", content, actor, about: unit };
  const outcome = await ports.store.transaction(async (tx) => {
    isNew = false;
    const now = ports.clock.now();
    return decideOnce<Reported>(tx, claimed, now, async () => {
      isNew = true;
      const done = await sayIn(tx, ports, report, { command, line: 0, until: null, now });
      if (!done.ok) return done;
      effect = done.value;
      const { statement, facts, message } = done.value;
      return ok({ statement, facts, message });
    });
  });
  if (isNew && outcome.ok) ports.onReported(effect);
  return outcome.ok ? ok({ ...outcome.value, isNew }) : outcome;
}

export interface SaidIn {
  readonly command: string;
  readonly line: number;
  /** When the next line of a shift happened: what was said from then on is judged with that one in its place. */
  readonly until: Instant | null;
  readonly now: Instant;
}

/** One statement inside the transaction that claimed its command. */
export async function sayIn(
  tx: Tx,
  ports: Pick<ReportPorts, "site">,
  report: Report,
  on: SaidIn,
): Promise<Result<Reported & { readonly postings: number; readonly moved: boolean }>> {
  const unit = ports.site.workUnit(report.unit);
  if (!unit) return fail("invalid", "reporting/unknown-unit", `There is no work unit ${report.unit} at this site.`);
  await tx.statements.lockUnit(unit.id);
  const taken = await takenBack(tx, report);
  if (!taken.ok) return taken;
  const time = await timeOf(tx, ports.site, report, taken.value, on.now);
  if (!time.ok) return time;
  const until = await placeOfNext(tx, unit.id, on.until, time.value);
  const scene = await sceneOf(tx, ports.site, unit, taken.value, time.value, until);
  const meaning = await meaningOf(tx, ports.site, { unit, report, scene, taken: taken.value, ...time.value });
  if (!meaning.ok) return meaning;
  const statement = statementOf(report, time.value, meaning.value, on);
  const read = readScene(scene, statement);
  if (!read.ok) return read;
  await keep(tx, statement, read.value, taken.value, on.now);
  const dispatched = { whyNotStored: () => null };
  const applied = await applyFacts(tx, { site: ports.site, dispatched }, read.value.facts, on.now);
  const { postings, moved } = applied;
  const facts = read.value.facts.map((fact) => fact.id);
  return ok({ statement: statement.id, facts, message: read.value.message ?? "", postings, moved });
}

/** The statement that is corrected, when it may be. */
async function takenBack(tx: Tx, report: Report): Promise<Result<Statement | null>> {
  const { corrects, said } = report;
  if (corrects === null) {
    if (said.kind !== "take-back") return ok(null);
    return fail("invalid", "reporting/unknown-statement", "Say which statement is to be taken back.");
  }
  const held = await tx.statements.get(corrects);
  if (!held || held.statement.unit !== report.unit || held.statement.said.kind === "take-back") {
    return fail(
      "invalid",
      "reporting/unknown-statement",
      `There is no statement ${corrects} about ${report.unit} to correct.`,
    );
  }
  if (said.kind !== "take-back" && said.kind !== held.statement.said.kind) {
    const text = `A correction says the same kind of thing again. Take the "${held.statement.said.kind}" back, then report anew.`;
    return fail("refused", "reporting/other-kind", text);
  }
  if (held.isTakenBack) return fail("refused", "reporting/taken-back", "This was taken back before.");
  if (held.statement.person !== report.person && !report.mayBackDate) {
    return fail("refused", "reporting/not-yours", "Somebody else has reported this. A supervisor can correct it.");
  }
  return ok(held.statement);
}

async function timeOf(
  tx: Tx,
  site: Site,
  report: Report,
  taken: Statement | null,
  now: Instant,
): Promise<Result<JudgedTime>> {
  if (report.way !== "terminal" && !report.mayBackDate) {
    const text = "Only a supervisor enters what happened earlier. Ask one.";
    return fail("refused", "reporting/not-allowed", text);
  }
  const { clock } = site.terminal;
  const newest = (await tx.statements.stateBefore(report.unit, null))?.eventAt ?? null;
  // What is corrected happened when the wrong statement says it did, unless another time is given.
  const at = report.at ?? taken?.eventAt ?? null;
  const judged = judgeTime({ at, way: report.way }, { now, newest, ...clock });
  if (!judged.ok || at === null) return judged;
  if (judged.value.eventAt === taken?.eventAt) {
    return ok(report.at === null && report.way === "terminal" ? { ...judged.value, way: "live" } : judged.value);
  }
  return ok({ ...judged.value, eventAt: await freeTime(tx, report.unit, judged.value.eventAt) });
}

/** No two statements of a unit share a millisecond: what was said later at the same time comes after it. */
async function freeTime(tx: Tx, unit: string, wanted: Instant): Promise<Instant> {
  for (let at = wanted; ; at = instant(at + 1)) {
    const last = await tx.statements.stateBefore(unit, { at, ordinal: Number.MAX_SAFE_INTEGER });
    if (last?.eventAt !== at) return at;
  }
}

/** Where the next line of a shift will stand; what has its time already stands before it. */
async function placeOfNext(
  tx: Tx,
  unit: string,
  wanted: Instant | null,
  { eventAt }: JudgedTime,
): Promise<Instant | null> {
  return wanted === null ? null : freeTime(tx, unit, instant(Math.max(wanted, eventAt + 1)));
}

function readScene(scene: Scene, statement: Statement): Result<Reading> {
  const { before, earlier, later, known, control, jobs } = scene;
  return readStatements(before, [...earlier, statement, ...later], statement, known, control, jobs);
}

function statementOf(report: Report, time: JudgedTime, meaning: Meaning, on: SaidIn): Statement {
  const { unit, said, person, because, terminal, corrects, at } = report;
  const id = statementId(on.command, on.line);
  // It is the last one of its time until the store gives it its ordinal.
  const ordinal = Number.MAX_SAFE_INTEGER;
  return {
    id,
    unit,
    ordinal,
    said,
    meaning,
    person,
    because,
    way: time.way,
    eventAt: time.eventAt,
    saidAt: at,
    terminal,
    command: on.command,
    corrects,
  };
}

async function keep(tx: Tx, statement: Statement, read: Reading, taken: Statement | null, now: Instant): Promise<void> {
  await tx.statements.add(statement, read.isEffective, now);
  for (const id of [...read.without, ...(taken ? [taken.id] : [])]) await tx.statements.dropState(id);
  await tx.statements.keepStates(read.states);
}
