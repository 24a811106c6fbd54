/** Each class of difference, planted once: it stands in its class and in no other, with both sides shown. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant, type Instant } from "../../base/instant.ts";
import { whole } from "../../base/quantity.ts";
import type { ClassLimits } from "../../record/reconciliation.ts";
import { at, requestOf, requirementOf, segmentOf } from "../testing/order.ts";
import { booksOf, type FoundDocument, type OrderRecord, type StatedSum } from "./books.ts";
import { compareBooks, unexplainedIn, type OrderComparison } from "./comparison.ts";
import { found, good, issueOf, limits, posting, request, responseOf, soon, used } from "./testing/books.ts";

/** Made and packed by one machine, in pieces. */
const packedOf = (made: number, packed: number): OrderRecord["packed"][number] => ({
  segment: "0010",
  workUnit: "M-1",
  good: whole(made, "C62"),
  packed: whole(packed, "C62"),
  facts: packed,
  since: at(0),
});
const pieces = (n: number): ReturnType<typeof responseOf> => responseOf(whole(n, "C62"));

function compare(
  record: Partial<OrderRecord>,
  documents: readonly FoundDocument[],
  how: { readonly limits?: ClassLimits; readonly at?: Instant; readonly request?: typeof request } = {},
): OrderComparison {
  const { stated = [], packed = [], postings = [] } = record;
  // What facts say is booked, unless a test says otherwise.
  const ledger =
    record.ledger ??
    stated.flatMap(({ kind, material, lot, quantity }) =>
      kind === "goods-issue" && material ? [{ aspect: "issue" as const, material, lot, quantity }] : [],
    );
  const scope = { request: how.request ?? request, receipt: true };
  return compareBooks(
    booksOf(scope, { stated, packed, postings, ledger }, documents),
    how.limits ?? limits,
    how.at ?? soon,
  );
}

/** Class, amount in whole units and key of every part. */
function partsOf(compared: OrderComparison): unknown[] {
  return compared.lines.flatMap(({ line, parts }) =>
    parts.map((part) => [line.aspect, part.class, Number(part.micro) / 1e6, part.posting ?? part.document]),
  );
}

test("what is the same on both sides differs in nothing", () => {
  const compared = compare({ stated: [good(7, "A")], postings: [posting("A", pieces(7))] }, [found("A", pieces(7))]);
  const [line] = compared.lines;
  assert.deepEqual(
    [line?.counted, line?.posted, line?.erp, line?.difference],
    [7_000_000n, 7_000_000n, 7_000_000n, 0n],
  );
  assert.deepEqual([partsOf(compared), unexplainedIn(compared)], [[], 0]);
});

test("planned, sending and in doubt are in flight, and so is what no document speaks for", () => {
  for (const state of ["planned", "sending", "in-doubt"] as const) {
    const compared = compare({ stated: [good(7, "A")], postings: [posting("A", pieces(7), { state })] }, []);
    assert.deepEqual(partsOf(compared), [["good", "in-flight", 7, "A"]]);
    assert.equal(unexplainedIn(compared), 0);
  }
  assert.deepEqual(partsOf(compare({ stated: [good(7, null)] }, [])), [["good", "in-flight", 7, null]]);
});

test("a posting in doubt that the ERP has after all differs in nothing", () => {
  const doubted = posting("A", pieces(7), { state: "in-doubt" });
  assert.deepEqual(partsOf(compare({ stated: [good(7, "A")], postings: [doubted] }, [found("A", pieces(7))])), []);
});

test("refused, parked and waiting for a person are refused", () => {
  for (const change of [{ state: "refused" }, { state: "refused", parked: true }, { state: "needs-person" }] as const) {
    const compared = compare({ stated: [good(7, "A")], postings: [posting("A", pieces(7), change)] }, []);
    assert.deepEqual(partsOf(compared), [["good", "refused", 7, "A"]]);
  }
});

test("taken back in the ERP is reversed, wholly or in part", () => {
  const record = { stated: [good(7, "A")], postings: [posting("A", pieces(7))] };
  assert.deepEqual(partsOf(compare(record, [found("A", pieces(7), { reversed: true })])), [
    ["good", "reversed", 7, "A"],
  ]);
  const inPart = [found("A", pieces(5)), found("A", pieces(2), { reversed: true })];
  assert.deepEqual(partsOf(compare(record, inPart)), [["good", "reversed", 2, "A"]]);
});

