/** A person assigns, moves and dismisses runs: the same end as if the machine had known, once, whoever is at it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instant } from "../../../src/base/instant.ts";
import { whole } from "../../../src/base/quantity.ts";
import { dismissPosting } from "../../../src/flows/decide-posting.ts";
import { assignRun, dismissRun, reassignRun } from "../../../src/flows/decide-run.ts";
import type { Store, Tx } from "../../../src/flows/ports.ts";
import { at, correctionOf, factOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { by, codeOf, made, orderFor, portsOf, runOf, say, sayIn, toldOf, usedOf } from "./mend-scene.ts";
import { unguarded, type World } from "./world.ts";

export function runDecisionSuite(world: () => World): void {
  const booked = async (like: string): Promise<readonly unknown[]> =>
    (
      await world().sql(
        `select from_account as a, to_account as b, material, sum(micro)::text as micro from movement m
         where fact in (select id from fact where run like $1) and corrects is null
         and not exists (select 1 from movement c where c.corrects = m.id) group by 1, 2, 3 order by 1, 2, 3`,
        [like],
      )
    ).map((row) => Object.values(row).join(" "));
  const posted = async (request: string): Promise<readonly unknown[]> => {
    const rows = await world().sql(
      `select p.kind, p.state, p.content #> '{response,segment}' as segment, (select count(*)::int from posting_line l where l.posting = p.id and l.active) as facts
       from posting p where request = $1 and state <> 'dismissed' order by kind`,
      [request],
    );
    return rows.map((row) => JSON.parse(JSON.stringify(row).replaceAll(/[\w-]+-(R\d)/g, "$1")) as unknown);
  };

  test("an assigned run ends as one whose job the machine had named", async () => {
    const { store } = world();
    const right = await orderFor(store, "as-known", "K-1");
    const other = await orderFor(store, "as-told", "K-2");
    await say(store, toldOf("run-known", "K-1").facts);
    await say(store, toldOf("run-told", "nobody's").facts);
    assert.deepEqual(await posted(other.request), []);
    assert.equal(await made(store, other.jobOrder), "0 good, 0 scrap, 0 runs, ready");
    const { version } = await runOf(store, "run-told");
    const done = await assignRun(portsOf(store), { ...by(version), run: "run-told", jobOrder: other.jobOrder });
    assert.deepEqual(done, { ok: true, value: { run: "run-told", jobOrder: other.jobOrder, postings: 3 } });
    assert.equal(await made(store, other.jobOrder), await made(store, right.jobOrder));
    assert.equal(await made(store, other.jobOrder), "30 good, 2 scrap, 1 runs, ready");
    assert.deepEqual(await posted(other.request), await posted(right.request));
    assert.deepEqual(await booked("run-told"), await booked("run-known"));
    const [row] = await world().sql("select state, command from quarantine where subject = 'run-told'");
    assert.equal(row?.["state"], "assigned");
  });

  test("what was made before a restore is asked about, however long ago that was over when somebody assigns it", async () => {
    const { store, sql } = world();
    const states = async (name: string, restoredAt: Instant): Promise<readonly unknown[]> => {
      const order = await orderFor(store, name, `${name}-job`);
      await say(store, toldOf(`run-${name}`, "nobody's").facts);
      const { version } = await runOf(store, `run-${name}`);
      await sql(
        "insert into site_state (site, restored_at) values ('', $1) on conflict (id) do update set restored_at = $1",
        [new Date(restoredAt)],
      );
      try {
        const command = { ...by(version), run: `run-${name}`, jobOrder: order.jobOrder };
        assert.equal(codeOf(await assignRun(portsOf(store), command)), "ok");
      } finally {
        await sql("update site_state set restored_at = null");
      }
      return (await sql("select distinct state from posting where request = $1", [order.request])).map(
        (row) => row["state"],
      );
    };
    assert.deepEqual(await states("made-before", at(60_000)), ["in-doubt"]);
    assert.deepEqual(await states("clock-ahead", at(-10 * 60_000)), ["in-doubt"], "a machine's clock may be ahead");
    assert.deepEqual(await states("made-after", at(-3_600_000)), ["planned"]);
  });

  test("a run that goes on is counted on from the assignment", async () => {
    const { store } = world();
    const order = await orderFor(store, "going-on", "G-1");
    const told = toldOf("run-going", "unknown");
    await say(store, told.facts.slice(0, 3));
    const { version } = await runOf(store, "run-going");
    const command = { ...by(version), run: "run-going", jobOrder: order.jobOrder };
    assert.equal(codeOf(await assignRun(portsOf(store), command)), "ok");
    assert.equal(await made(store, order.jobOrder), "10 good, 0 scrap, 0 runs, running");
    await say(store, told.facts.slice(3));
    assert.equal(await made(store, order.jobOrder), "30 good, 2 scrap, 1 runs, ready");
    // The same command again changes nothing and says the same.
    assert.deepEqual(await assignRun(portsOf(store), command), {
      ok: true,
      value: { run: "run-going", jobOrder: order.jobOrder, postings: 0 },
    });
    assert.equal(await made(store, order.jobOrder), "30 good, 2 scrap, 1 runs, ready");
    assert.equal((await posted(order.request)).length, 3);
  });

  test("two people at once: one decides, the other is told", async () => {
    const { store, other } = world();
    const orders = [await orderFor(store, "two-a", "T-A"), await orderFor(store, "two-b", "T-B")];
    await say(store, toldOf("run-two", "unknown").facts);
    const { version } = await runOf(store, "run-two");
    const ends = await Promise.all(
      orders.map(({ jobOrder }, i) =>
        assignRun(portsOf(i ? store : other), { ...by(version, `p-${i}`), run: "run-two", jobOrder }),
      ),
    );
    assert.deepEqual(ends.map(codeOf).toSorted(), ["decision/changed", "ok"]);
    const sums = await Promise.all(orders.map(({ jobOrder }) => made(store, jobOrder)));
    assert.deepEqual(sums.toSorted(), ["0 good, 0 scrap, 0 runs, ready", "30 good, 2 scrap, 1 runs, ready"]);
  });

  /** The machine goes on to say something while somebody assigns: what both did, when both are done. */
  const race = async (name: string, spoil: (tx: Tx) => Tx): Promise<string> => {
    const { store, other } = world();
    const order = await orderFor(store, name, `${name}-job`);
    const told = toldOf(`run-${name}`, "unknown");
    await say(store, told.facts.slice(0, 3));
    const { version } = await runOf(store, told.run);
    const stated = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const machine = other.transaction(async (tx) => {
      await sayIn(tx, other, told.facts.slice(3));
      stated.resolve();
      await goOn.promise;
    });
    await stated.promise;
    const spoilt: Store = { transaction: (work) => store.transaction((tx) => work(spoil(tx))) };
    const command = { ...by(version), run: told.run, jobOrder: order.jobOrder };
    const person = assignRun(portsOf(spoilt), command);
    // until it is done, or waits for what the machine holds
    const waits = async (): Promise<boolean> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return (await world().waiting()) > 0;
    };
    for (let isOver = false; !isOver;) isOver = await Promise.race([person.then(() => true), waits()]);
    goOn.resolve();
    await machine;
    const ended = await person;
    // The run has ended meanwhile: whoever was told so looks again and decides.
    if (codeOf(ended) === "decision/changed") {
      const again = { ...by((await runOf(store, told.run)).version), run: told.run, jobOrder: order.jobOrder };
      assert.equal(codeOf(await assignRun(portsOf(store), again)), "ok");
    }
    return made(store, order.jobOrder);
  };

  test("what a machine says while somebody assigns is counted once", async () => {
    assert.equal(await race("racing", (tx) => tx), "30 good, 2 scrap, 1 runs, ready");
  });

  test("it is noticed when the run is not locked", async () => {
    const unlocked = (tx: Tx): Tx => ({
      ...tx,
      runs: { ...tx.runs, lock: (ids) => readWithoutLock(world(), ids) },
    });
    assert.notEqual(await race("unlocked", unlocked), "30 good, 2 scrap, 1 runs, ready");
  });

  test("moved to another order: nothing stays at the first one", async () => {
    const { store } = world();
    const wrong = await orderFor(store, "wrong", "W-1");
    const right = await orderFor(store, "right", "W-2");
    await say(store, toldOf("run-other", "W-1").facts);
    const others = await booked("run-other");
    await say(store, toldOf("run-moved", "W-1").facts);
    assert.equal(await made(store, wrong.jobOrder), "60 good, 4 scrap, 2 runs, ready");
    const move = async (jobOrder: string): Promise<string> =>
      codeOf(
        await reassignRun(portsOf(store), {
          ...by((await runOf(store, "run-moved")).version),
          run: "run-moved",
          jobOrder,
        }),
      );
    assert.equal(await move(wrong.jobOrder), "decision/same-order");
    // There and back and there again: each time everything goes with it.
    for (const to of [right, wrong, right]) assert.equal(await move(to.jobOrder), "ok");
    assert.equal(await made(store, wrong.jobOrder), "30 good, 2 scrap, 1 runs, ready");
    assert.equal(await made(store, right.jobOrder), "30 good, 2 scrap, 1 runs, ready");
    const said = async (request: string): Promise<readonly unknown[]> =>
      (await posted(request)).map((posting) => JSON.stringify({ ...Object(posting), facts: 0 }));
    assert.deepEqual(await said(right.request), await said(wrong.request));
    assert.deepEqual(await booked("run-moved"), others);
    const balances = await world().sql("select 1 from balance group by material, uom having sum(micro) <> 0");
    assert.deepEqual(balances, [], "what is somewhere came from somewhere");
  });

  test("moved there and back, all its movements together hold its pieces once", async () => {
    const { store, sql } = world();
    const wrong = await orderFor(store, "net-wrong", "N-1");
    const right = await orderFor(store, "net-right", "N-2");
    await say(store, toldOf("run-stays", "N-1").facts);
    await say(store, toldOf("run-moves", "N-1").facts);
    for (const { jobOrder } of [right, wrong, right]) {
      const { version } = await runOf(store, "run-moves");
      assert.equal(codeOf(await reassignRun(portsOf(store), { ...by(version), run: "run-moves", jobOrder })), "ok");
    }
    // What takes back counts against what it takes back, and nothing is left out.
    const net = (run: string): Promise<readonly unknown[]> =>
      sql(
        `select account, material, sum(x.by)::text as micro from movement m,
           lateral (values (m.from_account, -m.micro), (m.to_account, m.micro)) as x (account, by)
         where fact in (select id from fact where run = $1) group by 1, 2 having sum(x.by) <> 0 order by 1, 2`,
        [run],
      );
    assert.deepEqual(await net("run-moves"), await net("run-stays"));
  });

  test("a run that leaves takes its share of rounding along", async () => {
    const { store, sql } = world();
    const order = await orderFor(store, "rounding", "R-1");
    const other = await orderFor(store, "rounding-to", "R-2");
    // 0.0085 of a unit for 100 pieces: three runs of 30 use 0.003, 0.002 and 0.003, of which one alone would use 0.003.
    const line = { micro: 8_500n, uom: "KGM" };
    await sql(
      "update operations_request set body = jsonb_set(body, '{segments,0,materials,1,quantity}', $1::jsonb) where number like 'rounding%'",
      [JSON.stringify({ ...line, micro: String(line.micro) })],
    );
    const used = async (jobOrder: string): Promise<string> =>
      (await usedOf(store, jobOrder)).map(([, micro]) => String(micro)).join();
    for (const run of ["run-r1", "run-r2", "run-r3"]) await say(store, toldOf(run, "R-1").facts);
    const total = (pieces: number): string => String(Math.round((pieces * 8.5) / 100) * 1000);
    assert.equal(await used(order.jobOrder), total(90));
    for (const [i, run] of ["run-r2", "run-r3", "run-r1"].entries()) {
      const command = { ...by((await runOf(store, run)).version), run, jobOrder: other.jobOrder };
      assert.equal(codeOf(await reassignRun(portsOf(store), command)), "ok");
      assert.equal((await used(order.jobOrder)) || "0", total(60 - 30 * i));
      assert.equal(await used(other.jobOrder), total(30 + 30 * i));
    }
  });

  test("what was dismissed was not owed to the old order: the new one gets it, once", async () => {
    const { store, sql } = world();
    const order = await orderFor(store, "kept-out", "KO-1");
    const other = await orderFor(store, "kept-out-to", "KO-2");
    const right = await orderFor(store, "kept-out-not", "KO-3");
    await say(store, toldOf("run-kept-out", "KO-1").facts);
    await say(store, toldOf("run-kept-right", "KO-3").facts);
    for (const row of await sql("select id, version from posting where request = $1", [order.request])) {
      const seen = { ...by(Number(row["version"])), posting: String(row["id"]) };
      assert.equal(codeOf(await dismissPosting(portsOf(store), seen)), "ok");
    }
    const move = async (): Promise<string> =>
      codeOf(
        await reassignRun(portsOf(store), {
          ...by((await runOf(store, "run-kept-out")).version),
          run: "run-kept-out",
          jobOrder: other.jobOrder,
        }),
      );
    const standBack = "update posting set stands_back_for = $2 where request = $1 and kind = 'confirmation'";
    await sql(
      `insert into hand_document (erp, kind, document, request, segment, materials, recorded_at, found_at)
       values ('s4', 'confirmation', '900/1', $1, '', '{}', now(), now())`,
      [order.request],
    );
    await sql(standBack, [order.request, "900/1"]);
    assert.equal(await move(), "decision/posted", "somebody has keyed it in the ERP");
    await unguarded(world(), () => sql(standBack, [order.request, null]));
    assert.equal(await move(), "ok");
    const corrections = await sql("select kind, cause from correction where run = 'run-kept-out'");
    assert.deepEqual(corrections, [], "nothing is to be taken back of what nobody has posted");
    const said = async (request: string): Promise<readonly unknown[]> =>
      (await posted(request)).map((posting) => JSON.stringify({ ...Object(posting), facts: 0 }));
    assert.deepEqual(await said(other.request), await said(right.request));
  });

  test("nothing is moved of which something was sent", async () => {
    const { store, sql } = world();
    const order = await orderFor(store, "sent", "S-1");
    const other = await orderFor(store, "sent-to", "S-2");
    await say(store, toldOf("run-sent", "S-1").facts);
    for (const state of ["sending", "in-doubt", "needs-person", "confirmed"]) {
      const moved =
        "update posting set state = $2, envelope = '\\x00', document = '49' where request = $1 and kind = 'goods-issue'";
      await unguarded(world(), () => sql(moved, [order.request, state]));
      const { version } = await runOf(store, "run-sent");
      const command = { ...by(version), run: "run-sent" };
      assert.equal(
        codeOf(await reassignRun(portsOf(store), { ...command, jobOrder: other.jobOrder })),
        "decision/posted",
        state,
      );
      assert.equal(codeOf(await dismissRun(portsOf(store), { ...by(version), run: "run-sent" })), "decision/posted");
    }
    assert.equal(await made(store, order.jobOrder), "30 good, 2 scrap, 1 runs, ready");
  });

  test("dismissed it stays a fact and is never posted, whatever comes late; and can be assigned after all", async () => {
    const { store } = world();
    const order = await orderFor(store, "dismissed", "D-1");
    const told = toldOf("run-dismissed", "unknown", false);
    await say(store, told.facts);
    const dismiss = async (): Promise<string> =>
      codeOf(await dismissRun(portsOf(store), { ...by((await runOf(store, told.run)).version), run: told.run }));
    assert.equal(await dismiss(), "ok");
    assert.equal(await dismiss(), "decision/not-possible");
    const late = factOf("late-d", at(3500), units("good", whole(5, "C62")), { run: told.run });
    await say(store, [late, factOf("end-d", at(4000), { kind: "JobEnded", result: "T" }, { run: told.run })]);
    const [first] = told.facts;
    assert.ok(first);
    // A later reading takes its start back, and then finds it again: a person's word stays.
    await say(store, [correctionOf(first)]);
    const again: Fact = { ...first, revision: 1, id: `${first.id}-1` };
    await say(store, [again]);
    assert.equal((await runOf(store, told.run)).decided, "dismissed");
    const [row] = await world().sql("select count(*)::int as n from posting where run = $1", [told.run]);
    assert.equal(row?.["n"], 0);
    const command = { ...by((await runOf(store, told.run)).version), run: told.run, jobOrder: order.jobOrder };
    assert.equal(codeOf(await assignRun(portsOf(store), command)), "ok");
    assert.equal(await made(store, order.jobOrder), "35 good, 2 scrap, 0 runs, running");
  });

  test("what cannot be: an unknown run, an unknown or closed job order", async () => {
    const { store, sql } = world();
    const order = await orderFor(store, "closed", "C-1");
    await say(store, toldOf("run-closed", "unknown").facts);
    const { version } = await runOf(store, "run-closed");
    const assign = async (run: string, jobOrder: string): Promise<string> =>
      codeOf(await assignRun(portsOf(store), { ...by(version), run, jobOrder }));
    assert.equal(await assign("no-run", order.jobOrder), "decision/unknown");
    assert.equal(await assign("run-closed", "no-order"), "decision/unknown");
    await sql("update job_order set state = 'completed' where id = $1", [order.jobOrder]);
    assert.equal(await assign("run-closed", order.jobOrder), "decision/closed-order");
  });
}

/** As another connection sees the rows: what somebody has written and not committed is not there, and nobody waits. */
async function readWithoutLock({ sql }: World, ids: readonly string[]): ReturnType<Tx["runs"]["lock"]> {
  const rows = await sql("select *, extract(epoch from started_at) * 1000 as ms from run where id = any ($1::text[])", [
    ids,
  ]);
  return rows.map((row) => ({
    id: String(row["id"]),
    source: String(row["source"]),
    workUnit: String(row["work_unit"]),
    job: String(row["job"]),
    article: String(row["article"]),
    outside: false,
    jobOrder: null,
    startedAt: at(Number(row["ms"]) - at(0)),
    endedAt: null,
    result: null,
    decided: null,
    assignment: 0,
    heir: null,
    plannedBefore: null,
    version: Number(row["version"]),
  }));
}
