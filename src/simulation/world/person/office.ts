/**
 * People in the office. Every few minutes they look at what waits for them: postings that the ERP has refused, runs that
 * belong to no order, operations of which more was reported than they were final for, machines that are held. Now and then they take something into their heads (`act.ts`): a run belongs to another order or to
 * none, a document is to be taken back. All by the production code of these decisions.
 */
import { instant } from "../../../base/instant.ts";
import { toJson } from "../../../base/json.ts";
import { fail, ok, type Fault } from "../../../base/result.ts";
import { localDate } from "../../../base/site-time.ts";
import {
  dismissPosting,
  editRefusedPosting,
  releasePosting,
  retryPosting,
  takeBackPosting,
} from "../../../flows/decide-posting.ts";
import { answerQuestion } from "../../../flows/decide-question.ts";
import { assignRun, dismissRun, reassignRun } from "../../../flows/decide-run.ts";
import { confirmPosting, denyPosting } from "../../../flows/settle-doubt.ts";
import { reopen } from "../../../flows/reopen.ts";
import type { ErpSession } from "../../../erp/connector.ts";
import { isSentAgain } from "../../../record/posting.ts";
import { unreadErpPrefix, unreadOrderPrefix } from "../../../record/unread-order.ts";
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { jobOrder, type JobOrderColumns } from "../../store/schema/order.ts";
import { finality, posting, type PostingColumns } from "../../store/schema/posting.ts";
import { quarantine, question, run, type QuestionColumns, type RunColumns } from "../../store/schema/shop-floor.ts";
import { keyOf, type TableOf } from "../../store/table.ts";
import type { ActKind, PlannedAct } from "../act.ts";
import { lookUp, writeSlip } from "../erp-desk.ts";
import { runName, type Decision, type Place, type RunName } from "../happened.ts";
import type { ErpManner } from "../plan.ts";
import { zone } from "../plant-site.ts";
import { click } from "./click.ts";
import { beginHeldAnew, isHeldAsked, type HeldPorts } from "./held-machine.ts";
import { sayPieces } from "./leapt-counter.ts";

export interface OfficePorts extends HeldPorts {
  /** What screens show. */
  readonly database: MemoryDatabase;
  /** What the ERP's own screens show. */
  readonly books: Books;
  readonly manner: ErpManner;
  readonly isCrowded: boolean;
  /** A person was told that it was done. */
  readonly decided: (decision: Decision) => void;
  /** They have gone home: nothing is clicked any more. */
  readonly isOver: () => boolean;
}

/** The day before the first one of the simulation. */
const dayBefore = localDate(instant(Date.parse("2026-11-01T12:00:00Z")), zone);
const lookEveryMs = 10 * 60_000;
const patienceMs = 90 * 60_000;
const closed: ReadonlySet<string> = new Set(["completed", "aborted", "cancelled"]);
const owed: ReadonlySet<string> = new Set(["confirmation", "goods-receipt", "goods-issue"]);

/** Looks at what waits, again and again. */
export async function keepOffice(office: OfficePorts): Promise<void> {
  for (;;) {
    await office.clock.sleep(lookEveryMs);
    if (office.isOver()) return;
    for (const row of rowsOf(office, posting))
      if (row.state === "refused" && !row.parked) await settleRefused(office, row);
    for (const row of rowsOf(office, posting)) if (row.state === "needs-person") await settleDoubt(office, row);
    for (const row of rowsOf(office, question)) if (isUnread(row)) await readThere(office, row);
    for (const row of rowsOf(office, question)) if (isHeldAsked(row)) await beginHeldAnew(office, row);
    for (const row of rowsOf(office, question)) await sayPieces(office, row);
    if (!office.isCrowded) continue;
    for (const row of rowsOf(office, question)) if (row.state === "open") await reopenFor(office, row.id);
    for (const row of rowsOf(office, run)) if (isOrphan(office, row)) await settleOrphan(office, row);
  }
}

/** Does what was planned, as far as there is something to do it to. */
export async function act(office: OfficePorts, planned: PlannedAct): Promise<void> {
  if (office.isOver()) return;
  await acts[planned.kind](office, planned);
}

