/**
 * What a person decides about a run: assign it to a job order, move it to another, or keep it as a fact that is never
 * posted. Spec: docs/spec/decision.md
 */
import type { Instant } from "../base/instant.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import {
  effectOf,
  mayHaveArrived,
  productionState,
  productionTable,
  type ProductionDecision,
} from "../record/decision.ts";
import { billRequirement } from "../operations/tracking/consumption.ts";
import { factId, type Fact } from "../record/fact.ts";
import { manualSource } from "../record/statement.ts";
import { JobBook, takenBack, type BookScope } from "./job-book.ts";
import { changedSince, decideMend, saidFact, unknown, type MendCommand, type MendPorts } from "./mend-ports.ts";
import type { HeldRun, Tx } from "./ports.ts";
import { joinOrder, leaveOrder } from "./run-assignment.ts";

export interface AssignRun extends MendCommand {
  /** `version` is the run's. */
  readonly run: string;
  readonly jobOrder: string;
}

export interface DismissRun extends MendCommand {
  readonly run: string;
}

export interface DecidedRunReport {
  readonly run: string;
  readonly jobOrder: string | null;
  /** How many postings were planned with it. */
  readonly postings: number;
}

type RunPorts = Pick<MendPorts, "store" | "site" | "clock">;

/**
 * A run that belongs to no order: its facts count on this one.
 *
 * @fault conflict decision/changed, decision/not-possible
 * @fault conflict decision/closed-order  nothing more is made for the job order
 * @fault conflict decision/by-hand       people have counted it, and their reports do not go with it
 * @fault invalid  decision/unknown       no such run or job order
 */
export function assignRun(ports: RunPorts, command: AssignRun): Promise<Result<DecidedRunReport>> {
  return decideRun(ports, "assign", command, command.jobOrder);
}

/**
 * A run that belongs to the wrong order.
 *
 * @fault conflict decision/posted        something of it was sent, or may have been
 * @fault conflict decision/same-order    it belongs to this order already
 * @fault  ...     as `assignRun`
 */
export function reassignRun(ports: RunPorts, command: AssignRun): Promise<Result<DecidedRunReport>> {
  return decideRun(ports, "reassign", command, command.jobOrder);
}

/** It stays a fact and is never posted. @fault conflict decision/posted, decision/changed, decision/not-possible */
export function dismissRun(ports: RunPorts, command: DismissRun): Promise<Result<DecidedRunReport>> {
  return decideRun(ports, "dismiss", command, null);
}

function decideRun(
  ports: RunPorts,
  decision: ProductionDecision,
  command: DismissRun,
  to: string | null,
): Promise<Result<DecidedRunReport>> {
  return decideMend(ports, `run/${decision}`, { ...command, about: command.run }, async (tx, now) => {
    // The run's row is the lock under which its facts are looked up: whoever states more about it waits, or was first.
    const [run] = await tx.runs.lock([command.run]);
    if (!run) return unknown(`Run ${command.run}`);
    const changed = changedSince(command.version, run.version);
    if (changed) return { ok: false, fault: changed };
    const state = productionState({ ...run, isTakenBack: run.result === takenBack });
    const effect = effectOf(productionTable, state, decision);
    if (!effect.ok) return effect;
    const book = await JobBook.ofRuns(tx, [run]);
    if (to !== null) await book.bind(tx, to);
    const refused =
      whyNotTo(book, run, to) ??
      (run.jobOrder === null ? null : await whyNotOut(tx, run)) ??
      (effect.value === "set-aside" ? null : await whyByHand(tx, run));
    if (refused) return { ok: false, fault: refused };
    const because = await stateDecision(tx, command, run, to, now);
    const scope: BookScope = { tx, site: ports.site, book, now };
    if (run.jobOrder !== null) await leave(scope, run, because, command.id);
    else if (to === null) await book.decide(tx, run.id, { ...run, decided: "dismissed" });
    const held = book.run(run.id) ?? run;
    const postings = to === null ? 0 : await joinOrder(scope, held, to, because);
    await book.save(tx);
    await tx.decisions.settleProduction(run.id, to === null ? "dismissed" : "assigned", command.id, now);
    return ok({ run: run.id, jobOrder: to, postings });
  });
}

