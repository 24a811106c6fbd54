import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import { carryOut } from "./instruction-step.ts";
import type { Fate } from "./testing/fake-job-orders.ts";
import { bench, drive, hold, order, setup, storing } from "./testing/instruction-bench.ts";

const asBefore = { "Recipe/WireLength": 900, "Recipe/Article": "before" };
const heldBefore = [
  { item: "WireLength", before: 900, read: null },
  { item: "Article", before: "before", read: null },
];

test("what the machine held is committed before anything leaves, and what was read with what followed from it", async () => {
  const on = bench();
  const kept: unknown[] = [];
  const { advance } = on.ledger;
  on.ledger.advance = async (...step) => {
    const done = await advance(...step);
    kept.push([step[1], on.ledger.get("a").readBack, on.machine.writes.length]);
    return done;
  };
  on.machine.take = (path, value) => (path === "Recipe/WireLength" ? Number(value) + 0.009 : value);
  on.ledger.plan("a", storing);
  await drive(on);
  const read = {
    setup: [
      { item: "WireLength", before: 900, read: 1250.5 + 0.009 },
      { item: "Article", before: "before", read: "07-006-0015" },
    ],
    order,
  };
  assert.deepEqual(kept, [
    ["write", { setup: heldBefore, order: null }, 0],
    ["verify", read, 4],
    ["arm", read, 5],
  ]);
});

test("on a mismatch what was wanted, got and held before stays to be seen", async () => {
  const on = bench();
  on.machine.take = (path, value) => (path === "Recipe/WireLength" && value === 1250.5 ? 1250.6 : value);
  on.ledger.plan("a", storing);
  await drive(on);
  assert.equal(on.ledger.get("a").state, "rolled-back");
  assert.deepEqual(on.ledger.get("a").readBack?.setup, [
    { item: "WireLength", before: 900, read: 1250.6 },
    { item: "Article", before: "before", read: "07-006-0015" },
  ]);

  const other = bench();
  other.machine.keep = (told) => ({ ...told, material: "other" });
  other.ledger.plan("a", storing);
  await drive(other);
  assert.equal(other.ledger.get("a").readBack?.order?.material, "other");
});

test("a value that cannot be read well is not shown as read, and one that held nothing stays as it was told", async () => {
  const on = bench();
  on.machine.values.delete("Recipe/Article");
  on.machine.take = (path, value) => (path === "Recipe/WireLength" ? [7] : value);
  on.ledger.plan("a", { kind: "store", order, setup: setup.toReversed() });
  await drive(on);
  assert.deepEqual(on.ledger.get("a").readBack?.setup, [
    { item: "Article", before: null, read: "07-006-0015" },
    { item: "WireLength", before: 900, read: null },
  ]);
});

for (const fate of ["killed-before", "killed-after", "lost-answer"] as const) {
  test(`${fate} between writing and verified: the next process goes back to what was held before, then begins anew`, async () => {
    const steps = ["write Recipe/WireLength", "write Recipe/Article", "apply", "store"];
    for (const step of steps) {
      const on = bench();
      on.ledger.plan("a", storing);
      on.machine.fate = (call) => (call === step ? fate : "fine");
      // Nothing that this process does after the blow reaches the machine: the way back in memory is lost too.
      if (fate === "lost-answer") on.machine.fate = blowAt(step);
      await drive(on, 1);
      on.machine.fate = () => "fine";
      on.machine.writes.length = 0;
      const seen: unknown[] = [];
      const { advance } = on.ledger;
      on.ledger.advance = async (...command) => {
        if (command[1] === "absent") seen.push(Object.fromEntries(on.machine.values), on.machine.held.size);
        return advance(...command);
      };
      await drive(on, 1);
      if (step === "store" && fate !== "killed-before") {
        assert.deepEqual(on.machine.writes, ["allowStart"], "it was there, exactly so: nothing is written again");
      } else {
        assert.deepEqual(seen, [asBefore, 0], step);
        assert.deepEqual(on.machine.writes.slice(0, 3), steps.slice(0, 3), "all of it goes back and is applied");
      }
      assert.equal(on.ledger.get("a").state, "armed", step);
      assert.equal(on.machine.values.get("Recipe/WireLength"), 1250.5);
      assert.deepEqual(
        on.ledger.get("a").readBack?.setup.map(({ before }) => before),
        [900, "before"],
        "the last known good value, not what the dead process had written",
      );
    }
  });
}

