/** A person decides about postings: retry, dismiss, release, put right, "it is there", "it is not there". */
import assert from "node:assert/strict";
import { test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { makeFault } from "../../../src/base/result.ts";
import type { ResolveOutcome } from "../../../src/erp/connector.ts";
import { dismissPosting, editRefusedPosting, releasePosting, retryPosting } from "../../../src/flows/decide-posting.ts";
import { confirmPosting, denyPosting } from "../../../src/flows/settle-doubt.ts";
import type { Store, Tx } from "../../../src/flows/ports.ts";
import { at, factOf, units } from "../../../src/operations/testing/order.ts";
import { by, clock, codeOf, instantAfter, orderFor, portsOf, say, toldOf } from "./mend-scene.ts";
import { now, unguarded, type World } from "./world.ts";

const never = new AbortController().signal;

export function postingDecisionSuite(world: () => World): void {
  interface Seen {
    readonly id: string;
    readonly version: number;
    readonly state: string;
  }
  const postings = async (request: string, kind = "goods-issue"): Promise<readonly Seen[]> => {
    const rows = await world().sql(
      "select id, version, state from posting where request = $1 and kind = $2 order by ordinal",
      [request, kind],
    );
    return rows.map((r) => ({ id: String(r["id"]), version: Number(r["version"]), state: String(r["state"]) }));
  };
  const one = async (id: string): Promise<Seen> => {
    const [row] = await world().sql("select id, version, state from posting where id = $1", [id]);
    return { id, version: Number(row?.["version"]), state: String(row?.["state"]) };
  };
  /** An order of which one run was made; its posting of the kind is in this state, as if it had been sent. */
  const scene = async (
    name: string,
    state: string,
    kind = "goods-issue",
  ): Promise<{ request: string; posting: string }> => {
    const { store, sql } = world();
    const { request } = await orderFor(store, name, `${name}-job`);
    await say(store, toldOf(`run-${name}`, `${name}-job`).facts);
    const [posting] = await postings(request, kind);
    assert.ok(posting);
    const moved = `update posting set state = $2, envelope = '\\x01', attempts = 1, sent_at = $3, settled_at = $3,
       document = case when $2 = 'confirmed' then '4711' end, version = version + 1 where id = $1`;
    await unguarded(world(), () => sql(moved, [posting.id, state, new Date(now)]));
    return { request, posting: posting.id };
  };
  const more = (name: string): Promise<void> =>
    say(world().store, [
      factOf(`${name}-more`, at(5000), units("good", whole(1, "C62")), { run: `run-${name}` }),
      factOf(
        `${name}-wire`,
        at(5000),
        { kind: "MaterialConsumed", material: "W-1", lot: null, quantity: whole(5, "MMT") },
        { run: `run-${name}` },
      ),
    ]);
  /** How many postings speak for each fact of a run, by kind. */
  const speakers = async (run: string): Promise<readonly unknown[]> =>
    world().sql(
      `select f.id, l.kind, count(*)::int as n from fact f join posting_line l on l.fact = f.id join posting p on p.id = l.posting
       where f.run = $1 and (l.active or p.state not in ('dismissed', 'reversed')) group by 1, 2 having count(*) > 1`,
      [run],
    );

  test("retried it is planned, now; another decision about the same sight is refused", async () => {
    const { store } = world();
    const { posting } = await scene("retry", "refused");
    const { version } = await one(posting);
    const command = { ...by(version), posting };
    assert.equal(codeOf(await retryPosting(portsOf(store), command)), "ok");
    assert.equal((await one(posting)).state, "planned");
    assert.equal(codeOf(await retryPosting(portsOf(store), command)), "ok", "the same command again");
    assert.equal(codeOf(await retryPosting(portsOf(store), { ...by(version), posting })), "decision/changed");
    const seen = (await one(posting)).version;
    assert.equal(codeOf(await retryPosting(portsOf(store), { ...by(seen), posting })), "decision/not-possible");
    assert.equal(codeOf(await retryPosting(portsOf(store), { ...by(0), posting: "none" })), "decision/unknown");
  });

  test("refused before a restore, the ERP is asked before it is sent again, and it is neither edited nor released, dismissed or not", async () => {
    const { store, sql } = world();
    const { posting } = await scene("restored", "refused");
    const later = portsOf(store, { clock: { ...clock, now: () => instantAfter(60_000) } });
    await sql(
      "insert into site_state (site, restored_at) values ('', $1) on conflict (id) do update set restored_at = $1",
      [new Date(now + 1)],
    );
    try {
      const edit = { postingDate: "2025-02-02" } as const;
      const { version } = await one(posting);
      assert.equal(
        codeOf(await editRefusedPosting(portsOf(store), { ...by(version), posting, edit })),
        "decision/may-be-posted",
      );
      assert.equal(codeOf(await retryPosting(portsOf(store), { ...by(version), posting })), "ok");
      assert.equal((await one(posting)).state, "in-doubt");
      const dismissed = await scene("restored-dismissed", "refused");
      const decide = async (how: typeof releasePosting): Promise<string> =>
        codeOf(await how(later, { ...by((await one(dismissed.posting)).version), posting: dismissed.posting }));
      assert.equal(await decide(dismissPosting), "ok");
      assert.equal(await decide(releasePosting), "decision/may-be-posted");
      assert.deepEqual((await postings(dismissed.request)).length, 1);
    } finally {
      await sql("update site_state set restored_at = null");
    }
  });

  test("two people at one posting: one wins", async () => {
    const { store, other } = world();
    const { posting } = await scene("both", "refused");
    const { version } = await one(posting);
    const ends = await Promise.all([
      retryPosting(portsOf(store), { ...by(version, "p-1"), posting }),
      dismissPosting(portsOf(other), { ...by(version, "p-2"), posting }),
    ]);
    assert.deepEqual(ends.map(codeOf).toSorted(), ["decision/changed", "ok"]);
  });

  /** Somebody dismisses while the machine says more about the run. @returns how often facts are spoken for twice, or again */
  const dismissedWhile = async (name: string, spoil: (tx: Tx) => Tx): Promise<readonly unknown[]> => {
    const { store, other } = world();
    const { request, posting } = await scene(name, "refused");
    const { version } = await one(posting);
    const spoilt: Store = { transaction: (work) => other.transaction((tx) => work(spoil(tx))) };
    const [ended] = await Promise.all([dismissPosting(portsOf(spoilt), { ...by(version), posting }), more(name)]);
    assert.equal(codeOf(ended), "ok");
    await say(store, [
      factOf(
        `${name}-last`,
        at(6000),
        { kind: "MaterialConsumed", material: "W-1", lot: null, quantity: whole(5, "MMT") },
        { run: `run-${name}` },
      ),
    ]);
    const again = await world().sql(
      `select l.fact from posting_line l join posting p on p.id = l.posting where p.request = $1 and p.id <> $2 and p.kind = 'goods-issue'
       and l.fact in (select fact from posting_line where posting = $2)`,
      [request, posting],
    );
    return [...again, ...(await speakers(`run-${name}`))];
  };

  test("dismissed, its facts are never planned again, whatever the machine says meanwhile", async () => {
    assert.deepEqual(await dismissedWhile("gone", (tx) => tx), []);
  });

  test("it is noticed when a dismissal lets go of its facts", async () => {
    const freeing = (tx: Tx): Tx => ({
      ...tx,
      decisions: {
        ...tx.decisions,
        change: (posting, to, command, when) => tx.decisions.change(posting, { ...to, letsGo: true }, command, when),
      },
    });
    assert.notDeepEqual(await dismissedWhile("freed", freeing), []);
  });

  test("released, its facts are planned anew, once, under another key", async () => {
    const { store } = world();
    const { request, posting } = await scene("release", "refused");
    const release = async (): Promise<string> =>
      codeOf(await releasePosting(portsOf(store), { ...by((await one(posting)).version), posting }));
    assert.equal(await release(), "decision/not-possible");
    await dismissPosting(portsOf(store), { ...by((await one(posting)).version), posting });
    assert.equal((await postings(request)).length, 1);
    assert.equal(await release(), "ok");
    assert.deepEqual(
      (await postings(request)).map((p) => p.state),
      ["dismissed", "planned"],
    );
    assert.equal(await release(), "decision/no-facts");
    assert.deepEqual(await speakers("run-release"), []);
    const arrived = await scene("arrived", "needs-person");
    await dismissPosting(portsOf(store), { ...by((await one(arrived.posting)).version), posting: arrived.posting });
    const command = { ...by((await one(arrived.posting)).version), posting: arrived.posting };
    assert.equal(codeOf(await releasePosting(portsOf(store), command)), "decision/may-be-posted");
  });

  test("put right, another posting takes its facts and its place, and the amounts stay", async () => {
    const { store, sql } = world();
    const { request, posting } = await scene("edit", "refused");
    const edit = { postingDate: "2025-02-01", materials: [{ line: 0, location: "102C", lot: "L-1" }] } as const;
    const before = await one(posting);
    const command = { ...by(before.version), posting, edit };
    const done = await editRefusedPosting(portsOf(store), command);
    assert.ok(done.ok);
    assert.deepEqual(await editRefusedPosting(portsOf(store), command), done, "the same command again");
    const by2 = { ...by((await one(posting)).version), posting, edit };
    assert.equal(codeOf(await editRefusedPosting(portsOf(store), by2)), "decision/not-possible");
    const all = await postings(request);
    assert.deepEqual(
      all.map((p) => p.state),
      ["dismissed", "planned"],
    );
    const rows = await sql(
      `select p.id, p.key, p.supersedes, p.content, (select array_agg(fact order by fact) from posting_line l where l.posting = p.id and l.active) as facts,
       (select array_agg(fact order by fact) from posting_line l where l.posting = p.id) as lines from posting p where request = $1 and kind = 'goods-issue' order by ordinal`,
      [request],
    );
    const [old, next] = rows;
    assert.equal(next?.["supersedes"], posting);
    assert.equal(old?.["facts"], null);
    assert.deepEqual(next?.["facts"], old?.["lines"]);
    assert.notEqual(next?.["key"], old?.["key"]);
    const text = JSON.stringify(next?.["content"]);
    assert.match(text, /"location":"102C"/);
    assert.match(text, /"lot":"L-1"/);
    const amounts = (content: unknown): readonly string[] => JSON.stringify(content).match(/"micro":"\d+"/g) ?? [];
    assert.deepEqual(amounts(next?.["content"]), amounts(old?.["content"]));
    // What comes late is planned for itself.
    await more("edit");
    assert.deepEqual(await speakers("run-edit"), []);
    assert.equal((await postings(request)).length, 3);
  });

  test("a confirmation that is put right keeps its place in the order of its operation", async () => {
    const { store, sql } = world();
    const { request, posting } = await scene("place", "refused", "confirmation");
    await more("place");
    const edit = { postingDate: "2025-02-01" } as const;
    const done = await editRefusedPosting(portsOf(store), { ...by((await one(posting)).version), posting, edit });
    assert.ok(done.ok);
    const rows = await sql(
      "select id, sequence_number as n from posting where request = $1 and kind = 'confirmation' order by sequence_number nulls last",
      [request],
    );
    assert.deepEqual(
      rows.map((r) => r["n"]),
      [1, 2, null],
    );
    assert.equal(rows[0]?.["id"], done.value.supersededBy);
  });

  test("what may have reached the ERP is not edited, retried or released", async () => {
    const { store } = world();
    for (const state of ["planned", "sending", "in-doubt", "needs-person", "confirmed"]) {
      const { posting } = await scene(`not-${state}`, state);
      const command = { ...by((await one(posting)).version), posting };
      const edit = { postingDate: "2025-02-01" } as const;
      assert.equal(
        codeOf(await editRefusedPosting(portsOf(store), { ...command, edit })),
        "decision/not-possible",
        state,
      );
      const again = { ...by((await one(posting)).version), posting };
      assert.equal(codeOf(await retryPosting(portsOf(store), again)), "decision/not-possible", state);
    }
  });

  test('"it is there" counts when the ERP was asked, and not against what it says', async () => {
    const { store, sql } = world();
    const applied: ResolveOutcome = { outcome: "applied", document: { number: "4900/2025", kind: "goods-issue" } };
    const differs: ResolveOutcome = { outcome: "differs", fault: makeFault("conflict", "erp/x", "otherwise") };
    const unknown: ResolveOutcome = { outcome: "unknown", fault: makeFault("transient", "erp/y", "No answer.") };
    const { posting } = await scene("there", "in-doubt");
    await sql("insert into lane (key, posting) values ('there', $1)", [posting]);
    const told = async (document: string, answer: ResolveOutcome | null, id = posting): Promise<string> => {
      const session = answer && { resolve: () => Promise.resolve(answer), compose: unused, interpret: unused };
      const ports = portsOf(store, { session: () => session });
      const { version } = await one(id);
      return codeOf(await confirmPosting(ports, { ...by(version), posting: id, document }, never));
    };
    assert.equal(await told("4900/2025", null), "decision/erp-unasked");
    assert.equal(await told("4900/2025", unknown), "decision/erp-unasked");
    assert.equal(await told("4900/2025", { outcome: "absent" }), "decision/not-in-erp");
    assert.equal(await told("4901/2025", applied), "decision/other-document");
    assert.equal(await told(" ", applied), "decision/no-document");
    assert.equal((await one(posting)).state, "in-doubt");
    assert.equal(await told("4900/2025", applied), "ok");
    const [row] = await sql("select state, document from posting where id = $1", [posting]);
    assert.deepEqual(row, { state: "confirmed", document: "4900/2025" });
    assert.deepEqual(await sql("select 1 from lane where posting = $1", [posting]), []);
    const judged = await scene("judged", "needs-person");
    assert.equal(await told("51/2025", differs, judged.posting), "ok");
    const refused = await scene("certain", "refused");
    assert.equal(await told("52/2025", applied, refused.posting), "decision/not-possible");
  });

  test('"it is not there": the ERP is asked before anything is sent', async () => {
    const { store, sql } = world();
    for (const state of ["in-doubt", "needs-person"]) {
      const { posting } = await scene(`absent-${state}`, state);
      const objection = JSON.stringify({ kind: "conflict", code: "erp/known", message: "It knows the key." });
      await sql("update posting set asked_absent = 1, sent_at = null, fault = $2 where id = $1", [posting, objection]);
      const command = { ...by((await one(posting)).version), posting };
      assert.equal(codeOf(await denyPosting(portsOf(store), command, never)), "ok");
      const text = "select state, asked_absent, sent_at is null as unsent, fault from posting where id = $1";
      const [row] = await sql(text, [posting]);
      // What the ERP said against it is said anew, or not at all.
      assert.deepEqual(row, { state: "in-doubt", asked_absent: 0, unsent: false, fault: null }, state);
    }
    const { posting } = await scene("absent-not", "refused");
    const command = { ...by((await one(posting)).version), posting };
    assert.equal(codeOf(await denyPosting(portsOf(store), command, never)), "decision/not-possible");
  });

  test("of what was cut otherwise before a restore a person says whether another document holds it", async () => {
    const { store, sql } = world();
    const asked = { resolve: async () => ({ outcome: "absent" }) as const, compose: unused, interpret: unused };
    const { posting } = await scene("cut-otherwise", "needs-person");
    await sql(
      `update posting set fault = '{"kind": "ambiguous", "code": "exchange/cut-otherwise", "message": "m"}' where id = $1`,
      [posting],
    );
    const command = { ...by((await one(posting)).version), posting };
    assert.equal(codeOf(await denyPosting(portsOf(store, { session: () => asked }), command, never)), "ok");
    assert.equal((await one(posting)).state, "planned");
  });

  test("of an ERP that cannot be asked a person's word counts, as soon as it is with a person", async () => {
    const { store, sql } = world();
    const blind = { resolve: async () => ({ outcome: "unanswerable" }) as const, compose: unused, interpret: unused };
    const ports = portsOf(store, { session: () => blind });
    const denied = async (state: string): Promise<readonly unknown[]> => {
      const { posting } = await scene(`blind-${state}`, state);
      await sql("insert into lane (key, posting) values ($2, $1)", [posting, state]);
      const command = { ...by((await one(posting)).version), posting };
      assert.equal(codeOf(await denyPosting(ports, command, never)), "ok");
      const lanes = await sql("select 1 from lane where posting = $1", [posting]);
      return [(await one(posting)).state, lanes.length];
    };
    assert.deepEqual(await denied("needs-person"), ["planned", 0]);
    // It may still arrive, and the settle time is not over.
    assert.deepEqual(await denied("in-doubt"), ["in-doubt", 1]);
    const { posting } = await scene("blind-there", "needs-person");
    const command = { ...by((await one(posting)).version), posting, document: "4900/2025" };
    assert.equal(codeOf(await confirmPosting(ports, command, never)), "ok");
    assert.equal((await one(posting)).state, "confirmed");
  });
}

function unused(): never {
  throw new Error("nothing is composed or interpreted here");
}
