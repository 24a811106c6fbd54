/**
 * A screen costs what it shows, not what the plant has: with 10,000 orders, 500 work units and long runs, each statement
 * is explained by the database, and the rows that it has touched are counted. Not times, which say more of the machine.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Database } from "../../src/store/connection.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { postgresBooks } from "../../src/store/view/books-view.ts";
import type { OrderScope } from "../../src/flows/view/books-view.ts";
import { rebuildViews } from "../../src/store/view/rebuild.ts";
import { postgresViews } from "../../src/store/view/view-store.ts";
import { ask, type Asked, type Viewed } from "./asking.ts";
import { at, callerOf, openScene, orderOf, type Scene } from "./scene.ts";

const orders = 10_000;
const factsPerRun = 5_000;

describe("with 10,000 orders", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
    await fill(scene);
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  const sorts = ["dispatch", "latestEnd", "number"] as const;
  for (const sort of sorts) {
    test(`a part of the list by ${sort} touches its own orders`, async () => {
      const first = await touched(scene, "GET /api/v1/orders", { query: { sort } });
      // an order, its two job orders, and a look whether something waits
      assert.ok(first.of("orders.page") <= 110, first.text);
      assert.ok(first.of("orders.records") + first.of("orders.jobs") <= 1_000, first.text);
      assert.ok(first.of("orders.count") <= 10_001, first.text);
      const { next } = await ask(scene, "GET /api/v1/orders", { query: { sort } });
      const second = await touched(scene, "GET /api/v1/orders", { query: { sort, cursor: next ?? "" } });
      assert.ok(second.of("orders.page") <= 110, second.text);
      const running = await touched(scene, "GET /api/v1/orders", { query: { sort, progress: "running" } });
      assert.ok(running.of("orders.page") + running.of("orders.count") <= 50, running.text);
    });
  }

  test("what waits for a person is found from what waits", async () => {
    const few = await touched(scene, "GET /api/v1/orders", { query: { toMend: "true" } });
    assert.ok(few.of("orders.page") <= orders + 100, few.text);
  });

  test("a part of the plant with few orders", async () => {
    const caller = callerOf(["SMALL"]);
    const list = await ask(scene, "GET /api/v1/orders", { caller });
    assert.equal(list.total, 10);
    const few = await touched(scene, "GET /api/v1/orders", { caller });
    assert.ok(few.of("orders.page") + few.of("orders.count") <= 200, few.text);
  });

  test("the total is exact up to 10,000 and says when it is not", async () => {
    const { total, totalIsCapped } = await ask(scene, "GET /api/v1/orders", { query: { limit: 1 } });
    assert.deepEqual([total, totalIsCapped], [10_000, true]);
    const part = await ask(scene, "GET /api/v1/orders", { query: { limit: 1, text: "100010" } });
    assert.deepEqual([part.total, part.totalIsCapped], [10, false]);
  });

  test("one order and a part of its time line, beside runs of thousands of facts", async () => {
    const params = { order: "s4//1000001" };
    const one = await touched(scene, "GET /api/v1/orders/:order", { params });
    assert.ok(one.all <= 300, one.text);
    const line = await touched(scene, "GET /api/v1/orders/:order/timeline", { params, query: { limit: 50 } });
    assert.ok(line.all <= 2_000, line.text);
    const { items } = await ask(scene, "GET /api/v1/orders/:order/timeline", { params, query: { limit: 50 } });
    assert.ok(items.some((entry) => entry.values["facts"] === String(factsPerRun)));
    const facts = await touched(scene, "GET /api/v1/runs/:run/facts", {
      params: { run: "run-1" },
      query: { limit: 50 },
    });
    assert.ok(facts.all <= 200, facts.text);
  });

  test("the floor of 500 units reads no fact", async () => {
    const floor = await touched(scene, "GET /api/v1/floor");
    assert.ok(floor.all <= 3_000, floor.text);
    assert.equal(floor.tables.has("fact"), false, floor.text);
  });

  test("movements of one account go down its index", async () => {
    const query = { account: "world:production", limit: 50 };
    const moved = await touched(scene, "GET /api/v1/materials/:material/movements", {
      params: { material: "W-1" },
      query,
    });
    assert.ok(moved.all <= 700, moved.text);
    const balances = await touched(scene, "GET /api/v1/materials", { query: { limit: 50 } });
    assert.ok(balances.all <= 500, balances.text);
  });

  const everything: OrderScope = { orders: null, day: null, material: null, since: null };
  /** @returns what finding the orders of this scope touches, and the orders */
  const ordersOf = async (scope: Partial<OrderScope>): Promise<readonly [Touched, readonly string[]]> => {
    let found: readonly string[] = [];
    const find = async (database: Database): Promise<void> =>
      postgresBooks(database).read(async (books) => {
        found = await books.orders({ ...everything, ...scope }, "", 5_000);
      });
    return [await touchedBy(scene, find), found];
  };
  const facts = 20 * factsPerRun;
  /** The first run's ten minutes of facts, and what was posted and planned on the day before it. */
  const day = { date: "2025-02-02", from: at(3_600), to: at(4_200) } as const;
  const ofTheDay = ["s4//1000001", "s4//1000077", "s4//1000078"];

  test("the orders of a day are found from what the day names", async () => {
    const [day_, found] = await ordersOf({ day });
    assert.deepEqual(found, ofTheDay);
    assert.ok(day_.all <= facts / 5, day_.text);
  });

  test("the orders of the last days are found from what has changed since", async () => {
    const [since, found] = await ordersOf({ since: at(100_000) });
    assert.deepEqual(found, ["s4//1000000", ...ofTheDay.slice(1)], "accepted before, and a document is open");
    assert.ok(since.all <= 4_000, since.text);
  });

  /** One makes it, one lists it, of one it was posted all the same. */
  const ofTheMaterial = ["s4//1000100", "s4//1000200", "s4//1000300"];

  test("the orders of a material are found from what names it", async () => {
    const [rare, found] = await ordersOf({ material: "RARE" });
    assert.deepEqual(found, ofTheMaterial);
    assert.ok(rare.all <= 50, rare.text);
  });

  test("it is noticed when each order is asked whether it is about the material", async () => {
    const orderByOrder = `select r.id from operations_request r where r.body ->> 'material' = $1
      or jsonb_path_exists(r.body, '$.segments[*].materials[*] ? (@.material == $m)', jsonb_build_object('m', $1::text))
      or exists (select 1 from posting p where p.request = r.id
        and jsonb_path_exists(p.content, '$.response.segment.materials[*] ? (@.stock.material == $m)', jsonb_build_object('m', $1::text)))
      order by r.id`;
    let found: readonly unknown[] = [];
    const slow = await touchedBy(scene, (database) =>
      database.transaction(async (query) => {
        found = (await query.run("test.material-by-order", orderByOrder, ["RARE"])).map((row) => row["id"]);
      }),
    );
    assert.deepEqual(found, ofTheMaterial);
    assert.ok(slow.all >= orders, slow.text);
  });

  test("it is noticed when each order is asked whether the day is about it", async () => {
    const orderByOrder = `select r.id from operations_request r where exists (select 1 from posting p where p.request = r.id
        and (p.content #>> '{response,dates,postingDate}' = $1::text or (p.planned_at >= $2 and p.planned_at < $3)))
      or exists (select 1 from job_order j join run u on u.job_order = j.id join fact f on f.run = u.id
        where j.request = r.id and f.event_at >= $2 and f.event_at < $3) order by r.id`;
    let found: readonly unknown[] = [];
    const slow = await touchedBy(scene, (database) =>
      database.transaction(async (query) => {
        const values = [day.date, new Date(day.from), new Date(day.to)];
        found = (await query.run("test.order-by-order", orderByOrder, values)).map((row) => row["id"]);
      }),
    );
    assert.deepEqual(found, ofTheDay);
    assert.ok(slow.all > facts / 5, slow.text);
  });
});

