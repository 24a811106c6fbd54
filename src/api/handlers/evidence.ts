/** Answers with what stands behind an entry: runs, facts with their samples, postings, messages, instructions. */
import { instant } from "../../base/instant.ts";
import { toJson } from "../../base/json.ts";
import { formatMicro, negate, type Quantity } from "../../base/quantity.ts";
import { ok } from "../../base/result.ts";
import type { Caller } from "../../access/caller.ts";
import type { Evidence, FactDetail, FactOfRun, RunDetail } from "../../flows/view/evidence-view.ts";
import type { Views, ViewStore } from "../../flows/view/store-view.ts";
import type { FactBody } from "../../record/fact.ts";
import { statusText } from "../../record/sample.ts";
import type { Fact, FactRow, RunView } from "../contract/order.ts";
import type { HandlersOf } from "../handler.ts";
import { amountOf, amountOrNull, cursorOf, notFound, partsOf, timeOf, timeOrNull } from "./answer.ts";
import { visibleOrder } from "./order.ts";

export function evidenceHandlers({
  views: store,
}: {
  readonly views: ViewStore;
}): HandlersOf<"GET /api/v1/runs/:run" | "GET /api/v1/runs/:run/facts" | "GET /api/v1/facts/:fact"> {
  return {
    "GET /api/v1/runs/:run": ({ caller, params }) => {
      const id = params["run"] ?? "";
      return store.read(async (views) => {
        const run = await visibleRun(views, caller, id);
        return run ? ok(runViewOf(run)) : notFound("run", id);
      });
    },

    "GET /api/v1/runs/:run/facts": async ({ caller, params, query }) => {
      const id = params["run"] ?? "";
      const place = partsOf(query.cursor, ["number", "string"]);
      if (!place.ok) return place;
      const [at, last] = place.value ?? [];
      const after = at === undefined ? null : { at: instant(Number(at)), id: String(last) };
      return store.read(async (views) => {
        if (!(await visibleRun(views, caller, id))) return notFound("run", id);
        const of = { what: query.what ?? null, material: query.material ?? null, uom: query.uom ?? null };
        const rows = await views.evidence.factsOfRun(id, of, after, query.limit + 1);
        const shown = rows.slice(0, query.limit);
        const end = rows.length > query.limit ? shown.at(-1)?.fact : undefined;
        return ok({ items: shown.map(factRowOf), next: end ? cursorOf([end.eventAt, end.id]) : null });
      });
    },

    "GET /api/v1/facts/:fact": ({ caller, params }) => {
      const id = params["fact"] ?? "";
      return store.read(async (views) => {
        const found = await views.evidence.fact(id);
        const isVisible = found && (await sees(views, caller, found.fact.workUnit, found.request));
        return found && isVisible ? ok(factViewOf(found)) : notFound("fact", id);
      });
    },
  };
}

/** What happened at a work unit of theirs, or for an order of theirs. */
export async function sees(views: Views, caller: Caller, workUnit: string, order: string | null): Promise<boolean> {
  const visible = caller.visible("order.read");
  if (visible === null || visible.has(workUnit)) return true;
  return order !== null && (await visibleOrder(views, caller, order)) !== null;
}

async function visibleRun(views: Views, caller: Caller, id: string): Promise<RunDetail | null> {
  const found = await views.evidence.run(id);
  return found && (await sees(views, caller, found.run.workUnit, found.order?.request ?? null)) ? found : null;
}

function runViewOf({ run, order, sums }: RunDetail): RunView {
  return {
    id: run.id,
    source: run.source,
    workUnit: run.workUnit,
    job: run.job,
    article: run.article,
    outside: run.outside,
    jobOrder: run.jobOrder,
    order: order?.request ?? null,
    number: order?.number ?? null,
    operation: order?.segment ?? null,
    startedAt: timeOf(run.startedAt),
    endedAt: timeOrNull(run.endedAt),
    result: run.result,
    sums: sums.map((sum) => ({
      what: sum.what,
      material: sum.material,
      amount: amountOf(sum.quantity),
      facts: sum.facts,
      firstAt: timeOf(sum.firstAt),
      lastAt: timeOf(sum.lastAt),
    })),
  };
}

interface Part {
  readonly material: string | null;
  readonly quantity: Quantity;
}

/** What a statement adds to a sum of its run. */
function partOf(body: FactBody): Part | null {
  switch (body.kind) {
    case "UnitsCounted":
    case "EnergyUsed":
      return { material: null, quantity: body.quantity };
    case "MaterialConsumed":
    case "MaterialProduced":
      return { material: body.material, quantity: body.quantity };
    case "MaterialReturned":
      return { material: body.material, quantity: negate(body.quantity) };
    case "Corrected": {
      const was = partOf(body.was);
      return was && { ...was, quantity: negate(was.quantity) };
    }
    default:
      return null;
  }
}

function factRowOf({ fact, recordedAt, what }: FactOfRun): FactRow {
  const part = partOf(fact.body);
  return {
    id: fact.id,
    kind: fact.body.kind,
    eventAt: timeOf(fact.eventAt),
    recordedAt: timeOf(recordedAt),
    what,
    material: part?.material ?? null,
    amount: amountOrNull(part?.quantity ?? null),
    corrects: fact.body.kind === "Corrected" ? fact.body.corrects : null,
  };
}

function factViewOf({ fact, recordedAt, postings, movements, evidence }: FactDetail): Fact {
  return {
    id: fact.id,
    kind: fact.body.kind,
    workUnit: fact.workUnit,
    run: fact.run,
    eventAt: timeOf(fact.eventAt),
    recordedAt: timeOf(recordedAt),
    rule: fact.rule,
    mapVersion: fact.mapVersion,
    revision: fact.revision,
    saidBy: { ...fact.saidBy },
    body: shownBody(fact.body),
    evidence: evidence.map((of) => evidenceOf(fact.source, of)),
    postings: [...postings],
    movements: movements.map((movement) => ({
      id: movement.id,
      material: movement.material,
      amount: amountOf(movement.quantity),
      from: movement.from,
      to: movement.to,
      lot: movement.lot,
    })),
  };
}

/** Amounts as decimal text, as everywhere in answers. */
function shownBody(body: FactBody): Record<string, unknown> {
  return JSON.parse(toJson(body), (key, held: unknown) => {
    if (key !== "quantity" || typeof held !== "object" || held === null || !("micro" in held)) return held;
    return { value: formatMicro(BigInt(String(held.micro))), uom: "uom" in held ? held.uom : "" };
  }) as Record<string, unknown>; // a fact's body is an object
}

function evidenceOf(source: string, { reference, sample }: Evidence): Fact["evidence"][number] {
  const named = { id: reference.id, source, item: reference.item, sourceAt: timeOf(reference.at) };
  if (!sample) return { ...named, status: "past-retention" };
  return { ...named, status: statusText(sample), value: sample.value, receivedAt: timeOf(sample.receivedAt) };
}
