import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ok } from "../base/result.ts";
import { forAll } from "../base/testing/chance.ts";
import type { MachineJobState } from "../machine/connector.ts";
import { carryOut, type StepContext } from "./instruction-step.ts";
import type { Fate } from "./testing/fake-job-orders.ts";
import { bench, drive, hold, order, removing, storing } from "./testing/instruction-bench.ts";

test("an order is stored, verified and allowed, intent first", async () => {
  const on = bench();
  const seen: string[] = [];
  on.ledger.fate = (step) => {
    seen.push(`commit ${step}`);
    return "fine";
  };
  on.machine.fate = (call) => {
    seen.push(call);
    return "fine";
  };
  on.ledger.plan("a", storing);
  await drive(on, 1);
  assert.equal(on.ledger.get("a").state, "armed");
  assert.deepEqual(on.machine.held.get(order.jobOrderId), { order, state: "allowed-to-start" });
  assert.deepEqual(seen, [
    "read",
    "commit a write",
    "write Recipe/WireLength",
    "write Recipe/Article",
    "apply",
    "read",
    "store",
    "list",
    "commit a verify",
    "allowStart",
    "list",
    "commit a arm",
  ]);
});

test("an order that runs already when it is allowed needs no permission", async () => {
  const on = bench();
  hold(on, "running");
  on.ledger.plan("a", storing);
  await drive(on, 1);
  assert.equal(on.ledger.get("a").state, "armed");
  assert.equal(on.machine.held.get(order.jobOrderId)?.state, "running");
});

for (const [kind, content] of [
  ["store", storing],
  ["remove", removing],
] as const) {
  for (const fate of ["killed-before", "killed-after", "lost-call", "lost-answer"] as const) {
    test(`${kind}: wherever it is ${fate}, machine and ledger agree in the end`, async () => {
      for (let at = 0; ; at += 1) {
        const on = bench();
        if (kind === "remove") hold(on, "allowed-to-start");
        let steps = 0;
        let struck = "";
        const strike = (step: string): Fate => {
          if (steps++ !== at) return "fine";
          struck = step;
          return fate;
        };
        on.machine.fate = strike;
        on.ledger.fate = strike;
        on.ledger.plan("a", content);
        await drive(on);
        if (!struck) break;
        assert.equal(on.ledger.get("a").state, "armed", `struck at ${at}, ${struck}`);
        if (kind === "store") {
          assert.deepEqual([...on.machine.held.values()], [{ order, state: "allowed-to-start" }], struck);
          assert.equal(on.machine.values.get("Recipe/WireLength"), 1250.5);
        } else assert.equal(on.machine.held.size, 0, struck);
        const stores = on.machine.writes.filter((call) => call === "store").length;
        assert.ok(stores <= 2, "stored again only when the first one is not there");
      }
    });
  }
}

test("whatever is killed and lost, what is armed is there and exactly so, and nothing is left open", async () => {
  const fate = fc.constantFrom<Fate>(
    "fine",
    "fine",
    "fine",
    "fine",
    "lost-call",
    "lost-answer",
    "killed-before",
    "killed-after",
  );
  const input = fc.record({
    fates: fc.array(fate, { maxLength: 40 }),
    contents: fc.array(fc.constantFrom("store", "remove"), { minLength: 1, maxLength: 4 }),
    before: fc.constantFrom<MachineJobState | null>(
      null,
      "not-allowed-to-start",
      "allowed-to-start",
      "ended",
      "aborted",
    ),
  });
  await forAll(
    fc.asyncProperty(input, async ({ fates, contents, before }) => {
      const on = bench();
      if (before) hold(on, before);
      const queue = [...fates];
      const next = (): Fate => queue.shift() ?? "fine";
      on.machine.fate = next;
      on.ledger.fate = next;
      for (const [i, kind] of contents.entries()) {
        const id = `i${i}`;
        on.ledger.plan(id, kind === "store" ? storing : removing);
        await drive(on, 45);
        assert.equal(on.ledger.get(id).state, "armed");
        const held = on.machine.held.get(order.jobOrderId);
        if (kind === "remove") assert.equal(held, undefined);
        else assert.ok(held && held.state !== "not-allowed-to-start");
      }
    }),
    { numRuns: 300 },
  );
});

test("an order that the machine shows otherwise is taken away, the set-up goes back, and the words name the field", async () => {
  const on = bench();
  on.machine.keep = (told) => ({ ...told, quantity: { micro: 499_000_000n, uom: "C62" } });
  on.ledger.plan("a", storing);
  await drive(on);
  const { state, fault } = on.ledger.get("a");
  assert.equal(state, "rolled-back");
  assert.equal(fault?.code, "gateway/job-mismatch");
  assert.match(fault.message, /quantity: told .*500000000.*shown .*499000000/);
  assert.equal(on.machine.held.size, 0);
  assert.deepEqual(Object.fromEntries(on.machine.values), { "Recipe/WireLength": 900, "Recipe/Article": "before" });
});

