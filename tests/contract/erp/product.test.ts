/** Products of SAP as master data: read page by page, taken over by whose they are, and read again when they change. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { fail, unwrap } from "../../../src/base/result.ts";
import type { ErpSession } from "../../../src/erp/connector.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { pullMasterData, type PullMasterReport } from "../../../src/flows/pull-master-data.ts";
import { ownershipOf, type OwnershipRule } from "../../../src/isa95/master-data/ownership.ts";
import { startErp, type SimulatedErp } from "../../../src/simulation/erp/server.ts";
import { erpUnit } from "../../../src/simulation/erp/unit.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { plant } from "../api/house.ts";
import { openWorld, type World } from "../store/world.ts";

const never = new AbortController().signal;
const erpId = "s4";
const start = Date.parse("2026-03-02T08:00:00Z");

describe("products of SAP", { skip: clusterUnavailable({ major: 18 }), timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let world: World;
  let erp: SimulatedErp;
  let session: ErpSession;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());
  beforeEach(async () => {
    world = await openWorld(cluster);
    erp = await startErp();
    session = await open({ products: true });
    for (const [index, number] of ["A", "B", "C", "D", "E"].entries()) describeProduct(number, index);
  });
  afterEach(async () => {
    await session?.close();
    await erp?.close();
    await world?.close();
  });

  async function open(more: Readonly<Record<string, unknown>>): Promise<ErpSession> {
    const settings = { erp: erpId, baseUrl: erp.url, ...erp.login, timeZone: "Europe/Berlin", pageSize: 2, ...more };
    return unwrap(await sapConnector.open(settings, never));
  }

  /** @param minute  when it was changed, after the start */
  function describeProduct(number: string, minute: number, text = `Part ${number}`, unit = "PC"): void {
    const known = erpUnit("PC");
    assert.ok(known);
    const baseUnit = unit === "PC" ? known : { ...known, shown: unit };
    const product = {
      texts: { DE: `Teil ${number}`, EN: text },
      group: "L01",
      units: { KG: [5, 2] as const },
      changedAt: start + minute * 60_000,
    };
    erp.books.stock.describe({ number, baseUnit, isBatchManaged: number === "B", product });
  }

  async function pull(
    rules: readonly OwnershipRule[] = [],
    from: Pick<ErpSession, "masterData"> = session,
  ): Promise<PullMasterReport> {
    const site = { ...plant, ownership: ownershipOf(rules, [erpId]) };
    return unwrap(
      await pullMasterData({ store: world.store, site, clock: systemClock, erp: erpId, session: from }, never),
    );
  }

  async function fields(id: string): Promise<Record<string, unknown>> {
    const rows = await world.sql(
      "select f.field, f.value #>> '{value}' as value from master_field f join master_thing t on t.id = f.thing where t.key = $1 order by f.field",
      [id],
    );
    return Object.fromEntries(rows.map((row) => [row["field"], row["value"]]));
  }

  const countOf = async (table: string): Promise<number> =>
    Number((await world.sql(`select count(*)::int as n from ${table}`))[0]?.["n"]);

  test("come page by page, with text, group, units and whether they are kept in lots; again they change nothing", async () => {
    assert.equal((await pull()).pages, 3);
    const held = await fields("B");
    assert.deepEqual(JSON.parse(String(held["Description"])), ["Part B"]);
    assert.deepEqual(JSON.parse(String(held["MaterialClassID"])), ["L01"]);
    const value = (property: string): unknown => JSON.parse(String(held[`MaterialDefinitionProperty/${property}`]));
    assert.deepEqual(value("BaseUnit"), { ID: "BaseUnit", Value: [{ ValueString: "C62" }] });
    assert.deepEqual(value("LotControlled"), {
      ID: "LotControlled",
      Value: [{ ValueString: "true", DataType: "boolean" }],
    });
    assert.deepEqual(value("UnitFactor-KGM"), {
      ID: "UnitFactor-KGM",
      Value: [{ ValueString: "5/2", UnitOfMeasure: "C62" }],
    });
    assert.equal(await countOf("master_thing"), 5);
    const said = await countOf("master_statement");
    await pull();
    await pull();
    assert.equal(await countOf("master_statement"), said);
  });

  test("what changes while a scan runs, before the place that it has reached, is read by a later one", async () => {
    const pages: string[] = [];
    const slow: Pick<ErpSession, "masterData"> = {
      masterData: async (cursor, signal) => {
        const page = await session.masterData?.(cursor, signal);
        assert.ok(page);
        pages.push(cursor ?? "");
        if (pages.length === 1) {
          describeProduct("A", 60, "Part A, second edition");
          describeProduct("E", 90, "Part E, second edition");
        }
        return page;
      },
    };
    await pull([], slow);
    await pull();
    await pull();
    const text = async (id: string): Promise<unknown> => JSON.parse(String((await fields(id))["Description"]));
    assert.deepEqual([await text("A"), await text("E")], [["Part A, second edition"], ["Part E, second edition"]]);
  });

  test("what is lost in between is read from the last page that was taken over", async () => {
    let calls = 0;
    const broken: Pick<ErpSession, "masterData"> = {
      masterData: async (cursor, signal) => {
        calls += 1;
        const lost = fail("transient", "erp/sap-away", "The line is down.");
        return calls === 2 ? lost : ((await session.masterData?.(cursor, signal)) ?? lost);
      },
    };
    const site = { ...plant, ownership: ownershipOf([], [erpId]) };
    const ports = { store: world.store, site, clock: systemClock, erp: erpId, session: broken };
    assert.equal((await pullMasterData(ports, never)).ok, false);
    assert.equal(await countOf("master_thing"), 2);
    assert.equal((await pull([], broken)).pages, 2);
    assert.equal(await countOf("master_thing"), 5);
  });

  test("a product with a unit that nobody knows is left and named; the others come", async () => {
    describeProduct("C", 2, "Part C", "FASS");
    const { left } = await pull();
    assert.deepEqual(
      left.map(({ id, fault }) => [id, fault.code]),
      [["C", "erp/sap-unit-unknown"]],
    );
    assert.equal(await countOf("master_thing"), 4);
  });

  test("a field that another system owns is refused and told, the rest is taken", async () => {
    const rule = { noun: "MaterialDefinition", fields: ["Description"], owner: "plm" } as const;
    const { refused } = await pull([rule]);
    assert.equal(refused.length, 5);
    assert.match(refused[0] ?? "", /Description is stated by plm alone/);
    const held = await fields("A");
    assert.deepEqual([held["Description"], JSON.parse(String(held["MaterialClassID"]))], [undefined, ["L01"]]);
    assert.equal(await countOf("refused_field"), 5);
  });

  test("a connection that does not want products is not asked for them", async () => {
    const other = await open({ products: false });
    assert.equal(other.masterData, undefined);
    assert.deepEqual(await pull([], other), { pages: 0, refused: [], left: [] });
    await other.close();
    assert.equal(await session.check(never), null);
  });
});
