/** What PostgreSQL alone can be told, or alone holds: documents that were keyed by hand, and emptying a table. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { handOf } from "./hand.ts";
import { race, type World } from "./world.ts";

/** Documents that were keyed by hand, of which the memory store knows nothing; and what only PostgreSQL can be told. */
export function handGuardSuite(world: () => World): void {
  const attempts: readonly (readonly [what: string, constraint: string, text: string])[] = [
    ["taking it out of the record", "hand_document_is_kept", "delete from hand_document where request = $1"],
    [
      "that it is of another operation",
      "hand_document_stays_itself",
      "update hand_document set segment = '0020' where request = $1",
    ],
    [
      "a second decision",
      "hand_document_stays_itself",
      "update hand_document set state = 'open', command = null where request = $1 and state = 'something-else'",
    ],
    [
      "one that begins decided",
      "hand_document_begins",
      `insert into hand_document (erp, kind, document, request, segment, materials, recorded_at, found_at, state, command)
       values ('s4', 'confirmation', 'begins', $1, '0010', '{}', now(), now(), 'something-else', 'c')`,
    ],
    [
      "that nothing stands back for it any more",
      "still_stands_back",
      "update posting set stands_back_for = null where request = $1",
    ],
  ];
  for (const [what, constraint, text] of attempts) {
    test(`of a document that was keyed by hand ${what} is refused`, async () => {
      const { sql } = world();
      const { request, plan, write } = await handOf(world(), `hand-${what}`);
      const id = await plan("p");
      await sql(
        `insert into hand_document (erp, kind, document, request, segment, materials, recorded_at, found_at)
         values ('s4', 'confirmation', $1, $1, '0010', '{}', now(), now())`,
        [request],
      );
      await write(id, { state: "dismissed", stands_back_for: request });
      await sql("update hand_document set state = 'something-else', command = 'c' where request = $1", [request]);
      assert.deepEqual(await race(sql(text, [request])), [constraint]);
    });
  }

  test("whoever finds one by hand waits for what is being taken to be sent", async () => {
    const { sql, store } = world();
    const { request, plan } = await handOf(world(), "hand-waits");
    const id = await plan("p");
    const found = `insert into hand_document (erp, kind, document, request, segment, materials, recorded_at, found_at)
      values ('s4', 'confirmation', 'waits', $1, '0010', '{}', now(), now())`;
    let inserted: Promise<unknown> = Promise.resolve();
    await store.transaction(async (tx) => {
      await tx.postings.lock(id);
      inserted = sql(found, [request]);
      await assert.rejects(Promise.race([inserted.then(() => "done"), held()]), /still waits/);
    });
    await inserted;
    await sql("update hand_document set state = 'something-else', command = 'c' where request = $1", [request]);
  });

  for (const table of ["finality", "hand_document", "command", "balance"]) {
    test(`emptying ${table} is refused`, async () => {
      assert.deepEqual(await race(world().sql(`truncate ${table} cascade`)), [`${table}_is_not_emptied`]);
    });
  }
}

function held(): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error("it still waits")), 200));
}