test("what cannot be taken away again stays in doubt until it is gone", async () => {
  const on = bench();
  on.machine.keep = (told) => ({ ...told, material: "other" });
  on.machine.fate = (call) => (call === "cancel" ? "lost-call" : "fine");
  on.ledger.plan("a", storing);
  await drive(on, 3);
  assert.equal(on.ledger.get("a").state, "in-doubt");
  on.machine.fate = () => "fine";
  await drive(on, 1);
  assert.equal(on.ledger.get("a").state, "rolled-back");
  assert.equal(on.machine.held.size, 0);
});

test("an order of ours that runs otherwise than told is left to a person", async () => {
  const on = bench();
  hold(on, "running", { ...order, material: "other" });
  on.ledger.plan("a", storing);
  on.ledger.fate = (step) => (step === "a write" ? "killed-after" : "fine");
  await drive(on);
  assert.equal(on.ledger.get("a").state, "refused");
  assert.equal(on.ledger.get("a").fault?.code, "gateway/job-runs-otherwise");
  assert.equal(on.machine.held.get(order.jobOrderId)?.state, "running");
  assert.deepEqual(on.machine.writes, []);
});

test("a refusal is passed on in words and the set-up goes back; one because it is there already is none", async () => {
  const full = bench();
  full.machine.capacity = 0;
  full.ledger.plan("a", storing);
  await drive(full);
  assert.equal(full.ledger.get("a").state, "refused");
  assert.match(full.ledger.get("a").fault?.message ?? "", /list is full/);
  assert.equal(full.machine.values.get("Recipe/WireLength"), 900);

  const there = bench();
  hold(there, "not-allowed-to-start");
  there.ledger.plan("a", storing);
  await drive(there);
  assert.equal(there.ledger.get("a").state, "armed");

  const foreign = bench();
  hold(foreign, "not-allowed-to-start", { ...order, description: "somebody else's" });
  foreign.ledger.plan("a", storing);
  await drive(foreign);
  assert.equal(foreign.ledger.get("a").state, "refused");
  assert.equal(
    foreign.machine.held.get(order.jobOrderId)?.order.description,
    "somebody else's",
    "it is not ours to take",
  );
});

test("a set-up value that is read back otherwise takes all of them back", async () => {
  const on = bench();
  on.machine.take = (path, value) => (path === "Recipe/WireLength" && value === 1250.5 ? 1250.6 : value);
  on.ledger.plan("a", storing);
  await drive(on);
  const { state, fault } = on.ledger.get("a");
  assert.equal(state, "rolled-back");
  assert.equal(fault?.code, "gateway/setup-mismatch");
  assert.match(fault.message, /WireLength: 1250.5 was written and 1250.6 was read back/);
  assert.deepEqual(Object.fromEntries(on.machine.values), { "Recipe/WireLength": 900, "Recipe/Article": "before" });
  assert.deepEqual(
    on.machine.writes.filter((call) => call === "store"),
    [],
  );
  assert.equal(on.machine.writes.filter((call) => call === "apply").length, 2, "applied once, and taken back once");
});

test("a value within the tolerance is equal", async () => {
  const on = bench();
  on.machine.take = (path, value) => (path === "Recipe/WireLength" ? Number(value) + 0.009 : value);
  on.ledger.plan("a", storing);
  await drive(on);
  assert.equal(on.ledger.get("a").state, "armed");
});

test("values that the machine will not apply go back and are not applied again", async () => {
  const on = bench();
  on.machine.applyFails = true;
  on.ledger.plan("a", storing);
  await drive(on);
  assert.equal(on.ledger.get("a").state, "rolled-back");
  assert.match(on.ledger.get("a").fault?.message ?? "", /out of range/);
  assert.deepEqual(Object.fromEntries(on.machine.values), { "Recipe/WireLength": 900, "Recipe/Article": "before" });
  assert.equal(on.machine.writes.filter((call) => call === "apply").length, 1);
});

test("a machine that cannot be brought back is said to be so", async () => {
  const on = bench();
  on.machine.take = (path) => (path === "Recipe/WireLength" ? 7 : "Y");
  on.ledger.plan("a", storing);
  await drive(on);
  assert.equal(on.ledger.get("a").state, "rolled-back");
  assert.equal(on.ledger.get("a").fault?.code, "gateway/setup-not-restored");
  assert.match(on.ledger.get("a").fault?.message ?? "", /Check them at the machine/);
});