test("a dismissed posting whose facts belong elsewhere differs in nothing; what the ERP has of it is unexplained", () => {
  const postings = [posting("A", pieces(7), { state: "dismissed" })];
  assert.deepEqual(partsOf(compare({ postings }, [])), []);
  const there = compare({ postings }, [found("A", pieces(7))]);
  assert.deepEqual(partsOf(there), [["good", "unexplained", -7, "A"]]);
});

test("what reached the ERP twice, or with another amount, is unexplained in every state of its posting", () => {
  const twice = [found("A", pieces(7), { number: "301/1" }), found("A", pieces(7), { number: "301/2" })];
  for (const state of ["planned", "sending", "in-doubt", "refused", "needs-person", "dismissed"] as const) {
    const record = { stated: [good(7, "A")], postings: [posting("A", pieces(7), { state })] };
    assert.deepEqual(partsOf(compare(record, twice)), [["good", "unexplained", -7, "A"]], state);
    assert.deepEqual(partsOf(compare(record, [found("A", pieces(5))])), [["good", "unexplained", 2, "A"]], state);
  }
  for (const state of ["confirmed", "reversing"] as const) {
    const record = { stated: [good(7, "A")], postings: [posting("A", pieces(7), { state })] };
    assert.deepEqual(partsOf(compare(record, twice)), [["good", "unexplained", -7, "A"]], state);
  }
  const back = posting("A", pieces(7), { state: "dismissed", standsBackFor: "900/1" });
  const standing = compare({ stated: [good(7, "A")], postings: [back] }, twice);
  assert.deepEqual(partsOf(standing), [["good", "unexplained", -7, "A"]]);
});

test("a document that lacks a line of what was sent is there all the same", () => {
  const [first, second] = [issueOf(whole(3, "MMT"), "L1"), issueOf(whole(4, "MMT"), "L2")];
  const both = responseOf(whole(0, "C62"), [...first.segment.materials, ...second.segment.materials]);
  for (const state of ["needs-person", "in-doubt", "dismissed"] as const) {
    const postings = [posting("A", both, { kind: "goods-issue", state })];
    const compared = compare({ stated: [used(whole(7, "MMT"), "A")], postings }, [found("A", first, { kind: "goods-issue" })]); // prettier-ignore
    assert.deepEqual(partsOf(compared), [["issue", "unexplained", 4, "A"]], state);
  }
});

test("another last digit is rounding, another amount is unexplained", () => {
  const metres = (micro: bigint): ReturnType<typeof issueOf> => issueOf({ micro, uom: "MMT" });
  const record = {
    stated: [used({ micro: 1_000_400n, uom: "MMT" }, "A")],
    postings: [posting("A", metres(1_000_400n), { kind: "goods-issue" })],
  };
  const rounded = compare(record, [found("A", metres(1_000_000n), { kind: "goods-issue" })]);
  assert.deepEqual(partsOf(rounded), [["issue", "rounding", 0.0004, "A"]]);
  const other = compare(record, [found("A", metres(900_000n), { kind: "goods-issue" })]);
  assert.deepEqual(partsOf(other), [["issue", "unexplained", 0.1004, "A"]]);
});

test("a document without a key of ours was posted by hand", () => {
  const compared = compare({}, [found(null, pieces(3), { number: "900/1" })]);
  assert.deepEqual(partsOf(compared), [["good", "by-hand", -3, "900/1"]]);
  assert.deepEqual(partsOf(compare({}, [found(null, pieces(3), { reversed: true })])), []);
});

