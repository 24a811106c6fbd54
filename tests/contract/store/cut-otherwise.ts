/** What the outbox tells of postings that a restore may have cut otherwise. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { afterAsking, afterPush } from "../../../src/exchange/settlement.ts";
import { outboxPort } from "../../../src/flows/outbox.ts";
import { keyAt } from "../../../src/operations/execution/posting-plan.ts";
import { claim, portsOf } from "./outbox-ports.ts";
import { now, postingOf, seedRun, type StoreWorld } from "./world.ts";

export function cutOtherwiseSuite(world: () => StoreWorld): void {
  test("of what a restore may have cut otherwise the keys that come next are told, and what came before", async () => {
    const { store } = world();
    const erp = "recut";
    const { request: id, run } = await store.transaction((tx) => seedRun(tx, erp));
    const [request] = await store.transaction((tx) => tx.requests.get([id]));
    const [segment] = request?.segments ?? [];
    assert.ok(request && segment);
    const place = { request, segment, kind: "goods-issue", run, date: "2025-02-03" } as const;
    const keys = [0, 1, 2, 3, 4].map((number) => keyAt({ ...place, number }));
    const planned = keys
      .slice(0, 2)
      .map((key) => postingOf(key, { request: id, run, erp, kind: "goods-issue", segment: segment.id, key }));
    const other = postingOf(`${erp}-other`, { request: id, run, erp, kind: "goods-issue" });
    await store.transaction((tx) => tx.postings.plan([...planned, other], now, true));
    const port = outboxPort(portsOf(store, erp));
    const { doubtful } = await port.take({ calls: 3, questions: 3 });
    const told = doubtful.map(({ key, recut }) => [key, recut && [recut.earlier, recut.next.map((one) => one.key)]]);
    // Three were made of this run, kind and day, whatever their keys.
    const next = [3, 4, 5].map((number) => keyAt({ ...place, number }));
    assert.deepEqual(
      new Map(told as [string, unknown][]),
      new Map<string, unknown>([
        [keys[0] ?? "", ["settled", next]],
        [keys[1] ?? "", ["in-doubt", next]],
        [other.key, null],
      ]),
    );
    // What has left has left as it was.
    const [first] = doubtful.filter(({ key }) => key === keys[0]);
    assert.ok(first);
    const traits = { settleMs: 0, concurrency: 4, idempotent: new Set<never>() };
    const absent = afterAsking({ ...first, askedAbsent: 1 }, { outcome: "absent" }, traits, { now, waitedMs: 0 });
    await port.settle([absent]);
    const [sent] = await claim(port, 1);
    assert.ok(sent);
    const lost = { kind: "ambiguous", code: "erp/test", message: "no answer" } as const;
    await port.settle([afterPush(sent, { outcome: "in-doubt", fault: lost }, now)]);
    const [again] = (await port.take({ calls: 1, questions: 1 })).doubtful;
    assert.deepEqual([again?.key, again?.recut], [keys[0], null]);
  });

  test("of what a restore may have cut into another run of the machine it is told what is not sure of that", async () => {
    const { store, write } = world();
    const erp = "recut-runs";
    const { request: id, run, jobOrder } = await store.transaction((tx) => seedRun(tx, erp));
    const [request] = await store.transaction((tx) => tx.requests.get([id]));
    const [segment] = request?.segments ?? [];
    assert.ok(request && segment);
    const runs = { first: run, second: `${run}-2`, elsewhere: `${run}-3` };
    await store.transaction(async (tx) => {
      for (const [of, source] of [
        [runs.second, "komax"],
        [runs.elsewhere, "schunk"],
      ] as const) {
        const times = { startedAt: now, endedAt: null, result: null };
        const named = { workUnit: "A565-0026", job: "JOB-1, 1", article: "P-1", outside: false, jobOrder };
        await tx.runs.begin({ id: of, source, ...named, ...times }, { was: true, because: null });
      }
    });
    const planned = Object.values(runs).map((of) => {
      const key = keyAt({ request, segment, kind: "goods-receipt", run: of, date: "2025-02-03", number: 0 });
      return postingOf(key, { request: id, run: of, erp, kind: "goods-receipt", segment: segment.id, key });
    });
    await store.transaction((tx) => tx.postings.plan(planned, now, true));
    const [first, second, elsewhere] = planned.map(({ key }) => key);
    const told = async (): Promise<ReadonlyMap<string, string | undefined>> => {
      const { doubtful } = await outboxPort(portsOf(store, erp)).take({ calls: 3, questions: 3 });
      return new Map(doubtful.map(({ key, recut }) => [key, recut?.earlier]));
    };
    // Two do not wait for each other.
    assert.deepEqual(
      await told(),
      new Map([
        [first, "settled"],
        [second, "in-doubt"],
        [elsewhere, "settled"],
      ]),
    );
    const due = { due_at: new Date(now) };
    // Of many runs each would wait for the one before it, for as long as that waits.
    await write("posting", { ...due, asked_absent: 1 }, { key: first ?? "" });
    await write("posting", due, { key: second ?? "" });
    assert.equal((await told()).get(second ?? ""), "settled");
    await write("posting", { ...due, state: "needs-person" }, { key: first ?? "" });
    await write("posting", due, { key: second ?? "" });
    await write("posting", due, { key: elsewhere ?? "" });
    assert.deepEqual(
      await told(),
      new Map([
        [second, "differs"],
        [elsewhere, "settled"],
      ]),
    );
    await write("posting", { ...due, state: "in-doubt", asked_absent: 0 }, { key: first ?? "" });
    await write("posting", { ...due, state: "needs-person" }, { key: second ?? "" });
    assert.equal((await told()).get(first ?? ""), "differs");
  });
}
