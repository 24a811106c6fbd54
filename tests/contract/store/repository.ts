/** What is written comes back as it was: every repository once through the database. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instruction } from "../../../src/record/instruction.ts";
import type { Sample } from "../../../src/record/sample.ts";
import type { GapMark } from "../../../src/record/sample-batch.ts";
import {
  at,
  consumed,
  correctionOf,
  factOf,
  here,
  jobOrderOf,
  requestOf,
  requirementOf,
  segmentOf,
  units,
} from "../../../src/operations/testing/order.ts";
import { countOf, now, postingOf, seedRun, type StoreWorld } from "./world.ts";

export function repositorySuite(world: () => StoreWorld): void {
  test("an order with all its parts, exactly", async () => {
    const { store } = world();
    const request = requestOf({
      reference: { erp: "s4", company: "c", number: "full" },
      materialFactors: [{ from: "C62", to: "KGM", numerator: 10n ** 20n, denominator: 3n }],
      earliestStart: at(0),
      segments: [
        segmentOf({
          parameters: { micro: "not a number", Länge: "5,0" },
          materials: [
            requirementOf({
              fixed: { micro: 1n, uom: "MMT" },
              quantity: { micro: 9_007_199_254_740_993n, uom: "MMT" },
            }),
          ],
        }),
      ],
    });
    await store.transaction((tx) => tx.requests.save(request, null, now));
    const held = await store.transaction((tx) => tx.requests.lock(request.id));
    assert.deepEqual(held, { request, version: 0 });
    assert.deepEqual(await store.transaction((tx) => tx.requests.get([request.id, "no-such"])), [request]);
    assert.equal(await store.transaction((tx) => tx.requests.lock("no-such")), null);
  });

  test("an order that was refused, and how old that version is, until it is taken over", async () => {
    const { store } = world();
    const [subject, why] = ["s4/refused", { code: "order/change-refused", message: "Refused." }];
    const refused = (): Promise<string | null> => store.transaction((tx) => tx.attention.refusedVersion(subject));
    assert.equal(await refused(), null);
    const detail = { message: 1, number: "refused", version: "10" };
    await store.transaction((tx) => tx.attention.quarantine("order", subject, why, detail, now));
    assert.equal(await refused(), "10");
    await store.transaction((tx) => tx.attention.resolve("order", subject, now));
    assert.equal(await refused(), null);
  });

  test("job orders: written, put in place of the old one, named by machine, listed for dispatch", async () => {
    const { store } = world();
    const request = requestOf({ reference: { erp: "s4", company: "", number: "jobs" } });
    const of = (id: string, change = {}): ReturnType<typeof jobOrderOf> =>
      jobOrderOf({
        id,
        request: request.id,
        workCenter: "WC-J",
        setup: [{ item: "len", value: 12.5, tolerance: 0.1 }],
        ...change,
      });
    const all = [
      of("j-1", { dispatchKey: "b" }),
      of("j-2", { dispatchKey: "a", workUnit: "unit-2", earliestStart: at(5) }),
      of("j-3", { dispatchKey: "c", state: "waiting", machineName: null }),
      of("j-4", { dispatchKey: "d", machineName: { jobOrderId: "X", job: "JOB-1, 1", article: null } }),
    ];
    await store.transaction(async (tx) => {
      await tx.requests.save(request, null, now);
      await tx.jobOrders.insert(all);
    });
    const ids = (rows: readonly { jobOrder: { id: string } }[]): string[] => rows.map((r) => r.jobOrder.id);
    await store.transaction(async (tx) => {
      const [first] = await tx.jobOrders.lock(["j-1", "none"]);
      const none = { goodMicro: 0n, scrapMicro: 0n, reworkMicro: 0n, countParts: {}, runsEnded: 0 };
      assert.deepEqual(first, { ...none, jobOrder: all[0] });
      assert.deepEqual(ids(await tx.jobOrders.named("WC-J", "JOB-1, 1", "P-1")), ["j-2", "j-1", "j-4"]);
      assert.deepEqual(ids(await tx.jobOrders.named("WC-J", "JOB-1, 1", "other")), ["j-4"]);
      const ofOperations = async (...segments: readonly string[]): Promise<readonly string[]> =>
        ids(await tx.jobOrders.ofOperations(segments.map((segment) => ({ request: request.id, segment }))));
      assert.deepEqual(await ofOperations("0020", "0010"), ["j-1", "j-2", "j-3", "j-4"]);
      assert.deepEqual([await ofOperations("0020"), await ofOperations()], [[], []]);
      assert.deepEqual(await tx.jobOrders.readRequest(request.id), await tx.jobOrders.ofRequest(request.id));
      assert.deepEqual(ids(await tx.jobOrders.named("elsewhere", "JOB-1, 1", "P-1")), []);
      assert.deepEqual(ids(await tx.jobOrders.dispatchable("WC-J", "unit-1", 9, ["j-3"])), ["j-1", "j-4", "j-3"]);
      assert.deepEqual(ids(await tx.jobOrders.dispatchable("WC-J", "unit-2", 1, [])), ["j-2"]);
      assert.ok(first);
      const countParts = { good: { numerator: 1n, denominator: 3n } };
      await tx.jobOrders.save([{ ...first, goodMicro: 100_000_000n, countParts, runsEnded: 2 }]);
      assert.deepEqual(
        ids(await tx.jobOrders.dispatchable("WC-J", "unit-1", 9, [])),
        ["j-4"],
        "what is made is not asked for",
      );
      const changed = of("j-1", { quantity: { micro: 7n, uom: "MTR" }, state: "held", material: "P-2", setup: [] });
      await tx.jobOrders.insert([changed]);
      const [again] = await tx.jobOrders.lock(["j-1"]);
      const kept = { ...none, goodMicro: 100_000_000n, countParts, runsEnded: 2 };
      assert.deepEqual(again, { ...kept, jobOrder: { ...changed, version: 2 } });
    });
  });

  test("runs: begun, ended, opened again; one that was taken back begins anew", async () => {
    const { store, rows } = world();
    const { run, jobOrder } = await store.transaction((tx) => seedRun(tx, "runs"));
    const [held] = await store.transaction((tx) => tx.runs.lock([run]));
    assert.ok(held);
    await store.transaction((tx) => tx.runs.begin({ ...held, jobOrder: null }, { was: false, because: "x" }));
    assert.deepEqual(
      await store.transaction((tx) => tx.runs.lock([run])),
      [held],
      "a run that is there stays as it is",
    );
    const open = (): Promise<number> => store.transaction((tx) => tx.runs.openCount(jobOrder));
    assert.equal(await open(), 1);
    await store.transaction((tx) => tx.runs.end(run, at(9), "Terminated"));
    assert.equal(await open(), 0);
    await store.transaction((tx) => tx.runs.begin({ ...held, jobOrder: null }, { was: false, because: "x" }));
    assert.equal((await store.transaction((tx) => tx.runs.lock([run])))[0]?.result, "Terminated");
    await store.transaction((tx) => tx.runs.reopen(run));
    assert.equal(await open(), 1);
    await store.transaction((tx) => tx.runs.end(run, at(9), "corrected"));
    await store.transaction((tx) => tx.runs.begin({ ...held, jobOrder: null }, { was: false, because: "late" }));
    const [anew] = await rows("run", { id: run });
    assert.deepEqual([anew?.["job_order"], anew?.["ended_at"], anew?.["unstored_because"]], [null, null, "late"]);
  });

  test("facts: exact, after a time, and owed by kind", async () => {
    const { store } = world();
    const { run, request } = await store.transaction((tx) => seedRun(tx, "facts"));
    const own = { run, source: "src-f" };
    const good = factOf("f1", at(1), units("good", { micro: 9_007_199_254_740_993n, uom: "C62" }), own);
    const scrap = factOf("f2", at(2), units("scrap", { micro: 1n, uom: "C62" }), own);
    const use = factOf("f3", at(3), consumed("W-1", { micro: 5n, uom: "MMT" }), own);
    const start = factOf("f4", at(0), { kind: "JobStarted", job: "j", article: "a", outside: false }, own);
    const gap = factOf("f5", at(4), { kind: "GapOpened", cause: "x" }, { source: "src-f", run: null });
    const [backGood, backUse] = [correctionOf(good), correctionOf(use)];
    await store.transaction((tx) => tx.facts.append([good, scrap, use, start, gap, backGood, backUse], now));
    await store.transaction(async (tx) => {
      const all = await tx.facts.after("src-f", null);
      assert.equal(all.length, 7);
      assert.deepEqual(
        all.find((f) => f.id === good.id),
        good,
      );
      assert.deepEqual(
        all.find((f) => f.id === backUse.id),
        backUse,
      );
      assert.deepEqual(
        (await tx.facts.after("src-f", at(2))).map((f) => f.id).toSorted(),
        [use.id, backUse.id, gap.id].toSorted(),
      );
      const owed = async (kind: "confirmation" | "goods-receipt" | "goods-issue"): Promise<string[]> =>
        (await tx.facts.owed(run, kind)).map((f) => f.id).toSorted();
      assert.deepEqual(await owed("confirmation"), [good.id, scrap.id, backGood.id].toSorted());
      assert.deepEqual(await owed("goods-receipt"), [good.id, backGood.id].toSorted());
      assert.deepEqual(await owed("goods-issue"), [use.id, backUse.id].toSorted());
      const posting = postingOf("facts", { request, run, facts: [good.id] });
      await tx.postings.plan([posting], now, false);
      assert.deepEqual(await owed("confirmation"), [scrap.id, backGood.id].toSorted());
      assert.equal((await owed("goods-receipt")).length, 2, "of another kind it is still owed");
      const made = { key: posting.key, kind: "confirmation", state: "planned", postingDate: "2025-02-03" };
      assert.deepEqual(await tx.postings.made(run), [made]);
    });
  });

  test("what was issued, per line and unit", async () => {
    const { store } = world();
    const { request } = await store.transaction((tx) => seedRun(tx, "issued"));
    const line = (requirement: string | null, micro: bigint, uom: string) => ({
      use: "Consumed" as const,
      stock: {
        material: "W",
        quantity: { micro, uom },
        at: here,
        lot: null,
        stockType: "free" as const,
        specialStock: null,
      },
      requirement,
    });
    const issue = (name: string, ...materials: ReturnType<typeof line>[]) => {
      const posting = postingOf(name, { request, kind: "goods-issue" });
      const { response } = posting.content;
      assert.ok(response);
      const content = {
        kind: "goods-issue" as const,
        response: { ...response, segment: { ...response.segment, materials } },
      };
      return { ...posting, content };
    };
    await store.transaction(async (tx) => {
      await tx.postings.plan(
        [issue("is-1", line("R1", 5n, "MTR"), line("R2", 7n, "MMT"), line(null, 9n, "MTR"))],
        now,
        false,
      );
      await tx.postings.plan([issue("is-2", line("R1", 6n, "MTR"), line("R1", 1n, "MMT"))], now, false);
      const gone = issue("is-3", line("R1", 1000n, "MTR"));
      await tx.postings.plan([gone], now, false);
      const settled = {
        id: gone.id,
        from: "planned",
        attempt: 0,
        to: "dismissed",
        document: null,
        fault: null,
        dueAt: null,
      } as const;
      await tx.postings.settle([{ ...settled, parked: false, askedAbsent: 0, releasesLanes: true }], 1, now);
      assert.deepEqual(await tx.postings.issued(request), [
        { requirement: "R1", quantity: { micro: 1n, uom: "MMT" } },
        { requirement: "R1", quantity: { micro: 11n, uom: "MTR" } },
        { requirement: "R2", quantity: { micro: 7n, uom: "MMT" } },
      ]);
    });
  });

  test("samples: in order of arrival, whatever day they were kept on", async () => {
    const { store } = world();
    const sample = (item: string, ms: number, value: Sample["value"]): Sample => ({
      item,
      at: at(ms),
      receivedAt: at(ms + 1),
      status: 0,
      value,
      mark: "",
    });
    const batch = (seq: number, samples: readonly Sample[], gaps: readonly GapMark[] = []) => ({
      batch: { source: "s-kept", seq, samples, complete: true, gaps },
      ordinal: seq,
      follows: seq - 1,
    });
    const [a, b, c] = [
      sample("i", 9, { deep: [1, null, "x"] }),
      sample("i", 3, "\u0000 is a sign too"),
      sample("j", 5, 2 ** 53),
    ];
    assert.ok(a && b && c);
    await store.transaction((tx) => tx.collectors.keepBatches([batch(1, [a]), batch(2, [])], at(0)));
    await store.transaction((tx) => tx.collectors.keepBatches([batch(3, [b, c])], at(-3 * 86_400_000)));
    const gap: GapMark = { state: "opened", at: at(6), cause: "cut", filled: false };
    await store.transaction((tx) => tx.collectors.keepBatches([batch(4, [], [gap])], at(0)));
    await store.transaction(async (tx) => {
      const [first, third, fourth] = [
        { ordinal: 1, follows: 0, samples: [a], gaps: [] },
        { ordinal: 3, follows: 2, samples: [b, c], gaps: [] },
        { ordinal: 4, follows: 3, samples: [], gaps: [gap] },
      ];
      assert.deepEqual(await tx.collectors.batchesAfter("s-kept", 0), [first, third, fourth]);
      assert.deepEqual(await tx.collectors.batchesAfter("s-kept", 1), [third, fourth]);
      assert.deepEqual(await tx.collectors.batchesAfter("s-kept", 4), []);
      const checkpoint = { ordinal: 2 ** 40 + 5, map: "m@1", state: { items: { "a/b": { value: 1 } } } };
      await tx.collectors.saveCheckpoint("s-kept", { ...checkpoint, ordinal: 1 }, now);
      await tx.collectors.saveCheckpoint("s-kept", checkpoint, now);
      assert.deepEqual(await tx.collectors.checkpoint("s-kept"), checkpoint);
      assert.equal(await tx.collectors.checkpointOrdinal("s-kept"), checkpoint.ordinal);
      assert.equal(await tx.collectors.checkpoint("nobody"), null);
      assert.equal(await tx.collectors.checkpointOrdinal("nobody"), 0);
      const aside = { sample: { id: "sa-1", item: "i", at: at(1) }, why: "because" };
      await tx.collectors.setAside("s-kept", [aside, { ...aside, sample: { ...aside.sample, id: "sa-2" } }], now);
      await tx.collectors.setAside("s-kept", [aside], now);
      const place = { buffer: "b", seq: 3, ordinal: 2 ** 40 + 3, kept: 2 ** 40, position: at(9), stated: "of-3" };
      await tx.collectors.advance([{ source: "s-kept", from: null, to: place }]);
      const begun = (await tx.collectors.cursors()).get("s-kept") ?? null;
      assert.deepEqual(begun, { ...place, version: 0 });
      await tx.collectors.advance([{ source: "s-kept", from: begun, to: { ...place, stated: "of-four" } }]);
      const moved = (await tx.collectors.lock(["s-kept"])).get("s-kept");
      assert.deepEqual(moved, { ...place, stated: "of-four", version: 1 });
    });
  });

  test("instructions: the last armed store of an id counts until a removal follows", async () => {
    const { store } = world();
    const { jobOrder } = await store.transaction((tx) => seedRun(tx, "armed"));
    const order = {
      jobOrderId: "M-1",
      description: "d",
      material: "P",
      quantity: { micro: 3n, uom: "C62" },
      priority: 0,
      startTime: at(3),
      parameters: {},
    };
    const arm = async (id: string, content: Instruction["content"]): Promise<Instruction> => {
      const planned: Instruction = {
        id,
        workUnit: "u",
        connection: "m-armed",
        jobOrder,
        state: "planned",
        content,
        fault: null,
        readBack: null,
        createdAt: now,
        version: 0,
      };
      return store.transaction(async (tx) => {
        assert.equal(await tx.instructions.plan(planned), true);
        const held = await tx.instructions.lock(id);
        assert.deepEqual(held, planned);
        const readBack: Instruction["readBack"] = {
          setup: [
            { item: "x", before: false, read: true },
            { item: "micro", before: null, read: "12" },
          ],
          order,
        };
        await tx.instructions.save(
          { ...planned, readBack },
          "armed",
          { kind: "refused", code: "a/b", message: "m", cause: "not kept" },
          now,
        );
        const after = await tx.instructions.lock(id);
        assert.ok(after);
        assert.deepEqual(
          [after.state, after.version, after.fault, after.readBack],
          ["armed", 1, { kind: "refused", code: "a/b", message: "m" }, readBack],
        );
        return after;
      });
    };
    const armed = (): Promise<readonly Pick<Instruction, "jobOrder" | "content">[]> =>
      store.transaction((tx) => tx.instructions.armed("m-armed"));
    const elsewhere = (connection: string): Promise<readonly string[]> =>
      store.transaction((tx) => tx.instructions.toldElsewhere(jobOrder, connection));
    const stored: Instruction["content"] = { kind: "store", order, setup: [{ item: "x", value: true, tolerance: 0 }] };
    await arm("ar-1", stored);
    assert.deepEqual(await armed(), [{ jobOrder, content: stored }]);
    assert.deepEqual([await elsewhere("m-other"), await elsewhere("m-armed")], [["m-armed"], []]);
    await arm("ar-2", { kind: "remove", jobOrderId: "M-1", because: "ended" });
    assert.deepEqual([await armed(), await elsewhere("m-other")], [[], []]);
    await arm("ar-3", stored);
    assert.equal((await armed()).length, 1);
  });

  test("what waits for a person: each subject once; resolved ones open again, dismissed ones do not", async () => {
    const { store, rows, write } = world();
    const why = { code: "order/quantity", message: "first" };
    const put = (message: string): Promise<void> =>
      store.transaction((tx) => tx.attention.quarantine("order", "s4/9", { ...why, message }, { n: 1n === 1n }, now));
    const state = async (): Promise<unknown> => {
      const [row] = await rows("quarantine", { subject: "s4/9" });
      return { state: row?.["state"], message: row?.["message"] };
    };
    await put("first");
    await put("second");
    assert.deepEqual(await state(), { state: "open", message: "second" });
    await store.transaction((tx) => tx.attention.resolve("order", "s4/9", now));
    assert.deepEqual(await state(), { state: "resolved", message: "second" });
    await put("third");
    assert.deepEqual(await state(), { state: "open", message: "third" });
    await write("quarantine", { state: "dismissed" }, { subject: "s4/9" });
    await store.transaction((tx) => tx.attention.resolve("order", "s4/9", now));
    await put("fourth");
    assert.deepEqual(await state(), { state: "dismissed", message: "fourth" });
    const before = await store.transaction((tx) => tx.status.attention());
    const question = { subject: "q/1", text: "why?", evidence: [countOf("q", "r").evidence[0]] };
    await store.transaction((tx) => tx.attention.ask([question, question], now));
    await store.transaction((tx) => tx.attention.ask([{ ...question, text: "again" }], now));
    const after = await store.transaction((tx) => tx.status.attention());
    assert.equal(after.questions, before.questions + 1);
    assert.deepEqual(
      (await rows("question", { subject: "q/1" })).map((row) => row["text"]),
      ["why?"],
    );
  });

  test("the inbox keeps the bytes, the verdict and the cursor", async () => {
    const { store, rows } = world();
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const message = { idempotencyKey: "k", noun: "order", number: "77", bytes, mediaType: "text/plain" } as const;
    await store.transaction(async (tx) => {
      const id = await tx.inbox.receive("inbox-erp", message, now);
      assert.ok(id);
      const fault = { kind: "invalid", code: "a/b", message: "m", cause: { secret: 1 } } as const;
      await tx.inbox.settle(id, "quarantined", fault, null);
      assert.equal(await tx.inbox.cursor("inbox-erp"), null);
      await tx.inbox.saveCursor("inbox-erp", "c1", now);
      await tx.inbox.saveCursor("inbox-erp", "c2", now);
      assert.equal(await tx.inbox.cursor("inbox-erp"), "c2");
    });
    const [row] = await rows("erp_message", { erp: "inbox-erp" });
    assert.deepEqual(new Uint8Array(row?.["bytes"] as Uint8Array), bytes); // the column is bytea
    assert.deepEqual(
      [row?.["verdict"], row?.["fault"]],
      ["quarantined", { kind: "invalid", code: "a/b", message: "m" }],
    );
  });
}
