/**
 * What stays as it was once it is written, and rows that cannot be: the database refuses both, whoever writes them. Two
 * transactions at once are in `constraint.ts`.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { whole } from "../../../src/base/quantity.ts";
import type { ConsumptionMode } from "../../../src/isa95/definition/operation.ts";
import { consumed, factOf, requirementOf, segmentOf } from "../../../src/operations/testing/order.ts";
import type { Instruction } from "../../../src/record/instruction.ts";
import { countOf, movementOf, now, postingOf, race, seedRun, type StoreWorld, type World } from "./world.ts";

/** What is there before each attempt. */
interface Written {
  readonly movement: string;
  readonly fact: string;
  /** A fact that no posting speaks for. */
  readonly free: string;
  readonly posting: string;
  readonly jobOrder: string;
}

type Columns = Readonly<Record<string, unknown>>;

/** What is done by hand, and the constraint that refuses it. */
interface Attempt {
  readonly what: string;
  readonly constraint: string;
  readonly by: (world: StoreWorld, written: Written) => Promise<void>;
}

export function guardSuite(world: () => StoreWorld): void {
  for (const { what, constraint, by } of [...wrongRows, ...otherRecords, ...otherPostings]) {
    test(`${what} is refused`, async () => {
      const written = await writeOne(world(), `refused-${what}`);
      assert.deepEqual(await race(by(world(), written)), [constraint]);
    });
  }

  test("what a machine has counted of a component moves where no line by bill alone speaks for it", async () => {
    const { store } = world();
    const book = async (name: string, rule: string, modes: readonly ConsumptionMode[]): Promise<string[]> => {
      const materials = modes.map((mode, i) => requirementOf({ id: `R${i}`, mode }));
      const segments = [segmentOf({ materials })];
      const { run } = await store.transaction((tx) => seedRun(tx, name, { segments }));
      const fact = factOf(name, now, consumed("W-1", whole(5, "C62")), { run, rule });
      return race(
        store.transaction(async (tx) => {
          await tx.facts.append([fact], now);
          await tx.ledger.append([movementOf(name, fact.id)], now);
        }),
      );
    };
    assert.deepEqual(await book("source-bill", "wire", ["bill"]), ["one_source_moves"]);
    assert.deepEqual(await book("source-bill-erp", "wire", ["erp", "bill"]), ["one_source_moves"]);
    assert.deepEqual(await book("source-share", "bill:R0", ["bill"]), ["ok"]);
    assert.deepEqual(await book("source-both", "wire", ["bill", "measured"]), ["ok"]);
    assert.deepEqual(await book("source-erp", "wire", ["erp", "issued"]), ["ok"]);
    assert.deepEqual(await book("source-none", "wire", []), ["ok"]);
  });

  test("a job order is on its way to one machine at a time", async () => {
    const { store, other, rows, write: change } = world();
    const { jobOrder } = await store.transaction((tx) => seedRun(tx, "two-machines"));
    const another = await store.transaction((tx) => seedRun(tx, "third-machine"));
    const planned = await Promise.all([
      store.transaction((tx) => tx.instructions.plan(storeAt("m-one", jobOrder))),
      other.transaction((tx) => tx.instructions.plan(storeAt("m-two", jobOrder))),
    ]);
    assert.deepEqual(planned.toSorted(), [false, true]);
    assert.equal((await rows("instruction", { job_order: jobOrder })).length, 1);
    const third = storeAt("m-three", another.jobOrder);
    assert.equal(await store.transaction((tx) => tx.instructions.plan(third)), true);
    assert.deepEqual(await race(change("instruction", { job_order: jobOrder }, { id: third.id })), [
      "instruction_store_once",
    ]);
  });
}

function storeAt(connection: string, jobOrder: string): Instruction {
  const order = {
    jobOrderId: "M-1",
    description: "d",
    material: "P",
    quantity: { micro: 3n, uom: "C62" },
    priority: 0,
    startTime: null,
    parameters: {},
  };
  return {
    id: `to-${connection}`,
    workUnit: "u",
    connection,
    jobOrder,
    state: "planned",
    content: { kind: "store", order, setup: [] },
    fault: null,
    readBack: null,
    createdAt: now,
    version: 0,
  };
}

