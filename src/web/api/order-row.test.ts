import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { InfiniteQueryObserver, QueryClient, type InfiniteData } from "@tanstack/react-query";
import { renewRows } from "./order-row.ts";

interface Part {
  readonly items: readonly { readonly id: string; readonly said?: string }[];
  readonly next: null;
}

/** One call after the other answers: by id how often it was asked for, and the most that were open at once. */
let asked: string[];
let open: number;
let openMost: number;
let client: QueryClient;
let ends: (() => void)[];

beforeEach(() => {
  [asked, ends] = [[], []];
  [open, openMost] = [0, 0];
  client = new QueryClient();
  mock.method(globalThis, "fetch", async (address: string) => {
    const id = address.slice(address.lastIndexOf("/") + 1);
    asked.push(id);
    open += 1;
    openMost = Math.max(openMost, open);
    await turn();
    open -= 1;
    return Response.json({ id, said: `answer ${asked.length}` });
  });
});
afterEach(() => {
  for (const end of ends) end();
  client.clear();
  mock.restoreAll();
});

/** All that is under way by promises alone goes on until it waits for something else. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
async function quiet(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await turn();
}

/** A list that is looked at, and is read until the gate opens. */
function read(name: number, ids: readonly string[], gate: Promise<void>): void {
  const observer = new InfiniteQueryObserver<Part>(client, {
    queryKey: ["GET /api/v1/orders", { name }, "parts"],
    queryFn: () => gate.then(() => ({ items: ids.map((id) => ({ id, said: "of old" })), next: null })),
    initialPageParam: null,
    getNextPageParam: () => null,
  });
  ends.push(observer.subscribe(() => undefined));
}

for (const lists of [1, 2, 3]) {
  test(`what was said while ${lists} lists were read is asked for once, and not all at once`, async () => {
    const ids = Array.from({ length: 50 }, (_, of) => `many-${lists}-${of}`);
    const gate = Promise.withResolvers<void>();
    for (let list = 0; list < lists; list += 1) read(list, ids, gate.promise);
    for (let second = 0; second < 10; second += 1) void renewRows(client, ids.slice(second, second + 30));
    await quiet();
    assert.deepEqual(asked, [], "nobody sees them yet");
    gate.resolve();
    await quiet();
    assert.ok(openMost <= 20, `${openMost} calls at once`);
    assert.deepEqual([asked.length, new Set(asked)], [39, new Set(ids.slice(0, 39))]);
  });
}

test("rows that are put while lists are read are put once more after each, however often that was", async () => {
  const ids = ["put-1", "put-2"];
  read(0, ids, Promise.resolve());
  await quiet();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  for (const [of, gate] of gates.entries()) read(of + 1, ids, gate.promise);
  for (let second = 0; second < 5; second += 1) {
    await renewRows(client, ids);
    await quiet();
  }
  const put = mock.method(client, "setQueriesData");
  for (const gate of gates) {
    gate.resolve();
    await quiet();
  }
  assert.equal(put.mock.callCount(), gates.length);
  for (const [, list] of client.getQueriesData<InfiniteData<Part>>({ queryKey: ["GET /api/v1/orders"] })) {
    assert.deepEqual(
      list?.pages.flatMap(({ items }) => items.map(({ said }) => said)),
      ["answer 10", "answer 10"],
    );
  }
});