function blowAt(step: string): (call: string) => Fate {
  let isStruck = false;
  return (call) => {
    if (isStruck) return "lost-call";
    isStruck = call === step;
    return isStruck ? "lost-answer" : "fine";
  };
}

test("a machine refuses after the restart: it goes back to what was held before the first process wrote", async () => {
  const on = bench();
  on.ledger.plan("a", storing);
  on.machine.fate = (call) => (call === "apply" ? "killed-after" : "fine");
  await drive(on, 1);
  assert.equal(on.machine.values.get("Recipe/WireLength"), 1250.5);
  on.machine.fate = () => "fine";
  on.machine.capacity = 0;
  await drive(on);
  assert.equal(on.ledger.get("a").state, "refused");
  assert.deepEqual(Object.fromEntries(on.machine.values), asBefore);
});

test("the way back waits while something else runs, and is taken when it has ended", async () => {
  const on = bench();
  on.ledger.plan("a", storing);
  on.machine.fate = (call) => (call === "apply" ? "killed-after" : "fine");
  await drive(on, 1);
  on.machine.fate = () => "fine";
  hold(on, "running", { ...order, jobOrderId: "somebody's" });
  on.machine.writes.length = 0;
  await drive(on, 3);
  assert.deepEqual(on.machine.writes, []);
  assert.equal(on.ledger.get("a").state, "in-doubt");
  assert.ok(on.log.lines.some((line) => /when nothing runs/.test(line)));
  on.machine.move("somebody's", "ended");
  await drive(on, 1);
  assert.equal(on.ledger.get("a").state, "armed");
});

test("values before that the machine does not take back after a restart are said to be so", async () => {
  const on = bench();
  on.ledger.plan("a", storing);
  on.machine.fate = (call) => (call === "apply" ? "killed-after" : "fine");
  await drive(on, 1);
  on.machine.fate = () => "fine";
  on.machine.take = () => 7;
  await drive(on);
  assert.equal(on.ledger.get("a").state, "rolled-back");
  assert.equal(on.ledger.get("a").fault?.code, "gateway/setup-not-restored");
});

test("a set-up that was changed while nobody looked is told anew; under a running order it is left to a person", async () => {
  for (const state of ["not-allowed-to-start", "running"] as const) {
    const on = bench();
    on.ledger.plan("a", storing);
    on.machine.fate = (call) => (call === "store" ? "killed-after" : "fine");
    await drive(on, 1);
    on.machine.fate = () => "fine";
    on.machine.values.set("Recipe/WireLength", 1);
    on.machine.move(order.jobOrderId, state);
    on.machine.writes.length = 0;
    await drive(on);
    const { state: end, fault, readBack } = on.ledger.get("a");
    if (state === "running") {
      assert.deepEqual([end, fault?.code, on.machine.writes], ["refused", "gateway/job-runs-otherwise", []]);
      assert.equal(readBack?.setup[0]?.read, 1);
    } else {
      assert.equal(end, "armed");
      assert.equal(on.machine.values.get("Recipe/WireLength"), 1250.5);
      assert.equal(on.machine.writes.filter((call) => call === "store").length, 1, "taken away and stored again");
    }
  }
});

