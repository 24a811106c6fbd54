/** One component has one source: what moves stock is what is posted, or what nobody else in our books speaks of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../base/testing/chance.ts";
import type { SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import { requestOf, requirementOf, segmentOf } from "../testing/order.ts";
import { issueLines, isUse, ownIssueLines } from "./issue-line.ts";

const materials = ["W-1", "W-2"] as const;
const line = fc.record({
  material: fc.constantFrom(...materials),
  mode: fc.constantFrom("measured", "bill", "issued", "erp" as const),
});
const segments = fc
  .array(fc.array(line, { maxLength: 3 }), { minLength: 1, maxLength: 2 })
  .map((operations): readonly [SegmentRequirement, ...SegmentRequirement[]] => {
    const [first = segmentOf({ materials: [] }), ...more] = operations.map((lines, i) =>
      segmentOf({ id: `00${i + 1}0`, materials: lines.map((one, n) => requirementOf({ ...one, id: `R${i}${n}` })) }),
    );
    return [first, ...more];
  });

test("what a counter has read moves where it is posted, and beside that only where neither bill nor counter is", () => {
  forAll(
    fc.property(segments, fc.constantFrom(...materials), (all, material) => {
      const request = requestOf({ segments: all });
      const use = { material, named: null };
      const lines = issueLines(request, all[0], use);
      if (ownIssueLines(lines, use) !== null) assert.ok(isUse(request, all[0], use));
      else
        assert.equal(
          isUse(request, all[0], use),
          lines.every(({ mode }) => mode === "erp" || mode === "issued"),
        );
    }),
    { numRuns: 1000 },
  );
});

test("what the bill says of a line always moves", () => {
  forAll(
    fc.property(segments, (all) => {
      const request = requestOf({ segments: all });
      for (const { id, material, mode } of all[0].materials) {
        if (mode !== "bill") continue;
        const use = { material, named: id };
        assert.ok(isUse(request, all[0], use));
        assert.deepEqual(
          ownIssueLines(issueLines(request, all[0], use), use)?.map((one) => one.id),
          [id],
        );
      }
    }),
  );
});