describe("with a tenth of all facts in one order", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
    await fillFew(scene);
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  test("its time line reads its own runs, whatever the database expects", { timeout: 60_000 }, async () => {
    const params = { order: "s4//1000003" };
    const line = await touched(scene, "GET /api/v1/orders/:order/timeline", { params, query: { limit: 50 } });
    assert.ok(line.all <= 5_000, line.text);
  });
});

/** Ten orders with ten runs of a thousand facts each. */
async function fillFew(scene: Scene): Promise<void> {
  for (let n = 1; n <= 10; n += 1) await scene.accept(orderOf(`${1_000_000 + n}`));
  await scene.sql(
    `insert into run (id, source, work_unit, job, article, outside, job_order, started_at, ended_at)
     select 'run-' || row_number() over (), 'cutter-1', 'CUT-1', 'j', 'a', false, j.id, $1, $1::timestamptz + interval '1 hour'
     from job_order j, generate_series(1, 10) n where j.segment = '0010'`,
    [new Date(at(0))],
  );
  await scene.sql(
    `insert into fact (id, source, work_unit, run, kind, event_at, recorded_at, rule, map_version, revision, said_by, evidence, body)
     select md5(r.id || ' ' || n), 'cutter-1', 'CUT-1', r.id, case n % 2 when 0 then 'UnitsCounted' else 'MaterialConsumed' end, $1::timestamptz + n * interval '1 s', now(), 'good', 1, 0,
       '{"by":"machine","source":"cutter-1"}', jsonb_build_array(jsonb_build_object('id', md5(r.id || ' ' || n), 'item', 'Pieces/Good', 'at', 0)),
       case n % 2 when 0 then '{"kind":"UnitsCounted","grade":"good","reason":null,"quantity":{"micro":"1000000","uom":"C62"}}'::jsonb
         else '{"kind":"MaterialConsumed","material":"W-1","lot":null,"quantity":{"micro":"1000000","uom":"C62"}}'::jsonb end
     from run r, generate_series(1, 1000) n`,
    [new Date(at(0))],
  );
  await scene.database.transaction(rebuildViews);
  await scene.sql("vacuum analyze");
}

