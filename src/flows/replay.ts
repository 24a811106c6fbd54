/**
 * The recorded samples of a day through the code that reads them in production, with the maps that held then or with
 * others: which facts and postings that gives, against those that are recorded. Writes nothing. Spec: docs/spec/replay.md
 */
import type { Instant } from "../base/instant.ts";
import { withExactNumbers } from "../base/json.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { localDate } from "../base/site-time.ts";
import { compileMap } from "../operations/collection/compiled-map.ts";
import { startMemory, takeSamples } from "../operations/collection/memory.ts";
import {
  compareFactsOf,
  isCollected,
  within,
  type FactComparison,
  type Window,
} from "../operations/collection/replay.ts";
import { emptyState, type CollectorState } from "../operations/collection/state.ts";
import type { SourceContext } from "../operations/collection/work.ts";
import {
  piecesOf,
  replayBill,
  replayPostings,
  type BillDifference,
  type ReplayedPosting,
} from "../operations/execution/replayed-posting.ts";
import { statementOf, type Fact } from "../record/fact.ts";
import type { Site } from "../site/site.ts";
import { memorySamples } from "./collector-book.ts";
import { gapFacts } from "./gap.ts";
import type { ReplayOrder, ReplayStore, ReplayView } from "./view/replay-view.ts";

export interface SourceReplay {
  readonly source: string;
  /** With those before the window that were read to come to it. */
  readonly samples: number;
  /** Whether the machine has said anything in the window. */
  readonly hasSpoken: boolean;
  /** From the first to the last sample of the window. */
  readonly coveredMs: number;
  readonly questions: number;
  readonly facts: FactComparison;
}

export interface OrderReplay {
  readonly order: string;
  readonly compared: number;
  readonly postings: readonly ReplayedPosting[];
  readonly bill: readonly BillDifference[];
}

export interface ReplayResult {
  readonly sources: readonly SourceReplay[];
  /** Orders of which something was made on the day. */
  readonly orders: readonly OrderReplay[];
}

/** Batches that are decoded at once. */
const pageSize = 200;

/**
 * @fault refused flows/replay-start  the samples before the day are gone, and no state of the source is kept to begin with
 */
export async function replayDay(store: ReplayStore, site: Site, window: Window): Promise<Result<ReplayResult>> {
  return store.read(async (view) => {
    const sources: SourceReplay[] = [];
    const read: { readonly was: readonly Fact[]; readonly now: readonly Fact[] }[] = [];
    for (const { id, connection } of site.workUnits) {
      const maps = site.mapsOf(id).map(compileMap);
      const compiled = maps.at(-1);
      if (connection === null || !compiled) continue;
      const [answers, timedSince] = [await view.answers(connection), await view.timedSince(connection)];
      const context: SourceContext = { source: connection, workUnit: id, compiled, maps, answers, timedSince };
      const again = await readAgain(view, context, window);
      if (!again.ok) return again;
      const was = (await view.facts(connection, window.from, window.to)).filter(isCollected);
      const { facts, ...of } = again.value;
      const now = facts.filter((fact) => within(window, fact));
      const jobs = await jobsOf(view, [...was, ...now]);
      sources.push({ source: connection, ...of, facts: compareFactsOf(was, now, jobs) });
      read.push({ was, now });
    }
    const was = read.flatMap((one) => one.was);
    const now = read.flatMap((one) => one.now);
    return ok({ sources, orders: await ordersOf(view, site, window, was, now) });
  });
}

interface Read extends Omit<SourceReplay, "source" | "facts"> {
  readonly facts: readonly Fact[];
}

/** From the last kept state before the day, or from the very beginning where all of it is kept. */
async function readAgain(view: ReplayView, context: SourceContext, window: Window): Promise<Result<Read>> {
  const { source } = context;
  const kept = await view.checkpoint(source, window.from);
  if (!kept && !(await view.isWhole(source))) {
    const text = `What ${source} said before that day is not kept any more, nor is a state of it to begin with. Replay a later day.`;
    return fail("refused", "flows/replay-start", text);
  }
  // Written by the collector from a CollectorState.
  const state = kept ? withExactNumbers<CollectorState>(kept.state) : emptyState;
  const memory = startMemory({ state, seq: kept?.ordinal ?? 0 });
  const limits = { samples: memorySamples, lateMs: context.compiled.map.clock.lateMs };
  const facts: Fact[] = [];
  let samples = 0;
  let questions = 0;
  const span = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
  for (let after = kept?.ordinal ?? 0; ;) {
    const batches = await view.batches(source, after, window.to, pageSize);
    for (const { ordinal, content } of batches) {
      const taken = takeSamples(context, memory, { ...content, seq: ordinal }, limits);
      facts.push(...taken.facts, ...gapFacts(context, { ...content, source, seq: ordinal }));
      questions += taken.questions.length;
      samples += content.samples.length;
      for (const { at } of content.samples) {
        if (at < window.from || at >= window.to) continue;
        span.first = Math.min(span.first, at);
        span.last = Math.max(span.last, at);
      }
      after = ordinal;
    }
    if (batches.length < pageSize) {
      const hasSpoken = span.first <= span.last;
      return ok({ samples, hasSpoken, questions, facts, coveredMs: hasSpoken ? span.last - span.first : 0 });
    }
  }
}

