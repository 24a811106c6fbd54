/** Any number of documents is compared in the memory of a few orders: nothing is read before it is wanted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../base/clock.ts";
import { whole } from "../base/quantity.ts";
import { ok, unwrap } from "../base/result.ts";
import { found, good, limits, posting, request, responseOf } from "../operations/reconciliation/testing/books.ts";
import { requestOf } from "../operations/testing/order.ts";
import { reconcile, type ReconcilePorts } from "./reconcile.ts";
import type { BooksView } from "./view/books-view.ts";

const orderCount = 2_000;
const perOrder = 50;

const keysOf = (id: string): string[] => Array.from({ length: perOrder }, (_, n) => `${id}-${n}`);

/** Orders with fifty postings each, made when they are asked for. */
const books: BooksView = {
  find: () => Promise.resolve([]),
  orders: (_scope, after, limit) =>
    Promise.resolve(
      Array.from({ length: orderCount }, (_, n) => `order-${String(n).padStart(6, "0")}`)
        .filter((id) => id > after)
        .slice(0, limit),
    ),
  books: (id) => {
    const postings = keysOf(id).map((key) => posting(key, responseOf(whole(1, "C62"))));
    const stated = postings.map(({ key }) => good(1, key));
    const own = { ...requestOf(), id, reference: { ...request.reference, number: id } };
    return Promise.resolve({ request: own, record: { stated, packed: [], postings, ledger: [] }, stamp: "1" });
  },
  stamp: () => Promise.resolve("1"),
  facts: () => Promise.resolve([]),
};

test("a hundred thousand documents are compared, and never more than a few orders are read ahead", async () => {
  let asked = 0;
  let taken = 0;
  let ahead = 0;
  let documents = 0;
  const ports: ReconcilePorts = {
    books: { read: (work) => work(books) },
    clock: systemClock,
    policy: { limits: { ...limits, "in-flight": { hours: null, micro: null } } },
    receipt: () => true,
    packs: () => false,
    documents: ({ id }) => {
      asked += 1;
      ahead = Math.max(ahead, asked - taken);
      return Promise.resolve(ok(keysOf(id).map((key) => found(key, responseOf(whole(1, "C62"))))));
    },
  };
  const scope = { orders: null, day: null, material: null, since: null };
  const wish = { scope, material: null, factsMost: 0 };
  for await (const one of reconcile(ports, wish, new AbortController().signal)) {
    const { comparison, books: read } = unwrap(one);
    assert.deepEqual(
      comparison?.lines.map(({ difference, erp }) => [difference, erp]),
      [[0n, BigInt(perOrder) * 1_000_000n]],
    );
    documents += read?.documents.length ?? 0;
    taken += 1;
  }
  assert.deepEqual([taken, documents], [orderCount, 100_000]);
  assert.ok(ahead <= 3, `${ahead} orders were read ahead`);
});
