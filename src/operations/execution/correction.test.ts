/** How far documents have come, and which of them are taken back. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { whole } from "../../base/quantity.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { DocumentStage } from "../../record/correction.ts";
import type { Fact } from "../../record/fact.ts";
import { postingStates } from "../../record/posting.ts";
import { at, consumed, correctionOf, factOf, units } from "../testing/order.ts";
import {
  amountsOf,
  documentStage,
  documentsToReverse,
  type Amounts,
  type CorrectedDocument,
  type StandingDocument,
} from "./correction.ts";

const released = { state: "Released" } as const;

function documentOf(state: CorrectedDocument["state"], more: Partial<CorrectedDocument> = {}): CorrectedDocument {
  return { state, mayHaveArrived: state !== "planned" && state !== "refused", reversalRefused: null, ...more };
}

function stageOf(...documents: readonly CorrectedDocument[]): DocumentStage {
  return documentStage(released, false, documents, { "erp/sap-stock-short": "moved on" });
}

describe("how far documents have come", () => {
  test("each state of a posting is a stage", () => {
    assert.deepEqual(
      postingStates.map((state) => `${state}: ${stageOf(documentOf(state))}`),
      [
        "planned: planned",
        "sending: in doubt",
        "confirmed: confirmed",
        "refused: refused",
        "in-doubt: in doubt",
        "needs-person: in doubt",
        "dismissed: nothing",
        "reversing: in doubt",
        "reversed: nothing",
      ],
    );
  });

  test("what the ERP refused the reversal for, and what may have arrived although it was refused, or waits to be sent again", () => {
    const moved = { reversalRefused: "erp/sap-stock-short" };
    assert.equal(stageOf(documentOf("reversing", moved)), "moved on");
    assert.equal(stageOf(documentOf("reversing", { reversalRefused: "erp/sap-locked" })), "in doubt");
    for (const state of ["refused", "planned"] as const)
      assert.equal(stageOf(documentOf(state, { mayHaveArrived: true })), "in doubt");
  });

  test("of several what is in doubt is settled first, then what has not left is put right", () => {
    assert.equal(stageOf(documentOf("confirmed"), documentOf("in-doubt"), documentOf("planned")), "in doubt");
    assert.equal(stageOf(documentOf("confirmed"), documentOf("planned")), "planned");
    assert.equal(stageOf(), "nothing");
    assert.equal(documentStage({ state: "Closed" }, true, [documentOf("confirmed")], {}), "ended");
    assert.equal(documentStage(released, true, [documentOf("confirmed")], {}), "final");
  });
});

describe("which documents are taken back", () => {
  const document = (id: string, amounts: Readonly<Record<string, bigint>>): StandingDocument => ({
    id,
    amounts: new Map(Object.entries(amounts)),
  });
  const short = (amounts: Readonly<Record<string, bigint>>): Amounts => new Map(Object.entries(amounts));

  test("amounts are told apart by grade, material, lot, unit and order line; a correction takes off", () => {
    const wire = factOf(2, at(0), consumed("W-1", whole(2, "MTR")));
    const facts = [
      factOf(1, at(0), units("good", whole(5, "C62"))),
      wire,
      correctionOf(wire),
      correctionOf(factOf(3, at(0), units("scrap", whole(1, "C62")))),
    ];
    assert.deepEqual(Object.fromEntries(amountsOf(facts)), {
      "good|C62": 5_000_000n,
      "W-1||MTR|": 0n,
      "scrap|C62": -1_000_000n,
    });
  });

  test("a document that holds another order line of the same material does not make up for it", () => {
    const use = (n: number, line: string, metres: number): Fact =>
      factOf(n, at(0), consumed("W-1", whole(metres, "MTR")), { rule: `bill:${line}` });
    const missing = amountsOf([{ ...correctionOf(use(1, "R1", 2)), rule: "corrected:bill:R1" }]);
    const held = [
      { id: "a", amounts: amountsOf([use(1, "R1", 2)]) },
      { id: "b", amounts: amountsOf([use(2, "R2", 9)]) },
    ];
    assert.deepEqual(documentsToReverse(missing, held), ["a"]);
  });

  test("the newest that hold it, as few as do; others are left alone", () => {
    const documents = [document("a", { good: 10n }), document("b", { good: 5n }), document("c", { scrap: 9n })];
    assert.deepEqual(documentsToReverse(short({ good: -3n, scrap: 2n }), documents), ["b"]);
    assert.deepEqual(documentsToReverse(short({ good: -7n }), documents), ["b", "a"]);
    assert.deepEqual(documentsToReverse(short({ good: -1n, scrap: -9n }), documents), ["c", "b"]);
  });

  test("where not even all of them suffice, none is", () => {
    assert.equal(documentsToReverse(short({ good: -16n }), [document("a", { good: 15n })]), null);
    assert.equal(documentsToReverse(short({ good: -1n }), []), null);
  });

  test("what is owed after that is never less than nothing, and each of them was needed", () => {
    const amounts = fc.dictionary(fc.constantFrom("good", "scrap", "rework"), fc.bigInt(-20n, 20n), { minKeys: 1 });
    const held = fc.array(fc.dictionary(fc.constantFrom("good", "scrap", "rework"), fc.bigInt(0n, 9n)), {
      maxLength: 6,
    });
    forAll(
      fc.property(amounts, held, (owed, all) => {
        const documents = all.map((one, i) => document(String(i), one));
        const chosen = documentsToReverse(short(owed), documents);
        const sum = (of: string, ids: readonly string[]): bigint =>
          ids.reduce((total, id) => total + (documents[Number(id)]?.amounts.get(of) ?? 0n), owed[of] ?? 0n);
        const isEnough = (ids: readonly string[]): boolean =>
          Object.keys(owed).every((of) => (owed[of] ?? 0n) >= 0n || sum(of, ids) >= 0n);
        const isShort = Object.values(owed).some((micro) => micro < 0n);
        if (chosen) assert.ok(isShort && isEnough(chosen) && !isEnough(chosen.slice(0, -1)));
        else assert.ok(!isShort || !isEnough(documents.map(({ id }) => id)));
      }),
    );
  });
});
