/** Why an ERP order was or was not in the machine's list when its job started. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { jobState, type JournalLine } from "./journal-line.ts";
import { orderStories, type Outage } from "./order-story.ts";

const id = "ZSK/1/695180";
const job = `${id}, 1`;
const orders = [
  { order: "1000001", material: "G05", operations: [{ text: job }] },
  { order: "1000002", material: "G06", operations: [{ text: job }] },
];
const store = (at: number, order: string, verdict: "stored" | "id known" = "stored"): JournalLine => ({
  at,
  call: "store",
  id,
  parameters: { ErpOrder: order },
  verdict,
  size: 1,
});
const run = (at: number, article: string, state: number | null): JournalLine => ({
  at,
  call: "run",
  id,
  job,
  article,
  state,
  size: 1,
});
const told = (journal: readonly JournalLine[], outages: readonly Outage[] = []): readonly (string | null)[] =>
  orderStories(orders, journal, outages).map((story) => story.reason);

describe("the story of an order in the machine's list", () => {
  test("stored and allowed to start: nothing to explain", () => {
    assert.deepEqual(told([store(1, "1000001"), run(2, "G05", jobState.allowedToStart)]), [null]);
    assert.deepEqual(told([store(1, "s4/1000001"), run(2, "G05", jobState.allowedToStart)]), [null]);
  });

  test("only the first run of an order counts, and only runs of ERP orders", () => {
    const journal = [
      store(1, "1000001"),
      run(2, "G05", jobState.allowedToStart),
      run(3, "G05", null),
      run(4, "LOCAL", null),
    ];
    assert.deepEqual(told(journal), [null]);
  });

  test("in the list, but not to be started", () => {
    assert.deepEqual(told([store(1, "1000001"), run(2, "G05", jobState.notAllowedToStart)]), [
      "its job order was in the list but not yet allowed to start",
    ]);
  });

  test("the list held another order of the same number", () => {
    const [reason] = told([store(1, "1000001"), run(2, "G06", jobState.ended)]);
    assert.match(reason ?? "", /^the machine's list held another order of the number .*already ended/);
    // The refused second store does not count as stored.
    const [refused] = told([
      store(1, "1000001"),
      store(2, "1000002", "id known"),
      run(3, "G06", jobState.allowedToStart),
    ]);
    assert.match(refused ?? "", /held another order/);
  });

  test("Millrace was down, whatever else was true", () => {
    assert.deepEqual(told([run(5, "G05", null)], [{ from: 4, to: 6 }]), ["Millrace was down when it started"]);
    assert.deepEqual(told([run(7, "G05", null)], [{ from: 4, to: 6 }]), ["it was never sent to the machine"]);
  });

  test("refused, taken away, too late, never", () => {
    assert.deepEqual(told([store(1, "1000001", "id known"), run(2, "G05", null)]), [
      "the machine refused it: id known",
    ]);
    assert.deepEqual(told([store(1, "1000001"), run(2, "G05", null)]), [
      "it was taken from the list again before it started",
    ]);
    assert.deepEqual(told([run(2_000, "G05", null), store(3_500, "1000001")]), [
      "it was stored 1.5 s after it had started",
    ]);
    assert.deepEqual(told([run(2, "G05", null)]), ["it was never sent to the machine"]);
  });
});
