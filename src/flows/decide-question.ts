/**
 * What a person answers to a question. Pieces that a counter could not tell become a fact that the person says; the
 * counter goes on from the value that was asked about, or from where it stood if it has gone on there, and what was read
 * since is read again. Spec: docs/spec/decision.md
 */
import { contentId } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import type { Quantity } from "../base/quantity.ts";
import { assert, fail, ok, type Fault, type Result } from "../base/result.ts";
import { readAgain } from "../operations/collection/memory.ts";
import { effectOf, questionTable, type QuestionDecision } from "../record/decision.ts";
import type { CounterDoubt } from "../record/counter-answer.ts";
import { isHandSubject } from "../record/hand-document.ts";
import { sourceOfKept } from "../record/kept-subject.ts";
import type { Fact, UnitGrade } from "../record/fact.ts";
import { applyFacts } from "./apply-facts.ts";
import type { DispatchMemory } from "./collect-ports.ts";
import { loadCollector, statedAfter } from "./collector-book.ts";
import type { QuestionRow } from "./decision-ports.ts";
import { saidInAnswer } from "./inherit-decision.ts";
import { changedSince, decideMend, unknown, type MendCommand, type MendPorts } from "./mend-ports.ts";
import type { HeldRun, Tx } from "./ports.ts";
import { runInPlaceOf } from "./run-line.ts";

export interface DecideQuestion extends MendCommand {
  readonly question: number;
}

export interface AnswerQuestion extends DecideQuestion {
  readonly answer: string;
}

export interface CountByPerson extends DecideQuestion {
  /** What was made, by grade; each grade once. */
  readonly units: readonly { readonly grade: UnitGrade; readonly quantity: Quantity }[];
}

export interface DecidedQuestion {
  readonly subject: string;
  /** Facts that were stated with it. */
  readonly facts: number;
  readonly postings: number;
}

type QuestionPorts = Pick<MendPorts, "store" | "site" | "clock">;

/**
 * Answered in words. Nothing is counted from it; what the same counter has shown since and cannot be told either is asked.
 *
 * @fault invalid  decision/no-answer  no text
 * @fault invalid  decision/kept-held  about a machine that is held: `beginAnewFrom`
 * @fault conflict decision/changed, decision/not-possible
 */
export function answerQuestion(ports: QuestionPorts, command: AnswerQuestion): Promise<Result<DecidedQuestion>> {
  return decide(ports, "answer", command, async ({ tx, question, now }) => {
    if (command.answer.trim() === "") return fail("invalid", "decision/no-answer", "Write the answer.");
    const answer = { state: "answered", answer: { text: command.answer, goesOn: false } } as const;
    return settle(ports, { tx, question, now }, command, answer, []);
  });
}

/** Closed without an answer; the reason is the command's. @fault as `answerQuestion` */
export function dismissQuestion(ports: QuestionPorts, command: DecideQuestion): Promise<Result<DecidedQuestion>> {
  return decide(ports, "dismiss", command, (decided) =>
    settle(ports, decided, command, { state: "dismissed", answer: {} }, []),
  );
}

/**
 * These pieces were made: a fact said by the person, counted, booked and posted as any other.
 *
 * @fault invalid  decision/units       no amount, one that is not positive, another unit, one grade twice, or one that another counter counts
 * @fault invalid  decision/no-counter  the question is not about a counter of pieces
 * @fault conflict decision/no-run      what was asked about belongs to no run
 * @fault conflict decision/changed, decision/not-possible
 */
export function countByPerson(ports: QuestionPorts, command: CountByPerson): Promise<Result<DecidedQuestion>> {
  return decide(ports, "units", command, async (decided) => {
    const { about } = decided.question;
    if (!about || about.grade === null) return noCounter();
    const wrong = wrongUnits(command.units, about);
    if (wrong) return { ok: false, fault: wrong };
    const run = about.run === null ? null : await runInPlaceOf(decided.tx, about.run);
    if (!run) {
      const text = 'It belongs to no run. Say "nothing was made" here, and report the pieces by hand on their order.';
      return fail("conflict", "decision/no-run", text);
    }
    const said = command.units.map(({ grade, quantity }) =>
      saidUnits(command, decided.question, about, run, grade, quantity),
    );
    return goOn(ports, decided, command, said);
  });
}

/**
 * Nothing was made: the counter goes on from the value that was asked about, or from where it stood if what it shows next
 * follows from there.
 *
 * @fault invalid  decision/no-counter  the question is not about a counter
 * @fault conflict decision/changed, decision/not-possible
 */
export function nothingWasMade(ports: QuestionPorts, command: DecideQuestion): Promise<Result<DecidedQuestion>> {
  return decide(ports, "nothing", command, async (decided) => {
    return decided.question.about ? goOn(ports, decided, command, []) : noCounter();
  });
}

interface Decided {
  readonly tx: Tx;
  readonly question: QuestionRow;
  readonly now: Instant;
}