async function jobsOf(view: ReplayView, facts: readonly Fact[]): Promise<ReadonlyMap<string, string>> {
  const runs = new Set(facts.flatMap(({ run }) => (run === null ? [] : [run])));
  return new Map((await view.runs([...runs])).map(({ id, job }) => [id, job]));
}

/** What the orders of the day were told, against what they would be told. */
async function ordersOf(
  view: ReplayView,
  site: Site,
  window: Window,
  was: readonly Fact[],
  now: readonly Fact[],
): Promise<readonly OrderReplay[]> {
  const runs = new Set([...was, ...now].flatMap(({ run }) => (run === null ? [] : [run])));
  const requests = new Set((await view.runs([...runs])).flatMap(({ request }) => (request === null ? [] : [request])));
  const before = new Map(was.map((fact) => [fact.id, fact]));
  const after = new Map(now.map((fact) => [fact.id, fact]));
  const translate = (fact: Fact): Fact | null => (before.has(fact.id) ? (after.get(fact.id) ?? null) : fact);
  const additional = Map.groupBy(
    now.filter(({ id, run }) => run !== null && !before.has(id)),
    ({ run }) => run ?? "",
  );
  const orders: OrderReplay[] = [];
  for (const request of [...requests].toSorted()) {
    const order = await view.order(request);
    if (order) orders.push(orderOf(site, order, { translate, additional, was, now }));
  }
  return orders;
}

interface Said {
  translate(fact: Fact): Fact | null;
  readonly additional: ReadonlyMap<string, readonly Fact[]>;
  readonly was: readonly Fact[];
  readonly now: readonly Fact[];
}

function orderOf(site: Site, order: ReplayOrder, said: Said): OrderReplay {
  const { request, runs } = order;
  const segments = new Map(request.segments.map((segment) => [segment.id, segment]));
  const segmentOfRun = new Map(
    runs.flatMap(({ id, segment }) => {
      const found = segments.get(segment ?? "");
      return found ? [[id, found] as const] : [];
    }),
  );
  const policy = site.posting(request.reference.erp);
  const workUnitOf = new Map([...said.was, ...said.now, ...order.facts].map(({ run, workUnit }) => [run, workUnit]));
  const dateOf = (at: Instant): ReturnType<typeof localDate> => localDate(at, site.zone);
  const { compared, differences } = replayPostings({
    request,
    postings: order.postings,
    facts: new Map(order.facts.map((fact) => [fact.id, fact])),
    translate: said.translate,
    additional: new Map([...said.additional].filter(([run]) => segmentOfRun.has(run))),
    segmentOfRun,
    receipt: policy.receipt,
    scopeOf: (run) => ({
      datesOf: (at) => ({ posting: dateOf(at), document: dateOf(at) }),
      supply: site.workCenter(site.workUnit(workUnitOf.get(run) ?? "")?.partOf ?? "")?.materialFrom ?? null,
      postsUnplanned: policy.unplannedConsumption === "post",
    }),
  });
  const bill = request.segments.flatMap((segment) => {
    const goodOf = (facts: readonly Fact[]): bigint =>
      facts.reduce((sum, { run, body }) => {
        const isOwn = run !== null && segmentOfRun.get(run) === segment;
        const counted = statementOf(body);
        if (!isOwn || counted.kind !== "UnitsCounted" || counted.grade !== "good") return sum;
        const pieces = piecesOf(request, segment, counted.quantity.micro, counted.quantity.uom);
        return body.kind === "Corrected" ? sum - pieces : sum + pieces;
      }, 0n);
    const made = { recorded: order.good.get(segment.id) ?? 0n, more: goodOf(said.now) - goodOf(said.was) };
    return replayBill(segment, made);
  });
  return { order: request.reference.number, compared, postings: differences, bill };
}