const acts: Readonly<Record<ActKind, (office: OfficePorts, planned: PlannedAct) => Promise<void>>> = {
  "reassign-run": async (office, planned) => {
    const chosen = oneOf(boundRuns(office), planned);
    const to = chosen && otherOrder(office, chosen, planned);
    if (chosen && to && (await move(office, chosen, to, planned))) office.did("reassign-run");
  },
  "dismiss-run": async (office, planned) => {
    const chosen = oneOf(boundRuns(office), planned);
    if (chosen && (await leave(office, chosen, planned))) office.did("dismiss-run");
  },
  "wrong-order": correctOrder,
  "take-back-document": async (office, planned) => {
    const chosen = oneOf(documents(office), planned);
    if (!chosen || !(await takeBack(office, chosen, planned))) return;
    office.did("take-back-document");
    if (!(await until(office, () => stateOf(office, chosen) === "reversed"))) return;
    await releaseLater(office, chosen, planned);
  },
  "dismiss-posting": async (office, planned) => {
    const waiting = rowsOf(office, posting).filter(isProvablyAbsent);
    const chosen = oneOf(waiting, planned);
    if (!chosen) return;
    const seen = { id: `dismiss/${planned.at}`, version: chosen.version, reason: "It is not owed." };
    const done = await click(office, seen, (store, command) =>
      dismissPosting({ ...office, store }, { ...command, posting: chosen.id }),
    );
    if (!done) return;
    office.decided({ what: "dismissed", ...aboutPosting(office, chosen) });
    office.did("dismiss-posting");
    await releaseLater(office, chosen, planned);
  },
  "edit-posting": async (office, planned) => {
    const chosen = oneOf(
      rowsOf(office, posting).filter((row) => row.state === "refused"),
      planned,
    );
    if (!chosen) return;
    const seen = { id: `edit/${planned.at}`, version: chosen.version, reason: "Posted with another date." };
    const done = await click(office, seen, (store, command) =>
      editRefusedPosting({ ...office, store }, { ...command, posting: chosen.id, edit: { postingDate: dayBefore } }),
    );
    if (!done || !chosen) return;
    office.decided({ what: "dated-anew", ...aboutPosting(office, chosen) });
    office.did("edit-posting");
  },
};

/** A run was posted to the wrong order: its documents are taken back, then it goes where it belongs. */
async function correctOrder(office: OfficePorts, planned: PlannedAct): Promise<void> {
  const posted = boundRuns(office).filter((row) => documentsOf(office, row).length > 0 && row.ended_at !== null);
  const chosen = oneOf(posted, planned);
  if (!chosen) return;
  for (const one of documentsOf(office, chosen)) await takeBack(office, one, planned);
  const isBack = (): boolean =>
    office.database.find(posting, "run", chosen.id).every((row) => !["confirmed", "reversing"].includes(row.state));
  if (!(await until(office, isBack))) return;
  const [now] = rowsOf(office, run).filter((row) => row.id === chosen.id);
  const to = now && otherOrder(office, now, planned);
  if (!now || !to) return;
  const done = planned.size < 0.8 ? await move(office, now, to, planned) : await leave(office, now, planned);
  if (done) office.did("wrong-order");
}

/** What is more than the ERP takes nobody may want; else it is sent again, in case that its cause has gone. */
async function settleRefused(office: OfficePorts, row: PostingColumns): Promise<void> {
  const { id, version, fault, kind } = row;
  // That an operation is final is a decision of its own.
  const isTooMuch = owed.has(kind) && /exceed/.test(toJson(fault ?? null));
  const isUnwanted = isTooMuch && office.isCrowded && office.chance.fork(`too much ${id}`).chance(0.5);
  if (!isUnwanted) return sendAgain(office, row);
  const seen = { id: `too-much/${id}/${version}`, version, reason: "More than anybody wanted." };
  const done = await click(office, seen, (store, command) =>
    dismissPosting({ ...office, store }, { ...command, posting: id }),
  );
  if (!done) return;
  office.decided({ what: "dismissed", ...aboutPosting(office, row) });
  office.did("dismiss-too-much");
}

async function sendAgain(office: OfficePorts, { id, version }: PostingColumns): Promise<void> {
  const seen = { id: `retry/${id}/${version}`, version, reason: "The cause is gone." };
  const done = await click(office, seen, (store, command) =>
    retryPosting({ ...office, store }, { ...command, posting: id }),
  );
  if (done) office.did("retry-posting");
}

/** Nobody knows whether the ERP has it: somebody looks there, and says what they found. */
async function settleDoubt(office: OfficePorts, row: PostingColumns): Promise<void> {
  if (office.manner !== "blind") return;
  const { id, version, key, content } = row;
  const found = lookUp(office.books, { key, order: placeOf(row).order, content });
  // What says something else is to be compared with what was made: nobody here does.
  if (found && !found.isSame) return;
  const seen = { id: `doubt/${id}/${version}`, version, reason: "Looked for in the ERP." };
  const session = (): Pick<ErpSession, "resolve" | "compose" | "interpret"> => blindScreen;
  const done = await click(office, seen, (store, command) =>
    found === null
      ? denyPosting({ ...office, store, session }, { ...command, posting: id }, never)
      : confirmPosting({ ...office, store, session }, { ...command, posting: id, document: found.number }, never),
  );
  if (done) office.did(found === null ? "found-missing" : "found-there");
}