test("made on a machine that packs, and not packed, is made-not-packed; more packed than made is unexplained", () => {
  assert.deepEqual(partsOf(compare({ packed: [packedOf(7, 7)] }, [])), []);
  const left = compare({ packed: [packedOf(7, 4)] }, []);
  assert.deepEqual(partsOf(left), [["packed", "made-not-packed", 3, null]]);
  assert.deepEqual([left.lines[0]?.counted, left.lines[0]?.erp, unexplainedIn(left)], [7_000_000n, 4_000_000n, 0]);
  assert.deepEqual(partsOf(compare({ packed: [packedOf(4, 7)] }, [])), [["packed", "unexplained", -3, null]]);
  // One machine's surplus does not hide another one's rest.
  const both = compare({ packed: [packedOf(7, 4), { ...packedOf(4, 7), workUnit: "M-2" }] }, []);
  assert.deepEqual(
    partsOf(both).map((part) => (Array.isArray(part) ? part[1] : null)),
    ["made-not-packed", "unexplained"],
  );
  const limited = { ...limits, "made-not-packed": { hours: 24, micro: null } };
  const late = compare({ packed: [packedOf(7, 4)] }, [], { limits: limited, at: instant(at(25 * 3_600_000)) });
  assert.deepEqual(partsOf(late), [["packed", "unexplained", 3, null]]);
});

test("made and packed stand in one unit, also where the order's unit can say only one of both", () => {
  const dozens = requestOf({ quantity: whole(10, "DZN"), segments: [segmentOf({ quantity: whole(10, "DZN") })] });
  const units = (made: number, packed: number): unknown => {
    const compared = compare({ packed: [packedOf(made, packed)] }, [], { request: dozens });
    return [compared.lines.map(({ line }) => line.uom), partsOf(compared)];
  };
  assert.deepEqual(units(24, 10), [["C62"], [["packed", "made-not-packed", 14, null]]]);
  assert.deepEqual(units(24, 12), [["DZN"], [["packed", "made-not-packed", 1, null]]]);
});

test("counted beside the bill: both sides are told, explained, whatever they differ by", () => {
  const lines = (...modes: readonly ("bill" | "measured" | "erp")[]): typeof request =>
    requestOf({
      segments: [segmentOf({ materials: modes.map((mode, i) => requirementOf({ id: `R${i + 1}`, mode })) })],
    });
  const counted = (n: number): StatedSum => used(whole(n, "MMT"), null, { facts: 2 });
  const share = used(whole(90, "MMT"), "A", { named: "R1" });
  const record = {
    stated: [counted(100), share],
    postings: [posting("A", issueOf(whole(90, "MMT")), { kind: "goods-issue" })],
  };
  const there = [found("A", issueOf(whole(90, "MMT")), { kind: "goods-issue" })];
  // What is merely counted is in no ledger.
  const ledger = [{ aspect: "issue" as const, material: "W-1", lot: null, quantity: whole(90, "MMT") }];
  const compared = compare({ ...record, ledger }, there, { request: lines("bill") });
  assert.deepEqual(partsOf(compared), [["counted", "beside-bill", 10, null]]);
  const [issue, beside] = compared.lines;
  assert.deepEqual([issue?.counted, issue?.erp], [90_000_000n, 90_000_000n]);
  assert.deepEqual([beside?.counted, beside?.posted, beside?.erp], [100_000_000n, 90_000_000n, 90_000_000n]);
  assert.deepEqual([beside?.parts[0]?.facts, unexplainedIn(compared)], [2, 0]);
  const old = compare({ ...record, ledger }, there, { request: lines("bill"), at: instant(at(9_000 * 3_600_000)) });
  assert.equal(unexplainedIn(old), 0, "it has no limit");
  const equal = compare({ stated: [counted(90), share], ledger }, there, { request: lines("bill") });
  assert.deepEqual(equal.lines.at(-1)?.parts, []);
  // Where a counter speaks for a line too, where the ERP deducts, and where nothing is counted there is no such line.
  for (const [request, stated] of [
    [lines("bill", "measured"), [counted(100), share]],
    [lines("erp"), [counted(100)]],
    [lines("bill"), [share]],
  ] as const)
    assert.ok(!compare({ stated }, [], { request }).lines.some(({ line }) => line.aspect === "counted"));
});

test("what was booked for a mere count is seen, unless a document of ours speaks for it", () => {
  const request = requestOf({ segments: [segmentOf({ materials: [requirementOf({ id: "R1", mode: "bill" })] })] });
  const ledger = [{ aspect: "issue" as const, material: "W-1", lot: null, quantity: whole(100, "MMT") }];
  const booked = (by: string | null): readonly unknown[] =>
    compare({ stated: [used(whole(100, "MMT"), by)], ledger }, [], { request }).ledger.map((line) => line.ledger);
  assert.deepEqual([booked("A"), booked(null)], [[], [100_000_000n]]);
});

