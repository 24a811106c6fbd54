/** Every step of a posting's state is decided by the database as by the table in `src/record/posting.ts`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { postingStates, postingTable, type PostingState } from "../../../src/record/posting.ts";
import { now, postingOf, race, seedRun, type StoreWorld, type World } from "./world.ts";

type Columns = Readonly<Record<string, unknown>>;

const envelope = new TextEncoder().encode("x");
const confirmed: readonly Columns[] = [{ state: "in-doubt" }, { state: "confirmed", document: "1" }];
const refused: Columns = { state: "refused" };

/** How a planned posting comes to each state, step by step. */
const ways: Readonly<Record<PostingState, readonly Columns[]>> = {
  planned: [],
  sending: [{ state: "sending", envelope }],
  confirmed,
  refused: [refused],
  "in-doubt": [{ state: "in-doubt" }],
  "needs-person": [refused, { state: "needs-person" }],
  dismissed: [{ state: "dismissed" }],
  reversing: [...confirmed, { state: "reversing" }],
  reversed: [...confirmed, { state: "reversing" }, { state: "reversed" }],
};

const isStep = (from: PostingState, to: PostingState): boolean =>
  from === to || Object.values(postingTable[from]).includes(to);

export function lifeCycleSuite(world: () => StoreWorld): void {
  for (const from of postingStates) {
    test(`a posting that is ${from} becomes what its life cycle says, and nothing else`, async () => {
      for (const to of postingStates) {
        const id = await postingIn(world(), from, to);
        // With all that other constraints ask for.
        const columns = { state: to, envelope, document: "1", dismissed_in_doubt: to === "dismissed" };
        const [end] = await race(world().write("posting", columns, { id }));
        assert.equal(end !== "posting_life_cycle", isStep(from, to), `${from} to ${to}: ${end}`);
      }
    });
  }
}

/** What only PostgreSQL can show: the table as the trigger holds it. */
export function lifeCycleTextSuite(world: () => World): void {
  test("the trigger lists the steps of the table, each once", async () => {
    const [row] = await world().sql("select pg_get_triggerdef(oid) as text from pg_trigger where tgname = $1", [
      "posting_life_cycle",
    ]);
    const listed = [...String(row?.["text"]).matchAll(/'([a-z-]+>[a-z-]+)'/g)].map(([, step]) => String(step));
    const steps = postingStates.flatMap((from) =>
      postingStates.filter((to) => from !== to && isStep(from, to)).map((to) => `${from}>${to}`),
    );
    assert.equal(listed.length, steps.length);
    assert.deepEqual(new Set(listed), new Set(steps));
  });
}

async function postingIn({ store, write }: StoreWorld, from: PostingState, to: PostingState): Promise<string> {
  const name = `cycle-${from}-${to}`;
  const { request } = await store.transaction((tx) => seedRun(tx, name));
  const posting = postingOf(name, { request, lanes: [] });
  const reversal = postingOf(`${name}-back`, {
    request,
    lanes: [],
    kind: "confirmation-reversal",
    reverses: posting.id,
  });
  await store.transaction((tx) =>
    tx.postings.plan([posting, { ...reversal, kind: "confirmation-reversal" }], now, false),
  );
  for (const columns of confirmed) await write("posting", columns, { id: reversal.id });
  for (const columns of ways[from]) await write("posting", columns, { id: posting.id });
  return posting.id;
}