interface Touched {
  readonly all: number;
  readonly tables: ReadonlySet<string>;
  /** Rows of the statements whose name begins so. */
  of(name: string): number;
  readonly text: string;
}

/** Asks, and has each of its statements explained as it ran. */
async function touched<R extends Viewed>(scene: Scene, route: R, asked: Asked<R> = {}): Promise<Touched> {
  return touchedBy(scene, (database) => ask({ ...scene, views: postgresViews(database) }, route, asked));
}

async function touchedBy(scene: Scene, work: (explaining: Database) => Promise<unknown>): Promise<Touched> {
  const rows = new Map<string, number>();
  const tables = new Set<string>();
  await work({
    ...scene.database,
    transaction: (work) =>
      scene.database.transaction((query) =>
        work({
          ...query,
          run: async (name, text, values) => {
            if (/^\s*(select|with)/.test(text)) {
              const [plan] = await query.run(`explain.${name}`, `explain (analyze, format json) ${text}`, values);
              const [top] = (plan?.["QUERY PLAN"] ?? []) as readonly { readonly Plan: Node }[]; // as the database documents it
              rows.set(name, (rows.get(name) ?? 0) + (top ? rowsOf(top.Plan, tables) : 0));
            }
            return query.run(name, text, values);
          },
        }),
      ),
  });
  const sum = (of: Iterable<number>): number => [...of].reduce((total, n) => total + n, 0);
  return {
    all: sum(rows.values()),
    tables,
    of: (name) => sum([...rows].filter(([key]) => key.startsWith(name)).map(([, n]) => n)),
    text: JSON.stringify([...rows]),
  };
}

interface Node {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly Node[];
}

/** Rows that scans of tables have looked at. */
function rowsOf(node: Node, tables: Set<string>): number {
  const relation = node["Relation Name"];
  const own =
    node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
  if (relation && node["Actual Loops"] > 0) tables.add(relation);
  const here = relation ? own * node["Actual Loops"] : 0;
  return (node.Plans ?? []).reduce((sum, child) => sum + rowsOf(child, tables), here);
}

