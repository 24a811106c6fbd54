/**
 * Whatever is counted, corrected, made final, refused or left without a reply, in whatever order: in the end the ERP has
 * what the facts say, and no document stands or is reversed twice.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../../src/base/clock.ts";
import { whole } from "../../../src/base/quantity.ts";
import { forAll } from "../../../src/base/testing/chance.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { goOnCorrecting } from "../../../src/flows/correct.ts";
import { correctionOf, factOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact, UnitGrade } from "../../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { oneOperation, openScene, runFacts, type Scene } from "../final/scene.ts";

const change = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("run" as const),
      good: fc.integer({ min: 1, max: 9 }),
      wire: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant("correct" as const),
      which: fc.nat(20),
      to: fc.integer({ min: 0, max: 9 }),
      grade: fc.constantFrom<UnitGrade>("good", "scrap"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("gone" as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.constantFrom({ what: "finalise" as const }, { what: "reopen" as const }) },
);
const trouble = fc.constantFrom(
  null,
  { what: "lose reply" as const },
  { what: "lose request" as const },
  { what: "two look" as const },
  { what: "period" as const },
);
/** What happens, what goes wrong with the next call, and whether everything that can be done is done before the next one. */
const act = fc.record({ change, trouble, delivers: fc.integer({ min: 0, max: 3 }).map((n) => n > 0) });
type Step =
  typeof change extends fc.Arbitrary<infer T>
    ? T | NonNullable<typeof trouble extends fc.Arbitrary<infer U> ? U : never>
    : never;

interface Run {
  readonly name: string;
  facts: readonly Fact[];
  /** What holds of it now: one count and one use. */
  count: Fact;
  use: Fact;
}

function amount(fact: Fact): number {
  return "quantity" in fact.body && fact.body.quantity ? Number(fact.body.quantity.micro) / 1e6 : 0;
}

