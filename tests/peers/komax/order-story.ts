/**
 * What became of each ERP order in the machine's own list: was it stored there before the operator started its job, and
 * if not, why. Read off the machine's journal alone; Millrace is not asked. Pure.
 */
import { jobState, type JournalLine, type RunLine, type StoreLine } from "./journal-line.ts";
import type { ErpOrder } from "./day-set.ts";

/** A span in which the process under test was down, milliseconds of the clock of this computer. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

export interface OrderStory {
  readonly order: string;
  readonly job: string;
  /** The first of its runs started while it was stored and allowed to start. */
  readonly storedBefore: boolean;
  /** Why not; null when it was. */
  readonly reason: string | null;
}

/** Runs that the machine started, each with the ERP order that released it, or none. */
export function orderStories(
  orders: readonly ErpOrder[],
  journal: readonly JournalLine[],
  outages: readonly Outage[],
): readonly OrderStory[] {
  const byName = new Map(orders.map((order) => [nameOf(order.operations[0]?.text ?? "", order.material), order]));
  const firstRuns = new Map<string, { readonly run: RunLine; readonly place: number }>();
  for (const [place, line] of journal.entries()) {
    if (line.call !== "run") continue;
    const order = byName.get(nameOf(line.job, line.article))?.order;
    if (order !== undefined && !firstRuns.has(order)) firstRuns.set(order, { run: line, place });
  }
  return [...firstRuns].map(([order, { run, place }]) => {
    const reason = whyNotStored({
      order,
      run,
      before: journal.slice(0, place),
      after: journal.slice(place + 1),
      outages,
    });
    return { order, job: run.job, storedBefore: reason === null, reason };
  });
}

interface Question {
  readonly order: string;
  readonly run: RunLine;
  readonly before: readonly JournalLine[];
  readonly after: readonly JournalLine[];
  readonly outages: readonly Outage[];
}

/** Null when the list held this order, allowed to start, at the moment of the run. */
function whyNotStored({ order, run, before, after, outages }: Question): string | null {
  const stores = before.filter((line): line is StoreLine => line.call === "store");
  const last = stores.findLast((line) => line.id === run.id && line.verdict === "stored");
  const isOwn = last !== undefined && carries(last, order);
  if (run.state !== null && isOwn) {
    return run.state === jobState.allowedToStart ? null : `its job order was in the list but ${stateWords(run.state)}`;
  }
  if (outages.some((outage) => outage.from <= run.at && run.at <= outage.to))
    return "Millrace was down when it started";
  if (run.state !== null) {
    return `the machine's list held another order of the number ${run.id} (${stateWords(run.state)}), and takes a number once`;
  }
  const refused = stores.findLast((line) => line.verdict !== "stored" && carries(line, order));
  if (refused !== undefined) return `the machine refused it: ${refused.verdict}`;
  if (stores.some((line) => line.verdict === "stored" && carries(line, order))) {
    return "it was taken from the list again before it started";
  }
  const later = after.find((line): line is StoreLine => line.call === "store" && carries(line, order));
  if (later !== undefined) return `it was stored ${((later.at - run.at) / 1000).toFixed(1)} s after it had started`;
  return "it was never sent to the machine";
}

/** The order's number stands in what the machine was told of the job order, alone or at the end of a longer name. */
function carries(line: StoreLine, order: string): boolean {
  return Object.values(line.parameters).some((value) => value.split(/[^0-9A-Za-z]+/).includes(order));
}

function stateWords(state: number): string {
  if (state === jobState.ended) return "already ended";
  if (state === jobState.aborted) return "already aborted";
  if (state === jobState.running || state === jobState.interrupted) return "running already";
  return state === jobState.notAllowedToStart ? "not yet allowed to start" : "waiting to start";
}

/** The machine calls a job by its number and place, and by what is made: together they name one ERP order. */
function nameOf(job: string, article: string): string {
  return `${job.trim()}\n${article.trim()}`;
}
