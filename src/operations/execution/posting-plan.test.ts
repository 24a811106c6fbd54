/** What is owed for a run, by example: which documents there are and what stands in them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instant } from "../../base/instant.ts";
import { formatQuantity, whole, type Quantity } from "../../base/quantity.ts";
import { localDate, timeZone } from "../../base/site-time.ts";
import { unwrap } from "../../base/result.ts";
import type { Fact } from "../../record/fact.ts";
import {
  at,
  consumed,
  correctionOf,
  factOf,
  here,
  requestOf,
  requirementOf,
  segmentOf,
  units,
} from "../testing/order.ts";
import { planPostings, type OwedFacts, type PlanScope, type PostingPlan } from "./posting-plan.ts";

const zone = unwrap(timeZone("Europe/Warsaw"));
const day = 86_400_000;

function scopeOf(request = requestOf(), change: Partial<PlanScope> = {}): PlanScope {
  const segment = request.segments[0] ?? segmentOf();
  return {
    run: "r1",
    request,
    segment,
    recordedAt: instant(at(9 * day)),
    datesOf: (eventAt) => ({ posting: localDate(eventAt, zone), document: localDate(eventAt, zone) }),
    supply: null,
    postsUnplanned: false,
    issued: new Map(),
    made: () => 0,
    ...change,
  };
}

/** Each kind gets the facts that it is about, as the store gives them. */
function owedOf(facts: readonly Fact[]): OwedFacts {
  const original = (fact: Fact): Fact["body"] => (fact.body.kind === "Corrected" ? fact.body.was : fact.body);
  const counts = facts.filter((f) => original(f).kind === "UnitsCounted");
  return {
    confirmation: counts,
    "goods-receipt": counts.filter((f) => {
      const body = original(f);
      return body.kind === "UnitsCounted" && body.grade === "good";
    }),
    "goods-issue": facts.filter((f) => original(f).kind === "MaterialConsumed"),
  };
}

/** Documents in short. */
function inShort({ postings, doubts }: PostingPlan): string[] {
  const documents = postings.map(({ kind, content }) => {
    assert.ok(content.response);
    const { dates, segment } = content.response;
    const amounts = [
      ...(kind === "confirmation" ? (["good", "scrap", "rework"] as const) : []).flatMap((grade) =>
        segment[grade].micro === 0n ? [] : [`${grade} ${formatQuantity(segment[grade])}`],
      ),
      ...segment.materials.map(
        (m) => `${m.stock.material} ${formatQuantity(m.stock.quantity)}${m.requirement ? ` for ${m.requirement}` : ""}`,
      ),
    ];
    return `${kind} ${dates.postingDate}: ${amounts.join(", ")}`;
  });
  return [...documents, ...doubts.map((d) => `? ${d.subject}: ${d.text}`)];
}

const good = (n: number, ms: number, pieces: number): Fact => factOf(n, at(ms), units("good", whole(pieces, "C62")));
const use = (n: number, ms: number, material: string, quantity: Quantity): Fact =>
  factOf(n, at(ms), consumed(material, quantity));

