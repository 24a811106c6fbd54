/** What becomes final with an operation, who may decide, and the steps of taking it back: every state, every command. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OperationsRequest, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import { requestStates } from "../../isa95/schedule/operations-request.ts";
import { jobOrderStates } from "../../isa95/schedule/job-order.ts";
import type { SentPosting } from "../../record/decision.ts";
import { finalityTable, type Finality, type OperationState } from "../../record/finality.ts";
import { postingStates, postingTable, sentAgainCode, type PostingState } from "../../record/posting.ts";
import { at, jobOrderOf, requestOf, segmentOf } from "../testing/order.ts";
import {
  coveredBy,
  finalConfirmation,
  finalReversal,
  judgeFinal,
  judgeReopen,
  takeBackStep,
  type OperationView,
} from "./final.ts";

type Kind = SegmentRequirement["rule"]["confirmation"];

function orderOf(...kinds: readonly (Kind | "external")[]): OperationsRequest {
  const segments = kinds.map((kind, i) =>
    segmentOf({
      id: `00${i + 1}0`,
      rule: {
        confirmation: kind === "external" ? "required" : kind,
        automaticReceipt: false,
        external: kind === "external",
      },
    }),
  );
  return requestOf({ segments });
}

function finalityOf(change: Partial<Finality> = {}): Finality {
  return {
    id: "f",
    request: "s4//1000001",
    segment: "0010",
    number: 1,
    state: "final",
    covers: ["0010"],
    decidedAt: at(0),
    decidedBy: { by: "rule", rule: "r" },
    posting: "p",
    reopenedAt: null,
    reopenedBy: null,
    reversal: null,
    version: 0,
    ...change,
  };
}

function viewOf(change: Partial<OperationView> = {}): OperationView {
  const request = change.request ?? requestOf();
  const [segment = segmentOf()] = request.segments;
  return { request, segment, jobOrders: [jobOrderOf()], running: new Set(), standing: [], ...change };
}

function codeOf(result: ReturnType<typeof judgeFinal> | ReturnType<typeof judgeReopen>): string {
  return result.ok ? "ok" : result.fault.code;
}

describe("covers", () => {
  const covers = (request: OperationsRequest, n: number): readonly string[] => {
    const segment = request.segments[n];
    assert.ok(segment);
    return coveredBy(request, segment);
  };

  test("an operation covers itself; a milestone what is confirmed with it", () => {
    assert.deepEqual(covers(orderOf("required", "required"), 1), ["0020"]);
    assert.deepEqual(covers(orderOf("optional", "required", "milestone"), 2), ["0010", "0020", "0030"]);
    assert.deepEqual(covers(orderOf("optional", "milestone", "optional", "milestone"), 3), ["0030", "0040"]);
    assert.deepEqual(covers(orderOf("none", "external", "optional", "milestone"), 3), ["0030", "0040"]);
  });

  test("another sequence is not covered", () => {
    const request = orderOf("optional", "milestone");
    const segments = request.segments.map((s, i) => ({ ...s, sequence: i === 0 ? "1" : "" }));
    assert.deepEqual(covers({ ...request, segments }, 1), ["0020"]);
  });
});

describe("finalise", () => {
  const standing: Readonly<Record<OperationState, readonly Finality[]>> = {
    open: [],
    final: [finalityOf()],
    reopening: [finalityOf({ state: "reopening", reopenedAt: at(1) })],
  };
  for (const state of ["open", "final", "reopening"] as const) {
    test(`${state}: as the table says`, () => {
      const judged = judgeFinal(viewOf({ standing: standing[state] }));
      const next = finalityTable[state].finalise;
      assert.equal(codeOf(judged), next === "refuse" ? "final/reopening" : "ok");
      assert.equal(judged.ok && "already" in judged.value, next === "ignore");
      const taken = judgeReopen(viewOf({ standing: standing[state] }));
      assert.equal(codeOf(taken), finalityTable[state].reopen === "refuse" ? "final/not-final" : "ok");
    });
  }

  for (const state of jobOrderStates) {
    test(`a job order that is ${state}`, () => {
      const judged = codeOf(judgeFinal(viewOf({ jobOrders: [jobOrderOf({ state })] })));
      const gone = state === "aborted" || state === "cancelled";
      assert.equal(judged, state === "running" ? "final/run-open" : gone ? "final/not-here" : "ok");
    });
  }

  test("an open run of what it covers counts, one of another operation does not", () => {
    const request = orderOf("optional", "milestone", "required");
    const jobOrders = request.segments.map((s) => jobOrderOf({ id: s.id, segment: s.id, state: "held" }));
    const [, segment = segmentOf()] = request.segments;
    const judge = (open: string): string =>
      codeOf(judgeFinal(viewOf({ request, segment, jobOrders, running: new Set([open]) })));
    assert.equal(judge("0010"), "final/run-open");
    assert.equal(judge("0030"), "ok");
  });

  for (const state of requestStates) {
    test(`an order that is ${state} in the ERP`, () => {
      const over = ["Cancelled", "Closed", "Aborted"].includes(state);
      assert.equal(codeOf(judgeFinal(viewOf({ request: requestOf({ state }) }))), over ? "final/order-state" : "ok");
    });
  }

  test("what a later milestone covers is final, and is reopened with it", () => {
    const cover = finalityOf({ segment: "0020", covers: ["0010", "0020"] });
    const judged = judgeFinal(viewOf({ standing: [cover] }));
    assert.ok(judged.ok && "already" in judged.value && judged.value.already === cover);
    assert.equal(codeOf(judgeReopen(viewOf({ standing: [cover] }))), "final/covered");
    assert.equal(codeOf(judgeReopen(viewOf({ standing: [finalityOf(), cover] }))), "final/covered");
  });
});

describe("documents", () => {
  const dated = { number: 1, at: at(0), date: "2025-02-03" } as const;

  test("the key is that of order, operation and number, whenever it is decided", () => {
    const one = finalConfirmation(viewOf(), dated);
    assert.equal(finalConfirmation(viewOf(), { ...dated, at: at(9), date: "2025-03-03" }).key, one.key);
    const keys = [1, 2].flatMap((number) => [
      finalConfirmation(viewOf(), { ...dated, number }).key,
      finalReversal(viewOf(), { ...dated, number, posting: "p", document: "1/1" }).key,
    ]);
    assert.equal(new Set(keys).size, 4);
  });

  test("a final confirmation has no pieces and no materials", () => {
    const { content } = finalConfirmation(viewOf(), dated);
    const said = content.response?.segment;
    assert.deepEqual(
      [said?.final, said?.good.micro, said?.scrap.micro, said?.rework.micro, said?.materials],
      [true, 0n, 0n, 0n, []],
    );
  });
});

test("taking back: every state of the document has a step that its life cycle allows", () => {
  for (const state of postingStates) {
    const step = takeBackStep(sentOf(state), null);
    const commands = { dismiss: "dismiss", ask: "doubt", reverse: "reverse", settle: "reversal-done" };
    const command = { ...commands, wait: null, finish: null }[step] as keyof (typeof postingTable)["planned"] | null;
    if (command) assert.notEqual(postingTable[state][command], "refuse-command", state);
    for (const reversal of postingStates) {
      const settles = state === "reversing" && reversal === "confirmed";
      assert.equal(takeBackStep(sentOf(state), reversal) === "settle", settles, `${state}, reversal ${reversal}`);
    }
  }
  assert.equal(takeBackStep(null, null), "finish");
  for (const unsure of ["sending", "in-doubt", "needs-person"] as const)
    assert.equal(takeBackStep(sentOf(unsure), null), "wait", "nothing is dismissed on a guess");
});

test("taking back: what was refused is dismissed only when that is certain", () => {
  const refused = sentOf("refused");
  assert.equal(takeBackStep(refused, null), "dismiss");
  assert.equal(takeBackStep({ ...refused, isOlderThanRestore: true }, null), "ask");
  const unasked = { ...refused, attempts: 0, fault: { kind: "invalid", code: "erp/sap-field" } } as const;
  assert.equal(takeBackStep(unasked, null), "wait", "it cannot be composed, and so not asked about");
  const repeated = { ...sentOf("planned"), fault: { kind: "ambiguous", code: sentAgainCode } } as const;
  assert.equal(takeBackStep(repeated, null), "wait", "it is sent again, and may have arrived before");
});

/** Sent once, by an attempt of which the outcome is known to us. */
function sentOf(state: PostingState): SentPosting {
  const certain = { isDismissedInDoubt: false, isOlderThanRestore: false, fault: null };
  return { state, sentAt: at(0), attempts: 1, ...certain };
}