class Play {
  readonly #scene: Scene;
  readonly #runs: Run[] = [];
  #n = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async do(one: Step): Promise<void> {
    this.#n += 1;
    const n = this.#n;
    const scene = this.#scene;
    switch (one.what) {
      case "run":
        return this.#run(`r${n}`, one.good, one.wire);
      case "correct":
        return this.#correct(one.which, one.to, one.grade);
      case "gone":
        return this.#gone(one.which);
      case "lose reply":
      case "lose request": {
        const kind = one.what === "lose reply" ? "reply-lost" : "request-lost";
        scene.erp.faults.add({ fault: { kind }, calls: "write" });
        return undefined;
      }
      case "two look": {
        const look = (store: Scene["ports"]["store"]): Promise<number> =>
          goOnCorrecting({ ...scene.ports, store }, "s4", sapConnector.corrections);
        return void (await Promise.all([look(scene.world.store), look(scene.world.other)]));
      }
      case "finalise":
      case "reopen":
        return void (await scene[one.what](`c${n}`));
      case "period": {
        const { books } = scene.erp;
        books.openPeriods = books.openPeriods ? null : { from: "2020-01", to: "2020-01" };
        return undefined;
      }
    }
  }

  /** What is parked waits a long time: only once in a delivery it is tried again. */
  async deliver(): Promise<void> {
    const { world } = this.#scene;
    await world.sql("update posting set due_at = now() where parked");
    const isQuiet = async (): Promise<boolean> => {
      const [row] = await world.sql(
        `select count(*)::int as n from posting p where state in ('sending', 'in-doubt') or (state = 'planned'
           and (closes is null or not exists (select 1 from posting q where q.request = p.request
             and q.segment = any (p.closes) and q.id <> p.id and q.state not in ('confirmed', 'dismissed', 'reversed')))
           and (sequence_key is null or not exists (select 1 from posting q where q.sequence_key = p.sequence_key
             and q.sequence_number < p.sequence_number and q.state not in ('confirmed', 'dismissed', 'reversed', 'reversing'))))`,
      );
      const steps = await goOnCorrecting(this.#scene.ports, "s4", sapConnector.corrections);
      return row?.["n"] === 0 && steps === 0;
    };
    await this.#scene.deliver({ until: isQuiet });
  }

  async #run(name: string, good: number, wire: number): Promise<void> {
    const facts = runFacts(name, { good, wire }, systemClock.now());
    await this.#scene.state(facts);
    const [, count, use] = facts;
    assert.ok(count && use);
    this.#runs.push({ name, facts, count, use });
  }

  async #correct(which: number, to: number, grade: UnitGrade): Promise<void> {
    const run = this.#runs[which % Math.max(1, this.#runs.length)];
    if (!run) return;
    const of = { run: run.name, source: "m1", workUnit: "U1" };
    const count = factOf(`${run.name}-${this.#n}-count`, run.count.eventAt, units(grade, whole(to, "C62")), of);
    const body = { kind: "MaterialConsumed", material: "WIRE", lot: null, quantity: whole(to, "MTR") } as const;
    const use = factOf(`${run.name}-${this.#n}-use`, run.use.eventAt, body, of);
    await this.#scene.state([correctionOf(run.count), correctionOf(run.use), count, use]);
    Object.assign(run, { count, use });
  }

  async #gone(which: number): Promise<void> {
    const [run] = this.#runs.splice(which % Math.max(1, this.#runs.length), 1);
    if (!run) return;
    const [begun, , , ended] = run.facts;
    assert.ok(begun && ended);
    await this.#scene.state([ended, run.use, run.count, begun].map((fact) => correctionOf(fact)));
  }

  /** Nothing is in the way any more; what was final is reopened, so that it can be corrected. */
  async end(): Promise<void> {
    const { erp } = this.#scene;
    erp.books.openPeriods = null;
    erp.faults.clear();
    await this.deliver();
    await this.#scene.reopen("last");
    for (let i = 0; i < 3; i += 1) await this.deliver();
  }

  async check(): Promise<void> {
    const scene = this.#scene;
    const held = new Set(
      (await scene.world.sql("select subject from quarantine")).map((row) => String(row["subject"])),
    );
    const runs = this.#runs.filter((run) => !held.has(run.name));
    const sum = (of: "count" | "use", grade?: UnitGrade): number =>
      runs
        .map((run) => run[of])
        .filter(({ body }) => grade === undefined || (body.kind === "UnitsCounted" && body.grade === grade))
        .reduce((total, fact) => total + amount(fact), 0);
    const all = scene.confirmations();
    const standing = all.filter((c) => !c.isReversal && !c.isReversed);
    const of = (part: "yield" | "scrap"): number => standing.reduce((total, c) => total + Number(c[part]) / 1e6, 0);
    assert.deepEqual([of("yield"), of("scrap")], [sum("count", "good"), sum("count", "scrap")], "pieces");
    const order = scene.erp.books.order("1000001");
    assert.equal(Number(order?.components[0]?.withdrawn) / 1e6, sum("use"), "wire");
    assert.equal(Number(order?.received) / 1e6, sum("count", "good"), "received");
    const reversed = all.filter((c) => c.isReversal).map((c) => c.reverses);
    assert.equal(new Set(reversed).size, reversed.length, "no confirmation is reversed twice");
    const keys = all.map((c) => c.externalKey);
    assert.equal(new Set(keys).size, keys.length, "no confirmation twice");
    const open = await scene.world.sql("select kind, cause from correction where state = 'open'");
    assert.deepEqual(open, [], "nothing is left to be corrected");
  }
}

describe("corrections, whatever happens", { skip: clusterUnavailable({ major: 18 }), timeout: 300_000 }, () => {
  let cluster: TestCluster;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());

  test("in the end the ERP has what the facts say, and everything once", async () => {
    await forAll(
      fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 8, size: "max" }), async (acts) => {
        const seed = { ...oneOperation, storageLocation: "101A", overdeliveryPercent: null };
        const scene = await openScene(cluster, seed, { receipt: true });
        try {
          const play = new Play(scene);
          await play.do({ what: "run", good: 9, wire: 9 });
          await play.deliver();
          for (const { change: first, trouble: then, delivers } of acts) {
            await play.do(first);
            if (then) await play.do(then);
            if (delivers) await play.deliver();
          }
          await play.end();
          await play.check();
        } finally {
          await scene.close();
        }
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });
});
