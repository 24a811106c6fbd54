/**
 * What screens read is derived: whatever facts come, in whatever order and in whatever groups, late, twice, corrected,
 * the derived tables say what follows from all facts, and the same as when they are made anew.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { instant } from "../../src/base/instant.ts";
import { whole } from "../../src/base/quantity.ts";
import { forAll } from "../../src/base/testing/chance.ts";
import type { PersonKey } from "../../src/isa95/resource/person.ts";
import { correctionOf, factOf } from "../../src/operations/testing/order.ts";
import { countedQuantity, machineStates, type Fact, type FactBody } from "../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { rebuildViews } from "../../src/store/view/rebuild.ts";
import { at, openScene, orderOf, type Scene } from "./scene.ts";

const body: fc.Arbitrary<FactBody> = fc.oneof(
  fc.constantFrom(...machineStates).map((state) => ({ kind: "StateEntered" as const, state, raw: state })),
  fc.record({ on: fc.boolean(), who: fc.constantFrom("a", "b") }).map(({ on, who }) => ({
    kind: on ? ("PersonSignedOn" as const) : ("PersonSignedOff" as const),
    person: who as PersonKey,
  })),
  fc
    .record({ grade: fc.constantFrom("good" as const, "scrap" as const), n: fc.integer({ min: 1, max: 9 }) })
    .map(({ grade, n }) => ({ kind: "UnitsCounted" as const, grade, quantity: whole(n, "C62"), reason: null })),
  fc
    .record({ material: fc.constantFrom("W-1", "W-2"), n: fc.integer({ min: 1, max: 9 }), back: fc.boolean() })
    .map(({ material, n, back }) => ({
      kind: back ? ("MaterialReturned" as const) : ("MaterialConsumed" as const),
      material,
      lot: null,
      quantity: whole(n, "MMT"),
    })),
  fc.integer({ min: 1, max: 9 }).map((n) => ({ kind: "EnergyUsed" as const, quantity: whole(n, "KWH") })),
);

/** Facts of two units at a few times, some of them taken back; then cut into groups in any order, some twice. */
const arrivals = fc
  .array(
    fc.record({
      body,
      time: fc.integer({ min: 0, max: 6 }),
      unit: fc.constantFrom("U", "V"),
      isWrong: fc.boolean(),
      isByBill: fc.boolean(),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .chain((stated) =>
    fc.record({
      stated: fc.constant(stated),
      places: fc.array(fc.nat(9), { minLength: stated.length * 2, maxLength: stated.length * 2 }),
      twice: fc.boolean(),
    }),
  );

describe("derived tables", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  test("say what follows from the facts, whatever order they come in", async () => {
    let round = 0;
    await forAll(
      fc.asyncProperty(arrivals, async ({ stated, places, twice }) => {
        round += 1;
        const facts = stated.flatMap(({ body: said, time, unit, isWrong, isByBill }, n) => {
          const own = {
            workUnit: `${unit}${round}`,
            run: said.kind.startsWith("Person") ? null : `run-${unit}${round}`,
          };
          const rule = isByBill ? "bill:R1" : "wire";
          const fact = factOf(`${round}-${n}`, at(time), said, { ...own, rule });
          return isWrong ? [fact, { ...correctionOf(fact), rule: `corrected:${rule}` }] : [fact];
        });
        const groups = Map.groupBy(facts, (_, n) => places[n] ?? 0);
        for (const key of [...groups.keys()].toSorted((a, b) => a - b)) {
          const group = groups.get(key) ?? [];
          await scene.store.transaction((tx) => tx.facts.append(twice ? [...group, ...group] : group, at(100)));
          if (twice) await scene.store.transaction((tx) => tx.facts.append(group, at(101)));
        }
        const units = [`U${round}`, `V${round}`];
        assert.deepEqual(await derived(scene, units), expected(facts, units));
      }),
      { numRuns: 60 },
    );
    const grown = await everything(scene);
    await scene.database.transaction(rebuildViews);
    assert.deepEqual(await everything(scene), grown, "made anew, they are the same");
  });

  test("migrations of an older database fill them", async () => {
    await scene.accept(orderOf("1"));
    const grown = await everything(scene);
    const sql = await migrationFill();
    for (const table of ["unit_state", "unit_person", "run_sum", "order_row"]) await scene.sql(`delete from ${table}`);
    for (const statement of sql) await scene.sql(statement);
    assert.deepEqual(await everything(scene), grown);
  });

  test("two who state something of one unit at once both count", async () => {
    for (let round = 0; round < 10; round += 1) {
      const unit = `race-${round}`;
      const facts = Array.from({ length: 8 }, (_, n) =>
        factOf(
          `${unit}-${n}`,
          at(n),
          { kind: "StateEntered", state: machineStates[n % 6] ?? "off", raw: String(n) },
          { workUnit: unit, run: unit },
        ),
      );
      await Promise.all(facts.map((fact) => scene.store.transaction((tx) => tx.facts.append([fact], at(100)))));
      assert.deepEqual(await derived(scene, [unit]), expected(facts, [unit]));
    }
  });
});

/** The statements of the migration that fill what it makes, and of the one that tells what was counted from what is used. */
async function migrationFill(): Promise<readonly string[]> {
  const { readFile } = await import("node:fs/promises");
  const statementsOf = async (name: string): Promise<readonly string[]> => {
    const text = await readFile(new URL(`../../src/store/migrations/${name}`, import.meta.url), "utf8");
    return text.split(";\n").map((statement) => statement.replaceAll(/^--.*$/gm, "").trim());
  };
  const first = await statementsOf("0008-view.sql");
  const again = await statementsOf("0036-counted-by-bill.sql");
  return [
    ...first.filter((statement) => /^(insert|update)\b/.test(statement)),
    ...again.filter((statement) => /^(insert into|delete from) run_sum\b/.test(statement)),
  ];
}

interface Derived {
  readonly states: readonly unknown[];
  readonly people: readonly unknown[];
  readonly sums: readonly unknown[];
}

async function derived(scene: Scene, units: readonly string[]): Promise<Derived> {
  const states = await scene.sql(
    "select work_unit, state, fact, last_event_at from unit_state where work_unit = any ($1) order by 1",
    [units],
  );
  const people = await scene.sql(
    "select work_unit, person, is_on from unit_person where work_unit = any ($1) order by 1, 2",
    [units],
  );
  const sums = await scene.sql(
    `select run, what, material, uom, micro::text as micro, facts from run_sum where run = any ($1) order by run collate "C", what collate "C", material collate "C"`,
    [units.flatMap((unit) => [unit, `run-${unit}`])],
  );
  return {
    states: states.map((row) => [row["work_unit"], row["state"], row["fact"], timeIn(row["last_event_at"])]),
    people: people.map((row) => Object.values(row)),
    sums: sums.map((row) => Object.values(row)),
  };
}

function timeIn(value: unknown): number {
  return value instanceof Date ? instant(value.getTime()) : Number.NaN;
}

/** The same, from nothing but the list of facts. */
function expected(facts: readonly Fact[], units: readonly string[]): Derived {
  const wrong = new Set(facts.flatMap(({ body: said }) => (said.kind === "Corrected" ? [said.corrects] : [])));
  const holding = facts
    .filter((fact) => !wrong.has(fact.id))
    .toSorted((a, b) => a.eventAt - b.eventAt || (a.id < b.id ? -1 : 1));
  const own = (unit: string): readonly Fact[] => facts.filter((fact) => fact.workUnit === unit);
  const states = units
    .filter((unit) => own(unit).length > 0)
    .map((unit) => {
      const last = holding.findLast((fact) => fact.workUnit === unit && fact.body.kind === "StateEntered");
      const state = last?.body.kind === "StateEntered" ? last.body.state : null;
      return [unit, state, last?.id ?? null, Math.max(...own(unit).map((fact) => fact.eventAt))];
    });
  const people = units.flatMap((unit) =>
    ["a", "b"].flatMap((person) => {
      const said = (fact: Fact): boolean =>
        fact.workUnit === unit && "person" in fact.body && fact.body.person === person;
      if (!facts.some(said)) return [];
      const last = holding.findLast(said);
      return [[unit, person, last ? last.body.kind === "PersonSignedOn" : null]];
    }),
  );
  return { states, people, sums: sumsOf(facts) };
}

function sumsOf(facts: readonly Fact[]): readonly unknown[] {
  const sums = new Map<string, [string, string, string, string, bigint, number]>();
  for (const { run, rule, body: said } of facts) {
    const original = said.kind === "Corrected" ? said.was : said;
    const sign = said.kind === "Corrected" ? -1n : 1n;
    const amount = original.kind === "EnergyUsed" ? original.quantity : countedQuantity(original);
    if (run === null || !amount) continue;
    const what =
      original.kind === "UnitsCounted"
        ? original.grade
        : original.kind === "EnergyUsed"
          ? "energy"
          : original.kind === "MaterialConsumed" && !/^(?:corrected:)?bill:/.test(rule)
            ? "counted"
            : "used";
    const material = "material" in original ? original.material : "";
    const micro = amount.micro * sign * (original.kind === "MaterialReturned" ? -1n : 1n);
    const key = [run, what, material].join("|");
    const known = sums.get(key);
    sums.set(key, [run, what, material, amount.uom, (known?.[4] ?? 0n) + micro, (known?.[5] ?? 0) + 1]);
  }
  return [...sums.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, [run, what, material, uom, micro, count]]) => [run, what, material, uom, micro.toString(), count]);
}

async function everything(scene: Scene): Promise<unknown> {
  return {
    states: await scene.sql("select * from unit_state order by work_unit"),
    people: await scene.sql("select * from unit_person order by work_unit, person"),
    sums: await scene.sql("select * from run_sum order by run, what, material, uom"),
    orders: await scene.sql("select * from order_row order by request"),
  };
}
