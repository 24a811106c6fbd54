import assert from "node:assert/strict";
import { test } from "node:test";
import { keptOf, KeptUnreadable } from "./kept-unreadable.ts";

const failing = (told: object): Promise<never> => Promise.reject(Object.assign(new Error("it fails"), told));

test("what is damaged is named with its machine: a value that is none, a page or an index that is not as it was written", async () => {
  for (const told of [
    { code: "UNREADABLE_COLUMN" },
    { code: "XX001", statement: "collector.batches-after" },
    { code: "XX002", statement: "fact.after" },
    { code: "XX001", statement: "collector.checkpoint-ordinal" },
    { code: "58030", statement: "collector.checkpoint" },
    { code: "58P01", statement: "collector.batches-after" },
  ])
    await assert.rejects(
      keptOf("press-1", null, failing(told)),
      (error) => error instanceof KeptUnreadable && error.source === "press-1",
    );
});

test("a page that another statement has met, and a database that is away, are no machine's", async () => {
  for (const told of [
    { code: "XX001", statement: "fact.append" },
    { code: "ECONNREFUSED" },
    { statement: "fact.after" },
  ])
    await assert.rejects(keptOf("press-1", null, failing(told)), (error) => !(error instanceof KeptUnreadable));
});

test("what is read, and makes no memory, is named too: no sample that is being read can be its cause", async () => {
  for (const told of [{}, { code: "ERR_OUT_OF_RANGE" }])
    await assert.rejects(keptOf("press-1", null, failing(told)), (error) => error instanceof KeptUnreadable);
});
