/** What is owed for a run, in general: whatever was counted and taken back, documents and facts agree. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { localDate, timeZone } from "../../base/site-time.ts";
import { unwrap } from "../../base/result.ts";
import { whole } from "../../base/quantity.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { MaterialRequirement } from "../../isa95/schedule/operations-request.ts";
import { countedQuantity, type Fact } from "../../record/fact.ts";
import type { OwedKind } from "../../record/posting.ts";
import { allocate, issuedPerLine } from "./allocation.ts";
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

const zone = unwrap(timeZone("America/Sao_Paulo"));
const micro = fc.bigInt({ min: 1n, max: 50_000_000n });

const facts: fc.Arbitrary<Fact[]> = fc
  .array(
    fc.record({
      ms: fc.nat(4 * 86_400_000),
      amount: micro,
      about: fc.constantFrom("good", "scrap", "rework", "W-1", "W-2", "W-9"),
      isBill: fc.boolean(),
      isTakenBack: fc.boolean(),
    }),
    { maxLength: 40, size: "max" },
  )
  .map((rows) =>
    rows.flatMap(({ ms, amount, about, isBill, isTakenBack }, n) => {
      const isCount = about === "good" || about === "scrap" || about === "rework";
      const body = isCount
        ? units(about, { micro: amount, uom: "C62" })
        : consumed(about, { micro: amount, uom: "MMT" });
      const rule = isCount || !isBill ? "counter" : `bill:${about}`;
      const fact = factOf(n, at(ms), body, { rule });
      return isTakenBack ? [fact, correctionOf(fact)] : [fact];
    }),
  );

const lines: fc.Arbitrary<MaterialRequirement[]> = fc.array(
  fc
    .record({
      material: fc.constantFrom("W-1", "W-2"),
      quantity: micro,
      mode: fc.constantFrom("measured" as const, "bill" as const),
    })
    .map(({ material, quantity, mode }) =>
      requirementOf({ material, mode, quantity: { micro: quantity, uom: "MMT" } }),
    ),
  { maxLength: 4 },
);

/** The store in small: facts, and which postings speak for them. */
class Books {
  readonly spokenFor = new Map<OwedKind, Set<string>>([
    ["confirmation", new Set()],
    ["goods-receipt", new Set()],
    ["goods-issue", new Set()],
  ]);
  readonly documents: PostingPlan["postings"][number][] = [];

  owed(all: readonly Fact[]): OwedFacts {
    const body = (f: Fact): Fact["body"] => (f.body.kind === "Corrected" ? f.body.was : f.body);
    const free = (kind: OwedKind, f: Fact): boolean => !this.spokenFor.get(kind)?.has(f.id);
    const counts = all.filter((f) => body(f).kind === "UnitsCounted");
    return {
      confirmation: counts.filter((f) => free("confirmation", f)),
      "goods-receipt": counts.filter((f) => free("goods-receipt", f) && isGood(body(f))),
      "goods-issue": all.filter((f) => body(f).kind === "MaterialConsumed" && free("goods-issue", f)),
    };
  }

  take(plan: PostingPlan): void {
    for (const posting of plan.postings) {
      this.documents.push(posting);
      for (const fact of posting.facts) {
        const spoken = this.spokenFor.get(posting.kind);
        assert.ok(spoken && !spoken.has(fact), "no fact is in two documents of a kind");
        spoken.add(fact);
      }
    }
  }
}

function isGood(body: Fact["body"]): boolean {
  return body.kind === "UnitsCounted" && body.grade === "good";
}

type Plan = typeof planPostings;

/** Plans in several goes, as facts come; then checks every document against the facts inside it. */
function check(
  all: readonly Fact[],
  cuts: readonly number[],
  required: readonly MaterialRequirement[],
  plan: Plan,
): void {
  const materials = required.map((r, i) => ({ ...r, id: `R${i}` }));
  const request = requestOf({ segments: [segmentOf({ materials })] });
  const books = new Books();
  const byId = new Map(all.map((f) => [f.id, f]));
  let known = 0;
  for (const cut of [...cuts, all.length]) {
    known = Math.min(all.length, known + cut);
    const issued = issuedPerLine(
      materials,
      books.documents
        .flatMap((d) => d.content.response?.segment.materials ?? [])
        .flatMap((m) => (m.requirement === null ? [] : [{ requirement: m.requirement, quantity: m.stock.quantity }])),
      [],
    );
    const scope: PlanScope = {
      run: "r1",
      request,
      segment: request.segments[0] ?? segmentOf(),
      recordedAt: at(0),
      datesOf: (when) => ({ posting: localDate(when, zone), document: localDate(when, zone) }),
      supply: here,
      postsUnplanned: true,
      issued,
      made: (kind, date) =>
        books.documents.filter((d) => d.kind === kind && d.content.response?.dates.postingDate === date).length,
    };
    books.take(plan(scope, books.owed(all.slice(0, known))));
  }
  assert.equal(
    new Set(books.documents.map((d) => d.key)).size,
    books.documents.length,
    "every document has its own key",
  );
  for (const document of books.documents) {
    const inside = document.facts.map((id) => byId.get(id));
    const { response } = document.content;
    assert.ok(response && inside.length > 0);
    for (const fact of inside) assert.equal(localDate(fact?.eventAt ?? at(0), zone), response.dates.postingDate);
    const sum = (wanted: (body: Fact["body"]) => boolean): bigint =>
      inside.reduce((total, fact) => {
        assert.ok(fact);
        const body = fact.body.kind === "Corrected" ? fact.body.was : fact.body;
        return wanted(body) ? total + (countedQuantity(fact.body)?.micro ?? 0n) : total;
      }, 0n);
    if (document.kind === "confirmation") {
      for (const grade of ["good", "scrap", "rework"] as const) {
        assert.equal(
          response.segment[grade].micro,
          sum((b) => b.kind === "UnitsCounted" && b.grade === grade),
        );
      }
    }
    for (const material of new Set(response.segment.materials.map((m) => m.stock.material))) {
      const stated: bigint = response.segment.materials
        .filter((m) => m.stock.material === material)
        .reduce((total, m) => total + m.stock.quantity.micro, 0n);
      const isProduct = document.kind === "goods-receipt";
      assert.equal(
        stated,
        sum((b) => (isProduct ? isGood(b) : b.kind === "MaterialConsumed" && b.material === material)),
      );
      assert.ok(
        response.segment.materials.every((m) => m.stock.quantity.micro > 0n),
        "no document takes back",
      );
    }
  }
}