describe("documents", () => {
  test("one of each kind for each posting date, with the facts that are in it", () => {
    const facts = [
      good(1, 0, 5),
      factOf(2, at(1000), units("scrap", whole(2, "C62"))),
      use(3, 1000, "W-1", whole(300, "MMT")),
      good(4, day, 7),
    ];
    const plan = planPostings(scopeOf(), owedOf(facts));
    assert.deepEqual(inShort(plan), [
      "confirmation 2025-02-03: good 5 C62, scrap 2 C62",
      "confirmation 2025-02-04: good 7 C62",
      "goods-receipt 2025-02-03: P-1 5 C62",
      "goods-receipt 2025-02-04: P-1 7 C62",
      "goods-issue 2025-02-03: W-1 300 MMT for R1",
    ]);
    assert.deepEqual(plan.postings[0]?.facts, [facts[0]?.id, facts[1]?.id]);
    assert.equal(new Set(plan.postings.map((p) => p.key)).size, 5);
    assert.ok(plan.postings.every((p) => p.key.length === 16));
  });

  test("midnight is the site's", () => {
    const facts = [
      good(1, Date.parse("2025-02-03T22:59:59.999Z") - at(0), 1),
      good(2, Date.parse("2025-02-03T23:00Z") - at(0), 1),
    ];
    const dates = planPostings(scopeOf(), owedOf(facts)).postings.map((p) => p.content.response?.dates.postingDate);
    assert.deepEqual(dates, ["2025-02-03", "2025-02-04", "2025-02-03", "2025-02-04"]);
  });

  test("the times of a document are those of its first and last fact, whatever material they are of", () => {
    const facts = [
      use(1, 500, "W-2", whole(1, "MMT")),
      use(2, 9000, "W-1", whole(1, "MMT")),
      use(3, 100, "W-1", whole(1, "MMT")),
    ];
    const materials = [requirementOf(), requirementOf({ id: "R2", material: "W-2" })];
    const scope = scopeOf(requestOf({ segments: [segmentOf({ materials })] }));
    const [posting] = planPostings(scope, owedOf(facts)).postings;
    assert.equal(posting?.content.response?.dates.eventFrom, at(100));
    assert.equal(posting.content.response.dates.eventTo, at(9000));
  });

  test("what was made before gives another key, the same facts in the same place the same one", () => {
    const owed = owedOf([good(1, 0, 5)]);
    const [first] = planPostings(scopeOf(), owed).postings;
    const [again] = planPostings(scopeOf(), owed).postings;
    const [second] = planPostings(scopeOf(requestOf(), { made: () => 1 }), owed).postings;
    assert.equal(first?.key, again?.key);
    assert.notEqual(first?.key, second?.key);
    assert.notEqual(first?.id, second?.id);
  });

  test("lanes name the order and the stock that is touched; yields go in order", () => {
    const plan = planPostings(scopeOf(), owedOf([good(1, 0, 5), use(2, 0, "W-1", whole(1, "MMT"))]));
    assert.deepEqual(
      plan.postings.map((p) => [p.kind, p.lanes, p.sequenceKey]),
      [
        ["confirmation", ["order:s4//1000001"], "s4//1000001//0010"],
        ["goods-receipt", ["order:s4//1000001", "stock:s4/PL01/P-1"], null],
        ["goods-issue", ["order:s4//1000001", "stock:s4/PL01/W-1"], null],
      ],
    );
  });
});

describe("what is not posted", () => {
  const kinds = (request: ReturnType<typeof requestOf>, segment = 0): string[] => {
    const own = request.segments[segment];
    assert.ok(own);
    const plan = planPostings(
      scopeOf(request, { segment: own }),
      owedOf([good(1, 0, 5), use(2, 0, "W-1", whole(1, "MMT"))]),
    );
    return plan.postings.map((p) => p.kind);
  };
  const rule = (confirmation: "required" | "milestone" | "optional" | "none", automaticReceipt = false) => ({
    confirmation,
    automaticReceipt,
    external: false,
  });
  const first = (r: ReturnType<typeof rule>): ReturnType<typeof segmentOf> => segmentOf({ rule: r });
  const second = (r: ReturnType<typeof rule>): ReturnType<typeof segmentOf> =>
    segmentOf({ id: "0020", rule: r, materials: [] });

  test("an optional operation that a later milestone covers", () => {
    const request = requestOf({ segments: [first(rule("optional")), second(rule("milestone"))] });
    assert.deepEqual(kinds(request), ["goods-issue"]);
    assert.deepEqual(kinds(request, 1), ["confirmation", "goods-receipt", "goods-issue"]);
  });

  test("an operation that must be confirmed is, also before a milestone", () => {
    const request = requestOf({ segments: [first(rule("required")), second(rule("milestone"))] });
    assert.deepEqual(kinds(request), ["confirmation", "goods-issue"]);
  });

  test("an operation that is never confirmed; the receipt comes from the last one that is", () => {
    const request = requestOf({ segments: [first(rule("required")), second(rule("none"))] });
    assert.deepEqual(kinds(request), ["confirmation", "goods-receipt", "goods-issue"]);
    assert.deepEqual(kinds(request, 1), ["goods-issue"]);
  });

  test("a receipt that the ERP books by itself", () => {
    assert.deepEqual(kinds(requestOf({ segments: [first(rule("required", true))] })), ["confirmation", "goods-issue"]);
  });

  for (const mode of ["erp", "issued", "bill"] as const) {
    test(`what the machine counts of a component that is ${mode}`, () => {
      const segments = [segmentOf({ materials: [requirementOf({ mode })] })];
      assert.deepEqual(kinds(requestOf({ segments })), ["confirmation", "goods-receipt"]);
    });
  }

  test("what the bill says of a component that is measured; of one by bill it is", () => {
    const fact = factOf(1, at(0), consumed("W-1", whole(3, "MMT")), { rule: "bill:R1" });
    const plan = (mode: "measured" | "bill"): PostingPlan =>
      planPostings(
        scopeOf(requestOf({ segments: [segmentOf({ materials: [requirementOf({ mode })] })] })),
        owedOf([fact]),
      );
    assert.deepEqual(inShort(plan("measured")), []);
    assert.deepEqual(inShort(plan("bill")), ["goods-issue 2025-02-03: W-1 3 MMT for R1"]);
  });
});

