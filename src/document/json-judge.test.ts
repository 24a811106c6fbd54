/** The JSON schema is compiled for every document that may be sent, ahead and once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { offeredRoots } from "../isa95/conversation/offer.ts";
import { JsonJudge } from "./json-judge.ts";

const never = new AbortController().signal;

test("every root that may be sent has its schema, and what is wrong with an empty one is said", async () => {
  const judge = new JsonJudge();
  const roots = offeredRoots();
  assert.ok(roots.length > 100, `${roots.length} roots`);
  await judge.prepare(roots, never);
  for (const root of roots) assert.doesNotThrow(() => judge.judge(root, {}), root);
  assert.match(judge.judge("ProcessOperationsSchedule", {})[0]?.message ?? "", /required/);
});

test("what was prepared is not compiled again, and lets others work meanwhile", async () => {
  const judge = new JsonJudge();
  let turns = 0;
  const ticking = setInterval(() => (turns += 1), 1);
  await judge.prepare(offeredRoots(), never);
  clearInterval(ticking);
  assert.ok(turns > 10, `${turns} turns of others`);
  const from = performance.now();
  judge.judge("SyncMaterialInformation", {});
  const ready = performance.now() - from;
  const cold = new JsonJudge();
  const begun = performance.now();
  cold.judge("SyncMaterialInformation", {});
  assert.ok(ready * 5 < performance.now() - begun, `${ready} ms when it was prepared`);
});

test("a process that ends does not go on compiling", async () => {
  const stop = new AbortController();
  stop.abort();
  await new JsonJudge().prepare(["there is no such root"], stop.signal);
  await assert.rejects(new JsonJudge().prepare(["there is no such root"], never), /no root/);
});