const never = new AbortController().signal;
const blindScreen: Pick<ErpSession, "resolve" | "compose" | "interpret"> = {
  resolve: () => Promise.resolve({ outcome: "unanswerable" }),
  // After a restore nothing tells any more what was sent.
  compose: (key, request, content) => ok(writeSlip(key, request, content)),
  interpret: () => fail("invalid", "erp/sap-request", "Nothing is read at a desk."),
};

function isUnread({ state, subject }: QuestionColumns): boolean {
  return state === "open" && [unreadErpPrefix, unreadOrderPrefix].some((prefix) => subject.startsWith(prefix));
}

/** What the ERP has of our orders cannot be read: somebody has looked there, and for each doubt by itself. */
async function readThere(office: OfficePorts, { id, version }: QuestionColumns): Promise<void> {
  const seen = { id: `read/${id}/${version}`, version, reason: "Looked for in the ERP." };
  const done = await click(office, seen, (store, command) =>
    answerQuestion({ ...office, store }, { ...command, question: id, answer: "It is in order." }),
  );
  if (done) office.did("read-in-erp");
}

/** More was reported of an operation that is final: it is reopened. */
async function reopenFor(office: OfficePorts, id: number): Promise<void> {
  const asked = office.database.row(question, String(id));
  const late = rowsOf(office, finality).find(
    ({ request, segment, number }) => asked?.subject === `final/${request}/${segment}/${number}`,
  );
  if (!late) return;
  const { request, segment } = late;
  const seen = { id: `reopen/${id}`, version: null, reason: "More was made." };
  const done = await click(office, seen, async (store, { id: command, actor }) =>
    reopen({ ...office, store }, { id: command, actor, request, segment }),
  );
  if (!done) return;
  office.decided({ what: "reopened", of: placeOf(late) });
  office.did("reopen-operation");
}

/** Some are left for tomorrow. */
async function settleOrphan(office: OfficePorts, row: RunColumns): Promise<void> {
  const mind = office.chance.fork(`orphan ${row.id}`);
  const size = mind.next();
  const choice = mind.next();
  const { id, version } = row;
  const to = otherOrder(office, row, { size });
  const seen = { id: `orphan/${id}/${version}`, version, reason: "Looked at on the floor." };
  if (to && choice < 0.6) {
    const done = await click(office, seen, (store, command) =>
      assignRun({ ...office, store }, { ...command, run: id, jobOrder: to.id }),
    );
    if (!done) return;
    office.decided({ what: "moved", run: nameOf(row), from: null, to: placeOf(to) });
    office.did("assign-run");
  } else if (choice < 0.8) {
    const done = await click(office, seen, (store, command) =>
      dismissRun({ ...office, store }, { ...command, run: id }),
    );
    if (done) office.did("dismiss-orphan");
  }
}

async function move(office: OfficePorts, row: RunColumns, to: JobOrderColumns, planned: PlannedAct): Promise<boolean> {
  const seen = { id: `${planned.kind}/${planned.at}/move`, version: row.version, reason: "It was for another order." };
  const done = await click(office, seen, (store, command) =>
    reassignRun({ ...office, store }, { ...command, run: row.id, jobOrder: to.id }),
  );
  if (done) office.decided({ what: "moved", run: nameOf(row), from: placeOfRun(office, row), to: placeOf(to) });
  return done;
}

async function leave(office: OfficePorts, row: RunColumns, planned: PlannedAct): Promise<boolean> {
  const seen = { id: `${planned.kind}/${planned.at}/leave`, version: row.version, reason: "It was a trial." };
  const done = await click(office, seen, (store, command) =>
    dismissRun({ ...office, store }, { ...command, run: row.id }),
  );
  if (done) office.decided({ what: "moved", run: nameOf(row), from: placeOfRun(office, row), to: null });
  return done;
}

async function takeBack(office: OfficePorts, row: PostingColumns, planned: PlannedAct): Promise<boolean> {
  const { id, version } = row;
  const seen = { id: `${planned.kind}/${planned.at}/${id}`, version, reason: "It is wrong in the ERP." };
  const done = await click(office, seen, (store, command) =>
    takeBackPosting({ ...office, store }, { ...command, posting: id }),
  );
  if (done) office.decided({ what: "taken-back", ...aboutPosting(office, row) });
  return done;
}