describe("what needs a decision", () => {
  test("material that the order does not list is posted or asked about, as the site says", () => {
    const owed = owedOf([use(1, 0, "W-9", whole(3, "MMT")), use(2, 0, "W-1", whole(1, "MMT"))]);
    const asked = planPostings(scopeOf(), owed);
    assert.deepEqual(inShort(asked), [
      "goods-issue 2025-02-03: W-1 1 MMT for R1",
      "? goods-issue/r1/2025-02-03/W-9: The order does not list W-9. The ERP's documents must be corrected by a decision.",
    ]);
    assert.deepEqual(asked.postings[0]?.facts, [owed["goods-issue"][1]?.id], "what is in doubt stays owed");
    const posted = planPostings(scopeOf(requestOf(), { postsUnplanned: true, supply: here }), owed);
    assert.deepEqual(inShort(posted), ["goods-issue 2025-02-03: W-9 3 MMT, W-1 1 MMT for R1"]);
  });

  test("nobody says where it was taken from; nobody says where it goes", () => {
    const request = requestOf({
      receiptLocation: null,
      segments: [segmentOf({ materials: [requirementOf({ at: null })] })],
    });
    const plan = planPostings(scopeOf(request), owedOf([good(1, 0, 5), use(2, 0, "W-1", whole(1, "MMT"))]));
    assert.deepEqual(
      inShort(plan).map((line) => line.split(". ")[0]),
      [
        "confirmation 2025-02-03: good 5 C62",
        "? goods-receipt/r1/2025-02-03/P-1: The order names no storage location for its finished goods",
        "? goods-issue/r1/2025-02-03/W-1: Nobody says from which storage location W-1 was taken",
      ],
    );
  });

  test("what a machine merely counts of a component by bill makes up for nothing", () => {
    const byBill = requestOf({ segments: [segmentOf({ materials: [requirementOf({ id: "500/1", mode: "bill" })] })] });
    const less: Fact = { ...use(1, 0, "W-1", { micro: -9_000_000n, uom: "MMT" }), rule: "bill:500/1" };
    for (const afterMs of [0, 86_400_000]) {
      const plan = planPostings(scopeOf(byBill), owedOf([less, use(2, afterMs, "W-1", whole(100, "MMT"))]));
      assert.deepEqual(
        plan.shortfalls.map(({ cause }) => cause),
        ["less used"],
      );
    }
  });

  test("fewer than were already reported are to be corrected, and say which facts and what a person would be asked", () => {
    const back = correctionOf(good(1, 0, 5));
    const plan = planPostings(scopeOf(), owedOf([back, correctionOf(use(2, 0, "W-1", whole(1, "MMT")))]));
    assert.deepEqual([plan.postings, plan.doubts], [[], []]);
    assert.deepEqual(
      plan.shortfalls.map(({ question, cause, facts }) => [question.subject, cause, facts.length]),
      [
        ["confirmation/r1/2025-02-03/pieces", "fewer pieces", 1],
        ["goods-receipt/r1/2025-02-03/pieces", "fewer pieces", 1],
        ["goods-issue/r1/2025-02-03/W-1", "less used", 1],
      ],
    );
  });

  test("what is different is told by what else is owed", () => {
    const causes = (facts: readonly Fact[]): string[] =>
      planPostings(scopeOf(requestOf(), { postsUnplanned: true, supply: here }), owedOf(facts)).shortfalls.map(
        ({ kind, cause }) => `${kind}: ${cause}`,
      );
    const pieces = correctionOf(good(1, 0, 5));
    const scrap = factOf(3, at(0), units("scrap", whole(5, "C62")));
    assert.deepEqual(causes([pieces, scrap]), ["confirmation: other grade", "goods-receipt: fewer pieces"]);
    assert.deepEqual(causes([pieces, good(4, day, 5)]), ["confirmation: other day", "goods-receipt: other day"]);
    const wire = use(2, 0, "W-1", whole(9, "MMT"));
    const body = { kind: "MaterialConsumed", material: "W-1", lot: "L2", quantity: whole(9, "MMT") } as const;
    assert.deepEqual(causes([correctionOf(wire), factOf(5, at(0), body)]), ["goods-issue: other lot"]);
    assert.deepEqual(causes([correctionOf(wire), use(6, 0, "W-2", whole(9, "MMT"))]), ["goods-issue: other material"]);
    assert.deepEqual(causes([correctionOf(wire), use(7, day, "W-1", whole(9, "MMT"))]), ["goods-issue: other day"]);
  });

  test("a unit that has no factor", () => {
    const plan = planPostings(
      scopeOf(),
      owedOf([use(1, 0, "W-1", whole(1, "KGM")), factOf(2, at(0), units("good", whole(1, "KGM")))]),
    );
    assert.deepEqual(plan.postings, []);
    assert.equal(plan.doubts.length, 3);
  });

  test("a pair of a statement and its correction is nothing", () => {
    const [a, b] = [good(1, 0, 5), use(2, 0, "W-1", whole(1, "MMT"))];
    assert.deepEqual(inShort(planPostings(scopeOf(), owedOf([a, correctionOf(a), b, correctionOf(b)]))), []);
  });
});

