/**
 * What was issued for the lines of an order, whatever way a posting takes. PostgreSQL keeps the sum, the store in memory
 * adds it up: the same is expected of both.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NewPosting, PostingRepository, Store } from "../../../src/flows/ports.ts";
import type { MaterialActual } from "../../../src/isa95/response/operations-response.ts";
import { now, postingOf, race, seedRun, type StoreWorld, type World } from "./world.ts";

type Issued = readonly [requirement: string | null, micro: bigint, uom: string];

function issueOf(name: string, request: string, issued: readonly Issued[]): NewPosting {
  const posting = postingOf(name, { request, kind: "goods-issue" });
  const { content } = posting;
  assert.ok(content.kind === "goods-issue");
  const at = { plant: "PL01", location: "101C" };
  const materials = issued.map(([requirement, micro, uom]): MaterialActual => {
    const stock = { material: "W-1", quantity: { micro, uom }, at, lot: null, specialStock: null };
    return { use: "Consumed", requirement, stock: { ...stock, stockType: "free" } };
  });
  const segment = { ...content.response.segment, materials };
  return { ...posting, content: { ...content, response: { ...content.response, segment } } };
}

export function issuedSuite(world: () => StoreWorld): void {
  const order = async (name: string): Promise<string> =>
    (await world().store.transaction((tx) => seedRun(tx, name))).request;
  const plan = (on: Store, ...postings: NewPosting[]): Promise<void> =>
    on.transaction((tx) => tx.postings.plan(postings, now, false));
  const issued = async (request: string): Promise<readonly Issued[]> =>
    (await world().store.transaction((tx): ReturnType<PostingRepository["issued"]> => tx.postings.issued(request))).map(
      ({ requirement, quantity }) => [requirement, quantity.micro, quantity.uom],
    );

  test("it is the sum for each line and unit, of this order alone", async () => {
    const [request, another] = [await order("issue-sum"), await order("issue-sum-2")];
    const first = issueOf("issue-1", request, [["R1", 5n, "MMT"], ["R1", 2n, "MMT"], [null, 9n, "MMT"], ["R2", 1n, "KGM"]]); // prettier-ignore
    await plan(world().store, first, issueOf("issue-other", another, [["R1", 70n, "MMT"]]));
    await plan(
      world().store,
      issueOf("issue-2", request, [
        ["R1", 3n, "MMT"],
        ["R1", 4n, "CMT"],
      ]),
    );
    assert.deepEqual(await issued(request), [["R1", 4n, "CMT"], ["R1", 10n, "MMT"], ["R2", 1n, "KGM"]]); // prettier-ignore
    assert.deepEqual(await issued("no such order"), []);
  });

  test("what is dismissed or reversed no longer counts, in whatever way it comes to be so, and counts once", async () => {
    const request = await order("issue-states");
    const [a, b, c] = [1n, 10n, 100n].map((micro) => issueOf(`issue-s${micro}`, request, [["R1", micro, "MMT"]]));
    assert.ok(a && b && c);
    const { store, write } = world();
    await plan(store, a, b, c);
    const sum = async (): Promise<bigint> => (await issued(request))[0]?.[1] ?? 0n;
    assert.equal(await sum(), 111n);
    await store.transaction(async (tx) => {
      const held = await tx.postings.lock(a.id);
      assert.ok(held);
      await tx.postings.move(held, "dismissed", now);
    });
    assert.equal(await sum(), 110n, "a person dismisses it");
    await store.transaction((tx) => tx.postings.settle([dismissedBy(b.id)], 1, now));
    assert.equal(await sum(), 100n, "delivery settles it so");
    for (const state of ["refused", "needs-person", "in-doubt", "planned", "dismissed", "dismissed"])
      await write("posting", { state }, { id: c.id });
    assert.deepEqual(await issued(request), [], "by hand, and nothing is left");
  });

  test("two at once, and one that does not commit", async () => {
    const request = await order("issue-race");
    const { store, other } = world();
    const works = Array.from({ length: 6 }, (_, n) =>
      plan(n % 2 ? store : other, issueOf(`issue-r${n}`, request, [["R1", 10n ** BigInt(n), "MMT"]])),
    );
    const failing = store.transaction(async (tx) => {
      await tx.postings.plan([issueOf("issue-never", request, [["R1", 7n, "MMT"]])], now, false);
      throw new Error("it does not commit");
    });
    assert.equal((await race(...works, failing)).filter((end) => end === "ok").length, 6);
    assert.deepEqual(await issued(request), [["R1", 111_111n, "MMT"]]);
  });
}

function dismissedBy(id: string): Parameters<PostingRepository["settle"]>[0][number] {
  const rest = { dueAt: null, parked: false, askedAbsent: 0, releasesLanes: true, document: null, fault: null };
  return { id, from: "planned", attempt: 0, to: "dismissed", ...rest };
}

/** Of the sum that is kept, what is not the sum of the postings. */
const wrongSums = `with summed as (
    select p.request, m ->> 'requirement' as requirement, m #>> '{stock,quantity,uom}' as uom, sum((m #>> '{stock,quantity,micro}')::bigint) as micro
    from posting p, jsonb_array_elements(p.content #> '{response,segment,materials}') m
    where p.kind = 'goods-issue' and p.state not in ('dismissed', 'reversed') and m ->> 'requirement' is not null group by 1, 2, 3)
  select coalesce(i.requirement, s.requirement) as requirement from issued i full join summed s using (request, requirement, uom)
  where coalesce(i.micro, 0) <> coalesce(s.micro, 0)`;

/** After everything else in this database. */
export function keptSumSuite(world: () => World): void {
  test("what is kept is what all postings add up to, whatever has been done to them", async () => {
    const { sql } = world();
    assert.deepEqual(await sql(wrongSums), []);
    const { request } = await world().store.transaction((tx) => seedRun(tx, "issue-many"));
    const many = Array.from({ length: 200 }, (_, n) => issueOf(`issue-m${n}`, request, [["R1", 1n, "MMT"]]));
    await world().store.transaction((tx) => tx.postings.plan(many, now, false));
    assert.deepEqual(await sql("select micro::int from issued where request = $1", [request]), [{ micro: 200 }]);
  });

  test("it is noticed when the sum does not follow a posting", async () => {
    const { sql, store } = world();
    const { request } = await store.transaction((tx) => seedRun(tx, "issue-wrong"));
    const posting = issueOf("issue-wrong", request, [["R-wrong", 1n, "MMT"]]);
    await store.transaction((tx) => tx.postings.plan([posting], now, false));
    await sql("alter table posting disable trigger issued_moves");
    await sql("update posting set state = 'dismissed' where id = $1", [posting.id]);
    await sql("alter table posting enable trigger issued_moves");
    assert.deepEqual(await sql(wrongSums), [{ requirement: "R-wrong" }]);
  });
}
