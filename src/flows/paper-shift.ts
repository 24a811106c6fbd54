/**
 * A shift that was kept on paper is entered: every line as a statement of its own time, all of them or none. What was
 * said after a line is read again with all lines before it in their places: the next shift may report already. The same
 * file is entered once, whichever command brings it.
 */
import { contentId } from "../base/id.ts";
import { parseInstant, type Instant } from "../base/instant.ts";
import { parseQuantity, type Quantity } from "../base/quantity.ts";
import { fail, makeFault, ok, type Fault, type Result } from "../base/result.ts";
import { instantsAt } from "../base/site-time.ts";
import { isPiece } from "../base/unit.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import { normalPaper, readPaper, type PaperLine } from "../operations/reporting/paper.ts";
import { readScan } from "../operations/reporting/scan.ts";
import type { Said } from "../record/statement.ts";
import type { SiteWorkUnit } from "../site/site.ts";
import { decideOnce } from "./command.ts";
import type { Tx } from "./ports.ts";
import { sayIn, type ReportPorts } from "./report.ts";
import type { Report } from "./report-scene.ts";

export interface PaperShift {
  readonly unit: string;
  readonly csv: string;
  readonly because: string;
  /** Who enters it; a line without a person of its own is this person's. */
  readonly person: PersonKey;
  readonly mayBackDate: boolean;
  readonly maySubstitute: boolean;
}

export interface EnteredShift {
  readonly message: string;
  readonly lines: readonly { readonly line: number; readonly message: string }[];
}

/** A line was refused: nothing of the shift may commit. */
class RefusedShift extends Error {
  readonly refusals: readonly LineVerdict[];
  constructor(refusals: readonly LineVerdict[]) {
    super("A line of the shift was refused.");
    this.refusals = refusals;
  }
}

interface LineVerdict {
  readonly line: number;
  readonly message: string;
}

/**
 * @fault invalid reporting/paper        the file cannot be read
 * @fault refused reporting/paper-lines  some lines cannot be entered; `errors` says for each, as `line 7`, why
 */
export async function enterShift(
  ports: ReportPorts,
  command: string,
  shift: PaperShift,
): Promise<Result<EnteredShift & { readonly isNew: boolean }>> {
  const { unit, csv, because, person } = shift;
  const digest = contentId("paper", unit, normalPaper(csv));
  const claimed = {
    id: command,
    name: "terminal/paper",
    content: { unit, digest },
    about: unit,
    actor: { person, reason: because },
  };
  let isNew = false;
  let effect = { postings: 0, moved: false };
  const decide = (decideIn: (tx: Tx, now: Instant) => Promise<Result<EnteredShift>>): Promise<Result<EnteredShift>> =>
    ports.store.transaction((tx) => {
      isNew = false;
      const now = ports.clock.now();
      return decideOnce(tx, claimed, now, async () => {
        isNew = true;
        return decideIn(tx, now);
      });
    });
  const enter = async (tx: Tx, now: Instant): Promise<Result<EnteredShift>> => {
    const done = await enterLines(tx, ports, shift, { command, digest, now });
    if (!done.ok) return done;
    effect = done.value;
    isNew = !done.value.isKnown;
    return ok({ message: done.value.message, lines: done.value.lines });
  };
  let outcome: Result<EnteredShift>;
  try {
    outcome = await decide(enter);
  } catch (error) {
    if (!(error instanceof RefusedShift)) throw error;
    // What the lines have written is gone; that they were refused stays.
    outcome = await decide(() => Promise.resolve({ ok: false, fault: faultOf(error.refusals) }));
  }
  if (isNew && outcome.ok) ports.onReported(effect);
  return outcome.ok ? ok({ ...outcome.value, isNew }) : outcome;
}

interface Entered extends EnteredShift {
  readonly isKnown: boolean;
  readonly postings: number;
  readonly moved: boolean;
}

