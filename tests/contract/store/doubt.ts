/**
 * What the ERP may have is not posted a second time, whatever a person decides about it meanwhile: a dismissal does not make
 * certain what nobody knows.
 */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { makeFault, type FaultKind } from "../../../src/base/result.ts";
import {
  dismissPosting,
  releasePosting,
  retryPosting,
  takeBackPosting,
  type DecidePosting,
} from "../../../src/flows/decide-posting.ts";
import { dismissRun, reassignRun } from "../../../src/flows/decide-run.ts";
import type { MendPorts } from "../../../src/flows/mend-ports.ts";
import type { Settlement } from "../../../src/flows/ports.ts";
import { settleReversals } from "../../../src/flows/take-back.ts";
import type { PostingState } from "../../../src/record/posting.ts";
import { by, clock, codeOf, instantAfter, orderFor, portsOf, runOf, say, toldOf } from "./mend-scene.ts";
import type { StoreWorld } from "./world.ts";

export function doubtSuite(world: () => StoreWorld): void {
  const restoredAt = instantAfter(60_000);
  const afterRestore = instantAfter(3_600_000);
  afterEach(() => world().restored(null));

  const ports = (): MendPorts => portsOf(world().store, { clock: { ...clock, now: () => afterRestore } });
  const postingsOf = async (request: string, kind = "goods-issue"): Promise<readonly Record<string, unknown>[]> =>
    (await world().rows("posting", { request, kind })).toSorted((a, b) => Number(a["ordinal"]) - Number(b["ordinal"]));
  const stateOf = async (id: string): Promise<string> => String((await world().rows("posting", { id }))[0]?.["state"]);
  const decide = async (
    how: (on: MendPorts, command: DecidePosting) => ReturnType<typeof dismissPosting>,
    id: string,
  ) => {
    const [row] = await world().rows("posting", { id });
    return codeOf(await how(ports(), { ...by(Number(row?.["version"])), posting: id }));
  };
  const settle = async (
    id: string,
    [from, to]: readonly [PostingState, PostingState],
    at: typeof restoredAt,
    more: Partial<Settlement> = {},
  ): Promise<void> => {
    const [row] = await world().rows("posting", { id });
    const rest = { document: null, fault: null, dueAt: null, parked: false, askedAbsent: 0 };
    const releasesLanes = to !== "in-doubt";
    const settlement = { id, from, to, attempt: Number(row?.["attempts"]), releasesLanes, ...rest, ...more };
    const done = await world().store.transaction((tx) => tx.postings.settle([settlement], 1, at));
    assert.deepEqual(done, [id]);
  };
  const saysNo = (kind: FaultKind): Partial<Settlement> => ({ fault: makeFault(kind, "erp/no", "No.") });
  const send = async (id: string, at: typeof restoredAt): Promise<void> => {
    const [row] = await world().rows("posting", { id });
    const attempt = Number(row?.["attempts"]) + 1;
    await world().store.transaction(async (tx) => {
      const posting = await tx.postings.lock(id);
      await tx.postings.takeLanes([{ id, lanes: posting?.lanes ?? [] }]);
      await tx.postings.beginSending([{ id, envelope: new Uint8Array([1]), attempt }], 1, at);
    });
  };

  interface Made {
    readonly name: string;
    readonly request: string;
    readonly issue: string;
  }
  /** A run was made of an order; its goods issue is planned. */
  const made = async (name: string): Promise<Made> => {
    const { request } = await orderFor(world().store, name, `${name}-job`);
    await say(world().store, toldOf(`run-${name}`, `${name}-job`).facts);
    const [issue] = await postingsOf(request);
    return { name, request, issue: String(issue?.["id"]) };
  };
  const refused = async (name: string, at = instantAfter(0)): Promise<Made> => {
    const scene = await made(name);
    await send(scene.issue, at);
    await settle(scene.issue, ["sending", "refused"], at, saysNo("refused"));
    return scene;
  };

  /** Nobody gets round the doubt: the issue stays the only one for its facts. */
  const staysInDoubt = async ({ name, request, issue }: Made): Promise<void> => {
    assert.equal(await decide(releasePosting, issue), "decision/may-be-posted");
    const { jobOrder } = await orderFor(world().store, `${name}-to`, `${name}-to-job`);
    const run = { run: `run-${name}`, ...by((await runOf(world().store, `run-${name}`)).version) };
    assert.equal(codeOf(await reassignRun(ports(), { ...run, jobOrder })), "decision/posted");
    const again = { run: `run-${name}`, ...by((await runOf(world().store, `run-${name}`)).version) };
    assert.equal(codeOf(await dismissRun(ports(), again)), "decision/posted");
    assert.equal((await postingsOf(request)).length, 1);
  };

  test("refused before a restore and dismissed after it: it is not released, and its run goes nowhere", async () => {
    const scene = await refused("doubt-older");
    await world().restored(restoredAt);
    assert.equal(await decide(dismissPosting, scene.issue), "ok");
    await staysInDoubt(scene);
  });

  test("in doubt, not to be composed and dismissed: it is not released, and its run goes nowhere", async () => {
    const scene = await made("doubt-composed");
    await settle(scene.issue, ["planned", "refused"], instantAfter(0), saysNo("invalid"));
    await world().restored(restoredAt);
    assert.equal(await decide(retryPosting, scene.issue), "ok");
    await settle(scene.issue, ["in-doubt", "refused"], afterRestore, saysNo("invalid"));
    assert.equal(await decide(dismissPosting, scene.issue), "ok");
    await staysInDoubt(scene);
  });

  test("dismissed while only a person could tell: it is not released, and its run goes nowhere", async () => {
    const scene = await made("doubt-person");
    await send(scene.issue, instantAfter(0));
    await settle(scene.issue, ["sending", "in-doubt"], instantAfter(0));
    await settle(scene.issue, ["in-doubt", "needs-person"], instantAfter(0));
    assert.equal(await decide(dismissPosting, scene.issue), "ok");
    await staysInDoubt(scene);
  });

  test("asked about after a restore, sent and refused once more, it is certain: dismissed, it is released", async () => {
    const { request, issue } = await refused("doubt-over");
    await world().restored(restoredAt);
    assert.equal(await decide(retryPosting, issue), "ok");
    assert.equal(await stateOf(issue), "in-doubt");
    await settle(issue, ["in-doubt", "planned"], afterRestore);
    await send(issue, afterRestore);
    await settle(issue, ["sending", "refused"], afterRestore, saysNo("refused"));
    assert.equal(await decide(dismissPosting, issue), "ok");
    assert.equal(await decide(releasePosting, issue), "ok");
    assert.equal((await postingsOf(request)).length, 2);
  });

  test("a reversal that was refused before a restore is given up: nobody knows whether the document stands", async () => {
    const { request, issue } = await made("doubt-reversal");
    await send(issue, instantAfter(0));
    const document = { number: "4900000001/2025", kind: "goods-issue" } as const;
    await settle(issue, ["sending", "confirmed"], instantAfter(0), { document });
    assert.equal(await decide(takeBackPosting, issue), "ok");
    const [planned] = await postingsOf(request, "movement-reversal");
    const reversal = String(planned?.["id"]);
    await send(reversal, instantAfter(0));
    await settle(reversal, ["sending", "refused"], instantAfter(0), saysNo("refused"));
    await world().restored(restoredAt);
    assert.equal(await decide(dismissPosting, reversal), "ok");
    await settleReversals(ports(), "s4");
    assert.equal(await stateOf(issue), "needs-person");
  });
}
