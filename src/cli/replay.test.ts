/** What is said of a day that was read again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answerOf } from "../app/replay.ts";
import type { SourceReplay } from "../flows/replay.ts";
import { told } from "./replay.ts";

const alike = { isIdentical: true, holdsTheSame: true, sums: [], differences: [] };

function sourceOf(said: Partial<SourceReplay>, facts: number): SourceReplay {
  const compared = { ...alike, recorded: facts, replayed: facts };
  return { source: "m-1", samples: 40, hasSpoken: true, coveredMs: 0, questions: 0, facts: compared, ...said };
}

test("a day of which nothing is recorded is not said to be equal", () => {
  for (const sources of [[], [sourceOf({ hasSpoken: false }, 0)]]) {
    const answer = answerOf("2025-02-09", 1, { sources, orders: [] });
    assert.deepEqual([answer.isRecorded, answer.isIdentical], [false, false]);
    const [line, ...more] = told(answer);
    assert.match(line ?? "", /^2025-02-09: no machine has said anything on that day/);
    assert.deepEqual(more, []);
  }
});

test("one with facts, or with samples that made none, is compared", () => {
  for (const [said, facts] of [
    [{}, 0],
    [{ hasSpoken: false }, 3],
  ] as const) {
    const answer = answerOf("2025-02-03", 1, { sources: [sourceOf(said, facts)], orders: [] });
    assert.deepEqual([answer.isRecorded, answer.isIdentical], [true, true]);
    assert.match([...told(answer)].join("\n"), new RegExp(`${facts} facts and 0 postings are equal byte by byte`));
  }
});
