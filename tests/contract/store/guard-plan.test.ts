/**
 * What the database looks up by itself when something is written: by key, also on a connection that has made its plans while
 * the tables were small. Rows are counted, not times.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Database, Query } from "../../../src/store/connection.ts";
import { ledgerRepository } from "../../../src/store/ledger-repository.ts";
import { postingRepository } from "../../../src/store/posting-repository.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { lookedAt, withOneConnection } from "./looked-at.ts";
import { countOf, movementOf, now, postingOf, seedRun, type World } from "./world.ts";

/** By then a connection keeps its plans, whatever it is asked about. */
const untilKept = 8;
const others = 300;
/** One row written, with all that is read for it. */
const rowsMost = 60;

interface Looking {
  readonly what: string;
  /** The function of the trigger that looks. */
  readonly by: string;
  readonly in: string;
  readonly work: (query: Query, n: number) => Promise<unknown>;
  readonly grow: string;
}

const nameOf = (n: number): string => `guard-plan-${n}`;
const posting = (n: number): ReturnType<typeof postingOf> =>
  postingOf(nameOf(n), { request: "s4//guard-plan", lanes: [nameOf(n)] });

async function send(query: Query, n: number): Promise<void> {
  const { id, lanes } = posting(n);
  const postings = postingRepository(query);
  await postings.takeLanes([{ id, lanes }]);
  await postings.beginSending([{ id, envelope: new Uint8Array([1]), attempt: 1 }], 1, now);
}

const factOf = (n: number): ReturnType<typeof countOf> => countOf(nameOf(n), "run-guard-plan");
const morePostings = `insert into posting (id, key, erp, kind, request, segment, state, lanes, content, due_at, planned_at)
  select 'other-' || n, 'other-' || n, 's4', 'confirmation', 's4//other', '0010', 'planned', '{}', '{}', now(), now()
  from generate_series(1, $1) n`;

const lookings: readonly Looking[] = [
  {
    what: "sends a posting looks at its own lanes",
    by: "refuse_out_of_turn",
    in: "lane",
    work: send,
    grow: "insert into lane (key, posting) select 'other-' || n, 'other' from generate_series(1, $1) n",
  },
  {
    what: "sends a posting looks at what was keyed by hand for its order",
    by: "refuse_before_hand",
    in: "hand_document",
    work: send,
    grow: `insert into hand_document (erp, kind, document, request, segment, materials, recorded_at, found_at)
      select 's4', 'goods-issue', 'other-' || n, 's4//other', '', '{}', now(), now() from generate_series(1, $1) n`,
  },
  {
    what: "plans a posting looks at what is final of its order",
    by: "refuse_after_final",
    in: "finality",
    work: (query, n) =>
      postingRepository(query).plan([postingOf(`more-${n}`, { request: "s4//guard-plan" })], now, false),
    grow: `insert into finality (id, request, segment, number, state, covers, decided_at, decided_by)
      select 'other-' || n, 's4//other', 's-' || n, 1, 'final', array['s-' || n], now(), '{}' from generate_series(1, $1) n`,
  },
  {
    what: "plans a posting for a fact looks at that posting",
    by: "refuse_further_lines",
    in: "posting",
    work: (query, n) =>
      query.run("test.line", "insert into posting_line (posting, fact, kind) values ($1, $2, $3)", [
        posting(n).id,
        factOf(n).id,
        "confirmation",
      ]),
    grow: morePostings,
  },
  {
    what: "gives lanes back looks at their postings",
    by: "refuse_freeing",
    in: "posting",
    work: async (query, n) => {
      await query.run("test.lane", "insert into lane (key, posting) values ($1, $2)", [nameOf(n), posting(n).id]);
      await query.run("test.free", "delete from lane where key = $1", [nameOf(n)]);
    },
    grow: morePostings,
  },
  {
    what: "books a movement looks at its balances",
    by: "book_movements",
    in: "balance",
    work: (query, n) => ledgerRepository(query).append([movementOf(nameOf(n), factOf(n).id)], now),
    grow: `insert into movement (id, fact, material, micro, uom, from_account, to_account, event_at, recorded_at)
      select 'other-' || n, (select min(id) from fact), 'M-' || n, 1, 'C62', 'world:supplier', 'unit:A', now(), now()
      from generate_series(1, $1) n`,
  },
];

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    before(async () => {
      cluster = await withCluster({ major });
    });
    after(() => cluster?.close());

    const rowsOf = (looking: Looking, spoil?: string): Promise<number> =>
      withOneConnection(cluster, async (world, database) => {
        await seed(world);
        if (spoil) await world.sql(spoil);
        await world.sql(`vacuum analyze ${looking.in}`);
        for (let n = 0; n < untilKept; n += 1) await rowsOfOne(looking, database, n);
        await world.sql(looking.grow, [others]);
        return rowsOfOne(looking, database, untilKept);
      });

    for (const looking of lookings) {
      test(`whoever ${looking.what}, and not at those of others`, async () => {
        const rows = await rowsOf(looking);
        assert.ok(rows <= rowsMost, `${rows} rows`);
      });

      test(`it is noticed when whoever ${looking.what}, and at all others`, async () => {
        const rows = await rowsOf(looking, `alter function ${looking.by}() reset enable_seqscan`);
        assert.ok(rows > others, `${rows} rows`);
      });
    }
  });
}

function rowsOfOne({ work }: Looking, database: Database, n: number): Promise<number> {
  return lookedAt(database, (query) => work(query, n));
}

/** Orders, and postings that wait. */
function seed({ store }: World): Promise<void> {
  return store.transaction(async (tx) => {
    await seedRun(tx, "other");
    await seedRun(tx, "guard-plan");
    const numbers = Array.from({ length: untilKept + 1 }, (_, n) => n);
    await tx.facts.append(numbers.map(factOf), now);
    await tx.postings.plan(
      [...numbers.map(posting), { ...postingOf("other", { request: "s4//other" }), id: "other" }],
      now,
      false,
    );
  });
}