async function enterLines(
  tx: Tx,
  ports: ReportPorts,
  shift: PaperShift,
  on: { readonly command: string; readonly digest: string; readonly now: Instant },
): Promise<Result<Entered>> {
  const unit = ports.site.workUnit(shift.unit);
  if (!unit) return fail("invalid", "reporting/unknown-unit", `There is no work unit ${shift.unit} at this site.`);
  const read = readPaper(shift.csv);
  if (!read.ok) return read;
  if (!(await tx.statements.claimShift(unit.id, on.digest, on.command))) {
    const message = "This shift was entered before; nothing was booked twice.";
    return ok({ message, lines: [], isKnown: true, postings: 0, moved: false });
  }
  const said: ReadLine[] = [];
  for (const line of read.value) said.push(await reportOf(tx, ports, unit, shift, line));
  const inOrder = said.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0) || a.line - b.line);
  const verdicts: LineVerdict[] = [];
  const refusals: LineVerdict[] = [];
  let postings = 0;
  let moved = false;
  for (const [index, { line, report }] of inOrder.entries()) {
    const until = inOrder[index + 1]?.at ?? null;
    const done = report.ok ? await sayIn(tx, ports, report.value, { ...on, line, until }) : report;
    if (done.ok) {
      verdicts.push({ line, message: done.value.message });
      postings += done.value.postings;
      moved ||= done.value.moved;
    } else refusals.push({ line, message: done.fault.message });
  }
  if (refusals.length > 0) throw new RefusedShift(refusals.toSorted((a, b) => a.line - b.line));
  const lines = verdicts.toSorted((a, b) => a.line - b.line);
  return ok({ message: `${lines.length} lines are entered.`, lines, isKnown: false, postings, moved });
}

function faultOf(refusals: readonly LineVerdict[]): Fault {
  const count = refusals.length === 1 ? "one line" : `${refusals.length} lines`;
  const text = `Nothing was entered: ${count} cannot be. Mend what is wrong in the file, then enter it again.`;
  const errors = refusals.map(({ line, message }) => ({ at: `line ${line}`, message }));
  return { ...makeFault("refused", "reporting/paper-lines", text), errors };
}

interface ReadLine {
  readonly line: number;
  readonly at: Instant | null;
  readonly report: Result<Report>;
}

async function reportOf(
  tx: Tx,
  ports: ReportPorts,
  unit: SiteWorkUnit,
  shift: PaperShift,
  { line, cells }: PaperLine,
): Promise<ReadLine> {
  const time = timeOf(ports, cells.time ?? "");
  const at = time.ok ? time.value : null;
  const wrong = (fault: Fault): ReadLine => ({ line, at, report: { ok: false, fault } });
  if (!time.ok) return wrong(time.fault);
  if (cells.unit !== undefined && cells.unit !== unit.id) {
    return wrong(makeFault("refused", "reporting/paper-lines", `The line is about ${cells.unit}; enter it there.`));
  }
  const person = await personOf(tx, cells.person, shift.person);
  if (!person.ok) return wrong(person.fault);
  const said = await saidOf(tx, ports, unit, cells);
  if (!said.ok) return wrong(said.fault);
  const { because, mayBackDate, maySubstitute } = shift;
  const none = { corrects: null, terminal: null };
  const report: Report = {
    unit: unit.id,
    said: said.value,
    at,
    way: "paper",
    because,
    person: person.value,
    mayBackDate,
    maySubstitute,
    ...none,
  };
  return { line, at, report: ok(report) };
}

/** With an offset as it stands; without one, as the clocks at the site showed it. */
function timeOf(ports: ReportPorts, text: string): Result<Instant> {
  const [, date, clock, seconds = ":00"] = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?$/.exec(text) ?? [];
  if (date === undefined || clock === undefined) {
    const read = parseInstant(text);
    return read.ok ? read : lineProblem(`"${text}" is no time: write 2025-02-03 06:15, or with an offset.`);
  }
  const [at, second] = instantsAt(`${date}T${clock}${seconds}`, ports.site.zone);
  if (at === undefined) return lineProblem(`There is no ${text} at ${ports.site.zone}: the clocks were put forward.`);
  if (second === undefined) return ok(at);
  return lineProblem(`${text} happened twice when the clocks were put back: write it with its offset.`);
}

async function personOf(tx: Tx, called: string | undefined, enters: PersonKey): Promise<Result<PersonKey>> {
  if (called === undefined) return ok(enters);
  const [key, other] = await tx.terminal.peopleCalled(called);
  if (key === undefined) return lineProblem(`Nobody is called "${called}" here.`);
  if (other !== undefined) return lineProblem(`Several people are called "${called}": write the key of the person.`);
  // Kept in the database as the key of a person.
  return ok(key as PersonKey);
}

