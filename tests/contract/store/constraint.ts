/** What the database itself refuses, whatever the code does: two transactions at once, and rows written by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import type { Movement } from "../../../src/record/movement.ts";
import type { Instruction } from "../../../src/record/instruction.ts";
import { jobOrderOf, requestOf, segmentOf } from "../../../src/operations/testing/order.ts";
import { countOf, movementOf, now, postingOf, race, seedRun, type StoreWorld } from "./world.ts";

export function constraintSuite(world: () => StoreWorld): void {
  test("one key, one posting", async () => {
    const { store, other } = world();
    const { request } = await store.transaction((tx) => seedRun(tx, "key"));
    const plan = (name: string) => (tx: Parameters<Parameters<typeof store.transaction>[0]>[0]) =>
      tx.postings.plan([postingOf(name, { request, key: "AAAABBBBCCCCDDDD" })], now, false);
    const ends = await race(store.transaction(plan("key-1")), other.transaction(plan("key-2")));
    assert.deepEqual(ends, ["ok", "posting_key_once"]);
  });

  test("a fact is in at most one active posting of a kind; of another kind, or after a dismissal, it may be again", async () => {
    const { store, other, rows } = world();
    const { request, run } = await store.transaction((tx) => seedRun(tx, "line"));
    const fact = countOf("line", run);
    await store.transaction((tx) => tx.facts.append([fact], now));
    const plan = (
      on: typeof store,
      name: string,
      kind: "confirmation" | "goods-receipt" = "confirmation",
    ): Promise<void> =>
      on.transaction((tx) => tx.postings.plan([postingOf(name, { request, run, kind, facts: [fact.id] })], now, false));
    assert.deepEqual(await race(plan(store, "line-1"), plan(other, "line-2")), ["ok", "posting_line_once"]);
    await plan(store, "line-3", "goods-receipt");
    await assert.rejects(plan(store, "line-4"), /posting_line_once/);
    const [held] = await rows("posting_line", { fact: fact.id, kind: "confirmation" });
    const settlement = {
      id: String(held?.["posting"]),
      from: "planned",
      attempt: 0,
      to: "dismissed",
      document: null,
      fault: null,
    } as const;
    const rest = { dueAt: null, parked: false, askedAbsent: 0, releasesLanes: true };
    await store.transaction((tx) => tx.postings.settle([{ ...settlement, ...rest }], 1, now));
    await plan(store, "line-4");
    assert.equal((await rows("posting_line", { fact: fact.id, active: true })).length, 2);
  });

  test("what a count leaves over of a millionth is more than nothing and less than one", async () => {
    const { store } = world();
    const { jobOrder } = await store.transaction((tx) => seedRun(tx, "part"));
    const save = (numerator: bigint): Promise<void> =>
      store.transaction(async (tx) => {
        const [row] = await tx.jobOrders.lock([jobOrder]);
        assert.ok(row);
        await tx.jobOrders.save([{ ...row, countParts: { scrap: { numerator, denominator: 3n } } }]);
      });
    for (const numerator of [-1n, 0n, 3n]) await assert.rejects(save(numerator), /count_parts_are_parts/);
    await save(2n);
  });

  test("no operation of an order asks for nothing", async () => {
    const { store } = world();
    const asking = (name: string, pieces: number): Promise<void> => {
      const reference = { erp: "s4", company: "", number: name };
      const segments = [segmentOf(), segmentOf({ id: "0020", quantity: whole(pieces, "C62") })];
      return store.transaction((tx) =>
        tx.requests.save(requestOf({ id: `s4//${name}`, reference, segments }), null, now),
      );
    };
    for (const pieces of [0, -1]) await assert.rejects(asking("nothing", pieces), /operations_ask_for_something/);
    await asking("nothing", 1);
  });

  test("numbers of a sequence are given once", async () => {
    const { store, other } = world();
    const { request } = await store.transaction((tx) => seedRun(tx, "sequence"));
    const plan = (on: typeof store, name: string): Promise<void> =>
      on.transaction((tx) => tx.postings.plan([postingOf(name, { request, sequenceKey: "op" })], now, false));
    const ends = await race(...Array.from({ length: 6 }, (_, i) => plan(i % 2 ? store : other, `sequence-${i}`)));
    assert.ok(
      ends.every((end) => end === "ok" || end === "posting_sequence_once"),
      ends.join(),
    );
    assert.ok(ends.includes("ok"));
  });

  test("under the order's lock sequences have no holes and nobody is refused", async () => {
    const { store, other, rows } = world();
    const { request } = await store.transaction((tx) => seedRun(tx, "ordered"));
    const plan = (on: typeof store, name: string): Promise<void> =>
      on.transaction(async (tx) => {
        await tx.requests.lock(request);
        await tx.postings.plan([postingOf(name, { request, sequenceKey: "ordered" })], now, false);
      });
    const ends = await race(...Array.from({ length: 8 }, (_, i) => plan(i % 2 ? store : other, `ordered-${i}`)));
    assert.deepEqual(new Set(ends), new Set(["ok"]));
    const planned = await rows("posting", { sequence_key: "ordered" });
    const numbers = planned.map((row) => Number(row["sequence_number"])).toSorted((a, b) => a - b);
    assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("a lane is held by one; who does not get all of its lanes gets none", async () => {
    const { store, other, rows, clear } = world();
    const { request } = await store.transaction((tx) => seedRun(tx, "lane"));
    const postings = ["lane-1", "lane-2", "lane-3"].map((name) => postingOf(name, { request }));
    await store.transaction((tx) => tx.postings.plan(postings, now, false));
    const [a, b, c] = postings.map((p) => p.id);
    assert.ok(a && b && c);
    const take = (on: typeof store, id: string, lanes: readonly string[]): Promise<readonly string[]> =>
      on.transaction((tx) => tx.postings.takeLanes([{ id, lanes }]));
    const got = (await Promise.all([take(store, a, ["x", "y"]), take(other, b, ["y", "z"])])).flat();
    assert.equal(got.length, 1);
    const keys = (await rows("lane")).map((row) => row["posting"]);
    assert.deepEqual(keys, [got[0], got[0]]);
    const free = got[0] === a ? "z" : "x";
    assert.deepEqual(await take(store, c, [free]), [c], "what was given back is free");
    assert.deepEqual(await store.transaction((tx) => tx.postings.takeLanes([{ id: b, lanes: [] }])), [b]);
    await clear("lane");
  });

  test("one message is taken once", async () => {
    const { store, other } = world();
    const message = {
      idempotencyKey: "m-1",
      noun: "order",
      number: "7",
      bytes: new Uint8Array([0, 255, 10]),
      mediaType: "application/json",
    } as const;
    const receive = (on: typeof store): Promise<number | null> =>
      on.transaction((tx) => tx.inbox.receive("s4", message, now));
    const ids = await Promise.all([receive(store), receive(other), receive(store)]);
    assert.equal(ids.filter((id) => id !== null).length, 1);
    assert.notEqual(await store.transaction((tx) => tx.inbox.receive("other-erp", message, now)), null);
    const { bytes, ...kept } = (await store.transaction((tx) => tx.inbox.kept("s4", "m-1"))) ?? {};
    assert.deepEqual({ ...kept, bytes: Uint8Array.from(bytes ?? []) }, message);
    assert.equal(await store.transaction((tx) => tx.inbox.kept("s4", "m-2")), null);
    const lastOf = async (erp: string): Promise<string | undefined> =>
      (await store.transaction((tx) => tx.inbox.last(erp, "7")))?.idempotencyKey;
    assert.deepEqual([await lastOf("s4"), await lastOf("none")], ["m-1", undefined]);
    await store.transaction((tx) => tx.inbox.receive("s4", { ...message, idempotencyKey: "m-3" }, now));
    assert.equal(await lastOf("s4"), "m-3");
  });

  test("one open instruction for an id of a machine", async () => {
    const { store, other } = world();
    const { jobOrder } = await store.transaction((tx) => seedRun(tx, "instruction"));
    const { machineName } = jobOrderOf();
    assert.ok(machineName);
    const plan = (on: typeof store, id: string): Promise<boolean> => {
      const instruction: Instruction = {
        id,
        workUnit: "u",
        connection: "m9",
        jobOrder,
        state: "planned",
        content: { kind: "remove", jobOrderId: machineName.jobOrderId, because: "test" },
        fault: null,
        readBack: null,
        createdAt: now,
        version: 0,
      };
      return on.transaction((tx) => tx.instructions.plan(instruction));
    };
    const planned = await Promise.all([plan(store, "i-1"), plan(other, "i-2"), plan(store, "i-3")]);
    assert.equal(planned.filter(Boolean).length, 1);
    const [open] = await store.transaction((tx) => tx.instructions.open("m9"));
    assert.ok(open);
    await store.transaction((tx) => tx.instructions.save(open, "refused", null, now));
    await assert.rejects(
      store.transaction((tx) => tx.instructions.save(open, "armed", null, now)),
      /changed by somebody else/,
    );
    assert.equal(await plan(store, "i-4"), true, "when it is over the next one may be planned");
  });

  test("a fact is stated once, and who comes second is told so", async () => {
    const { store, other } = world();
    const { run } = await store.transaction((tx) => seedRun(tx, "fact"));
    const facts = [countOf("fact-1", run, 3), countOf("fact-2", run)];
    const changed = { ...countOf("fact-1", run, 99) };
    const append = (on: typeof store, all: typeof facts): Promise<ReadonlySet<string>> =>
      on.transaction((tx) => tx.facts.append(all, now));
    const stated = await Promise.all([append(store, facts), append(other, facts), append(store, facts)]);
    assert.equal(stated.filter((ids) => ids.size === 2).length, 1);
    assert.equal(stated.filter((ids) => ids.size === 0).length, 2);
    assert.equal((await append(store, [changed])).size, 0);
    const held = (await store.transaction((tx) => tx.facts.standing(run))).find((fact) => fact.id === facts[0]?.id);
    assert.deepEqual(held, facts[0], "a fact is never changed");
  });

  test("nothing real goes below zero; the world may", async () => {
    const { store, rows } = world();
    const { run } = await store.transaction((tx) => seedRun(tx, "ledger"));
    const fact = countOf("ledger", run);
    await store.transaction(async (tx) => {
      await tx.facts.append([fact], now);
      await tx.ledger.append([movementOf("in", fact.id)], now);
    });
    const out = movementOf("out", fact.id, {
      from: "stock:PL01/A/free",
      to: "world:scrap",
      quantity: { micro: 5_000_001n, uom: "C62" },
    });
    await assert.rejects(
      store.transaction((tx) => tx.ledger.append([out], now)),
      /nothing_real_below_zero/,
    );
    // Two that are each covered, and together are not.
    const half = (id: string): Movement => ({ ...out, id, quantity: { micro: 3_000_000n, uom: "C62" } });
    const ends = await race(
      store.transaction((tx) => tx.ledger.append([half("h1")], now)),
      world().other.transaction((tx) => tx.ledger.append([half("h2")], now)),
    );
    assert.deepEqual(ends, ["nothing_real_below_zero", "ok"]);
    await store.transaction((tx) => tx.ledger.append([movementOf("in", fact.id), movementOf("in", fact.id)], now));
    const balances = (await rows("balance")).map((row) => [row["account"], String(row["micro"])] as const);
    assert.deepEqual(
      balances.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      [
        ["stock:PL01/A/free", "2000000"],
        ["world:scrap", "3000000"],
        ["world:supplier", "-5000000"],
      ],
    );
    assert.equal(
      balances.reduce((sum, [, micro]) => sum + BigInt(micro), 0n),
      0n,
    );
    const place = { account: "stock:PL01/A/free", material: "W-1", lot: null, uom: "C62" } as const;
    const held = await store.transaction((tx) => tx.ledger.lockBalances([place, { ...place, account: "world:scrap" }]));
    assert.deepEqual([...held.values()], [2_000_000n], "only real accounts are locked");
    assert.equal((await store.transaction((tx) => tx.ledger.ofFacts([fact.id]))).length, 2);
  });

  test("a movement twice in one list is booked once, and is taken back once", async () => {
    const { store, other, rows } = world();
    const { run } = await store.transaction((tx) => seedRun(tx, "twice"));
    const fact = countOf("twice", run);
    const booked = movementOf("t", fact.id, { material: "T" });
    await store.transaction(async (tx) => {
      await tx.facts.append([fact], now);
      await tx.ledger.append([booked, booked], now);
    });
    const back = (id: string): Movement => ({ ...booked, id, from: booked.to, to: booked.from, corrects: "t" });
    const ends = await race(
      store.transaction((tx) => tx.ledger.append([back("b1")], now)),
      other.transaction((tx) => tx.ledger.append([back("b2")], now)),
    );
    assert.deepEqual(ends, ["movement_corrects_key", "ok"]);
    assert.deepEqual(
      (await rows("balance", { material: "T" })).map((row) => String(row["micro"])),
      ["0", "0"],
    );
    assert.deepEqual(await store.transaction((tx) => tx.ledger.different(9)), []);
  });
}