function decide(
  ports: QuestionPorts,
  decision: QuestionDecision,
  command: DecideQuestion,
  act: (decided: Decided) => Promise<Result<DecidedQuestion>>,
): Promise<Result<DecidedQuestion>> {
  return decideMend(ports, `question/${decision}`, { ...command, about: command.question }, async (tx, now) => {
    // Whoever reads samples holds the source's cursor before it asks: it is locked first here too.
    const source = await tx.decisions.sourceOfQuestion(command.question);
    if (source !== null) await tx.collectors.lock([source]);
    const question = await tx.decisions.question(command.question);
    if (!question) return unknown(`Question ${command.question}`);
    const changed = changedSince(command.version, question.version);
    if (changed) return { ok: false, fault: changed };
    // Until it is decided nothing of the order is sent: words alone would leave it so.
    if (isHandSubject(question.subject)) {
      const text = "Say for which of ours it was keyed, or that it is something else: the order waits for that.";
      return fail("invalid", "decision/hand-document", text);
    }
    const effect = effectOf(questionTable, question.state, decision);
    // One that the site does not know any more is read by nobody.
    const kept = sourceOfKept(question.subject);
    if (effect.ok && kept !== null && !question.about && ports.site.workUnitByConnection(kept)) return keptHeld(kept);
    return effect.ok ? act({ tx, question, now }) : effect;
  });
}

function goOn(
  ports: QuestionPorts,
  decided: Decided,
  command: DecideQuestion,
  said: readonly Fact[],
): Promise<Result<DecidedQuestion>> {
  const answer = { units: said.map((f) => f.body), goesOn: true };
  return settle(ports, decided, command, { state: "answered", answer }, said);
}

/** The answer holds, what was said is stated, and what the machine has said since is read again with it. */
async function settle(
  ports: QuestionPorts,
  { tx, question, now }: Decided,
  command: DecideQuestion,
  answer: Parameters<Tx["decisions"]["settleQuestion"]>[1],
  said: readonly Fact[],
): Promise<Result<DecidedQuestion>> {
  const { subject, about } = question;
  const settleQuestion = (): Promise<void> => tx.decisions.settleQuestion(question.id, answer, command.id, now);
  if (!about) {
    await settleQuestion();
    return ok({ subject, facts: 0, postings: 0 });
  }
  const cursor = (await tx.collectors.lock([about.source])).get(about.source) ?? null;
  // As it is without the answer: what was asked until now is known from that.
  const collector = await loadCollector(tx, ports.site, about.source, cursor);
  await settleQuestion();
  if (cursor) {
    // Whoever reads the source next begins with the answer, in whichever process.
    const stated = statedAfter(cursor.stated, command.id);
    const isMoved = await tx.collectors.advance([{ source: about.source, from: cursor, to: { ...cursor, stated } }]);
    assert(isMoved, `nobody else reads ${about.source} while its cursor is locked`);
  }
  const answers = await tx.decisions.answers(about.source);
  const read = collector
    ? readAgain({ ...collector.context, answers }, collector.memory)
    : { facts: [], questions: [], withdrawn: [] };
  await tx.attention.takeBack(read.withdrawn, now);
  await tx.attention.ask(read.questions, now);
  const { facts, postings } = await applyFacts(tx, { ...ports, dispatched }, [...said, ...read.facts], now);
  return ok({ subject, facts, postings });
}

/** Runs that a second reading begins are over or running: what the machine held then is not known here. */
export const dispatched: DispatchMemory = { whyNotStored: () => "read again after a person's answer" };

function saidUnits(
  { actor }: MendCommand,
  question: QuestionRow,
  about: CounterDoubt,
  run: HeldRun,
  grade: UnitGrade,
  quantity: Quantity,
): Fact {
  return {
    // Of the question, not of the command: it is answered once.
    id: contentId("said", question.subject, grade),
    source: about.source,
    workUnit: about.workUnit,
    run: run.id,
    eventAt: about.at,
    rule: saidInAnswer,
    mapVersion: about.mapVersion,
    revision: 0,
    saidBy: { by: "person", person: actor.person, reason: actor.reason },
    evidence: question.evidence,
    body: { kind: "UnitsCounted", grade, quantity, reason: null },
  };
}

function wrongUnits(units: CountByPerson["units"], { uom, elsewhere = [] }: CounterDoubt): Fault | null {
  const beside = units.find(({ grade }) => elsewhere.includes(grade));
  const wrong =
    units.length === 0
      ? 'Say how many; for none there is "nothing was made".'
      : new Set(units.map((u) => u.grade)).size < units.length
        ? "One grade stands there twice."
        : units.some((u) => u.quantity.micro <= 0n)
          ? "Each amount must be more than nothing."
          : units.some((u) => u.quantity.uom !== uom)
            ? `The counter counts in ${uom}.`
            : beside !== undefined
              ? `Another counter of the machine counts ${beside.grade}, and is not asked about here: what it does not show is asked by itself.`
              : null;
  return wrong === null ? null : fail("invalid", "decision/units", wrong).fault;
}

/** It is held until what is kept of it can be read, or is given up: words would leave it so, and nobody would be asked. */
function keptHeld(source: string): Result<never> {
  const text = `Words do not help ${source}: nothing of it is counted until what is damaged is put back, which ends this question by itself, or is given up and the machine begun anew. Put it back, or answer so.`;
  return fail("invalid", "decision/kept-held", text);
}

function noCounter(): Result<never> {
  const text = "The question is not about a counter that can be answered so. Answer it in words, or dismiss it.";
  return fail("invalid", "decision/no-counter", text);
}