test("what is counted in a unit without a factor is a line of its own", () => {
  const request = requestOf({ segments: [segmentOf({ materials: [requirementOf({ id: "R1", mode: "bill" })] })] });
  const stated = [
    used(whole(3, "KGM"), null),
    used(whole(2, "MTR"), null),
    used(whole(90, "MMT"), null, { named: "R1" }),
  ];
  const { lines } = compare({ stated, ledger: [] }, [], { request });
  const shown = lines.filter(({ line }) => line.aspect === "counted");
  assert.deepEqual(
    shown.map(({ line, counted, erp }) => `${counted / 1_000_000n} and ${erp / 1_000_000n} ${line.uom}`),
    ["3 and 0 KGM", "2000 and 90 MMT"],
  );
});

test("dismissed is dismissed, and by hand when it stands back for a document", () => {
  const dismissed = posting("A", pieces(7), { state: "dismissed", document: null });
  assert.deepEqual(partsOf(compare({ stated: [good(7, "A")], postings: [dismissed] }, [])), [
    ["good", "dismissed", 7, "A"],
  ]);
  const back = { ...dismissed, standsBackFor: "900/1" };
  const compared = compare({ stated: [good(7, "A")], postings: [back] }, [found(null, pieces(6), { number: "900/1" })]);
  assert.deepEqual(partsOf(compared), [
    ["good", "by-hand", 7, "A"],
    ["good", "by-hand", -6, "900/1"],
  ]);
  assert.equal(compared.lines[0]?.difference, 1_000_000n);
});

test("a document of ours that a restore has lost is by hand once others stand back for it, and for no other", () => {
  const back = posting("A", pieces(7), { state: "dismissed", standsBackFor: "900/1" });
  const parts = (number: string): unknown =>
    partsOf(compare({ stated: [good(7, "A")], postings: [back] }, [found("Z", pieces(7), { number })]));
  const ours = ["good", "by-hand", 7, "A"];
  assert.deepEqual(parts("900/1"), [ours, ["good", "by-hand", -7, "Z"]]);
  assert.deepEqual(parts("900/2"), [ours, ["good", "unexplained", -7, "Z"]]);
});

test("what was dismissed and let go says nothing: others speak for its facts", () => {
  const over = posting("A", pieces(7), { state: "dismissed", speaks: false });
  const compared = compare({ stated: [good(7, "B")], postings: [over, posting("B", pieces(7))] }, [
    found("B", pieces(7)),
  ]);
  assert.deepEqual(partsOf(compared), []);
});

test("confirmed and not in the ERP, and a key like ours that we do not know, are unexplained", () => {
  const lost = compare({ stated: [good(7, "A")], postings: [posting("A", pieces(7))] }, []);
  assert.deepEqual(partsOf(lost), [["good", "unexplained", 7, "A"]]);
  const strange = compare({}, [found("Z", pieces(3))]);
  assert.deepEqual(partsOf(strange), [["good", "unexplained", -3, "Z"]]);
  assert.deepEqual([unexplainedIn(lost), unexplainedIn(strange)], [1, 1]);
});

test("two differences that add up to nothing are two", () => {
  const compared = compare({ stated: [good(7, "A")], postings: [posting("A", pieces(7))] }, [found("Z", pieces(7))]);
  assert.equal(compared.lines[0]?.difference, 0n);
  assert.equal(unexplainedIn(compared), 2);
});

test("what is beyond its limit of age or amount is unexplained, and says of which class it was", () => {
  const record = { stated: [good(7, null)] };
  const late = compare(record, [], { at: instant(at(25 * 3_600_000)) });
  assert.deepEqual([late.lines[0]?.parts[0]?.class, late.lines[0]?.parts[0]?.beyond], ["unexplained", "in-flight"]);
  const small: ClassLimits = { ...limits, "in-flight": { hours: null, micro: 6_999_999n } };
  assert.equal(unexplainedIn(compare(record, [], { limits: small })), 1);
  assert.equal(
    unexplainedIn(compare(record, [], { limits: { ...small, "in-flight": { hours: 1, micro: 7_000_000n } } })),
    0,
  );
});