function nameOf({ source, job, started_at }: RunColumns): RunName {
  return runName({ machine: source, job, startedAt: started_at });
}

/** Where a run belonged on the screen. */
function placeOfRun({ database }: OfficePorts, { job_order }: RunColumns): Place | null {
  const row = job_order === null ? undefined : database.row(jobOrder, job_order);
  return row ? placeOf(row) : null;
}

function placeOf({ request, segment }: { readonly request: string; readonly segment: string }): Place {
  return { order: request.split("/").at(-1) ?? "", operation: segment };
}

function aboutPosting(
  { database }: OfficePorts,
  row: PostingColumns,
): { readonly posting: string; readonly run: RunName | null; readonly of: Place } {
  const of = row.run === null ? undefined : database.row(run, row.run);
  return { posting: row.id, run: of ? nameOf(of) : null, of: placeOf(row) };
}

/** Half of them think better of it. */
async function releaseLater(office: OfficePorts, { id }: PostingColumns, planned: PlannedAct): Promise<void> {
  if (planned.size < 0.5) return;
  await office.clock.sleep(lookEveryMs);
  const [now] = rowsOf(office, posting).filter((row) => row.id === id);
  if (!now || office.isOver()) return;
  const seen = { id: `release/${planned.at}`, version: now.version, reason: "It is owed after all." };
  const done = await click(office, seen, (store, command) =>
    releasePosting({ ...office, store }, { ...command, posting: id }),
  );
  if (!done) return;
  office.decided({ what: "released", ...aboutPosting(office, now) });
  office.did("release-posting");
}

async function until(office: OfficePorts, holds: () => boolean): Promise<boolean> {
  for (let waited = 0; waited < patienceMs; waited += lookEveryMs) {
    if (office.isOver()) return false;
    if (holds()) return true;
    await office.clock.sleep(lookEveryMs);
  }
  return false;
}

function rowsOf<R extends object>({ database }: OfficePorts, of: TableOf<R>): readonly R[] {
  return [...database.rows(of)];
}

function isOrphan({ database }: OfficePorts, row: RunColumns): boolean {
  if (row.job_order !== null || row.decided !== null || row.result === "corrected") return false;
  return database
    .find(quarantine, "quarantine_once", keyOf("production", row.id))
    .some((held) => held.state === "open");
}

function boundRuns(office: OfficePorts): readonly RunColumns[] {
  // What people have counted is theirs to put right at the terminal.
  return rowsOf(office, run).filter(
    (row) => row.job_order !== null && row.result !== "corrected" && office.site.workUnit(row.work_unit)?.map !== null,
  );
}

function documents(office: OfficePorts): readonly PostingColumns[] {
  return rowsOf(office, posting).filter((row) => row.state === "confirmed" && owed.has(row.kind));
}

function documentsOf({ database }: OfficePorts, { id }: RunColumns): readonly PostingColumns[] {
  return database.find(posting, "run", id).filter((row) => row.state === "confirmed" && owed.has(row.kind));
}

/** Nobody dismisses what the screen says may be there, but for what says nothing of amounts. */
function isProvablyAbsent({ kind, state, fault }: PostingColumns): boolean {
  // Written by `settle`.
  const isRepeat = kind !== "order-accepted" && isSentAgain({ fault: fault as Fault | null });
  return state === "refused" || (state === "planned" && !isRepeat);
}

function stateOf({ database }: OfficePorts, { id }: PostingColumns): string | undefined {
  return database.row(posting, id)?.state;
}

/** One to which something can still be made; the same for the same share. */
function otherOrder(
  office: OfficePorts,
  row: RunColumns,
  { size }: Pick<PlannedAct, "size">,
): JobOrderColumns | undefined {
  const { workCenters, workUnit } = office.site;
  const ofMachines = new Set(
    workCenters.filter(({ workUnits }) => workUnits.some((unit) => workUnit(unit)?.map !== null)).map(({ id }) => id),
  );
  const open = rowsOf(office, jobOrder).filter(
    (one) => one.id !== row.job_order && !closed.has(one.state) && ofMachines.has(one.work_center),
  );
  return open[Math.floor(((size * 7) % 1) * open.length)];
}

function oneOf<T>(all: readonly T[], { size }: PlannedAct): T | undefined {
  return all[Math.floor(size * all.length)];
}
