/**
 * What the database refuses of postings, decisions, commands and the ledger, written by hand past every flow. Each is tried on
 * rows of its own.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { handOf, type Columns, type Hand } from "./hand.ts";
import { countOf, movementOf, now, race, type StoreWorld } from "./world.ts";

interface Attempt {
  readonly what: string;
  readonly constraint: string;
  readonly by: (hand: Hand) => Promise<void>;
}

const envelope = new TextEncoder().encode("x");
const confirmed: readonly Columns[] = [{ state: "in-doubt" }, { state: "confirmed", document: "1" }];
const sending: Columns = { state: "sending", envelope };

/** Two postings with other columns than they had. */
const changed =
  (columns: (other: string) => Columns): Attempt["by"] =>
  async ({ plan, write }) =>
    write(await plan("p"), columns(await plan("q")));
const after =
  (...steps: readonly Columns[]): Attempt["by"] =>
  async ({ plan, write }) =>
    write(await plan("p", { lanes: [] }), ...steps);
const begun =
  (columns: Columns): Attempt["by"] =>
  async ({ plan, add }) =>
    add(await plan("p"), columns);

const postings: readonly Attempt[] = [
  { what: "a posting that begins as being sent", constraint: "posting_begins", by: begun(sending) },
  {
    what: "a posting that begins confirmed",
    constraint: "posting_begins",
    by: begun({ state: "confirmed", document: "1" }),
  },
  { what: "a posting that begins reversed", constraint: "posting_begins", by: begun({ state: "reversed" }) },
  { what: "other lanes", constraint: "posting_stays_itself", by: changed(() => ({ lanes: ["x"] })) },
  {
    what: "other operations that it closes",
    constraint: "posting_stays_itself",
    by: changed(() => ({ closes: ["0010"] })),
  },
  {
    what: "a reversal of another document",
    constraint: "posting_stays_itself",
    by: changed((reverses) => ({ reverses })),
  },
  {
    what: "one that supersedes another",
    constraint: "posting_stays_itself",
    by: changed((supersedes) => ({ supersedes })),
  },
  {
    what: "another number of its document",
    constraint: "document_is_kept",
    by: after(...confirmed, { document: "2" }),
  },
  {
    what: "forgetting the number of its document",
    constraint: "document_is_kept",
    by: after(...confirmed, { state: "reversing" }, { document: null }),
  },
  {
    what: "taking a reversal back",
    constraint: "reversal_stays",
    by: async ({ plan, write }) =>
      write(await plan("p", { kind: "confirmation-reversal", reverses: await plan("q"), lanes: [] }), ...confirmed, {
        state: "reversing",
      }),
  },
  {
    what: "another number in its sequence",
    constraint: "number_is_kept",
    by: async ({ plan, write }) => write(await plan("p", { sequenceKey: "number" }), { sequence_number: 7 }),
  },
  {
    what: "giving up its number while it is planned",
    constraint: "number_is_kept",
    by: async ({ plan, write }) =>
      write(await plan("p", { sequenceKey: "no-number" }), { sequence_key: null, sequence_number: null }),
  },
  { what: "sending without bytes", constraint: "sending_is_frozen", by: after({ state: "sending" }) },
  {
    what: "sending bytes that are none",
    constraint: "sending_is_frozen",
    by: after({ ...sending, envelope: new Uint8Array() }),
  },
  {
    what: "a document without a number",
    constraint: "confirmed_has_document",
    by: after({ state: "in-doubt" }, { state: "confirmed", document: "" }),
  },
  {
    what: "sending without a lane",
    constraint: "lanes_are_held",
    by: async ({ plan, write }) => write(await plan("p"), sending),
  },
  {
    what: "sending with one of its two lanes",
    constraint: "lanes_are_held",
    by: async ({ world, name, plan, write }) => {
      const [one, two] = [`${name}-1`, `${name}-2`];
      const id = await plan("p", { lanes: [one, two] });
      await world.store.transaction((tx) => tx.postings.takeLanes([{ id, lanes: [one] }]));
      await write(id, sending);
    },
  },
  {
    what: "sending in a lane that another one holds",
    constraint: "lanes_are_held",
    by: async ({ world, name, plan, write }) => {
      const lanes = [`${name}-1`];
      const [id, other] = [await plan("p", { lanes }), await plan("q", { lanes })];
      await world.store.transaction((tx) => tx.postings.takeLanes([{ id: other, lanes }]));
      await write(id, sending);
    },
  },
  {
    what: "sending the second one first",
    constraint: "numbers_go_in_order",
    by: async ({ plan, write }) => {
      await plan("p", { lanes: [], sequenceKey: "in-order" });
      await write(await plan("q", { lanes: [], sequenceKey: "in-order" }), sending);
    },
  },
  {
    what: "superseding one that waits",
    constraint: "supersedes_its_like",
    by: async ({ plan, add }) => add(await plan("p"), { supersedes: await plan("q") }),
  },
  {
    what: "superseding one that was dismissed before it was refused",
    constraint: "supersedes_its_like",
    by: async ({ plan, write, add }) => {
      const old = await plan("q");
      await write(old, { state: "dismissed", dismissed_from: "planned" });
      await add(await plan("p"), { supersedes: old });
    },
  },
  {
    what: "superseding one of another operation",
    constraint: "supersedes_its_like",
    by: async ({ plan, write, add }) => {
      const old = await plan("q", { segment: "0020" });
      await write(old, { state: "refused" }, { state: "dismissed", dismissed_from: "refused" });
      await add(await plan("p"), { supersedes: old });
    },
  },
  {
    what: "a further fact of what the ERP has",
    constraint: "lines_come_first",
    by: async ({ world, name, run, plan, write }) => {
      const facts = [countOf(`${name}-1`, run), countOf(`${name}-2`, run)];
      await world.store.transaction((tx) => tx.facts.append(facts, now));
      const [first, second] = facts.map(({ id }) => id);
      const posting = await plan("p", { facts: [first ?? ""] });
      await write(posting, ...confirmed);
      await world.add("posting_line", { fact: second }, { posting });
    },
  },
  {
    what: "a second final confirmation",
    constraint: "final_confirmation_once",
    by: async ({ plan }) => {
      await plan("p", { kind: "final-confirmation", closes: ["0010"] });
      await plan("q", { kind: "final-confirmation", closes: ["0010"] });
    },
  },
];