test("a removal does not wait for what runs or is interrupted: it is planned again when that has ended", async () => {
  const on = bench();
  for (const [id, state] of [
    ["early", "running"],
    ["earlier", "interrupted"],
  ] as const) {
    hold(on, state);
    on.ledger.plan(id, removing);
    await drive(on, 3);
    assert.deepEqual([on.ledger.get(id).state, on.ledger.get(id).fault?.code], ["refused", "gateway/job-running"]);
  }
  assert.deepEqual(on.machine.writes, []);
  on.machine.move(order.jobOrderId, "ended");
  on.ledger.plan("a", removing);
  await drive(on, 1);
  assert.equal(on.ledger.get("a").state, "armed");
  assert.deepEqual(on.machine.writes, ["clear"]);
  on.ledger.plan("b", removing);
  await drive(on, 1);
  assert.equal(on.ledger.get("b").state, "armed");
  assert.deepEqual(on.machine.writes, ["clear"]);
});

test("an order that starts just before it is taken away is not lost sight of", async () => {
  const on = bench();
  hold(on, "allowed-to-start");
  on.ledger.plan("a", removing);
  on.machine.fate = (call) => {
    if (call === "cancel" && on.machine.held.get(order.jobOrderId)?.state === "allowed-to-start")
      on.machine.move(order.jobOrderId, "running");
    return "fine";
  };
  await drive(on, 4);
  assert.ok(["refused", "in-doubt"].includes(on.ledger.get("a").state), on.ledger.get("a").state);
  on.machine.move(order.jobOrderId, "aborted");
  if (on.ledger.get("a").state === "refused") on.ledger.plan("b", removing);
  await drive(on, 2);
  assert.equal(on.ledger.get(on.ledger.get("a").state === "refused" ? "b" : "a").state, "armed");
  assert.equal(on.machine.held.size, 0);
});

test("who loses the lease in the middle sends nothing more; who has it again resolves it", async () => {
  for (let at = 0; at < 6; at += 1) {
    const on = bench();
    let writes = 0;
    on.machine.fate = (call) => {
      if (!["list", "read"].includes(call) && ++writes > at) on.lease = false;
      return "fine";
    };
    on.ledger.plan("a", storing);
    await drive(on, 1);
    const sent = on.machine.writes.length;
    await drive(on, 3);
    assert.equal(on.machine.writes.length, sent, "nothing was sent without the lease");
    on.machine.fate = () => "fine";
    on.lease = true;
    await drive(on);
    assert.equal(on.ledger.get("a").state, "armed");
    assert.deepEqual([...on.machine.held.values()], [{ order, state: "allowed-to-start" }]);
  }
});

test("the probe stands between the machine's holding it and our reading it back", async () => {
  const on = bench();
  const seen: string[] = [];
  const context: StepContext = {
    ...on.context,
    probe: (point, about) => {
      seen.push(`${point} ${about} ${on.machine.held.size} ${on.ledger.get("a").state}`);
    },
  };
  on.ledger.plan("a", storing);
  await carryOut(context, on.ledger.get("a"));
  assert.deepEqual(seen, [`instruction-written komax ${order.jobOrderId} 1 writing`]);
});

test("what cannot be read before it is written is not written: there would be no way back", async () => {
  const on = bench();
  // The machine's server answers, and its controller does not.
  let isAway = true;
  const { session } = on.context;
  const read: typeof session.read = async (...asked) => {
    const said = await session.read(...asked);
    return said.ok && isAway ? ok(said.value.map((one) => ({ ...one, status: 0x8005_0000, value: null }))) : said;
  };
  const write: typeof session.write = async (...asked) => {
    isAway = false;
    return session.write(...asked);
  };
  const context: StepContext = { ...on.context, session: { ...session, read, write } };
  on.ledger.plan("a", storing);
  await drive({ ...on, context }, 3);
  assert.equal(on.ledger.get("a").state, "planned");
  assert.deepEqual(Object.fromEntries(on.machine.values), { "Recipe/WireLength": 900, "Recipe/Article": "before" });
  isAway = false;
  await drive({ ...on, context });
  assert.equal(on.ledger.get("a").state, "armed");
});

test("a machine that keeps a set-up value in 32 bits holds the nearest of those", async () => {
  const on = bench();
  on.machine.take = (_path, value) => (typeof value === "number" ? Math.fround(value) : value);
  on.ledger.plan("a", { kind: "store", order, setup: [{ item: "WireLength", value: 0.1, tolerance: 0 }] });
  await drive(on);
  assert.equal(on.ledger.get("a").state, "armed");
});