test("what we have taken back and posted anew differs in nothing; that it stands all the same is unexplained", () => {
  const old = posting("A", pieces(10), { state: "reversed", speaks: false });
  const record = { stated: [good(6, "B")], postings: [old, posting("B", pieces(6))] };
  const gone = found("A", pieces(10), { reversed: true });
  assert.deepEqual(partsOf(compare(record, [gone, found("B", pieces(6))])), []);
  const twice = compare(record, [found("A", pieces(10)), found("B", pieces(6))]);
  assert.deepEqual(partsOf(twice), [["good", "unexplained", -10, "A"]]);
});

test("what is being taken back, and what a person has taken back, is reversed", () => {
  const stated = [good(10, "A"), good(-4, null)];
  const reversing = { stated, postings: [posting("A", pieces(10), { state: "reversing" })] };
  assert.deepEqual(partsOf(compare(reversing, [found("A", pieces(10))])), [["good", "in-flight", -4, null]]);
  const gone = found("A", pieces(10), { reversed: true });
  assert.deepEqual(partsOf(compare(reversing, [gone])), [
    ["good", "reversed", 10, "A"],
    ["good", "in-flight", -4, null],
  ]);
  const kept = { stated: [good(10, "A")], postings: [posting("A", pieces(10), { state: "reversed" })] };
  assert.deepEqual(partsOf(compare(kept, [gone])), [["good", "reversed", 10, "A"]]);
});

test("reversed and keyed again is settled, however old", () => {
  const old = instant(at(400 * 3_600_000));
  const record = { stated: [good(7, "A")], postings: [posting("A", pieces(7))] };
  const reversed = found("A", pieces(7), { reversed: true });
  const again = compare(record, [reversed, found(null, pieces(7))], { at: old });
  assert.deepEqual([unexplainedIn(again), partsOf(again).length], [0, 2]);
  assert.equal(unexplainedIn(compare(record, [reversed, found(null, pieces(6))], { at: old })), 2);
});

test("facts without a lot stand in the lots that their document names", () => {
  const metres = (n: number, lot: string): ReturnType<typeof issueOf> => issueOf(whole(n, "MMT"), lot);
  const both = responseOf(whole(0, "C62"), [
    ...metres(3, "L1").segment.materials,
    ...metres(4, "L2").segment.materials,
  ]);
  const compared = compare(
    { stated: [used(whole(7, "MMT"), "A")], postings: [posting("A", both, { kind: "goods-issue" })] },
    [found("A", both, { kind: "goods-issue" })],
  );
  assert.deepEqual(
    compared.lines.map(({ line, counted, difference }) => [line.lot, counted, difference]),
    [["L1", 3_000_000n, 0n], ["L2", 4_000_000n, 0n]],
  ); // prettier-ignore
});

test("what the ERP moves by itself is not compared, and is counted as such", () => {
  const segment = segmentOf({
    rule: { confirmation: "none", automaticReceipt: true, external: false },
    materials: [requirementOf({ mode: "erp" })],
  });
  const issue = found(null, issueOf(whole(5, "MMT")), { kind: "goods-issue", number: "900/2" });
  const compared = compare({}, [found(null, pieces(3)), issue], { request: requestOf({ segments: [segment] }) });
  assert.deepEqual([compared.lines, compared.notCompared], [[], 2]);
});

test("what facts say and the ledger has not booked is unexplained", () => {
  const quantity = whole(5, "MMT");
  const record = {
    stated: [used(quantity, "A")],
    postings: [posting("A", issueOf(quantity), { kind: "goods-issue" })],
  };
  const documents = [found("A", issueOf(quantity), { kind: "goods-issue" })];
  assert.equal(unexplainedIn(compare(record, documents)), 0);
  const unbooked = compare({ ...record, ledger: [] }, documents);
  assert.deepEqual([unbooked.ledger[0]?.counted, unbooked.ledger[0]?.ledger], [5_000_000n, 0n]);
  assert.equal(unexplainedIn(unbooked), 1);
});