/** In bulk: what the flows would write one by one. */
async function fill(scene: Scene): Promise<void> {
  await scene.accept(orderOf("1000000", { earliestStart: at(0) }));
  await scene.sql(
    `insert into operations_request (id, erp, company, number, state, body, accepted_at)
     select 's4//' || n, erp, company, n::text, state, jsonb_set(jsonb_set(jsonb_set(body, '{id}', to_jsonb('s4//' || n)), '{reference,number}', to_jsonb(n::text)),
       case n when 1000100 then '{material}' else '{segments,0,materials,0,material}' end::text[],
       case when n in (1000100, 1000200) then '"RARE"' else body #> '{segments,0,materials,0,material}' end), accepted_at
     from operations_request, generate_series(1000001, 1000000 + $1) n where number = '1000000'`,
    [orders],
  );
  await scene.sql(
    `insert into job_order (id, request, segment, work_center, material, quantity_micro, uom, state, dispatch_key)
     select 'jo-' || n || '-' || s, 's4//' || n, s, case when n % 1000 = 0 then 'SMALL' else 'CUT' end, 'P-1', 100000000, 'C62', 'ready', n::text
     from generate_series(1000001, 1000000 + $1) n, unnest(array['0010', '0020']) s`,
    [orders],
  );
  await scene.sql(
    "update job_order set runs_ended = 1, good_micro = 1000000 where id in ('jo-1000001-0010', 'jo-1005000-0010')",
  );
  await scene.sql(
    `insert into run (id, source, work_unit, job, article, outside, job_order, started_at, ended_at)
     select 'run-' || n, 'cutter-1', 'CUT-1', 'j', 'a', false, case when n <= 3 then 'jo-1000001-0010' end, $1::timestamptz + n * interval '1 hour', $1::timestamptz + (n + 1) * interval '1 hour'
     from generate_series(1, 20) n`,
    [new Date(at(0))],
  );
  await scene.sql(
    `insert into run (id, source, work_unit, job, article, outside, job_order, started_at, ended_at)
     select 'old-' || n, 'cutter-1', 'CUT-1', 'j', 'a', false, 'jo-' || 1000000 + n || '-0010', $1::timestamptz - interval '2 days', $1::timestamptz - interval '1 day'
     from generate_series(1001, $2) n`,
    [new Date(at(0)), orders],
  );
  await scene.sql(
    `insert into fact (id, source, work_unit, run, kind, event_at, recorded_at, rule, map_version, revision, said_by, evidence, body)
     select 'f-' || r || '-' || n, 'cutter-1', 'CUT-1', 'run-' || r, 'UnitsCounted', $1::timestamptz + r * interval '1 hour' + n * interval '100 ms', now(), 'good', 1, 0,
       '{"by":"machine","source":"cutter-1"}', '[]', '{"kind":"UnitsCounted","grade":"good","reason":null,"quantity":{"micro":"1000000","uom":"C62"}}'
     from generate_series(1, 20) r, generate_series(1, $2) n`,
    [new Date(at(0)), factsPerRun],
  );
  await scene.sql(
    `insert into movement (id, fact, material, micro, uom, from_account, to_account, event_at, recorded_at)
     select 'm-' || id, id, 'W-' || substr(run, 5), 1, 'MMT', 'world:erp@PL01/101C', 'world:production', event_at, recorded_at from fact`,
  );
  // One posting for a day, one planned on it, a third of another time: all three are open.
  await scene.sql("alter table posting disable trigger posting_begins");
  await scene.sql(
    `insert into posting (id, key, erp, kind, request, segment, state, lanes, content, due_at, planned_at, document, settled_at, confirmed_at)
     select 'p-' || n, 'p-' || n, 's4', 'confirmation', 's4//' || 1000000 + n, '0010', case when n > 78 then 'confirmed' else 'planned' end, '{}',
       jsonb_build_object('response', jsonb_build_object('dates', jsonb_build_object('postingDate', case n when 77 then '2025-02-02' else '2025-01-02' end),
         'segment', case n when 300 then '{"materials": [{"use": "Consumed", "requirement": null, "stock": {"material": "RARE", "quantity": {"micro": "1", "uom": "C62"}}}]}'::jsonb end)),
       $1, case n when 78 then $1::timestamptz + interval '1 hour' else $1::timestamptz - interval '1 day' end, n::text, $1::timestamptz - interval '1 day', $1::timestamptz - interval '1 day'
     from generate_series(77, 2000) n`,
    [new Date(at(0))],
  );
  await scene.sql("alter table posting enable trigger posting_begins");
  await scene.database.transaction(rebuildViews);
  await scene.sql(
    "insert into unit_state (work_unit, last_event_at) select 'UNIT-' || n, now() from generate_series(1, 500) n",
  );
  await scene.sql("vacuum analyze");
}
