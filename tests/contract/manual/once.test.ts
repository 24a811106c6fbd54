/** Two tablets, double clicks, lost replies, retries: each statement books once, and the sums are those of one after another. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../../src/base/testing/chance.ts";
import type { Statement } from "../../../src/api/contract/terminal.ts";
import { terminalHandlers } from "../../../src/api/handlers/terminal.ts";
import { unwrap } from "../../../src/base/result.ts";
import type { Store } from "../../../src/flows/ports.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { codeOf, colleague, good, openBench, operator, type Bench } from "./bench.ts";

describe("each statement books once", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());

  async function ready(): Promise<{ bench: Bench; jobOrder: string }> {
    const bench = await openBench(cluster);
    await bench.order();
    return { bench, jobOrder: await bench.jobOrder("1000001") };
  }
  const goodOf = async (bench: Bench): Promise<number> => {
    const [row] = await bench.sql("select good_micro::text as good from job_order");
    return Number(row?.["good"]) / 1_000_000;
  };

  test("a double click, and a reply that was lost", async () => {
    const { bench, jobOrder } = await ready();
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    const click = (): ReturnType<Bench["say"]> => bench.say(good(7), { command: "tap" });
    const [first, second] = (await Promise.all([click(), click()])).map(unwrap);
    assert.equal([first, second].filter((said) => said?.isNew).length, 1);
    assert.equal(first?.statement, second?.statement);
    // The reply never came: asked again through another process.
    const again = unwrap(await bench.say(good(7), { command: "tap", through: bench.others }));
    assert.equal(again.isNew, false);
    assert.equal(await goodOf(bench), 7);
    assert.equal(codeOf(await bench.say(good(8), { command: "tap" })), "flows/command-reused");
    await bench.close();
  });

  test("two tablets start the same job at once: one run", async () => {
    const { bench, jobOrder } = await ready();
    const start = { kind: "start", jobOrder, phase: "production" } as const;
    const said = await Promise.all([
      bench.say(start, { command: "a" }),
      bench.say(start, { command: "b", through: bench.others, caller: colleague }),
    ]);
    said.map(unwrap);
    assert.deepEqual(await bench.sql("select count(*)::int as n from run"), [{ n: 1 }]);
    assert.deepEqual(await bench.sql("select effective from statement order by effective"), [
      { effective: false },
      { effective: true },
    ]);
    await bench.close();
  });

  test("any interleaving of two tablets with retries equals one after another", async () => {
    const word = fc.oneof(
      fc.record({ kind: fc.constant("count" as const), pieces: fc.integer({ min: 1, max: 9 }) }),
      fc.record({
        kind: fc.constantFrom("sign-on" as const, "hold" as const, "resume" as const),
        pieces: fc.constant(0),
      }),
    );
    const tablet = fc.array(fc.record({ word, tries: fc.integer({ min: 1, max: 3 }) }), { maxLength: 6 });
    await forAll(
      fc.asyncProperty(tablet, tablet, async (one, two) => {
        const { bench, jobOrder } = await ready();
        try {
          unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
          const run = async (name: string, words: typeof one, on: Parameters<Bench["say"]>[1]): Promise<void> => {
            for (const [n, { word: said, tries }] of words.entries()) {
              const statement: Statement =
                said.kind === "count"
                  ? good(said.pieces)
                  : said.kind === "hold"
                    ? { kind: "hold", reason: null }
                    : { kind: said.kind };
              const all = await Promise.all(
                Array.from({ length: tries }, () => bench.say(statement, { ...on, command: `${name}-${n}` })),
              );
              assert.equal(all.filter((outcome) => outcome.ok && outcome.value.isNew).length, all[0]?.ok ? 1 : 0);
              assert.equal(
                new Set(all.map((outcome) => (outcome.ok ? outcome.value.statement : outcome.fault.code))).size,
                1,
              );
            }
          };
          await Promise.all([
            run("one", one, { caller: operator }),
            run("two", two, { caller: colleague, through: bench.others }),
          ]);
          unwrap(await bench.say({ kind: "finish" }));
          const pieces = [...one, ...two].reduce((sum, { word: said }) => sum + said.pieces, 0);
          assert.equal(await goodOf(bench), pieces);
          const [owed] = await bench.sql(
            `select coalesce(sum((content #>> '{response,segment,good,micro}')::bigint), 0)::text as micro from posting where kind = 'confirmation'`,
          );
          assert.equal(Number(owed?.["micro"]), pieces * 1_000_000);
          const [twice] = await bench.sql(
            "select count(*)::int as n from (select fact, kind from posting_line where active group by 1, 2 having count(*) > 1) t",
          );
          assert.deepEqual(twice, { n: 0 });
        } finally {
          await bench.close();
        }
      }),
      { numRuns: 8 },
    );
  });

  test("a command that is not claimed is caught by the statement's own identity", async () => {
    const { bench, jobOrder } = await ready();
    const forgetful: Store = {
      transaction: (work) =>
        bench.store.transaction((tx) => {
          const claim = async (...[command, at]: Parameters<typeof tx.commands.claim>): Promise<true> => {
            await tx.commands.claim(command, at);
            return true;
          };
          return work({ ...tx, commands: { ...tx.commands, claim, settle: () => Promise.resolve() } });
        }),
    };
    const sabotaged = terminalHandlers({
      store: forgetful,
      site: bench.site,
      clock: bench.clock,
      onReported: () => undefined,
      floorUnit: () => Promise.resolve(null),
    });
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    unwrap(await bench.say(good(7), { command: "tap", through: sabotaged }));
    await assert.rejects(bench.say(good(7), { command: "tap", through: sabotaged }), /statement_pkey/);
    assert.equal(await goodOf(bench), 7);
    await bench.close();
  });

  test("it is noticed when each click is a command of its own: then seven pieces are fourteen", async () => {
    const { bench, jobOrder } = await ready();
    unwrap(await bench.say({ kind: "start", jobOrder, phase: "production" }));
    const clicks = ["tap-1", "tap-2"].map((command) => bench.say(good(7), { command }));
    for (const said of await Promise.all(clicks)) unwrap(said);
    assert.equal(await goodOf(bench), 14);
    await bench.close();
  });
});