const input = fc.tuple(facts, fc.array(fc.nat(12), { maxLength: 5 }), lines);

test("the sums of documents are the sums of the facts inside them, and no fact is in two of a kind", () => {
  forAll(
    fc.property(input, ([all, cuts, required]) => check(all, cuts, required, planPostings)),
    { numRuns: 500 },
  );
});

test("planning twice gives nothing new", () => {
  forAll(
    fc.property(input, ([all, , required]) => {
      const books = new Books();
      const request = requestOf({
        segments: [segmentOf({ materials: required.map((r, i) => ({ ...r, id: `R${i}` })) })],
      });
      const scope: PlanScope = {
        run: "r1",
        request,
        segment: request.segments[0] ?? segmentOf(),
        recordedAt: at(0),
        datesOf: (when) => ({ posting: localDate(when, zone), document: localDate(when, zone) }),
        supply: here,
        postsUnplanned: true,
        issued: new Map(),
        made: () => books.documents.length,
      };
      books.take(planPostings(scope, books.owed(all)));
      assert.deepEqual(planPostings(scope, books.owed(all)).postings, []);
    }),
  );
});

const wrong: Readonly<Record<string, Plan>> = {
  "a fact left out of the list": (scope, owed) => {
    const plan = planPostings(scope, owed);
    return { ...plan, postings: plan.postings.map((p) => ({ ...p, facts: p.facts.slice(1) })) };
  },
  "corrections counted as if they were statements": (scope, owed) => {
    const flat = (all: readonly Fact[]): Fact[] =>
      all.map((f) => (f.body.kind === "Corrected" ? { ...f, body: f.body.was } : f));
    return planPostings(scope, {
      confirmation: flat(owed.confirmation),
      "goods-receipt": flat(owed["goods-receipt"]),
      "goods-issue": flat(owed["goods-issue"]),
    });
  },
  "all of it on one day": (scope, owed) =>
    planPostings({ ...scope, datesOf: () => ({ posting: "2025-02-03", document: "2025-02-03" }) }, owed),
  "one key for all of a day": (scope, owed) => planPostings({ ...scope, made: () => 0 }, owed),
};
for (const [name, plan] of Object.entries(wrong)) {
  test(`it is noticed: ${name}`, () => {
    const tries = fc.sample(input, { numRuns: 80, seed: 5 });
    assert.throws(() => {
      for (const [all, cuts, required] of tries) check(all, cuts, required, plan);
    });
  });
}

test("sharing out over lines loses nothing and clamps nothing", () => {
  const line = fc.record({ micro, uom: fc.constantFrom("MMT", "MTR", "KGM") });
  const factors = [
    { from: "MTR", to: "KGM", numerator: 7n, denominator: 300n },
    { from: "MMT", to: "KGM", numerator: 7n, denominator: 300_000n },
  ];
  forAll(
    fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), fc.array(micro, { maxLength: 6 }), (asked, uses) => {
      const own = asked.map((quantity, i) => requirementOf({ id: `R${i}`, quantity }));
      const issued = new Map<string, bigint>();
      for (const amount of uses) {
        const before = new Map(issued);
        const shares = unwrap(allocate({ micro: amount, uom: "MMT" }, own, issued, factors));
        // What was given out is what was used: in its own unit, or exactly converted.
        const given = shares.map(({ quantity }) => ratio(quantity.uom, quantity.micro));
        assert.equal(
          given.reduce((a, b) => a + b, 0n),
          ratio("MMT", amount),
        );
        assert.ok(shares.every((s) => s.quantity.micro > 0n));
        for (const [i, { requirement, quantity }] of shares.entries()) {
          if (i === shares.length - 1 || requirement === null) continue;
          const full = (before.get(requirement.id) ?? 0n) + quantity.micro;
          assert.equal(full, requirement.quantity.micro, "a line is full before the next one gets anything");
        }
      }
    }),
    { numRuns: 500 },
  );
});

/** In 7/300,000,000ths of a micro-kilogram: a unit in which all three are whole. */
function ratio(uom: string, amount: bigint): bigint {
  if (uom === "MMT") return amount * 7n;
  return uom === "MTR" ? amount * 7_000n : amount * 300_000n;
}

test("what no line asks for is shared out to nobody", () => {
  const shares = unwrap(allocate(whole(3, "MMT"), [], new Map(), []));
  assert.deepEqual(shares, [{ requirement: null, quantity: whole(3, "MMT") }]);
});
