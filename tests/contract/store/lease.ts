/** Leases that end by themselves: one process at a time writes to a machine, and an older one's steps are refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { instructionSteps } from "../../../src/flows/dispatch.ts";
import type { Lease, LeaseHolder } from "../../../src/flows/lease.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { Instruction } from "../../../src/record/instruction.ts";
import { now, seedRun, type StoreWorld } from "./world.ts";

const leaseMs = 60_000;

function keep(store: Store, roles: readonly string[], holder: LeaseHolder): Promise<Record<string, number>> {
  return store.transaction(async (tx) => Object.fromEntries(await tx.site.keepLeases(roles, holder, leaseMs)));
}

export function leaseSuite(world: () => StoreWorld): void {
  const here = (process: string): LeaseHolder => ({ installation: "here", process });
  const there = { installation: "there", process: "p-9" };

  /** So much longer ago than it was it has been renewed. */
  const pass = async (role: string, ms: number): Promise<void> => {
    const [lease] = await world().rows("lease", { role });
    const at = lease?.["renewed_at"];
    const earlier = typeof at === "number" ? at - ms : new Date(Date.parse(String(at)) - ms).toISOString();
    await world().write("lease", { renewed_at: earlier }, { role });
  };

  test("one holder at a time: kept while it is renewed, then free, with a new epoch", async () => {
    const { store, other } = world();
    assert.deepEqual(await keep(store, ["m/1", "m/2"], here("p-1")), { "m/1": 1, "m/2": 1 });
    assert.deepEqual(await keep(other, ["m/1", "m/3"], there), { "m/3": 1 });
    await pass("m/1", leaseMs * 0.6);
    await pass("m/2", leaseMs * 0.6);
    assert.deepEqual(await keep(store, ["m/1"], here("p-1")), { "m/1": 1 }, "renewed in the same epoch");
    await pass("m/1", leaseMs * 0.6);
    await pass("m/2", leaseMs * 0.6);
    assert.deepEqual(await keep(other, ["m/1", "m/2"], there), { "m/2": 2 }, "m/2 was not renewed");
    await pass("m/1", leaseMs * 0.6);
    assert.deepEqual(await keep(other, ["m/1"], there), { "m/1": 2 });
    assert.deepEqual(await keep(store, ["m/1"], here("p-1")), {});
  });

  test("the next process of an installation need not wait, nor anybody when it was given back", async () => {
    const { store, other } = world();
    assert.deepEqual(await keep(store, ["n/1"], here("p-1")), { "n/1": 1 });
    assert.deepEqual(await keep(store, ["n/1"], here("p-2")), { "n/1": 2 });
    const near = { installation: "her", process: "e/p-2" };
    assert.deepEqual(await keep(other, ["n/1"], near), {}, "a name that begins alike is another one");
    await store.transaction((tx) => tx.site.endLeases(["n/1"], here("p-1")));
    assert.deepEqual(await keep(other, ["n/1"], there), {}, "who has lost it cannot give it back");
    await store.transaction((tx) => tx.site.endLeases(["n/1"], here("p-2")));
    assert.deepEqual(await keep(other, ["n/1"], there), { "n/1": 3 });
  });

  test("many at once: each role has one holder", async () => {
    const { store, other } = world();
    const roles = ["r/3", "r/1", "r/2"];
    const holders = Array.from({ length: 8 }, (_, i) => ({ installation: `i-${i}`, process: "p" }));
    const got = await Promise.all(holders.map((holder, i) => keep(i % 2 ? store : other, roles, holder)));
    assert.deepEqual(got.flatMap((held) => Object.keys(held)).toSorted(), ["r/1", "r/2", "r/3"]);
  });

  test("a step of an instruction is written under the lease that is held, and under no older one", async () => {
    const { store, other } = world();
    const { jobOrder } = await store.transaction((tx) => seedRun(tx, "leased"));
    const instruction: Instruction = {
      id: "leased",
      workUnit: "u",
      connection: "m-leased",
      jobOrder,
      state: "planned",
      content: { kind: "remove", jobOrderId: "M-7", because: "test" },
      fault: null,
      readBack: null,
      createdAt: now,
      version: 0,
    };
    await store.transaction((tx) => tx.instructions.plan(instruction));
    const leaseOf = async (on: Store, holder: LeaseHolder): Promise<Lease> => ({
      role: "l/1",
      epoch: (await keep(on, ["l/1"], holder))["l/1"] ?? assert.fail("not taken"),
    });
    const first = await leaseOf(store, here("p-1"));
    const clock = systemClock;
    const old = instructionSteps({ store, clock }, () => first);
    assert.ok((await old.advance("leased", "write", null, null)).ok);
    const second = await leaseOf(other, here("p-2"));
    const late = await old.advance("leased", "verify", null, null);
    assert.equal(late.ok ? "ok" : late.fault.code, "gateway/no-lease");
    const none = await instructionSteps({ store, clock }, () => null).advance("leased", "verify", null, null);
    assert.equal(none.ok ? "ok" : none.fault.code, "gateway/no-lease");
    const [open] = await old.open("m-leased");
    assert.equal(open?.state, "writing", "nothing of it was written");
    const next = instructionSteps({ store: other, clock }, () => second);
    assert.ok((await next.advance("leased", "doubt", null, null)).ok);
  });
}
