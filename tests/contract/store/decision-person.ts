/** Runs of which people count the pieces: what a decision, or a later reading of the machine, makes of their counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { assignRun, dismissRun, reassignRun } from "../../../src/flows/decide-run.ts";
import { at, consumed, correctionOf, factOf, units } from "../../../src/operations/testing/order.ts";
import { factId, type Fact, type FactBody } from "../../../src/record/fact.ts";
import { manualSource } from "../../../src/record/statement.ts";
import { by, codeOf, orderFor, portsOf, runOf, say, toldOf, usedOf } from "./mend-scene.ts";
import type { World } from "./world.ts";

const unit = "A565-0026";

/** What somebody says at the work unit of a run. */
function saidOf(n: string, run: string, ms: number, body: FactBody, rule = "report/count"): Fact {
  const sample = `statement-${n}`;
  return factOf(n, at(ms), body, {
    id: factId(sample, rule, 0),
    run,
    rule,
    source: manualSource(unit),
    evidence: [{ id: sample, item: "statement", at: at(ms) }],
  });
}

export function personDecisionSuite(world: () => World): void {
  const used = async (jobOrder: string): Promise<string> =>
    (await usedOf(world().store, jobOrder)).map((line) => line.join(" ")).join();
  const owedBy = async (runs: readonly string[]): Promise<readonly unknown[]> =>
    (
      await world().sql(
        `select p.kind || ' ' || coalesce(p.content #>> '{response,segment,good,micro}', '') as said from posting p
         where p.run = any ($1::text[]) and p.state <> 'dismissed' order by 1`,
        [runs],
      )
    ).map((row) => row["said"]);

  /** @param runs  as a list in SQL */
  const haveConfirmed = async (runs: string): Promise<void> => {
    await world().sql(`update posting set state = 'in-doubt' where state = 'planned' and run in ${runs}`);
    await world().sql(
      `update posting set state = 'confirmed', document = '49' where state = 'in-doubt' and run in ${runs}`,
    );
  };

  /** What the ERP has of a run, and is to be corrected there. */
  const toCorrect = async (run: string): Promise<readonly unknown[]> =>
    (
      await world().sql(
        "select kind || ' ' || cause as what from correction where run = $1 and state = 'open' order by kind",
        [run],
      )
    ).map((row) => row["what"]);

  test("counted by a person in quarantine: assigned, use by bill is that of the pieces", async () => {
    const { store } = world();
    const order = await orderFor(store, "by-hand", "BH-1");
    const { facts } = toldOf("run-by-hand", "nobody's");
    const end = facts.at(-1);
    assert.ok(end);
    await say(store, facts.slice(0, 1));
    await say(store, [saidOf("by-hand", "run-by-hand", 2000, units("good", whole(100, "C62")))]);
    await say(store, [end]);
    const command = {
      ...by((await runOf(store, "run-by-hand")).version),
      run: "run-by-hand",
      jobOrder: order.jobOrder,
    };
    assert.equal(codeOf(await assignRun(portsOf(store), command)), "ok");
    assert.equal(await used(order.jobOrder), "bill:by-hand-R2 7000000");
    assert.deepEqual(
      (await owedBy(["run-by-hand"])).map((said) => String(said).split(" ")[0]),
      ["confirmation", "goods-issue", "goods-receipt"],
    );
  });

  test("what people have said with its use by bill is not moved: they report it anew", async () => {
    const { store } = world();
    const wrong = await orderFor(store, "hand-wrong", "HW-1");
    const right = await orderFor(store, "hand-right", "HR-1");
    const { facts } = toldOf("run-hand", "HW-1");
    await say(store, facts.slice(0, 1));
    await say(store, [
      saidOf("hand", "run-hand", 2000, units("good", whole(100, "C62"))),
      saidOf("hand", "run-hand", 2000, consumed("T-1", whole(7, "KGM")), "bill:hand-wrong-R2"),
    ]);
    const { version } = await runOf(store, "run-hand");
    const move = { ...by(version), run: "run-hand", jobOrder: right.jobOrder };
    assert.equal(codeOf(await reassignRun(portsOf(store), move)), "decision/by-hand");
    assert.equal(codeOf(await dismissRun(portsOf(store), { ...by(version), run: "run-hand" })), "decision/by-hand");
    assert.equal(await used(wrong.jobOrder), "bill:hand-wrong-R2 7000000");
    assert.equal(await used(right.jobOrder), "");
  });

  test("a machine's run leaves an operation for which people have drawn from loads: theirs is not used again", async () => {
    const { store } = world();
    const order = await orderFor(store, "mixed", "MX-1");
    const other = await orderFor(store, "mixed-to", "MX-2");
    await say(store, toldOf("run-mixed-stays", "MX-1").facts);
    await say(store, toldOf("run-mixed-hand", "MX-1").facts.slice(0, 1));
    const load = `bill:mixed-R2|load:${"0".repeat(32)}`;
    await say(store, [
      saidOf("mixed", "run-mixed-hand", 2000, units("good", whole(100, "C62"))),
      saidOf("mixed", "run-mixed-hand", 2000, consumed("T-1", whole(7, "KGM")), load),
    ]);
    await say(store, toldOf("run-mixed-goes", "MX-1").facts);
    const { version } = await runOf(store, "run-mixed-goes");
    const move = { ...by(version), run: "run-mixed-goes", jobOrder: other.jobOrder };
    assert.equal(codeOf(await reassignRun(portsOf(store), move)), "ok");
    const [row] = await world().sql(
      `select sum((f.body #>> '{quantity,micro}')::bigint)::text as micro from fact f join run r on r.id = f.run
       where r.job_order = $1 and f.kind = 'MaterialConsumed' and f.rule like 'bill:%'
       and not exists (select 1 from fact c where c.kind = 'Corrected' and c.body ->> 'corrects' = f.id)`,
      [order.jobOrder],
    );
    // 130 pieces, 0.07 each.
    assert.equal(row?.["micro"], "9100000");
  });

  test("a late sample gives the run another start: what people counted goes with the one in its place, once", async () => {
    const { store } = world();
    await orderFor(store, "shifted", "SH-1");
    const [start] = toldOf("run-shifted", "SH-1").facts;
    assert.ok(start);
    await say(store, [start]);
    const counted = saidOf("shifted", "run-shifted", 2000, units("good", whole(100, "C62")));
    await say(store, [
      counted,
      factOf("shifted-state", at(2500), { kind: "StateEntered", state: "production", raw: "" }, { run: "run-shifted" }),
    ]);
    const earlier = { ...start, id: `${start.id}-earlier`, run: "run-shifted-2", eventAt: at(-500) };
    await say(store, [correctionOf(start), earlier]);
    await say(store, [factOf("shifted-end", at(4000), { kind: "JobEnded", result: "T" }, { run: "run-shifted-2" })]);
    assert.deepEqual(await owedBy(["run-shifted", "run-shifted-2"]), [
      "confirmation 100000000",
      "goods-receipt 100000000",
    ]);
    // Taken back after all, when the run in its place has ended and the ERP has it.
    const runs = "('run-shifted', 'run-shifted-2')";
    await haveConfirmed(runs);
    await say(store, [correctionOf(counted)]);
    assert.deepEqual(
      await toCorrect("run-shifted-2"),
      ["confirmation fewer pieces", "goods-receipt fewer pieces"],
      "the ERP has what was taken back",
    );
  });

  test("what a person was asked about is looked at again when more is taken back, and not when nothing is new", async () => {
    const { store, sql } = world();
    await orderFor(store, "asked-again", "AG-1");
    const { facts } = toldOf("run-again", "AG-1");
    const [, first, , second] = facts;
    assert.ok(first && second);
    await say(store, facts);
    await haveConfirmed("('run-again')");
    const open = async (): Promise<number> =>
      (await toCorrect("run-again")).filter((what) => String(what).startsWith("confirmation")).length;
    await say(store, [correctionOf(first)]);
    assert.equal(await open(), 1);
    await sql("update correction set state = 'asked', settled_at = now() where run = 'run-again' and state = 'open'");
    await say(store, [saidOf("again", "run-again", 3500, consumed("W-1", whole(1, "MMT")))]);
    assert.equal(await open(), 0, "the same pieces are not asked about twice");
    await say(store, [correctionOf(second)]);
    assert.equal(await open(), 1, "the ERP has more than was made again, and nobody is told");
  });

  test("a later reading says that a posted run never was: all of it is to be corrected in the ERP", async () => {
    const { store } = world();
    await orderFor(store, "never", "NV-1");
    const { facts } = toldOf("run-never", "NV-1");
    await say(store, facts);
    assert.equal((await owedBy(["run-never"])).length, 3);
    await haveConfirmed("('run-never')");
    await say(store, facts.toReversed().map(correctionOf));
    assert.deepEqual(
      await toCorrect("run-never"),
      ["confirmation run taken back", "goods-issue run taken back", "goods-receipt run taken back"],
      "the ERP has what was never made",
    );
  });
}
