/**
 * The books of an order are read from what is its own, however much there is of others: also by a connection that has made its
 * plans when there was little. Rows are counted, not times. And a fact has the posting that speaks for it, whosesoever.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { OwedKind } from "../../../src/record/posting.ts";
import type { Database } from "../../../src/store/connection.ts";
import { postingKey } from "../../../src/base/id.ts";
import type { KeptBooks } from "../../../src/flows/view/books-view.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { postgresBooks } from "../../../src/store/view/books-view.ts";
import { lookedAt, spoilt, withOneConnection } from "./looked-at.ts";
import { countOf, movementOf, now, postingOf, seedRun, type World } from "./world.ts";

type Tx = Parameters<Parameters<World["store"]["transaction"]>[0]>[0];

/** When the plans were made, and since. */
const others = { before: 10, since: 60 } as const;
const factsPerRun = 100;
/** By then a connection keeps its plan, whatever it is asked about. */
const untilKept = 8;
/** Of each fact: itself in each of five statements, its movement, and a line of each kind of document, also where it is another kind's. */
const rowsEach = 5 + 1 + 3 * 2;
/** Orders, job orders, runs and postings were so few when the plans were made that they are read whole, in each statement. */
const rowsOfOrder = 25;

const asWritten = (text: string): string => text;
/** As it once was: joins, to be planned as the tables are. */
const joined = (text: string): string => text.replaceAll(" offset 0", "");

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    before(async () => {
      cluster = await withCluster({ major });
    });
    after(() => cluster?.close());

    /** Rows that are looked at for the books of one order by a connection that has begun before everybody else. */
    const rowsOf = (spoil: (text: string) => string): Promise<number> =>
      withOneConnection(cluster, async (world, database) => {
        const { request } = await world.store.transaction((tx) => seedPosted(tx, "own"));
        await seedOthers(world, "before", others.before);
        await world.sql("vacuum analyze");
        for (let n = 0; n < untilKept; n += 1) await booksIn(database, request, spoil);
        await seedOthers(world, "since", others.since);
        const { rows, books } = await booksIn(database, request, spoil);
        assert.deepEqual(factsOf(books), { "own confirmation": factsPerRun, "own goods-receipt": factsPerRun });
        assert.deepEqual(
          books?.record.ledger.map(({ quantity }) => quantity.micro),
          [BigInt(factsPerRun) * 5_000_000n],
        );
        return rows;
      });

    test("its own runs, facts, lines and movements are read, and no other's", async () => {
      const rows = await rowsOf(asWritten);
      const most = rowsEach * factsPerRun + rowsOfOrder * (1 + others.before + others.since);
      assert.ok(rows >= 5 * factsPerRun && rows <= most, `${rows} rows`);
    });

    test("it is noticed when they are found among all that there are", async () => {
      const rows = await rowsOf(joined);
      assert.ok(rows > others.since * factsPerRun, `${rows} rows`);
    });

    test("a fact has its posting when that is of another order, and has none when nobody speaks for it", () =>
      withOneConnection(cluster, async (world, database) => {
        const { request, other } = await world.store.transaction(async (tx) => {
          const own = await seedRun(tx, "own");
          const moved = await seedRun(tx, "moved");
          const facts = Array.from({ length: 5 }, (_, n) => countOf(`own ${n}`, own.run));
          const strange = countOf("moved", moved.run);
          await tx.facts.append([...facts, strange], now);
          const [first = "", second = "", third = ""] = facts.map((fact) => fact.id);
          await tx.postings.plan(
            [
              // The run was of the other order when these were planned.
              postingOf("before", { request: moved.request, facts: [first, second] }),
              postingOf("since", { request: own.request, facts: [third, strange.id] }),
            ],
            now,
            false,
          );
          return { request: own.request, other: moved.request };
        });
        const counted = async (of: string): Promise<unknown> =>
          factsOf((await booksIn(database, of, asWritten)).books, "confirmation");
        assert.deepEqual(await counted(request), { before: 2, since: 1, nobody: 2 });
        assert.deepEqual(await counted(other), { since: 1 });
        const shown = await postgresBooks(database).read((books) => books.facts(request, 1));
        const confirmed = shown.filter(({ kind }) => kind === "confirmation").map(({ posting }) => nameOf(posting));
        assert.deepEqual(confirmed.toSorted(), ["before", "nobody", "since"]);
      }));
  });
}

interface Read {
  readonly rows: number;
  readonly books: KeptBooks | null;
}

async function booksIn(database: Database, request: string, spoil: (text: string) => string): Promise<Read> {
  const read: { books: KeptBooks | null } = { books: null };
  const rows = await lookedAt(database, async (query) => {
    // Within a transaction that has begun already, and so cannot be told how isolated it is.
    const within = { ...spoilt(query, spoil), post: () => undefined };
    const inside: Database = { ...database, transaction: (work) => work(within) };
    read.books = await postgresBooks(inside).read((view) => view.books(request));
  });
  return { rows, ...read };
}

const names = new Map(
  ["own confirmation", "own goods-receipt", "before", "since"].map((name) => [postingKey("posting", name), name]),
);

function nameOf(key: string | null): string {
  return key === null ? "nobody" : (names.get(key) ?? key);
}

/** How many facts each posting speaks for. */
function factsOf(books: KeptBooks | null, of: OwedKind | null = null): Readonly<Record<string, number>> {
  const stated = (books?.record.stated ?? []).filter(({ kind }) => of === null || kind === of);
  return Object.fromEntries(stated.map(({ posting, facts }) => [nameOf(posting), facts]));
}

async function seedOthers({ store }: World, name: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await store.transaction((tx) => seedPosted(tx, `${name}-${n}`));
}

/** A run of which everything was booked and posted. */
async function seedPosted(tx: Tx, name: string): Promise<{ request: string }> {
  const { request, run } = await seedRun(tx, name);
  const facts = Array.from({ length: factsPerRun }, (_, n) => countOf(`${run} ${n}`, run));
  await tx.facts.append(facts, now);
  const booked = { from: "world:production", to: "world:erp@PL01/0002" } as const;
  await tx.ledger.append(
    facts.map(({ id }) => movementOf(`${id} booked`, id, booked)),
    now,
  );
  const spoken = { request, run, facts: facts.map((fact) => fact.id) };
  const kinds = ["confirmation", "goods-receipt"] as const;
  await tx.postings.plan(
    kinds.map((kind) => postingOf(`${name} ${kind}`, { ...spoken, kind })),
    now,
    false,
  );
  return { request };
}
