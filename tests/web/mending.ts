/** What the fixture has to mend: production without an order, orders not accepted, postings, questions. */
import type { ReplyOf } from "../../src/api/contract/contract.ts";
import { ago, minuteMs, pieces, type Plant } from "./plant.ts";

type Item<T> = T extends { readonly items: readonly (infer I)[] } ? I : never;

export interface Mending {
  production: Item<ReplyOf<"GET /api/v1/mend/production">>[];
  orders: Item<ReplyOf<"GET /api/v1/mend/orders">>[];
  postings: Item<ReplyOf<"GET /api/v1/mend/postings">>[];
  questions: Item<ReplyOf<"GET /api/v1/mend/questions">>[];
}

export function makeMending(plant: Plant): Mending {
  const states = ["refused", "parked", "in-doubt", "needs-person", "refused"] as const;
  return {
    production: productionOf(plant),
    orders: ordersOf(plant),
    postings: states.map((state, n) => postingOf(plant, n + 1, state)),
    questions: questionsOf(plant),
  };
}

function firstUnit(plant: Plant): string {
  return [...plant.units.keys()][0] ?? "CUT-01-001";
}

function productionOf(plant: Plant): Mending["production"] {
  const unit = firstUnit(plant);
  return Array.from({ length: 4 }, (_, n) => ({
    id: `run-${n}`,
    version: "1",
    workUnit: unit,
    job: `LOCAL-${n}`,
    article: "W-4711-BU",
    startedAt: ago(plant, (n + 3) * 60 * minuteMs),
    endedAt: n === 0 ? null : ago(plant, (n + 2) * 60 * minuteMs),
    good: pieces(120 + n),
    scrap: pieces(n),
    code: n === 3 ? "execution/closed-order" : "execution/unknown-job",
    message: "The machine ran a job that no order knows. Assign it to a job order, or dismiss it.",
    openedAt: ago(plant, (n + 2) * 60 * minuteMs),
    candidates:
      n === 2
        ? []
        : plant.orders.slice(n, n + 2).map((row) => ({
            jobOrder: `job-${row.id}-10`,
            number: row.number,
            operation: "0010",
            why: "Same article, same unit, was next",
          })),
  }));
}

function ordersOf(plant: Plant): Mending["orders"] {
  return Array.from({ length: 3 }, (_, n) => ({
    id: `q-${n}`,
    version: "1",
    erp: "sap",
    number: String(1_999_990 + n),
    code: "order/work-center",
    message: "Work center Z-99 is not in site.yaml. Add it there, then let the order be judged again.",
    openedAt: ago(plant, (n + 1) * 90 * minuteMs),
    inbound: "msg-1",
  }));
}

function questionsOf(plant: Plant): Mending["questions"] {
  const unit = firstUnit(plant);
  return [
    {
      id: "ask-0",
      version: "1",
      subject: `${unit} good counter`,
      text: "The counter fell from 512 MTR to 3.5 MTR and no reset was seen. How many good pieces were made?",
      workUnit: unit,
      run: "run-0",
      askedAt: ago(plant, 50 * minuteMs),
      evidence: [
        { id: "s1", item: "ns=2;s=Good", at: ago(plant, 51 * minuteMs), value: "", uom: null },
        { id: "s2", item: "ns=2;s=Good", at: ago(plant, 50 * minuteMs), value: "3.5", uom: "MTR" },
      ],
      uom: "MTR",
      grades: ["good", "scrap", "rework"],
      answers: ["counted", "nothing-made", "noted"],
      hand: null,
    },
    handQuestionOf(plant),
  ];
}

/** A hundred were keyed by hand, and runs of a hundred and two hundred wait. */
function handQuestionOf(plant: Plant): Mending["questions"][number] {
  const good = (count: number) => ({ what: "good" as const, material: null, lot: null, amount: pieces(count) });
  const run = (n: number) => ({
    id: `run-${n}`,
    workUnit: firstUnit(plant),
    startedAt: ago(plant, (6 - 2 * n) * 60 * minuteMs),
    endedAt: ago(plant, (5 - 2 * n) * 60 * minuteMs),
  });
  const waiting = { state: "planned" as const, canStandBack: true, postingDate: ago(plant, 0).slice(0, 10) };
  return {
    id: "ask-1",
    version: "1",
    subject: "by-hand/sap//1000000/confirmation/4711/1",
    text:
      "Order 1000000: document 4711/1 (confirmation, 100 C62 good) was posted by hand in sap while it was not reached. " +
      "For which of ours was it keyed, or is it something else? Until then nothing of the order is sent.",
    workUnit: null,
    run: null,
    askedAt: ago(plant, 20 * minuteMs),
    evidence: [],
    uom: null,
    grades: [],
    answers: ["keyed-by-hand", "something-else"],
    hand: {
      erp: "sap",
      kind: "confirmation",
      document: "4711/1",
      order: plant.orders[0]?.id ?? "o",
      number: plant.orders[0]?.number ?? "1000000",
      operation: "0010",
      recordedAt: ago(plant, 90 * minuteMs),
      postingDate: ago(plant, 0).slice(0, 10),
      amounts: [good(100)],
      key: null,
      waiting: [
        { ...waiting, id: "wait-1", amounts: [good(100)], run: run(0) },
        { ...waiting, id: "wait-2", amounts: [good(200)], run: run(1) },
      ],
      hasMore: false,
    },
  };
}

function postingOf(plant: Plant, n: number, state: Mending["postings"][number]["state"]): Mending["postings"][number] {
  return {
    id: `post-${n}`,
    version: "3",
    state,
    kind: n % 2 === 0 ? "confirmation" : "goods-issue",
    erp: "sap",
    order: plant.orders[n]?.id ?? "o",
    number: plant.orders[n]?.number ?? "1000000",
    operation: "0010",
    lines: [
      n % 2 === 0
        ? {
            what: "received",
            document: null,
            material: plant.orders[n]?.material ?? "",
            amount: pieces(250 + n),
            location: "FG01",
            lot: null,
          }
        : {
            what: "used",
            document: null,
            material: "WIRE-0.5-BU",
            amount: { value: String(250 + n), uom: "MTR" },
            location: "101C",
            lot: "LOT-77",
          },
    ],
    code:
      state === "refused"
        ? "erp/sap-period-closed"
        : state === "parked"
          ? "erp/sap-stock-short"
          : "exchange/push-failed",
    message:
      state === "refused"
        ? "Posting period 10/2026 is closed. Ask accounting to open it, or post with another date."
        : state === "parked"
          ? "101C holds 12 m of WIRE-0.5-BU, 262 m are to be issued."
          : "The reply was lost after the request had left.",
    attempts: 1 + (n % 3),
    plannedAt: ago(plant, (n + 2) * 40 * minuteMs),
    sentAt: ago(plant, (n + 1) * 40 * minuteMs),
    nextTryAt: state === "parked" ? ago(plant, -10 * minuteMs) : null,
    askedAbsent: state === "needs-person" ? 2 : 0,
  };
}