const reopening: Columns = { state: "reopening", reopened_at: null, reopened_by: null };
const decision =
  (...steps: readonly Columns[]): Attempt["by"] =>
  async ({ world, decide }) => {
    const id = await decide();
    for (const columns of steps) await world.write("finality", columns, { id });
  };

const decisions: readonly Attempt[] = [
  {
    what: "taking a decision out of the record",
    constraint: "finality_is_kept",
    by: async ({ world, decide }) => {
      await decide();
      await world.clear("finality");
    },
  },
  {
    what: "another operation that is final",
    constraint: "finality_stays_itself",
    by: decision({ covers: ["0010", "0020"] }),
  },
  {
    what: "a decision that was never reopened and is",
    constraint: "finality_stays_itself",
    by: decision({ state: "reopened" }),
  },
  {
    what: "a decision that begins reopened",
    constraint: "finality_begins",
    by: async ({ world, decide }) =>
      world.add("finality", { id: "begins", number: 2, state: "reopened" }, { id: await decide() }),
  },
  {
    what: "reopening what the ERP has",
    constraint: "reopened_when_nothing_stands",
    by: async ({ world, plan, write, decide }) => {
      const posting = await plan("p", { kind: "final-confirmation", closes: ["0010"] });
      await write(posting, ...confirmed);
      const id = await decide({ posting });
      const because = { reopened_at: rowTime(world), reopened_by: { by: "rule", rule: "test" } };
      await world.write("finality", { ...reopening, ...because }, { id });
      await world.write("finality", { state: "reopened" }, { id });
    },
  },
];

