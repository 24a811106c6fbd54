/** What is told because time goes by, by one process at a time; and what goes further up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { leaseMs } from "../../../src/flows/lease.ts";
import { sweepNotices, type MachineHealth } from "../../../src/flows/sweep-notices.ts";
import type { Store } from "../../../src/flows/ports.ts";
import { correctionOf, factOf } from "../../../src/operations/testing/order.ts";
import type { FactBody } from "../../../src/record/fact.ts";
import { checkSite } from "../../../src/site/load.ts";
import { changed, rules, siteYaml } from "../../../src/site/testing/example.ts";
import { ask, later, minute, noticesOf, sweepPorts } from "./notice-world.ts";
import { now, seedRun, type World } from "./world.ts";

export function noticeTimeSuite(world: () => World): void {
  const entered = (n: number, ms: number, state: Extract<FactBody, { kind: "StateEntered" }>["state"]) =>
    factOf(`n-state-${n}`, now + ms, { kind: "StateEntered", state, raw: state }, { run: null, source: "n-stop" });

  test("a stop in a run is told after its time, once, is one through several states, and ends with production", async () => {
    const { store, sql } = world();
    const { run } = await store.transaction((tx) => seedRun(tx, "n-stop"));
    await sql("update run set ended_at = started_at where id <> $1 and ended_at is null", [run]);
    await sql("update run set source = 'n-stop' where id = $1", [run]);
    const wrong = entered(9, 25_000, "production");
    const states = [entered(1, -5000, "idle"), entered(2, 0, "production"), entered(3, 10_000, "held")];
    const going = [entered(4, 20_000, "fault"), wrong, correctionOf(wrong)];
    await store.transaction((tx) => tx.facts.append([...states, ...going], now));
    const subject = `A565-0026/${now + 10_000}`;
    const sweepAt = (ms: number): Promise<unknown> => sweepNotices(sweepPorts(store, { at: later(ms) }));
    await sweepAt(10_000 + 299_000);
    assert.deepEqual(await noticesOf(world(), subject), [], "not before 300 s");
    for (const ms of [311_000, 320_000, 330_000]) await sweepAt(ms);
    const [stop, ...more] = await noticesOf(world(), subject);
    assert.deepEqual([stop?.count, stop?.said["state"], more.length], [1, "fault", 0]);
    await store.transaction((tx) => tx.facts.append([entered(5, 335_000, "production")], now));
    await sweepAt(340_000);
    assert.notEqual((await noticesOf(world(), subject))[0]?.resolved_at, null);
    await store.transaction((tx) => tx.facts.append([entered(6, 400_000, "idle")], now));
    await sweepAt(900_000);
    assert.equal((await noticesOf(world(), `A565-0026/${now + 400_000}`)).length, 1, "the next stop is another one");
    await sql("update run set ended_at = $2 where id = $1", [run, new Date(now + 950_000)]);
    await sweepAt(960_000);
    assert.notEqual((await noticesOf(world(), `A565-0026/${now + 400_000}`))[0]?.resolved_at, null);
  });

  test("a unit that stood before its run began stands since the beginning of the run", async () => {
    const { store, sql } = world();
    await sql("update run set ended_at = started_at where ended_at is null");
    const start = 200_000_000;
    const { run } = await store.transaction((tx) => seedRun(tx, "n-before"));
    await sql("update run set started_at = $2 where id = $1", [run, new Date(now + start)]);
    const states = [entered(30, start - 90_000, "held"), entered(31, start + 20_000, "fault")];
    await store.transaction((tx) => tx.facts.append(states, now));
    await sweepNotices(sweepPorts(store, { at: later(start + 301_000) }));
    assert.equal((await noticesOf(world(), `A565-0026/${now + start}`)).length, 1);
    await sql("update run set ended_at = started_at where id = $1", [run]);
  });

  test("a stop that somebody has explained is not told, and ends the notice; a reason taken back explains nothing", async () => {
    const { store, sql } = world();
    const { run } = await store.transaction((tx) => seedRun(tx, "n-reason"));
    await sql("update run set ended_at = started_at where id <> $1 and ended_at is null", [run]);
    const start = 100_000_000;
    const explained = (n: number, since: number) => {
      // A statement of a person at a terminal; its kind is of another part of the program.
      const body = { kind: "StopExplained", since: now + since, reason: "no-material" } as unknown as FactBody;
      return factOf(`n-reason-${n}`, now + start + 400_000 + n, body, { run: null, source: "manual:A565-0026" });
    };
    const early = explained(1, start - 1);
    const wrong = explained(2, start);
    const states = [
      entered(20, start - 5_000, "production"),
      entered(21, start, "held"),
      entered(22, start + 9, "fault"),
    ];
    await store.transaction((tx) => tx.facts.append([...states, early, wrong, correctionOf(wrong)], now));
    const subject = `A565-0026/${now + start}`;
    const sweepAt = (ms: number): Promise<unknown> => sweepNotices(sweepPorts(store, { at: later(start + ms) }));
    await sweepAt(500_000);
    assert.equal((await noticesOf(world(), subject))[0]?.resolved_at, null);
    await store.transaction((tx) => tx.facts.append([explained(3, start + 9)], now));
    await sweepAt(505_000);
    assert.notEqual((await noticesOf(world(), subject))[0]?.resolved_at, null);
    await sweepAt(900_000);
    assert.equal((await noticesOf(world(), subject)).length, 1);
    await sql("update run set ended_at = started_at where id = $1", [run]);
  });

  test("a silent machine is told after its time, and the notice ends when it speaks again", async () => {
    const { store } = world();
    const health = (connected: boolean, since: number): MachineHealth[] => [
      { connection: "komax", connected, since: later(since) },
    ];
    const start = 3_600_000;
    const sweep = (ms: number, machines: MachineHealth[]): Promise<unknown> =>
      sweepNotices(sweepPorts(store, { at: later(start + ms) }, machines));
    await sweep(59_000, health(false, start));
    assert.deepEqual(await noticesOf(world(), "komax"), []);
    await sweep(61_000, health(false, start));
    await sweep(66_000, health(false, start));
    const [stale] = await noticesOf(world(), "komax");
    assert.deepEqual([stale?.count, stale?.role, stale?.resolved_at], [1, "operator", null]);
    await sweep(70_000, health(true, start + 69_000));
    await sweep(180_000, health(false, start + 100_000));
    const all = await noticesOf(world(), "komax");
    assert.deepEqual(
      all.map(({ resolved_at }) => resolved_at !== null),
      [true, false],
    );
    await sweep(200_000, []);
  });

  test("one process sweeps, whatever the clocks show; another takes over when the first is silent for as long as the lease", async () => {
    const { store, other, sql } = world();
    const start = 7_200_000;
    const sweep = (on: Store, holder: string, ms = 0): Promise<unknown> =>
      sweepNotices(sweepPorts(on, { at: later(start + ms) }, [], holder));
    await sql("delete from lease where role = 'notice'");
    const both = await Promise.all([sweep(store, "a"), sweep(other, "b")]);
    assert.equal(both.filter((report) => report === null).length, 1);
    const [first, second] = both[0] === null ? ["b", "a"] : ["a", "b"];
    for (const ahead of [60, -60, 1]) {
      assert.equal(await sweep(other, second, ahead * minute), null, `its clock is ${ahead} minutes ahead`);
      assert.notEqual(await sweep(store, first), null);
    }
    const silentFor = (ms: number): Promise<unknown> =>
      sql("update lease set renewed_at = clock_timestamp() - interval '1 millisecond' * $1 where role = 'notice'", [
        ms,
      ]);
    await silentFor(leaseMs - 5_000);
    assert.equal(await sweep(other, second), null);
    await silentFor(leaseMs + 5);
    assert.notEqual(await sweep(other, second), null);
    assert.equal(await sweep(store, first), null, "it has lost it");
    await sql("delete from lease where role = 'notice'");
  });

  test("who is not answered in time: the second role, once, by its own channels", async () => {
    const { store, sql } = world();
    const start = later(20_000_000);
    await ask(store, "waits", start);
    const time = { at: instant(start + 10 * minute - 1) };
    await sweepNotices(sweepPorts(store, time));
    assert.equal((await noticesOf(world(), "waits"))[0]?.escalated_at, null);
    for (const ms of [10 * minute, 11 * minute, 60 * minute]) {
      time.at = instant(start + ms);
      await sweepNotices(sweepPorts(store, time));
    }
    const [notice] = await noticesOf(world(), "waits");
    assert.equal(notice?.escalated_at?.getTime(), start + 10 * minute);
    const sent = await sql("select stage, channel, role from notice_delivery where notice = $1 order by stage", [
      notice?.id,
    ]);
    assert.deepEqual(sent, [
      { stage: "escalated", channel: "mail", role: "supervisor" },
      { stage: "raised", channel: "andon", role: "operator" },
    ]);
  });

  test("what the site says never escalates does not, nor what is over", async () => {
    const { store } = world();
    const start = later(30_000_000);
    const quiet = unwrap(
      checkSite(
        changed([
          siteYaml,
          "policies:\n",
          "notices: { rules: [{ kinds: [question], role: quality, escalate: never }] }\npolicies:\n",
        ]),
        rules,
      ).site,
    );
    await ask(store, "quiet", start, quiet);
    await ask(store, "over", start);
    await world().sql("update question set state = 'answered', answered_at = $1 where subject = 'over'", [
      new Date(start),
    ]);
    await sweepNotices(sweepPorts(store, { at: instant(start + 9_000 * minute) }));
    for (const subject of ["quiet", "over"])
      assert.equal((await noticesOf(world(), subject))[0]?.escalated_at, null, subject);
  });
}