describe("units", () => {
  test("pieces are reported in the order's unit", () => {
    const segments = [segmentOf({ quantity: whole(50, "PR") })];
    const plan = planPostings(
      scopeOf(requestOf({ segments, quantity: whole(50, "PR") })),
      owedOf([good(1, 0, 5), good(2, 1, 2)]),
    );
    assert.deepEqual(inShort(plan), ["confirmation 2025-02-03: good 3.5 PR", "goods-receipt 2025-02-03: P-1 3.5 PR"]);
  });

  test("what the order's unit cannot say exactly is reported in the counter's", () => {
    const segments = [segmentOf({ quantity: whole(50, "DZN") })];
    const plan = planPostings(scopeOf(requestOf({ segments })), owedOf([good(1, 0, 5)]));
    assert.deepEqual(inShort(plan), ["confirmation 2025-02-03: good 5 C62", "goods-receipt 2025-02-03: P-1 5 C62"]);
    const dozen = planPostings(scopeOf(requestOf({ segments })), owedOf([good(1, 0, 5), good(2, 1, 7)]));
    assert.deepEqual(inShort(dozen), ["confirmation 2025-02-03: good 1 DZN", "goods-receipt 2025-02-03: P-1 1 DZN"]);
  });

  test("pieces of one confirmation are reported in one unit, whatever their grade: ERPs take one", () => {
    const materialFactors = [{ from: "KGM", to: "DZN", numerator: 1n, denominator: 7n }];
    const request = requestOf({ segments: [segmentOf({ quantity: whole(50, "DZN") })], materialFactors });
    const scrap = (n: number, pieces: number): Fact => factOf(n, at(n), units("scrap", whole(pieces, "C62")));
    const unitsOf = (facts: readonly Fact[]): readonly unknown[] => {
      const plan = planPostings(scopeOf(request), owedOf(facts));
      const [first] = plan.postings;
      const { good: made, scrap: lost, rework } = first?.content.response?.segment ?? {};
      return [inShort(plan)[0]?.slice("confirmation 2025-02-03: ".length), made?.uom, lost?.uom, rework?.uom];
    };
    assert.deepEqual(unitsOf([good(1, 0, 12), scrap(2, 1)]), ["good 12 C62, scrap 1 C62", "C62", "C62", "C62"]);
    assert.deepEqual(unitsOf([scrap(2, 1)]), ["scrap 1 C62", "C62", "C62", "C62"], "no good piece is no dozen either");
    assert.deepEqual(unitsOf([good(1, 0, 12), scrap(2, 24)]), ["good 1 DZN, scrap 2 DZN", "DZN", "DZN", "DZN"]);
    const pair = factOf(3, at(3), units("good", whole(1, "PR")));
    assert.deepEqual(unitsOf([good(1, 0, 10), pair]), ["good 1 DZN", "DZN", "DZN", "DZN"], "exact as one sum");
    assert.deepEqual(
      unitsOf([good(1, 0, 11), pair]),
      ["good 13 C62", "C62", "C62", "C62"],
      "else in the first that can",
    );
    const kilo = factOf(4, at(4), units("scrap", whole(1, "KGM")));
    const [doubt] = planPostings(scopeOf(request), owedOf([good(1, 0, 11), kilo])).doubts;
    assert.match(doubt?.text ?? "", /counted in units that DZN cannot say exactly/);
  });

  test("by the material's own factor", () => {
    const materialFactors = [{ from: "C62", to: "KGM", numerator: 5n, denominator: 1000n }];
    const segments = [segmentOf({ quantity: whole(50, "KGM") })];
    const plan = planPostings(scopeOf(requestOf({ segments, materialFactors })), owedOf([good(1, 0, 5)]));
    assert.deepEqual(inShort(plan)[0], "confirmation 2025-02-03: good 0.025 KGM");
  });
});