/** An instant as each store takes it. */
const rowTime = (world: StoreWorld): unknown => ("sql" in world ? new Date(now) : now);

const command =
  (...steps: readonly Columns[]): Attempt["by"] =>
  async ({ world, name }) => {
    await world.store.transaction(async (tx) => {
      const actor = { person: "p-1" as PersonKey, reason: "a trial" }; // a key of the test
      await tx.commands.claim({ id: name, name: "test", actor, content: {}, hash: "h" }, now);
      await tx.commands.settle(name, { ok: true, value: 1 });
    });
    for (const columns of steps) await world.write("command", columns, { id: name });
    if (steps.length === 0) await world.clear("command");
  };

const movement =
  (columns: (id: string) => Columns): Attempt["by"] =>
  async ({ world, name, run }) => {
    const fact = countOf(name, run);
    await world.store.transaction(async (tx) => {
      await tx.facts.append([fact], now);
      await tx.ledger.append([movementOf(name, fact.id, { material: name })], now);
    });
    const back = { from_account: "stock:PL01/A/free", to_account: "world:supplier", corrects: name };
    await world.add("movement", { id: `${name}-back`, ...back, ...columns(`${name}-back`) }, { id: name });
  };

const records: readonly Attempt[] = [
  { what: "taking a command out of the record", constraint: "command_is_kept", by: command() },
  { what: "forgetting the outcome of a command", constraint: "command_stays_itself", by: command({ outcome: null }) },
  {
    what: "another outcome of a command",
    constraint: "command_stays_itself",
    by: command({ outcome: { ok: true, value: 2 } }),
  },
  { what: "another reason than was given", constraint: "command_stays_itself", by: command({ reason: "another" }) },
  {
    what: "taking back more than was moved",
    constraint: "taken_back_as_it_was",
    by: movement(() => ({ micro: 5_000_001n })),
  },
  {
    what: "taking back another material",
    constraint: "taken_back_as_it_was",
    by: movement(() => ({ material: "gold" })),
  },
  {
    what: "taking back to another place",
    constraint: "taken_back_as_it_was",
    by: movement(() => ({ to_account: "world:scrap" })),
  },
  {
    what: "taking back from another place",
    constraint: "taken_back_as_it_was",
    by: movement(() => ({ from_account: "stock:PL01/B/free" })),
  },
  {
    what: "a movement that takes itself back",
    constraint: "taken_back_as_it_was",
    by: movement((corrects) => ({ corrects })),
  },
  {
    what: "taking a balance out of the ledger",
    constraint: "balance_is_kept",
    by: async (hand) => {
      await movement(() => ({}))(hand);
      await hand.world.clear("balance");
    },
  },
];

export function outboxGuardSuite(world: () => StoreWorld): void {
  for (const { what, constraint, by } of [...postings, ...decisions, ...records]) {
    test(`${what} is refused`, async () => {
      assert.deepEqual(await race(by(await handOf(world(), `guard-${what}`))), [constraint]);
    });
  }

  test("a lane is nobody else's, and is not given back while its posting may be on its way", async () => {
    const { plan, write } = await handOf(world(), "guard-lanes");
    const [id, other] = [await plan("p", { lanes: ["guarded"] }), await plan("q")];
    await world().store.transaction((tx) => tx.postings.takeLanes([{ id, lanes: ["guarded"] }]));
    assert.deepEqual(await race(world().write("lane", { posting: other }, { key: "guarded" })), ["lane_stays_itself"]);
    await write(id, sending);
    assert.deepEqual(await race(world().clear("lane")), ["lane_is_kept"]);
    await write(id, { state: "in-doubt" });
    assert.deepEqual(await race(world().clear("lane")), ["lane_is_kept"]);
    await write(id, { state: "confirmed", document: "1" });
    await world().clear("lane");
  });
}