test("what cannot be settled now is asked again after a while, not at once", async () => {
  const on = bench();
  hold(on, "not-allowed-to-start", { ...order, material: "other" });
  on.ledger.plan("a", storing);
  on.ledger.fate = (step) => (step === "a write" ? "killed-after" : "fine");
  await drive(on, 1);
  on.ledger.fate = () => "fine";
  on.machine.fate = (call) => (call === "cancel" ? "lost-call" : "fine");
  assert.equal(await carryOut(on.context, on.ledger.get("a")), false);
});

test("an order refused or shown otherwise, whatever is lost and killed on the way: the set-up is what it was before", async () => {
  const fate = fc.constantFrom<Fate>(
    "fine",
    "fine",
    "fine",
    "lost-call",
    "lost-answer",
    "killed-before",
    "killed-after",
  );
  const machines = fc.constantFrom<"full" | "otherwise" | "clamps">("full", "otherwise", "clamps");
  await forAll(
    fc.asyncProperty(fc.array(fate, { maxLength: 40 }), machines, async (fates, how) => {
      const on = bench();
      if (how === "full") on.machine.capacity = 0;
      if (how === "otherwise") on.machine.keep = (told) => ({ ...told, material: "other" });
      if (how === "clamps") on.machine.take = (_path, value) => (value === 1250.5 ? 1000 : value);
      const queue = [...fates];
      const next = (): Fate => queue.shift() ?? "fine";
      on.machine.fate = next;
      on.ledger.fate = next;
      on.ledger.plan("a", storing);
      await drive(on, 60);
      assert.ok(["refused", "rolled-back"].includes(on.ledger.get("a").state), on.ledger.get("a").state);
      assert.deepEqual(Object.fromEntries(on.machine.values), asBefore);
      assert.equal(on.machine.held.size, 0);
    }),
    { numRuns: 300 },
  );
});

test("the way back gets no answer while the order is refused: it stays in doubt and is taken when the line is back", async () => {
  for (const how of ["full", "otherwise"] as const) {
    const on = bench();
    if (how === "full") on.machine.capacity = 0;
    else on.machine.keep = (told) => ({ ...told, material: "other" });
    let isStored = false;
    on.machine.fate = (call) => {
      if (call === "store") isStored = true;
      return isStored && call.startsWith("write") ? "lost-call" : "fine";
    };
    on.ledger.plan("a", storing);
    await drive(on, 1);
    assert.equal(on.ledger.get("a").state, "in-doubt", how);
    assert.equal(on.ledger.get("a").fault?.code, "gateway/setup-not-restored");
    assert.equal(on.machine.values.get("Recipe/WireLength"), 1250.5);
    on.machine.fate = () => "fine";
    await drive(on);
    assert.ok(["refused", "rolled-back"].includes(on.ledger.get("a").state));
    assert.deepEqual(Object.fromEntries(on.machine.values), asBefore);
  }
});

test("what was verified before a crash is read once more before it may start", async () => {
  const on = bench();
  on.ledger.plan("a", storing);
  on.ledger.fate = (step) => (step === "a verify" ? "killed-after" : "fine");
  await drive(on, 1);
  assert.equal(on.ledger.get("a").state, "verified");
  on.ledger.fate = () => "fine";
  on.machine.values.set("Recipe/WireLength", 1);
  await drive(on);
  assert.equal(on.ledger.get("a").state, "armed");
  assert.equal(on.machine.values.get("Recipe/WireLength"), 1250.5, "told anew");
});

test("what is begun anew shows nothing as read", async () => {
  const on = bench();
  on.ledger.plan("a", storing);
  on.ledger.fate = (step) => (step === "a verify" ? "killed-after" : "fine");
  await drive(on, 1);
  on.ledger.fate = (step) => (step === "a absent" ? "killed-after" : "fine");
  on.machine.held.clear();
  await drive(on, 1);
  assert.equal(on.ledger.get("a").state, "planned");
  assert.deepEqual(on.ledger.get("a").readBack, { setup: heldBefore, order: null });
});
