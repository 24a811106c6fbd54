import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { renew } from "./renew.ts";

const queryKey = ["GET /api/v1/orders/:order", { params: { order: "1" } }];
let client: QueryClient;
/** Readings that were begun, in order. */
let begun: { readonly signal: AbortSignal; readonly answer: (text: string) => void }[];
let shown: (string | undefined)[];
let end: () => void;

beforeEach(() => {
  mock.timers.enable({ apis: ["Date"] });
  mock.method(performance, "now", () => Date.now());
  [begun, shown] = [[], []];
  client = new QueryClient();
  const observer = new QueryObserver<string>(client, {
    queryKey,
    retry: false,
    queryFn: ({ signal }) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      begun.push({ signal, answer: resolve });
      return promise;
    },
  });
  end = observer.subscribe(({ data }) => shown.push(data));
});
afterEach(() => {
  end();
  client.clear();
  mock.restoreAll();
  mock.timers.reset();
});

async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => void setImmediate(resolve));
}
async function answer(text: string): Promise<void> {
  begun.at(-1)?.answer(text);
  await settle();
}
async function becomesOld(afterMs: number): Promise<void> {
  mock.timers.tick(afterMs);
  renew(client, { queryKey });
  await settle();
}

test("what becomes old faster than it is read is shown all the same, and read once more", async () => {
  await answer("first");
  await becomesOld(1_000);
  for (let second = 0; second < 3; second += 1) await becomesOld(1_000);
  assert.equal(begun.length, 2);
  await answer("second");
  assert.equal(shown.at(-1), "second");
  assert.equal(begun.length, 3);
  await answer("third");
  assert.deepEqual([shown.at(-1), begun.length, begun.some(({ signal }) => signal.aborted)], ["third", 3, false]);
});

test("a first reading that becomes old while it is under way is read once more", async () => {
  await becomesOld(1_000);
  await becomesOld(1_000);
  await answer("first");
  assert.deepEqual([shown.at(-1), begun.length], ["first", 2]);
});

test("a reading that does not end is begun anew after ten seconds", async () => {
  await answer("first");
  await becomesOld(1_000);
  await becomesOld(1_000);
  await becomesOld(10_000);
  assert.equal(begun.length, 2);
  await becomesOld(1_000);
  assert.deepEqual([begun.length, begun[1]?.signal.aborted], [3, true]);
  await answer("second");
  assert.equal(shown.at(-1), "second");
});
