/** The tables of changes say what the specification says, and each change is recognised and decided by them. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { whole } from "../../base/quantity.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { at, jobOrderOf, requestOf, requirementOf, segmentOf } from "../testing/order.ts";
import {
  changeDecisions,
  contentChanges,
  contentTable,
  orderStages,
  stateChanges,
  stateTable,
  strictness,
  toldTable,
} from "./change-table.ts";
import { decideOrder, type HeldOrder, type OrderDecision } from "./change.ts";

const spec = (await readFile(new URL("../../../docs/spec/order-change.md", import.meta.url), "utf8"))
  .replaceAll("`", "")
  .split("\n")
  .map((line) => line.replaceAll(/ +/g, " ").trim());

function assertRows(heading: string, rows: readonly string[]): void {
  const start = spec.indexOf(heading);
  assert.ok(start >= 0, `docs/spec/order-change.md lacks: ${heading}`);
  const end = spec.findIndex((line, i) => i > start && !line.startsWith("|"));
  assert.deepEqual(spec.slice(start + 2, end), rows, heading);
}

const known = orderStages.filter((stage) => stage !== "unknown");

test("the table of states is the specification's, row by row", () => {
  const rows = stateChanges.map((c) => `| ${c} | ${orderStages.map((s) => stateTable[c][s]).join(" | ")} |`);
  assertRows(`| became | ${orderStages.join(" | ")} |`, rows);
});

test("the table of contents is the specification's, row by row", () => {
  const rows = contentChanges.map((c) => `| ${c} | ${known.map((s) => contentTable[c][s]).join(" | ")} |`);
  assertRows(`| changed | ${known.join(" | ")} |`, rows);
});

test("what is told of each decision is the specification's, and each decision has its place in strictness", () => {
  const rows = changeDecisions.map((d) => {
    const { erp, machine, people } = toldTable[d];
    return `| ${d} | ${erp} | ${machine} | ${people} |`;
  });
  assertRows("| decision | ERP | machine | people |", rows);
  assert.deepEqual(strictness.toSorted(), changeDecisions.toSorted());
  assert.ok(spec.join(" ").includes(strictness.slice(0, -1).join(", ")), "in the order of the specification");
});

const twoOperations: OperationsRequest = requestOf({
  segments: [
    segmentOf({
      materials: [
        requirementOf(),
        requirementOf({ id: "R2", material: "T-1", quantity: whole(33, "KGM"), mode: "bill" }),
      ],
    }),
    segmentOf({ id: "0020", description: "Pack", materials: [] }),
  ],
});
const [cut = segmentOf(), pack = segmentOf()] = twoOperations.segments;
const [wire = requirementOf(), tape = requirementOf()] = cut.materials;

function heldOf(change: Partial<HeldOrder> = {}): HeldOrder {
  const bare = { request: twoOperations, jobOrders: [jobOrderOf()], isMade: false, isRunning: false } as const;
  return { ...bare, told: "nothing", ...change };
}

/** The newer version, with job orders as they are held unless said. */
function decide(
  change: Partial<OperationsRequest>,
  held: HeldOrder = heldOf({ isRunning: true }),
  wanted = held.jobOrders,
): OrderDecision {
  return decideOrder(held, { ...twoOperations, version: "2", ...change }, wanted);
}

const doubled: Partial<OperationsRequest> = {
  quantity: whole(200, "C62"),
  segments: [
    {
      ...cut,
      quantity: whole(200, "C62"),
      materials: [wire, { ...tape, quantity: { micro: 66_001_000n, uom: "KGM" } }],
    },
    { ...pack, quantity: whole(200, "C62") },
  ],
};

/** A change of the first operation. */
function cutWith(change: Partial<typeof cut>): Partial<OperationsRequest> {
  return { segments: [{ ...cut, ...change }, pack] };
}