async function stateDecision(
  tx: Tx,
  command: DismissRun,
  run: HeldRun,
  to: string | null,
  now: Instant,
): Promise<Fact> {
  const body = { kind: "RunAssigned", from: run.jobOrder, to } as const;
  const because = saidFact(command, run, "decision/run", body, now);
  await tx.facts.append([because], now);
  return because;
}

function whyNotTo(book: JobBook, run: HeldRun, to: string | null): Fault | null {
  if (to === null) return null;
  if (run.jobOrder === to) {
    return fail("conflict", "decision/same-order", "The run belongs to this job order already.").fault;
  }
  const row = book.row(to);
  if (!row) return unknown(`Job order ${to}`).fault;
  const { state } = row.jobOrder;
  if (state !== "completed" && state !== "aborted" && state !== "cancelled") return null;
  const text = `The job order is ${state}: nothing is posted to it any more. Reopen it, or choose another.`;
  return fail("conflict", "decision/closed-order", text).fault;
}

/** What of the run the ERP has, or may have, ours or keyed by hand. */
async function whyNotOut(tx: Tx, run: HeldRun): Promise<Fault | null> {
  const sent = (await tx.decisions.postingsOfRun(run.id)).filter(
    (posting) => mayHaveArrived(posting) || (posting.standsBackFor !== null && posting.holdsFacts),
  );
  if (sent.length === 0) return null;
  const documents = sent.map((p) => p.standsBackFor ?? p.document?.number ?? `${p.kind} (${p.state})`).join(", ");
  const text =
    `The ERP has something of this run, or may have: ${documents}. Take its documents back first, then decide ` +
    "again; what is in doubt must be settled before.";
  return fail("conflict", "decision/posted", text).fault;
}

/**
 * Reports of people say what they have used for their order, by lots, and are read again with each later report of the
 * unit: they do not go to another order. Nor do those about a run in whose place this one stands.
 */
async function whyByHand(tx: Tx, run: HeldRun): Promise<Fault | null> {
  const stated = run.jobOrder === null ? [] : (await tx.facts.standing(run.id)).filter(isUseStatedByHand);
  if (stated.length === 0 && (await tx.facts.leftByPeople(run.id)).length === 0) return null;
  const text =
    "People have reported pieces of this run with what they used. Take their counts back at the terminal, then decide " +
    "again, and report them on the right order.";
  return fail("conflict", "decision/by-hand", text).fault;
}

/** What was worked out from a count of theirs has an id that follows from the count. */
function isUseStatedByHand(fact: Fact): boolean {
  const { id, source, workUnit, evidence, rule, revision } = fact;
  if (source !== manualSource(workUnit) || billRequirement(fact) === null) return false;
  return id === factId(evidence[0]?.id ?? "", rule, revision);
}

/** Nothing was sent: what is planned or refused for the old order is not owed to it. */
async function leave(scope: BookScope, run: HeldRun, because: Fact, command: string): Promise<void> {
  const { tx, now } = scope;
  for (const posting of await tx.decisions.postingsOfRun(run.id)) {
    // What was dismissed, or taken back in the ERP, may still speak for its facts: it was not owed to the old order.
    const isOver = posting.state === "dismissed" || posting.state === "reversed";
    if (isOver ? !posting.holdsFacts : posting.state !== "planned" && posting.state !== "refused") continue;
    const to = posting.state === "reversed" ? "reversed" : "dismissed";
    await tx.decisions.change(posting, { to, dueAt: null, document: null, letsGo: true }, command, now);
  }
  await leaveOrder(scope, run, because);
}
