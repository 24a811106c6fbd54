/** What is put right in a posting: places, lots and dates; never an amount, a material or a fact. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { whole } from "../../base/quantity.ts";
import { forAll } from "../../base/testing/chance.ts";
import { factOf, consumed, requestOf, requirementOf, segmentOf, at, here } from "../testing/order.ts";
import type { PostingContent } from "../../record/posting.ts";
import { editPosting, type PostingEdit } from "./posting-edit.ts";
import { planPostings } from "./posting-plan.ts";

const materials = ["W-1", "W-2"].map((material) => requirementOf({ id: material, material }));
const request = requestOf({ segments: [segmentOf({ materials })] });
const [segment] = request.segments;
assert.ok(segment);
const plan = planPostings(
  {
    run: "r1",
    request,
    segment,
    recordedAt: at(0),
    datesOf: () => ({ posting: "2025-02-03", document: "2025-02-03" }),
    supply: here,
    postsUnplanned: false,
    issued: new Map(),
    made: () => 0,
  },
  {
    confirmation: [],
    "goods-receipt": [],
    "goods-issue": [factOf(1, 0, consumed("W-1", whole(5, "MMT"))), factOf(2, 1, consumed("W-2", whole(7, "MMT")))],
  },
);
const content = plan.postings[0]?.content;
assert.ok(content);
const today = "2025-02-04";

/** Everything that an edit may not touch. */
function amounts({ kind, response }: PostingContent): unknown {
  const { materials: lines, ...rest } = response?.segment ?? { materials: [] };
  const { postingDate: _, ...dates } = response?.dates ?? { postingDate: "" };
  return [
    kind,
    dates,
    rest,
    lines.map((m) => [m.use, m.requirement, m.stock.material, m.stock.quantity, m.stock.at.plant, m.stock.stockType]),
  ];
}

test("amounts, materials, plants and event times stay as they are, whatever is edited", () => {
  const name = fc.string({ minLength: 1, maxLength: 4 });
  const edits: fc.Arbitrary<PostingEdit> = fc.record(
    {
      postingDate: fc.constantFrom("2025-02-01", "2025-02-04", "2025-02-05", "2025-02-30", "2025-2-1"),
      materials: fc.array(
        fc.record(
          { line: fc.integer({ min: -1, max: 2 }), location: name, lot: fc.option(name) },
          { requiredKeys: ["line"] },
        ),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  );
  forAll(
    fc.property(edits, (edit) => {
      const edited = editPosting(content, edit, today);
      if (!edited.ok) return assert.match(edited.fault.code, /^decision\/edit-(nothing|value)$/);
      assert.deepEqual(amounts(edited.value), amounts(content));
      assert.notDeepEqual(edited.value, content);
    }),
  );
});

test("dates that are none or lie ahead, lines that are not there and empty names are refused", () => {
  const code = (edit: PostingEdit): string => {
    const edited = editPosting(content, edit, today);
    return edited.ok ? "ok" : edited.fault.code;
  };
  assert.equal(code({}), "decision/edit-nothing");
  assert.equal(code({ postingDate: "2025-02-03" }), "decision/edit-nothing");
  assert.equal(code({ postingDate: "2025-02-05" }), "decision/edit-value");
  assert.equal(code({ postingDate: "2025-02-30" }), "decision/edit-value");
  assert.equal(code({ postingDate: "2025-02-04" }), "ok");
  assert.equal(code({ materials: [{ line: 2, lot: "L" }] }), "decision/edit-value");
  assert.equal(code({ materials: [{ line: 0, location: " " }] }), "decision/edit-value");
  assert.equal(
    code({
      materials: [
        { line: 0, lot: "L" },
        { line: 0, lot: "M" },
      ],
    }),
    "decision/edit-value",
  );
  assert.equal(code({ materials: [{ line: 1, lot: "L" }] }), "ok");
  const accepted = editPosting({ kind: "order-accepted", response: null }, { postingDate: "2025-02-01" }, today);
  assert.ok(!accepted.ok && accepted.fault.code === "decision/edit-nothing");
});
