/** Decisions of people are made once, whoever gives the same command at the same time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fail, ok, type Result } from "../../../src/base/result.ts";
import { decideOnce } from "../../../src/flows/command.ts";
import { verifyAudit } from "../../../src/flows/verify-audit.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import type { Command } from "../../../src/record/command.ts";
import { now, type StoreWorld } from "./world.ts";

function commandOf(id: string, change: Partial<Command> = {}): Command {
  // A key of the test.
  const actor = { person: "p-1" as PersonKey, reason: "all pieces are there" };
  return { id, name: "test/decide", content: { request: "r", amount: { micro: 3n } }, actor, ...change };
}

export function commandSuite(world: () => StoreWorld): void {
  const decided: string[] = [];
  const give = (on: Store, command: Command, outcome: Result<unknown> = ok({ micro: 7n })): Promise<Result<unknown>> =>
    on.transaction((tx) =>
      decideOnce(tx, command, now, async () => {
        decided.push(command.id);
        await tx.attention.ask([{ subject: `command/${command.id}`, text: "decided", evidence: [] }], now);
        return outcome;
      }),
    );

  test("the same command from many hands decides once, and everybody gets the outcome", async () => {
    const { store, other } = world();
    const outcomes = await Promise.all([store, other, store, other].map((on) => give(on, commandOf("c-1"))));
    for (const outcome of outcomes) assert.deepEqual(outcome, ok({ micro: 7n }));
    assert.equal(decided.filter((id) => id === "c-1").length, 1);
  });

  test("a refusal is an outcome too: it commits, and stays", async () => {
    const { store, other } = world();
    const refusal = fail("refused", "test/refused", "No.", new Error("with a cause"));
    assert.equal((await give(store, commandOf("c-2"), refusal)).ok, false);
    const again = await give(other, commandOf("c-2"), ok("other"));
    assert.deepEqual(again, fail("refused", "test/refused", "No."));
    assert.equal(decided.filter((id) => id === "c-2").length, 1);
  });

  test("one id with another content, name, person or reason is refused and changes nothing", async () => {
    const { store, other } = world();
    await give(store, commandOf("c-3"));
    const { actor } = commandOf("c-3");
    for (const change of [
      { content: { request: "r", amount: { micro: 4n } } },
      { name: "test/other" },
      { actor: { ...actor, person: "p-2" as PersonKey } },
      { actor: { ...actor, reason: "another" } },
    ]) {
      const outcome = await give(other, commandOf("c-3", change));
      assert.equal(outcome.ok ? "" : outcome.fault.code, "flows/command-reused");
    }
    assert.equal(decided.filter((id) => id === "c-3").length, 1);
    const reordered = { content: { amount: { micro: 3n }, request: "r" } };
    assert.equal((await give(other, commandOf("c-3", reordered))).ok, true, "fields in another order are the same");
  });

  test("the audit finds a decision by what it is about, and the chain holds", async () => {
    const { store } = world();
    const refusal = fail("refused", "test/refused", "No.");
    await give(store, commandOf("c-6", { about: "sap:100:1000001" }));
    await give(store, commandOf("c-7", { about: "sap:100:1000001" }), refusal);
    await give(store, commandOf("c-8"));
    const found = (about: string): Promise<readonly [string, unknown][]> =>
      store.transaction(async (tx) =>
        (await tx.audit.before(null, about, 10)).map(({ what, detail }) => [what, JSON.parse(detail)] as const),
      ) as Promise<readonly [string, unknown][]>; // details are JSON
    const [second, first, ...more] = (await found("sap:100:1000001")).map(([, detail]) => detail);
    assert.deepEqual(more, []);
    assert.partialDeepStrictEqual(first, { outcome: "done", command: "c-6" });
    assert.partialDeepStrictEqual(second, { outcome: "test/refused", command: "c-7" });
    assert.deepEqual(
      (await found("c-8")).map(([what]) => what),
      ["test/decide"],
    );
    assert.equal((await verifyAudit(store, null)).broken, null);
    const again = await give(store, commandOf("c-6", { about: "sap:100:1000002" }));
    assert.equal(again.ok, true, "what it is about is not part of what was asked");
  });

  test("no id, no person, no reason: refused, nothing is claimed", async () => {
    const { store, rows } = world();
    const { actor } = commandOf("c");
    for (const command of [
      commandOf(""),
      commandOf("x".repeat(101)),
      commandOf("c-4", { actor: { ...actor, person: " " as PersonKey } }),
      commandOf("c-4", { actor: { ...actor, reason: "" } }),
    ]) {
      const outcome = await give(store, command);
      assert.equal(outcome.ok ? "" : outcome.fault.code, "flows/command-incomplete");
    }
    const kept = (await rows("command")).map((row) => String(row["id"]));
    assert.deepEqual(
      kept.filter((id) => id === "c-4" || id === "" || id.length > 100),
      [],
    );
  });

  test("a decision that breaks off leaves no claim", async () => {
    const { store, other } = world();
    const broken = store.transaction((tx) =>
      decideOnce(tx, commandOf("c-5"), now, () => Promise.reject(new Error("a bug"))),
    );
    await assert.rejects(broken, /a bug/);
    assert.equal((await give(other, commandOf("c-5"))).ok, true);
    assert.equal(decided.filter((id) => id === "c-5").length, 1);
  });
}
