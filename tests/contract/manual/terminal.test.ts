/** What the terminal shows, what a scanned code means, who has seen a job, and shifts that were kept on paper. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { terminal as terminalSchema, scanMeaning } from "../../../src/api/contract/terminal.ts";
import { whole } from "../../../src/base/quantity.ts";
import { unwrap } from "../../../src/base/result.ts";
import { requirementOf, segmentOf } from "../../../src/operations/testing/order.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { codeOf, colleague, good, minutes, noCall, openBench, operator, supervisor, type Bench, iso } from "./bench.ts";

describe("the terminal", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let bench: Bench;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  beforeEach(async () => {
    bench = await openBench(cluster, {
      reasons: {
        stop: [{ code: "jam", text: { en: "Jam", de: "Stau" }, children: [] }],
        scrap: [
          {
            code: "surface",
            text: { en: "Surface" },
            children: [{ code: "dent", text: { en: "Dent" }, children: [] }],
          },
        ],
      },
      scans: [{ name: "coil", pattern: "C;(?<material>[^;]+);(?<lot>[^;]*);(?<quantity>[0-9.,]+)", uom: "MTR" }],
    });
  });
  afterEach(() => bench.close());

  const shown = async (unit: string): Promise<ReturnType<typeof terminalSchema.parse>> => {
    const reply = await bench.handlers["GET /api/v1/units/:unit/terminal"]({
      ...noCall,
      params: { unit },
      body: undefined,
      caller: operator,
      command: "",
    });
    return terminalSchema.parse(unwrap(reply));
  };
  const scan = async (text: string, unit = "MIX-1"): Promise<ReturnType<typeof scanMeaning.parse>> => {
    const reply = await bench.handlers["POST /api/v1/units/:unit/scans"]({
      ...noCall,
      params: { unit },
      body: { text },
      caller: operator,
      command: "",
    });
    return scanMeaning.parse(unwrap(reply));
  };
  const paper = (
    csv: string,
    command: string,
    caller = supervisor,
  ): ReturnType<Bench["handlers"]["POST /api/v1/units/:unit/paper-shift"]> =>
    bench.handlers["POST /api/v1/units/:unit/paper-shift"]({
      ...noCall,
      params: { unit: "PACK-1" },
      body: { csv, because: "night shift without network" },
      caller,
      command,
    });
  const order = (number: string, priority = 0, workCenter = "PACK"): Promise<unknown> =>
    bench.order({
      id: `s4//${number}`,
      reference: { erp: "s4", company: "", number },
      priority,
      segments: [segmentOf({ workCenter, materials: [requirementOf({ mode: "bill", quantity: whole(1000, "MMT") })] })],
    });

  test("of two lines of one material each shows what it has used itself", async () => {
    const line = (id: string, amount: number): ReturnType<typeof requirementOf> =>
      requirementOf({ id, mode: "bill", quantity: whole(amount, "MMT") });
    const materials = [line("R1", 1000), line("R2", 500)];
    await bench.order({
      id: "s4//1",
      reference: { erp: "s4", company: "", number: "1" },
      segments: [segmentOf({ workCenter: "PACK", materials })],
    });
    unwrap(await bench.say({ kind: "start", jobOrder: await bench.jobOrder("1"), phase: "production" }));
    unwrap(await bench.say(good(4)));
    assert.deepEqual(
      (await shown("PACK-1")).materials.map(({ requirement, used }) => [requirement, used.value]),
      [
        ["R1", "40"],
        ["R2", "20"],
      ],
    );
  });

  test("the current job, and the next three by the ERP's priority", async () => {
    for (const [number, priority] of [
      ["1", 0],
      ["2", 5],
      ["3", 9],
      ["4", 1],
      ["5", 2],
    ] as const)
      await order(number, priority);
    unwrap(await bench.say({ kind: "start", jobOrder: await bench.jobOrder("3"), phase: "production" }));
    unwrap(await bench.say(good(4)));
    unwrap(await bench.say({ kind: "sign-on" }));
    unwrap(await bench.say({ kind: "sign-on" }, { caller: colleague }));
    unwrap(await bench.say({ kind: "break-begin" }));
    await bench.sql("insert into person (key, name) values ('p-ann', 'Ann')");
    unwrap(await bench.say({ kind: "hold", reason: null }));
    const now = await shown("PACK-1");
    assert.deepEqual(
      now.current.map(({ number, state, good: pieces }) => [number, state, pieces]),
      [["3", "held", { value: "4", uom: "C62" }]],
    );
    assert.deepEqual(
      now.next.map(({ number }) => number),
      ["2", "5", "4"],
    );
    assert.deepEqual(
      now.signedOn.map(({ person, name, onBreak }) => [person, name, onBreak]),
      [
        ["p-ann", "Ann", true],
        ["p-bob", null, false],
      ],
    );
    assert.deepEqual(now.positions, []);
    assert.deepEqual(
      (await shown("MIX-1")).positions.map(({ id }) => id),
      ["hopper", "spool-a", "spool-b"],
    );
    assert.ok(now.openStop);
    assert.equal(now.phase, "production");
    assert.deepEqual(
      now.materials.map(({ requirement, used, isLoaded }) => [requirement, used, isLoaded]),
      [["R1", { value: "40", uom: "MMT" }, true]],
    );
    assert.equal(now.reasons.scrap[0]?.children[0]?.code, "dent");
    unwrap(await bench.say({ kind: "stop-reason", reason: "jam", since: null }));
    assert.equal((await shown("PACK-1")).openStop, null);
    assert.deepEqual((await shown("PACK-2")).current, []);
  });

  test("reasons are leaves of the site's trees", async () => {
    await order("1");
    unwrap(await bench.say({ kind: "start", jobOrder: await bench.jobOrder("1"), phase: "production" }));
    const scrapFor = (reason: string | null): ReturnType<Bench["say"]> =>
      bench.say({ kind: "count", grade: "scrap", quantity: { value: "1", uom: "C62" }, reason });
    assert.equal(codeOf(await scrapFor("surface")), "reporting/unknown-reason");
    assert.equal(codeOf(await scrapFor(null)), "reporting/unknown-reason");
    unwrap(await scrapFor("dent"));
    assert.equal(codeOf(await bench.say({ kind: "hold", reason: "rain" })), "reporting/unknown-reason");
  });

  test("scans: the operation's number, the site's labels, GS1, and what is none of them", async () => {
    await order("1000001", 0, "MIX");
    for (const text of ["1000001/0010", "0001000001-10", " 1000001 / 0010 "]) {
      const meaning = await scan(text);
      assert.equal(meaning.means === "operation" && meaning.job.number, "1000001", text);
    }
    assert.equal((await scan("7/0010")).means, "unknown");
    const coil = await scan("C;W-1;L1;12,5");
    assert.deepEqual(coil, {
      means: "material",
      material: "W-1",
      lot: "L1",
      handlingUnit: null,
      quantity: { value: "12.5", uom: "MTR" },
      fits: { requirement: "R1", position: "hopper" },
      code: null,
      why: null,
    });
    const gs1 = await scan("]C1241W-1\u001d10L7\u001d3724");
    assert.deepEqual(gs1.means === "material" && [gs1.lot, gs1.quantity, gs1.fits?.requirement], [
      "L7",
      { value: "24", uom: "MMT" },
      "R1",
    ]);
    const wrong = await scan("C;W-2;L1;1");
    assert.match(
      wrong.means === "material" && wrong.fits === null ? (wrong.why ?? "") : "",
      /wrong material here\. Wanted: W-1/,
    );
    const codeOf = async (text: string): Promise<string | null> => {
      const meaning = await scan(text);
      return meaning.means === "material" && meaning.fits === null ? meaning.code : null;
    };
    assert.equal(await codeOf("C;W-2;L1;1"), "reporting/wrong-material");
    assert.equal((await scan("hello")).means, "unknown");
    assert.equal((await bench.sql("select 1 from statement")).length, 0, "a scan books nothing");
    for (const position of ["hopper", "spool-a", "spool-b"]) {
      const load = { kind: "load", material: "W-1", lot: "L1", handlingUnit: null, quantity: null } as const;
      unwrap(await bench.say({ ...load, position, substitutes: null }, { unit: "MIX-1" }));
    }
    assert.equal(await codeOf("C;W-1;L1;1"), "reporting/position-taken", "right, and nowhere to go");
  });

  test("one person at two units: the time is shared out, breaks are left out", async () => {
    unwrap(await bench.say({ kind: "sign-on" }));
    bench.clock.pass(minutes(60));
    unwrap(await bench.say({ kind: "sign-on" }, { unit: "PACK-2" }));
    bench.clock.pass(minutes(60));
    unwrap(await bench.say({ kind: "break-begin" }));
    bench.clock.pass(minutes(30));
    unwrap(await bench.say({ kind: "break-end" }));
    bench.clock.pass(minutes(60));
    assert.match(
      unwrap(await bench.say({ kind: "sign-off" })).message,
      /worked here for 2 h 0 min/,
      "60 alone, 30 and 30 shared",
    );
    assert.match(unwrap(await bench.say({ kind: "sign-off" }, { unit: "PACK-2" })).message, /1 h 30 min/);
  });

  test("acknowledged once, with the first person and time", async () => {
    await order("1");
    const jobOrder = await bench.jobOrder("1");
    const seen = (
      caller: typeof operator,
      command: string,
    ): ReturnType<Bench["handlers"]["POST /api/v1/job-orders/:jobOrder/acknowledge"]> =>
      bench.handlers["POST /api/v1/job-orders/:jobOrder/acknowledge"]({
        ...noCall,
        params: { jobOrder },
        body: undefined,
        caller,
        command,
      });
    assert.equal(unwrap(await seen(operator, "s-1")).isNew, true);
    bench.clock.pass(minutes(1));
    assert.equal(unwrap(await seen(colleague, "s-2")).isNew, false);
    assert.deepEqual(await bench.sql("select person from job_order_acknowledgement"), [{ person: "p-ann" }]);
    assert.ok((await shown("PACK-1")).next[0]?.acknowledgedAt);
  });

  const shift = `time;statement;operation;quantity;reason;person
2025-02-03 06:00;sign-on;;;;Ann
2025-02-03 06:05;setup;1000001/0010;;;Ann
2025-02-03 06:20;production;;;;
2025-02-03 07:00;good;;40;;Ann
2025-02-03 07:00;scrap;;2;dent;Ann
2025-02-03 07:10;hold;;;jam;Ann
2025-02-03 07:15;resume;;;;
2025-02-03 07:50;good;;"10,0";;Ann
2025-02-03 07:50;finish;;;;
2025-02-03 07:55;sign-off;;;;Ann
`;

  test("a shift on paper: all its lines, at their times, said by whoever worked, once", async () => {
    await order("1000001");
    await bench.sql("insert into person (key, name) values ('p-ann', 'Ann')");
    bench.clock.pass(minutes(60));
    const entered = unwrap(await paper(shift, "paper-1"));
    assert.equal(entered.isNew, true);
    assert.equal(entered.lines.length, 10);
    const [row] = await bench.sql("select good_micro::text as good, scrap_micro::text as scrap from job_order");
    assert.deepEqual(row, { good: "50000000", scrap: "2000000" });
    const [run] = await bench.sql("select started_at, ended_at from run");
    assert.equal(iso(run?.["started_at"]), "2025-02-03T05:05:00.000Z", "local time of the site");
    const people = await bench.sql("select person, way, because from statement where kind = 'count' group by 1, 2, 3");
    assert.deepEqual(people, [{ person: "p-ann", way: "paper", because: "night shift without network" }]);
    const again = unwrap(await paper(shift.replaceAll("\n", "\r\n"), "paper-2"));
    assert.equal(again.isNew, false, "the same file by another command");
    assert.equal(unwrap(await paper(shift, "paper-1")).isNew, false, "the same command");
    assert.deepEqual(await bench.sql("select count(*)::int as n from statement"), [{ n: 10 }]);
    assert.equal((await bench.sql("select 1 from posting")).length, 3);
  });

  test("pieces on paper that may be thousands or decimals are asked for in digits alone, and nothing is entered", async () => {
    await order("1000001");
    await bench.sql("insert into person (key, name) values ('p-ann', 'Ann')");
    bench.clock.pass(minutes(60));
    for (const unclear of ["1,000", "1.234", "1,5"]) {
      const refused = await paper(shift.replace("10,0", unclear), `paper-${unclear}`);
      assert.deepEqual(refused.ok ? [] : (refused.fault.errors ?? []).map(({ at }) => at), ["line 9"], unclear);
      assert.match(refused.ok ? "" : (refused.fault.errors?.[0]?.message ?? ""), /no sign between its digits/);
    }
    assert.deepEqual(await bench.sql("select 1 from statement"), []);
  });

  test("a shift on paper is entered when the next one reports already, and leaves what that has said as it is", async () => {
    await order("1000001");
    await order("1000002");
    bench.clock.pass(minutes(60));
    unwrap(await bench.say({ kind: "start", jobOrder: await bench.jobOrder("1000002"), phase: "production" }));
    unwrap(await bench.say(good(1)));
    unwrap(await bench.say({ kind: "sign-on" }));
    bench.clock.pass(minutes(30));
    const early = `time;statement;operation;quantity
2025-02-03 08:05;start;1000001/0010;
2025-02-03 08:30;good;;40
`;
    const open = await paper(early, "paper-6");
    assert.deepEqual(open.ok ? [] : (open.fault.errors ?? []).map(({ at }) => at), ["line 3"]);
    assert.match(open.ok ? "" : (open.fault.errors?.[0]?.message ?? ""), /afterwards: "start" at 2025-02-03T08:00/);
    assert.deepEqual(await bench.sql("select 1 from statement where way = 'paper'"), []);
    unwrap(await paper(`${early}2025-02-03 08:50;finish;;\n`, "paper-7"));
    assert.deepEqual(await bench.sql("select job, ended_at is null as open from run order by started_at"), [
      { job: "1000001/0010", open: false },
      { job: "1000002/0010", open: true },
    ]);
    assert.deepEqual(await bench.sql("select good_micro::text as good, state from job_order order by request"), [
      { good: "40000000", state: "ready" },
      { good: "1000000", state: "running" },
    ]);
    assert.deepEqual(await bench.sql("select 1 from fact where kind = 'Corrected'"), []);
    assert.equal((await shown("PACK-1")).current[0]?.number, "1000002");
  });

  test("two shifts on paper that meet in one minute, the later entered first: the end does not fall upon the next job", async () => {
    await order("1000001");
    await order("1000002");
    bench.clock.pass(minutes(60));
    const head = "time;statement;operation;quantity\n";
    unwrap(await paper(`${head}2025-02-03 08:40;start;1000002/0010;\n`, "paper-9"));
    const earlier = (end: string): string =>
      `${head}2025-02-03 08:05;start;1000001/0010;\n2025-02-03 08:30;good;;40\n2025-02-03 ${end};finish;;\n`;
    assert.equal(codeOf(await paper(earlier("08:40"), "paper-10")), "reporting/paper-lines");
    assert.deepEqual(await bench.sql("select job from run"), [{ job: "1000002/0010" }]);
    unwrap(await paper(earlier("08:39"), "paper-11"));
    assert.equal((await shown("PACK-1")).current[0]?.number, "1000002");
  });

  test("a shift on paper with what others have said between its lines: each is read where it stands", async () => {
    await order("1000001");
    unwrap(await bench.say({ kind: "sign-on" }));
    bench.clock.pass(minutes(20));
    unwrap(await bench.say({ kind: "start", jobOrder: await bench.jobOrder("1000001"), phase: "production" }));
    unwrap(await bench.say(good(1)));
    bench.clock.pass(minutes(40));
    const between = `time;statement;operation;quantity
2025-02-03 08:05;start;1000001/0010;
2025-02-03 08:10;good;;4
2025-02-03 08:30;good;;40
2025-02-03 08:50;finish;;
`;
    unwrap(await paper(between, "paper-8"));
    const runs = await bench.sql("select started_at, ended_at from run where result <> 'corrected'");
    assert.deepEqual(
      runs.map((run) => Object.values(run).map(iso)),
      [["2025-02-03T07:05:00.000Z", "2025-02-03T07:50:00.000Z"]],
    );
    const [row] = await bench.sql("select good_micro::text as good, state from job_order");
    assert.deepEqual(row, { good: "45000000", state: "ready" });
    const [issue] = await bench.sql(
      "select sum((content #>> '{response,segment,materials,0,stock,quantity,micro}')::bigint)::text as micro from posting where kind = 'goods-issue'",
    );
    assert.equal(issue?.["micro"], "450000000");
  });

  test("one line that does not fit: nothing is entered, each wrong line says why", async () => {
    await order("1000001");
    await bench.sql("insert into person (key, name) values ('p-ann', 'Ann')");
    bench.clock.pass(minutes(60));
    const wrong = shift
      .replace("07:00;good;;40;;Ann", "07:00;good;;forty;;Ann")
      .replace("06:00;sign-on;;;;Ann", "06:00;sign-on;;;;Zoe");
    const refused = await paper(wrong, "paper-3");
    assert.equal(codeOf(refused), "reporting/paper-lines");
    const lines = refused.ok ? [] : (refused.fault.errors ?? []);
    assert.deepEqual(
      lines.map(({ at }) => at),
      ["line 2", "line 5", "line 11"],
    );
    const why = [/^Nobody is called "Zoe"/, /^"forty" is no quantity/, /^You are not signed on/];
    why.forEach((pattern, n) => assert.match(lines[n]?.message ?? "", pattern));
    for (const table of ["statement", "fact", "run", "paper_shift", "posting"])
      assert.deepEqual(await bench.sql(`select 1 from ${table}`), [], table);
    assert.deepEqual(await paper(wrong, "paper-3"), refused, "the refusal stays");
    unwrap(await paper(shift, "paper-4"));
  });

  test("who may not enter late may not enter paper", async () => {
    assert.equal(codeOf(await paper(shift, "paper-5", operator)), "reporting/unknown-unit");
  });
});