describe("several lines of one material", () => {
  const materials = [
    requirementOf({ quantity: whole(10, "MTR") }),
    requirementOf({ id: "R2", quantity: whole(5, "MTR") }),
  ];
  const request = requestOf({ segments: [segmentOf({ materials })] });

  test("are filled one after the other, also over midnight; the last one takes what is more", () => {
    const facts = [
      use(1, 0, "W-1", whole(8_000, "MMT")),
      use(2, day, "W-1", whole(4_000, "MMT")),
      use(3, 2 * day, "W-1", whole(9_000, "MMT")),
    ];
    assert.deepEqual(inShort(planPostings(scopeOf(request), owedOf(facts))), [
      "goods-issue 2025-02-03: W-1 8 MTR for R1",
      "goods-issue 2025-02-04: W-1 2 MTR for R1, W-1 2 MTR for R2",
      "goods-issue 2025-02-05: W-1 9 MTR for R2",
    ]);
  });

  test("go on from what was issued before", () => {
    const issued = new Map([["R1", 9_500_000n]]);
    const plan = planPostings(scopeOf(request, { issued }), owedOf([use(1, 0, "W-1", whole(2_000, "MMT"))]));
    assert.deepEqual(inShort(plan), ["goods-issue 2025-02-03: W-1 0.5 MTR for R1, W-1 1.5 MTR for R2"]);
    assert.deepEqual([...issued], [["R1", 9_500_000n]], "what the caller gave is left as it was");
  });

  test("a line without a place gives a question and fills nothing", () => {
    const [one, two] = materials;
    assert.ok(one && two);
    const noPlace = requestOf({ segments: [segmentOf({ materials: [one, { ...two, at: null }] })] });
    const facts = [use(1, 0, "W-1", whole(12_000, "MMT")), use(2, day, "W-1", whole(3_000, "MMT"))];
    assert.deepEqual(
      inShort(planPostings(scopeOf(noPlace), owedOf(facts))).map((line) => line.split(". ")[0]),
      [
        "goods-issue 2025-02-04: W-1 3 MTR for R1",
        "? goods-issue/r1/2025-02-03/W-1: Nobody says from which storage location W-1 was taken",
      ],
    );
  });
});