/** What only a statement of PostgreSQL can say. */
export function emptyingSuite(world: () => World): void {
  for (const table of ["fact", "movement", "posting", "posting_line", "statement"]) {
    test(`emptying ${table} is refused`, async () => {
      assert.deepEqual(await race(world().sql(`truncate ${table} cascade`)), [`${table}_is_not_emptied`]);
    });
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const add =
  (table: string, columns: Columns, of: (written: Written) => Columns): Attempt["by"] =>
  (world, written) =>
    world.add(table, columns, of(written));
const write =
  (table: string, of: (written: Written) => Columns, ...steps: readonly Columns[]): Attempt["by"] =>
  async (world, written) => {
    for (const columns of steps) await world.write(table, columns, of(written));
  };
const clear =
  (table: string): Attempt["by"] =>
  (world) =>
    world.clear(table);

const theMovement = ({ movement }: Written): Columns => ({ id: movement });
const theFact = ({ fact }: Written): Columns => ({ id: fact });
const thePosting = ({ posting }: Written): Columns => ({ id: posting });
const theLine = ({ posting, fact }: Written): Columns => ({ posting, fact });
const theJobOrder = ({ jobOrder }: Written): Columns => ({ id: jobOrder });

const dismissedInDoubt: Columns = { state: "dismissed", dismissed_in_doubt: true };

const wrongRows: readonly Attempt[] = [
  {
    what: "an amount of nothing",
    constraint: "movement_micro_check",
    by: add("movement", { id: "nothing", micro: 0n }, theMovement),
  },
  {
    what: "a movement to where it comes from",
    constraint: "movement_check",
    by: add("movement", { id: "nowhere", to_account: "world:supplier" }, theMovement),
  },
  {
    what: "a confirmed posting without a document",
    constraint: "confirmed_has_document",
    by: write("posting", thePosting, { state: "in-doubt" }, { state: "confirmed", document: null }),
  },
  {
    what: "a state that does not exist",
    constraint: "posting_life_cycle",
    by: write("posting", thePosting, { state: "lost" }),
  },
  {
    what: "a job order of nothing",
    constraint: "job_order_quantity_micro_check",
    by: write("job_order", theJobOrder, { quantity_micro: 0n }),
  },
];

const otherRecords: readonly Attempt[] = [
  {
    what: "another amount of what was booked",
    constraint: "movement_is_append_only",
    by: write("movement", theMovement, { micro: 7n }),
  },
  { what: "taking a movement out of the ledger", constraint: "movement_is_append_only", by: clear("movement") },
  {
    what: "another statement than was made",
    constraint: "fact_is_append_only",
    by: write("fact", theFact, { body: {} }),
  },
  { what: "taking a fact out of the record", constraint: "fact_is_append_only", by: clear("fact") },
];

const otherPostings: readonly Attempt[] = [
  { what: "taking a posting out of the outbox", constraint: "posting_is_kept", by: clear("posting") },
  { what: "taking a fact out of a posting", constraint: "posting_line_is_kept", by: clear("posting_line") },
  {
    what: "another key for what may have been sent",
    constraint: "posting_stays_itself",
    by: write("posting", thePosting, { key: "X" }),
  },
  {
    what: "other content",
    constraint: "posting_stays_itself",
    by: write("posting", thePosting, { content: {} }),
  },
  {
    what: "other bytes than were frozen",
    constraint: "frozen_stays_frozen",
    by: write(
      "posting",
      thePosting,
      { envelope: bytes("one") },
      { envelope: bytes("one") },
      { envelope: bytes("two") },
    ),
  },
  {
    what: "forgetting the bytes",
    constraint: "frozen_stays_frozen",
    by: write("posting", thePosting, { envelope: bytes("one") }, { envelope: null }),
  },
  {
    what: "a fact that a living posting lets go of",
    constraint: "facts_are_held",
    by: write("posting_line", theLine, { active: false }),
  },
  {
    what: "a fact that is spoken for again",
    constraint: "facts_are_held",
    by: async (world, written) => {
      await world.write("posting", { state: "dismissed" }, thePosting(written));
      await world.write("posting_line", { active: false }, theLine(written));
      await world.write("posting_line", { active: true }, theLine(written));
    },
  },
  {
    what: "a dismissal as if it were certain that the ERP does not have it",
    constraint: "doubt_is_kept",
    by: write("posting", thePosting, { state: "refused" }, { state: "needs-person" }, { state: "dismissed" }),
  },
  {
    what: "a dismissal of what was refused before a restore as if that were certain",
    constraint: "doubt_is_kept",
    by: async (world, written) => {
      await world.restored(instant(Date.now() + 3_600_000));
      try {
        await world.write("posting", { state: "refused" }, thePosting(written));
        await world.write("posting", { state: "dismissed" }, thePosting(written));
      } finally {
        await world.restored(null);
      }
    },
  },
  {
    what: "forgetting that nobody knew",
    constraint: "doubt_is_kept",
    by: write("posting", thePosting, dismissedInDoubt, { dismissed_in_doubt: false }),
  },
  {
    what: "sending what was dismissed while nobody knew",
    constraint: "posting_life_cycle",
    by: write("posting", thePosting, dismissedInDoubt, { state: "planned" }),
  },
  {
    what: "a doubt about the dismissal of what waits",
    constraint: "dismissed_in_doubt_is_dismissed",
    by: write("posting", thePosting, { dismissed_in_doubt: true }),
  },
  {
    what: "a fact that is let go of by what the ERP may have",
    constraint: "facts_are_held",
    by: async (world, written) => {
      await world.write("posting", dismissedInDoubt, thePosting(written));
      await world.write("posting_line", { active: false }, theLine(written));
    },
  },
  {
    what: "a line that speaks for another fact",
    constraint: "facts_are_held",
    by: (world, written) => world.write("posting_line", { fact: written.free }, theLine(written)),
  },
  {
    what: "a fact under another kind than its document's",
    constraint: "line_is_of_its_kind",
    by: (world, written) => world.add("posting_line", { fact: written.free, kind: "goods-issue" }, theLine(written)),
  },
];

/** A fact with its movement and its posting, and one that nothing speaks for. */
async function writeOne({ store }: StoreWorld, name: string): Promise<Written> {
  return store.transaction(async (tx) => {
    const { request, run, jobOrder } = await seedRun(tx, name);
    const fact = countOf(name, run);
    const free = countOf(`${name}-free`, run);
    const posting = postingOf(name, { request, run, facts: [fact.id] });
    await tx.facts.append([fact, free], now);
    await tx.ledger.append([movementOf(name, fact.id, { material: name })], now);
    await tx.postings.plan([posting], now, false);
    return { movement: name, fact: fact.id, free: free.id, posting: posting.id, jobOrder };
  });
}
