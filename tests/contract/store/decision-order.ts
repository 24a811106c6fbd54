/** A person decides about orders that were not taken over: the kept bytes are read again, with the site as it is now. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, toJson } from "../../../src/base/json.ts";
import { ok } from "../../../src/base/result.ts";
import type { ErpSession, InboundMessage } from "../../../src/erp/connector.ts";
import { acceptMessage } from "../../../src/flows/accept-order.ts";
import { acceptOrderAgain, dismissOrder } from "../../../src/flows/decide-order.ts";
import type { MendPorts } from "../../../src/flows/mend-ports.ts";
import type { OperationsRequest } from "../../../src/isa95/schedule/operations-request.ts";
import { requestOf, segmentOf } from "../../../src/operations/testing/order.ts";
import { by, clock, codeOf, portsOf, site } from "./mend-scene.ts";
import type { World } from "./world.ts";

const session = {
  interpret: (message: InboundMessage) => ok(fromJson<OperationsRequest>(new TextDecoder().decode(message.bytes))),
  compose: unused,
  resolve: unused,
};

export function orderDecisionSuite(world: () => World): void {
  const seen = async (
    number: string,
  ): Promise<{ quarantine: number; version: number; state: unknown; code: unknown }> => {
    const [row] = await world().sql(
      "select id, version, state, code from quarantine where kind = 'order' and subject = $1",
      [`s4/${number}`],
    );
    return {
      quarantine: Number(row?.["id"]),
      version: Number(row?.["version"]),
      state: row?.["state"],
      code: row?.["code"],
    };
  };
  /** An order at a work centre that the site does not know. */
  const quarantined = async (number: string, key = `${number}-1`): Promise<void> => {
    const request = requestOf({
      reference: { erp: "s4", company: "", number },
      segments: [segmentOf({ workCenter: "NEW-1" })],
    });
    const bytes = new TextEncoder().encode(toJson(request));
    const message = { idempotencyKey: key, noun: "order", number, bytes, mediaType: "application/json" } as const;
    const { store } = world();
    const accepting = { store, site, clock, erp: "s4", evaluate: portsOf(store).evaluate };
    // Taking a message over calls nothing else.
    assert.equal(
      await acceptMessage({ ...accepting, session: session as unknown as ErpSession }, message),
      "quarantined",
    );
  };
  /** The site has learnt the work centre since. */
  const mended = (): MendPorts => {
    const { store } = world();
    const known = { ...site, workCenterByErpCode: () => site.workCenter("A565") };
    return portsOf(store, { site: known, session: () => session });
  };

  test("after the site has changed the kept message is taken over", async () => {
    const { store, sql } = world();
    await quarantined("again");
    const before = await seen("again");
    const unchanged = portsOf(store, { session: () => session });
    const first = await acceptOrderAgain(unchanged, { ...by(before.version), quarantine: before.quarantine });
    assert.equal(codeOf(first), before.code, "still for the same reason");
    const still = await seen("again");
    assert.equal(still.state, "open");
    const command = { ...by(still.version), quarantine: still.quarantine };
    const away = portsOf(store, { session: () => null });
    assert.equal(codeOf(await acceptOrderAgain(away, { ...command, id: "away-1" })), "decision/erp-away");
    const done = await acceptOrderAgain(mended(), command);
    assert.deepEqual(done, { ok: true, value: { subject: "s4/again", verdict: "accepted" } });
    assert.deepEqual(await acceptOrderAgain(mended(), command), done, "the same command again");
    assert.equal((await seen("again")).state, "resolved");
    const jobOrders = await sql("select work_center from job_order where request = 's4//again'");
    assert.deepEqual(jobOrders, [{ work_center: "A565" }]);
    const [message] = await sql("select verdict, fault from erp_message where number = 'again'");
    assert.deepEqual(message, { verdict: "accepted", fault: null });
    const late = { ...by((await seen("again")).version), quarantine: still.quarantine };
    assert.equal(codeOf(await acceptOrderAgain(mended(), late)), "decision/not-possible");
  });

  test("dismissed it is left alone, and can be read again after all; a newer message changes what was seen", async () => {
    const { store } = world();
    await quarantined("left");
    const first = await seen("left");
    await quarantined("left", "left-2");
    const stale = { ...by(first.version), quarantine: first.quarantine };
    assert.equal(codeOf(await dismissOrder(portsOf(store), stale)), "decision/changed");
    const { version, quarantine } = await seen("left");
    assert.equal(codeOf(await dismissOrder(portsOf(store), { ...by(version), quarantine })), "ok");
    const { version: next } = await seen("left");
    assert.equal(codeOf(await dismissOrder(portsOf(store), { ...by(next), quarantine })), "decision/not-possible");
    assert.equal(codeOf(await acceptOrderAgain(mended(), { ...by(next), quarantine })), "ok");
    assert.equal(codeOf(await dismissOrder(portsOf(store), { ...by(0), quarantine: 0 })), "decision/unknown");
  });

  test("two people at once: the order is taken over once", async () => {
    const { other, sql } = world();
    await quarantined("twice");
    const { version, quarantine } = await seen("twice");
    const ends = await Promise.all([
      acceptOrderAgain(mended(), { ...by(version, "p-1"), quarantine }),
      dismissOrder(portsOf(other), { ...by(version, "p-2"), quarantine }),
    ]);
    assert.deepEqual(ends.map(codeOf).toSorted(), ["decision/changed", "ok"]);
    const [count] = await sql("select count(*)::int as n from job_order where request = 's4//twice'");
    assert.equal(count?.["n"], ends[0].ok ? 1 : 0);
  });
}

function unused(): never {
  throw new Error("nothing is sent or asked here");
}
