/** What taking documents back and changing orders leave in the store, and what of it the database itself refuses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeFault } from "../../../src/base/result.ts";
import { afterPush } from "../../../src/exchange/settlement.ts";
import type { NewCorrection } from "../../../src/flows/correction-ports.ts";
import { outboxPort } from "../../../src/flows/outbox.ts";
import type { NewPosting } from "../../../src/flows/ports.ts";
import type { Instruction } from "../../../src/record/instruction.ts";
import type { PostingState } from "../../../src/record/posting.ts";
import { at } from "../../../src/operations/testing/order.ts";
import { claim, portsOf } from "./outbox-ports.ts";
import { countOf, now, postingOf, race, seedRun, type StoreWorld } from "./world.ts";

export function correctionSuite(world: () => StoreWorld): void {
  test("one correction of a run, kind and day is open; what a person was asked about is not opened again", async () => {
    const { store, other } = world();
    const { request, run } = await store.transaction((tx) => seedRun(tx, "correction"));
    const open = (on: typeof store, facts: readonly string[]): Promise<void> =>
      on.transaction((tx) => tx.corrections.open([correctionOf(request, run, facts)], now));
    const waiting = async (): Promise<number[]> =>
      (await store.transaction((tx) => tx.corrections.waiting("corrected"))).map(({ id }) => id);
    const isCorrecting = (): Promise<boolean> =>
      store.transaction((tx) => tx.corrections.isCorrecting(request, ["0010"]));
    assert.equal(await isCorrecting(), false);
    assert.deepEqual(await race(open(store, ["b", "a"]), open(other, ["c"])), ["ok", "ok"]);
    const [first, ...more] = await waiting();
    assert.ok(first !== undefined);
    assert.deepEqual(more, []);
    assert.equal(await isCorrecting(), true);
    await store.transaction((tx) => tx.corrections.settle(first, "done", now));
    assert.deepEqual(await waiting(), []);

    await open(store, ["b", "a"]);
    const [second] = await waiting();
    assert.ok(second !== undefined && second > first, "the same facts after it was done");
    await store.transaction((tx) => tx.corrections.settle(second, "asked", now));
    await open(store, ["a", "b"]);
    assert.deepEqual(await waiting(), [], "a person was asked about these");
    assert.equal(await isCorrecting(), false);
    await open(store, ["a", "b", "c"]);
    assert.equal((await waiting()).length, 1, "not about these");
  });

  test("of an order, what was asked about last and has no answer is open again", async () => {
    const { store } = world();
    const { request, run } = await store.transaction((tx) => seedRun(tx, "resumed"));
    const asking = (kind: NewCorrection["kind"], facts: readonly string[]): Promise<void> =>
      store.transaction(async (tx) => {
        await tx.corrections.open([{ ...correctionOf(request, run, facts), erp: "resumed", kind }], now);
        for (const { id } of await tx.corrections.waiting("resumed")) await tx.corrections.settle(id, "asked", now);
      });
    const subject = (kind: NewCorrection["kind"]): string =>
      `${kind}/${run}/${correctionOf(request, run, []).postingDate}/x`;
    const waiting = async (): Promise<readonly string[]> =>
      (await store.transaction((tx) => tx.corrections.waiting("resumed"))).map(({ kind }) => kind);
    await asking("confirmation", ["a"]);
    await asking("confirmation", ["a", "b"]);
    await asking("goods-issue", ["a"]);
    const open = ["confirmation", "goods-issue"] as const;
    await store.transaction((tx) =>
      tx.attention.ask(
        open.map((kind) => ({ subject: subject(kind), text: "?", evidence: ["a"] })),
        now,
      ),
    );
    await store.transaction((tx) => tx.attention.answer([subject("goods-issue")], now));
    await store.transaction((tx) => tx.corrections.resume("another"));
    assert.deepEqual(await waiting(), []);
    for (const _ of [1, 2]) await store.transaction((tx) => tx.corrections.resume(request));
    assert.deepEqual(await waiting(), ["confirmation"], "the newest alone, and not what has its answer");
  });

  test("a document is taken back by one posting, which names it; no other kind does", async () => {
    const { store, other } = world();
    const { request } = await store.transaction((tx) => seedRun(tx, "taken-back"));
    const document = postingOf("taken-back", { request });
    await plan(store, document);
    const reversal = (name: string): NewPosting => reversalOf(name, request, document.id);
    assert.deepEqual(await race(plan(store, reversal("back-1")), plan(other, reversal("back-2"))), [
      "ok",
      "posting_reversed_once",
    ]);
    const { reverses: _, ...nameless } = reversal("back-3");
    await assert.rejects(plan(store, nameless), /reversal_names_document/);
    await assert.rejects(
      plan(store, postingOf("names-one", { request, reverses: reversal("back-1").id })),
      /reversal_names_document/,
    );
    await assert.rejects(plan(store, reversalOf("of-nothing", request, "nothing")), { code: "23503" });
  });

  test("it counts as taken back when the ERP has said so; its facts are let go of, or kept", async () => {
    const { store, write, rows } = world();
    const { request, run } = await store.transaction((tx) => seedRun(tx, "proven"));
    const facts = [countOf("proven-2", run), countOf("proven-1", run)];
    await store.transaction((tx) => tx.facts.append(facts, now));
    for (const keeps of ["kept", undefined] as const) {
      const name = `proven-${keeps}`;
      const kind = keeps ? "confirmation" : "goods-receipt";
      const document = postingOf(name, { request, run, kind, erp: name, facts: facts.map(({ id }) => id) });
      const reversal = { ...reversalOf(`${name}-back`, request, document.id), erp: name };
      await store.transaction((tx) => tx.postings.plan([document, reversal], now, false));
      await write("posting", { state: "in-doubt" }, { id: document.id });
      await write("posting", { state: "confirmed", document: "1/1" }, { id: document.id });
      await move(store, document.id, "reversing");
      const settled = (): Promise<readonly string[]> =>
        store.transaction((tx) => tx.corrections.settledReversals(name));
      assert.deepEqual(await settled(), []);
      await assert.rejects(move(store, document.id, "reversed"), /reversed_when_proven|nothing has reversed/);
      assert.equal(await store.transaction((tx) => tx.corrections.isCorrecting(request, ["0010"])), true);
      await write("posting", { state: "in-doubt" }, { id: reversal.id });
      await write("posting", { state: "confirmed", document: "1/2" }, { id: reversal.id });
      assert.deepEqual(await settled(), [document.id]);
      const known = await store.transaction((tx) => tx.corrections.reversalsOf([document.id, reversal.id]));
      assert.deepEqual(known, [{ id: reversal.id, reverses: document.id, state: "confirmed", fault: null }]);
      await move(store, document.id, "reversed", keeps);
      const lines = await rows("posting_line", { posting: document.id });
      assert.deepEqual(
        lines.map((line) => line["active"]),
        facts.map(() => keeps === "kept"),
      );
      const spoken = await store.transaction((tx) => tx.corrections.factsOf(document.id));
      assert.deepEqual(
        spoken.map(({ id }) => id),
        facts.map(({ id }) => id).toSorted(),
        "also when it has let go of them",
      );
      assert.equal(await store.transaction((tx) => tx.corrections.isCorrecting(request, ["0010"])), false);
    }
  });

  test("since when the ERP has a document stays as it was, also when it is taken back, or when that is given up", async () => {
    const { store, rows } = world();
    const name = "since-when";
    const { request } = await store.transaction((tx) => seedRun(tx, name));
    const document = postingOf(name, { request, erp: name });
    const asked = postingOf(`${name}-asked`, { request, erp: name });
    await store.transaction((tx) => tx.postings.plan([document, asked], now, false));
    let time = at(1_000);
    const port = outboxPort(portsOf(store, name, () => time));
    const claimed = await claim(port, 5);
    const since = async (id: string): Promise<unknown> => {
      const [row] = await rows("posting", { id });
      return row?.["confirmed_at"] === null ? null : Number(row?.["confirmed_at"]);
    };
    const outcomes = claimed.map((posting) =>
      posting.id === document.id
        ? ({ outcome: "confirmed", document: { number: "4711", kind: posting.kind } } as const)
        : ({ outcome: "in-doubt", fault: makeFault("ambiguous", "erp/test", "Lost.") } as const),
    );
    assert.equal(await since(document.id), null);
    await port.settle(claimed.map((posting, i) => afterPush(posting, outcomes[i] ?? assert.fail(), time)));
    time = at(2_000);
    await move(store, document.id, "reversing", undefined, time);
    assert.equal(await since(document.id), at(1_000));
    await move(store, document.id, "confirmed", undefined, at(3_000));
    assert.equal(await since(document.id), at(1_000), "taking it back was given up");
    await store.transaction(async (tx) => {
      const doubted = await tx.decisions.posting(asked.id);
      assert.ok(doubted);
      const found = { to: "confirmed", dueAt: null, document: "4712", letsGo: false } as const;
      await tx.decisions.change(doubted, found, "found", at(4_000));
    });
    assert.equal(await since(asked.id), at(4_000), "a person has found it");
  });

  test("what machines were told of an order: the furthest that was not taken back", async () => {
    const { store } = world();
    const { request, jobOrder } = await store.transaction((tx) => seedRun(tx, "told"));
    const told = (): Promise<string> => store.transaction((tx) => tx.instructions.told(request));
    const say = (id: string, content: Instruction["content"]): Promise<boolean> =>
      store.transaction((tx) => tx.instructions.plan(instructionOf(id, jobOrder, content)));
    const arm = (id: string): Promise<void> =>
      store.transaction(async (tx) => {
        const instruction = await tx.instructions.lock(id);
        assert.ok(instruction);
        await tx.instructions.save(instruction, "armed", null, now);
      });
    assert.equal(await told(), "nothing");
    const order = {
      jobOrderId: "TOLD-1",
      description: "d",
      material: "P",
      quantity: { micro: 1_000_000n, uom: "C62" },
      priority: 0,
      startTime: null,
      parameters: {},
    };
    await say("told-1", { kind: "store", order, setup: [] });
    assert.equal(await told(), "planned");
    await arm("told-1");
    assert.equal(await told(), "stored");
    await say("told-2", { kind: "remove", jobOrderId: order.jobOrderId, because: "test" });
    assert.equal(await told(), "stored", "the removal is only planned");
    await arm("told-2");
    assert.equal(await told(), "nothing");
  });

  test("what was decided about an order is kept with its message", async () => {
    const { store, rows } = world();
    const decision = { decision: "unchanged", stage: "unknown", what: [], why: "It says the same." } as const;
    const message = { noun: "order", number: "1", bytes: new Uint8Array([1]), mediaType: "application/json" } as const;
    for (const kept of [decision, null]) {
      const idempotencyKey = `decided-${kept === null}`;
      await store.transaction(async (tx) => {
        const id = await tx.inbox.receive("s4", { ...message, idempotencyKey }, now);
        assert.ok(id !== null);
        await tx.inbox.settle(id, kept ? "accepted" : "quarantined", null, kept);
      });
      const [row] = await rows("erp_message", { idempotency_key: idempotencyKey });
      assert.deepEqual(row?.["decision"], kept);
    }
  });
}

type Store = StoreWorld["store"];

function plan(on: Store, posting: NewPosting): Promise<void> {
  return on.transaction((tx) => tx.postings.plan([posting], now, false));
}

function move(on: Store, id: string, to: PostingState, facts?: "kept", when = now): Promise<void> {
  return on.transaction(async (tx) => {
    const posting = await tx.postings.lock(id);
    assert.ok(posting);
    await tx.postings.move(posting, to, when, facts);
  });
}

function correctionOf(request: string, run: string, facts: readonly string[]): NewCorrection {
  const kind = "confirmation" as const;
  const what = { kind, postingDate: "2025-02-03", cause: "fewer pieces" } as const;
  return { erp: "corrected", request, segment: "0010", run, facts, ...what };
}

function reversalOf(name: string, request: string, reverses: string): NewPosting {
  const kind = "confirmation-reversal" as const;
  const reversal = {
    reference: { erp: "s4", company: "", number: name },
    posting: reverses,
    document: "1/1",
    postingDate: "2025-02-03",
    recordedAt: at(0),
    afterwards: "repost",
  } as const;
  return postingOf(name, { request, kind, reverses, content: { kind, response: null, reversal } });
}

function instructionOf(id: string, jobOrder: string, content: Instruction["content"]): Instruction {
  const told = { state: "planned", fault: null, readBack: null, createdAt: now, version: 0 } as const;
  return { id, workUnit: "u", connection: "told", jobOrder, content, ...told };
}
