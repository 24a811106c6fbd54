/** What the fixture answers to the operator's terminal. */
import { scanMeaning, type ScanMeaning, type Terminal, type TerminalJob } from "../../src/api/contract/terminal.ts";
import { ago, minuteMs, pieces, type Plant } from "./plant.ts";

function jobOf(plant: Plant, n: number, state: TerminalJob["state"]): TerminalJob {
  const row = plant.orders[n]!;
  return {
    jobOrder: `job-${row.id}-10`,
    order: row.id,
    number: row.number,
    operation: "0010",
    description: "Cut and crimp",
    material: row.material,
    quantity: row.quantity,
    good: state === "running" ? row.good : pieces(0),
    scrap: state === "running" ? row.scrap : pieces(0),
    rework: pieces(0),
    state,
    priority: row.priority,
    latestEnd: row.latestEnd,
    acknowledgedAt: state === "running" ? ago(plant, 50 * minuteMs) : null,
  };
}

const reason = (code: string, en: string, de: string, children: Terminal["reasons"]["stop"] = []) => ({
  code,
  text: { en, de },
  children,
});

export function terminalOf(plant: Plant, id: string): Terminal | undefined {
  const unit = plant.units.get(id);
  if (!unit) return undefined;
  const isRunning = unit.jobs.length > 0;
  return {
    asOf: new Date().toISOString(),
    unit,
    current: isRunning ? [jobOf(plant, 0, "running")] : [],
    next: [1, 2, 3].map((n) => jobOf(plant, n, "ready")),
    setup: [
      { item: "StripLength", wanted: "5.5", read: "5.5", state: "verified" },
      { item: "WireLength", wanted: "1250", read: "1200", state: "differs" },
    ],
    materials: [
      {
        requirement: "c0",
        material: "WIRE-0.5-BU",
        quantity: { value: "1250.5", uom: "MTR" },
        used: { value: "812.125", uom: "MTR" },
        mode: "bill",
        isLoaded: true,
        loaded: [
          {
            material: "WIRE-0.5-BU",
            lot: "LOT-77",
            handlingUnit: null,
            position: "A1",
            quantity: null,
            since: ago(plant, 70 * minuteMs),
            isSubstitute: false,
          },
        ],
      },
      {
        requirement: "c1",
        material: "TERM-6.3",
        quantity: pieces(2000),
        used: pieces(0),
        mode: "bill",
        isLoaded: false,
        loaded: [],
      },
    ],
    signedOn: [{ person: "p-7Q", name: "Otto Brandt", since: ago(plant, 130 * minuteMs), onBreak: false }],
    openStop: unit.state?.state === "fault" ? { since: unit.state.since } : null,
    reasons: {
      stop: [
        reason("technical", "Technical", "Technisch", [
          reason("jam", "Wire jam", "Drahtstau"),
          reason("tool", "Tool worn", "Werkzeug verschlissen"),
        ]),
        reason("material", "Material missing", "Material fehlt"),
      ],
      scrap: [reason("crimp", "Crimp height", "Crimphöhe"), reason("strip", "Strip length", "Abisolierlänge")],
    },
    phase: isRunning ? "production" : "none",
  };
}

export function scanOf(plant: Plant, unit: string, body: unknown): ScanMeaning {
  // the fixture has parsed the body by the route's schema
  const { text } = body as { text: string };
  if (text.startsWith("OP:")) return { means: "operation", job: jobOf(plant, 1, "ready") };
  if (text.startsWith("LOT:")) {
    return scanMeaning.parse({
      means: "material",
      material: "TERM-6.3",
      lot: text.slice(4),
      handlingUnit: null,
      quantity: pieces(5000),
      fits: { requirement: "c1", position: "B1" },
      why: null,
    });
  }
  return { means: "unknown", why: `Nothing at ${unit} has the code ${text}` };
}
