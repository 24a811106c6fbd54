/** The tables are total, say what the specification says, and refuse with what to do instead. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { instant } from "../base/instant.ts";
import {
  effectOf,
  mayHaveArrived,
  orderDecisions,
  orderStates,
  orderTable,
  postingDecisions,
  postingTable,
  productionDecisions,
  productionStates,
  productionTable,
  questionDecisions,
  questionStates,
  questionTable,
} from "./decision.ts";
import { postingStates, postingTable as lifeCycle, sentAgainCode, type PostingState } from "./posting.ts";

type Cells = Readonly<Record<string, Readonly<Record<string, string | { readonly refused: string }>>>>;

const tables: readonly (readonly [string, Cells, readonly string[], readonly string[]])[] = [
  ["Run", productionTable, productionStates, productionDecisions],
  ["Order", orderTable, orderStates, orderDecisions],
  ["Posting", postingTable, postingStates, postingDecisions],
  ["Question", questionTable, questionStates, questionDecisions],
];

const spec = await readFile(new URL("../../docs/spec/decision.md", import.meta.url), "utf8");

for (const [name, table, states, decisions] of tables) {
  test(`${name}: every state decides every decision, as docs/spec/decision.md says`, () => {
    assert.deepEqual(Object.keys(table).toSorted(), states.toSorted());
    const rows = states.map((state) => {
      assert.deepEqual(Object.keys(table[state] ?? {}).toSorted(), decisions.toSorted(), state);
      const cells = decisions.map((decision) => {
        const cell = table[state]?.[decision];
        assert.ok(cell !== undefined);
        if (typeof cell === "object")
          assert.match(cell.refused, /\. .*\.$|already\./, `${state} ${decision}: what to do instead`);
        return typeof cell === "string" ? cell : "";
      });
      return `| ${state} | ${cells.join(" | ")} |`;
    });
    const written = spec.replaceAll(/ +/g, " ").replaceAll("`", "");
    for (const row of [`| ${name} | ${decisions.join(" | ")} |`, ...rows]) {
      assert.ok(written.includes(row.replaceAll(/ +/g, " ")), `docs/spec/decision.md lacks: ${row}`);
    }
  });
}

test("an effect that is none is a conflict with its reason", () => {
  const refused = effectOf(postingTable, "confirmed", "retry");
  assert.ok(!refused.ok);
  assert.deepEqual([refused.fault.kind, refused.fault.code], ["conflict", "decision/not-possible"]);
  assert.deepEqual(effectOf(postingTable, "refused", "retry"), { ok: true, value: "plan" });
});

test("what a decision does to a posting is a step of its life cycle", () => {
  const steps = {
    plan: ["retry", "doubt"],
    supersede: ["dismiss"],
    "hold-facts": ["dismiss"],
    "free-facts": [],
    reverse: ["reverse"],
    confirm: ["confirm"],
    ask: ["doubt"],
  } as const;
  for (const state of postingStates) {
    for (const decision of postingDecisions) {
      const effect = postingTable[state][decision];
      if (typeof effect !== "string") continue;
      for (const step of steps[effect])
        assert.notEqual(lifeCycle[state][step], "refuse-command", `${state} ${decision}`);
    }
  }
});

test("nothing that may have reached the ERP is sent under another key, or planned anew", () => {
  const posting = {
    sentAt: instant(0),
    attempts: 1,
    isDismissedInDoubt: false,
    isOlderThanRestore: false,
    fault: null,
  };
  const certain: readonly PostingState[] = ["planned", "refused", "dismissed", "reversed"];
  for (const state of postingStates)
    assert.equal(mayHaveArrived({ ...posting, state }), !certain.includes(state), state);
  assert.ok(mayHaveArrived({ ...posting, state: "refused", isOlderThanRestore: true }));
  const asked = { ...posting, state: "refused", attempts: 0 } as const;
  assert.ok(
    mayHaveArrived({ ...asked, fault: { kind: "invalid", code: "erp/sap-reversal" } }),
    "it could not be composed to ask about it",
  );
  assert.ok(
    !mayHaveArrived({ ...asked, fault: { kind: "refused", code: "erp/sap-refused" } }),
    "the ERP says that it has refused it",
  );
  assert.ok(!mayHaveArrived({ ...posting, state: "refused", attempts: 0, sentAt: null }));
  assert.ok(mayHaveArrived({ ...posting, state: "dismissed", isDismissedInDoubt: true }));
  const repeated = { ...posting, state: "planned", fault: { kind: "ambiguous", code: sentAgainCode } } as const;
  assert.ok(mayHaveArrived(repeated), "a repeat waits to be sent, and the answer to what was sent before was lost");
});