describe("what has changed is recognised", () => {
  const cases: readonly (readonly [string, Partial<OperationsRequest>])[] = [
    ["quantity up, component amount", doubled],
    ["quantity down", { quantity: whole(99, "C62") }],
    ["dates", { latestEnd: at(0) }],
    ["priority", { priority: 9 }],
    ["operation text", cutWith({ description: "another" })],
    ["operation text", cutWith({ parameters: { length: "9" } })],
    ["component amount", cutWith({ materials: [{ ...wire, quantity: whole(7, "MMT") }, tape] })],
    ["component added", cutWith({ materials: [wire, tape, requirementOf({ id: "R3" })] })],
    ["component removed", cutWith({ materials: [wire] })],
    ["component changed", cutWith({ materials: [{ ...wire, lot: "L1" }, tape] })],
    ["component changed", cutWith({ materials: [{ ...wire, mode: "erp" }, tape] })],
    ["use by bill", cutWith({ materials: [wire, { ...tape, quantity: { micro: 33_002_000n, uom: "KGM" } }] })],
    ["use by bill", cutWith({ materials: [wire, { ...tape, scrapPpm: 10 }] })],
    ["operation added", { segments: [...twoOperations.segments, segmentOf({ id: "0030" })] }],
    ["operation removed", { segments: [cut] }],
    ["work center", cutWith({ workCenter: "B1" })],
    ["operation rule", cutWith({ rule: { ...cut.rule, confirmation: "milestone" } })],
    ["material", { material: "P-2" }],
    ["units", cutWith({ materials: [{ ...wire, quantity: { ...wire.quantity, uom: "MTR" } }, tape] })],
    ["receipt", { receiptItem: "2" }],
  ];
  for (const [what, change] of cases)
    test(`${what}: ${Object.keys(change).join(", ")}`, () => {
      const decided = decide(change).what;
      if (what === "units") assert.ok(decided.includes("units"));
      else assert.deepEqual(decided.join(", "), what);
    });

  test("of lines that share a number each is compared", () => {
    const other = { ...wire, material: "W-9" };
    const held = heldOf({ isRunning: true, request: { ...twoOperations, ...cutWith({ materials: [wire, other] }) } });
    const changed = (materials: typeof cut.materials): readonly string[] => decide(cutWith({ materials }), held).what;
    assert.deepEqual(changed([wire, other]), []);
    assert.deepEqual(changed([{ ...wire, lot: "L1" }, other]), ["component changed"]);
    assert.deepEqual(changed([wire, other, other]), ["component added"]);
  });

  test("job name and set-up, by what the map makes of the order", () => {
    const [jobOrder = jobOrderOf()] = heldOf().jobOrders;
    const name = [{ ...jobOrder, machineName: { jobOrderId: "X", job: "X", article: null } }];
    assert.deepEqual(decide({}, undefined, name).what, ["job name"]);
    const setup = [{ ...jobOrder, setup: [{ item: "length", value: 9, tolerance: 0 }] }];
    const decided = decide({}, undefined, setup);
    assert.deepEqual([decided.what, decided.decision], [["set-up"], "next-batch"]);
  });

  test("every change of the table can be recognised", () => {
    const seen = new Set(cases.flatMap(([what]) => what.split(", ")));
    assert.deepEqual(
      contentChanges.filter((c) => !seen.has(c)),
      ["set-up", "job name"],
      "these two by the case above",
    );
  });

  test("a bill that follows the quantity is the same bill, up to the ERP's rounding, and no further", () => {
    const off = { micro: 66_004_000n, uom: "KGM" };
    const more = {
      ...doubled,
      segments: [{ ...cut, quantity: whole(200, "C62"), materials: [wire, { ...tape, quantity: off }] }, pack],
    };
    assert.equal(decide(doubled).decision, "next-batch");
    assert.equal(decide(more).decision, "refuse");
    const kept = { ...doubled, segments: [{ ...cut, quantity: whole(200, "C62") }, pack] };
    assert.deepEqual(decide(kept).what, ["quantity up", "use by bill"], "half as much for each piece");
  });
});

describe("how far the order has come", () => {
  const locked = { ...twoOperations, state: "Held" } as const;
  const ended = { ...twoOperations, state: "Closed" } as const;
  const final = [jobOrderOf({ state: "completed" })];
  const cases: readonly (readonly [OrderDecision["stage"], HeldOrder])[] = [
    ["waiting", heldOf()],
    ["planned", heldOf({ told: "planned" })],
    ["stored", heldOf({ told: "stored" })],
    ["held", heldOf({ told: "stored", request: locked })],
    ["made", heldOf({ isMade: true, request: locked })],
    ["running", heldOf({ isMade: true, isRunning: true })],
    ["final", heldOf({ isMade: true, isRunning: true, jobOrders: final })],
    ["closed", heldOf({ isMade: true, isRunning: true, jobOrders: final, request: ended })],
  ];
  for (const [stage, held] of cases) test(stage, () => assert.equal(decide({}, held).stage, stage));
  test("unknown", () => assert.equal(decideOrder(null, twoOperations, []).stage, "unknown"));
});

describe("the strictest decision counts", () => {
  test("with a component added nothing of the version is taken over, and it says what", () => {
    const added = cutWith({ materials: [wire, tape, requirementOf({ id: "R3" })] });
    const decided = decide({ ...added, quantity: whole(120, "C62") });
    assert.equal(decided.decision, "refuse");
    assert.match(decided.why ?? "", /^Its component added changed after work had begun/);
  });

  test("an order that the ERP ends is over, whatever else it changes", () => {
    assert.equal(decide({ ...doubled, state: "Cancelled", segments: [cut] }).decision, "cancel");
  });

  test("released again it is judged by what had become of it", () => {
    const ended = { ...twoOperations, state: "Closed" } as const;
    const made = heldOf({ request: ended, isMade: true });
    assert.equal(decide({}, made).decision, "reinstate");
    assert.equal(decide({ segments: [cut] }, made).decision, "refuse");
    assert.equal(decide({ segments: [cut] }, heldOf({ request: ended })).decision, "reinstate");
    assert.equal(decide({ state: "Closed", priority: 9 }, made).decision, "unchanged", "it stays ended");
  });

  test("an older version, and one that says the same, change nothing", () => {
    assert.equal(decide({ version: "0", quantity: whole(5, "C62") }).decision, "unchanged");
    assert.equal(decide({}).decision, "unchanged");
  });

  test("version 10 comes after version 9: what it changes counts", () => {
    const held = heldOf({ request: { ...twoOperations, version: "9" } });
    const decided = (change: Partial<OperationsRequest>): string => decide(change, held).decision;
    assert.equal(decided({ version: "10", quantity: whole(500, "C62") }), "replace");
    assert.equal(decided({ version: "10", state: "Cancelled" }), "cancel");
    assert.equal(decided({ version: "8", state: "Cancelled" }), "unchanged");
  });
});