const plainKinds = ["resume", "finish", "sign-on", "sign-off", "break-begin", "break-end"] as const;
const otherKinds = "start, setup, production, teardown, hold, good, scrap, rework, stop-reason, load, unload";

async function saidOf(
  tx: Tx,
  ports: ReportPorts,
  unit: SiteWorkUnit,
  cells: PaperLine["cells"],
): Promise<Result<Said>> {
  const word = (cells.statement ?? "").toLowerCase();
  const plain = plainKinds.find((kind) => kind === word);
  if (plain) return ok({ kind: plain });
  const reason = cells.reason ?? null;
  switch (word) {
    case "start":
    case "setup":
      // A set-up that names its operation begins the job.
      if (word === "start" || cells.operation !== undefined) return startOf(tx, ports, unit, cells, word);
      return ok({ kind: "phase", phase: word });
    case "production":
    case "teardown":
      return ok({ kind: "phase", phase: word });
    case "hold":
      return ok({ kind: "hold", reason });
    case "stop-reason":
      return reason === null ? lineProblem("The reason is missing.") : ok({ kind: "stop-reason", reason, since: null });
    case "good":
    case "scrap":
    case "rework": {
      const quantity = quantityOf(cells);
      if (!quantity.ok) return quantity;
      if (!quantity.value) return lineProblem("The quantity is missing.");
      return ok({ kind: "count", grade: word, quantity: quantity.value, reason });
    }
    case "load":
      return loadOf(cells);
    case "unload": {
      const returned = quantityOf(cells);
      if (!returned.ok) return returned;
      if (cells.position === undefined) return lineProblem("The position is missing.");
      return ok({ kind: "unload", position: cells.position, returned: returned.value });
    }
    default:
      return lineProblem(
        `"${cells.statement ?? ""}" is no statement. Write one of: ${plainKinds.join(", ")}, ${otherKinds}.`,
      );
  }
}

async function startOf(
  tx: Tx,
  ports: ReportPorts,
  unit: SiteWorkUnit,
  cells: PaperLine["cells"],
  word: "start" | "setup",
): Promise<Result<Said>> {
  const { order, operation = "" } = cells;
  const scanned =
    order === undefined
      ? readScan(operation, ports.site.terminal.scans)
      : ({ says: "operation", order, operation } as const);
  if (scanned.says !== "operation")
    return lineProblem(`"${operation}" is no operation: write for example 1000001/0010.`);
  const jobOrder = await tx.terminal.byNumber({ workCenter: unit.partOf, workUnit: unit.id }, scanned);
  if (jobOrder === null) {
    return lineProblem(`Operation ${scanned.operation} of order ${scanned.order} is not known at ${unit.id}.`);
  }
  return ok({ kind: "start", jobOrder, phase: word === "setup" ? "setup" : "production" });
}

function loadOf(cells: PaperLine["cells"]): Result<Said> {
  const { material, position } = cells;
  const quantity = quantityOf(cells);
  if (!quantity.ok) return quantity;
  if (material === undefined) return lineProblem("The material is missing.");
  if (position === undefined) return lineProblem("The position is missing.");
  return ok({
    kind: "load",
    material,
    lot: cells.lot ?? null,
    handlingUnit: cells.handlingUnit ?? null,
    position,
    quantity: quantity.value,
    substitutes: cells.substitutes ?? null,
  });
}

/**
 * Pieces unless a unit is written; a comma is a decimal point. Of pieces there are no parts, and three digits behind a sign
 * may be thousands: `1,000` is one for some and a thousand for others.
 */
function quantityOf({ quantity, uom = "C62" }: PaperLine["cells"]): Result<Quantity | null> {
  if (quantity === undefined) return ok(null);
  if (isPiece(uom) && /[.,](?!0{1,2}$)/.test(quantity))
    return lineProblem(`"${quantity}" is no number of pieces: write it whole, with no sign between its digits.`);
  return parseQuantity(quantity.replace(",", "."), uom);
}

function lineProblem(message: string): { ok: false; fault: Fault } {
  return fail("refused", "reporting/paper-lines", message);
}
