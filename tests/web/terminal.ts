/**
 * What the fixture answers to the operator's terminal. A unit that somebody has reported at keeps what was said, in the
 * simplest way that a screen can be tested with: the real rules are those of the server.
 */
import type { FaultCode } from "../../src/base/result.ts";
import type { ReplyOf } from "../../src/api/contract/contract.ts";
import type {
  Report,
  ReportOutcome,
  ScanMeaning,
  Statement,
  Terminal,
  TerminalJob,
} from "../../src/api/contract/terminal.ts";
import { ago, minuteMs, pieces, type Plant } from "./plant.ts";

/** What was reported at one unit, and what stands there now. */
interface Bench {
  terminal: Terminal;
  readonly said: { readonly id: string; readonly before: Terminal }[];
}

const benches = new WeakMap<Plant, Map<string, Bench>>();

/** The person of the fixture's session. */
const person = "p-1A";

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

const reasons: Terminal["reasons"] = {
  stop: [
    reason("technical", "Technical", "Technisch", [
      reason("jam", "Wire jam", "Drahtstau"),
      reason("tool", "Tool worn", "Werkzeug verschlissen"),
    ]),
    reason("material", "Material missing", "Material fehlt"),
    reason("break", "Break", "Pause"),
  ],
  scrap: [
    reason("crimp", "Crimp", "Crimp", [
      reason("crimp-height", "Crimp height", "Crimphöhe"),
      reason("crimp-pull", "Pull-off force", "Abzugskraft"),
    ]),
    reason("strip", "Strip length", "Abisolierlänge"),
  ],
};

function materialsOf(plant: Plant): Terminal["materials"] {
  const wire = {
    material: "WIRE-0.5-BU",
    lot: "LOT-77",
    handlingUnit: null,
    position: "A1",
    quantity: { value: "438.375", uom: "MTR" },
    since: ago(plant, 70 * minuteMs),
    isSubstitute: false,
  };
  return [
    {
      requirement: "c0",
      material: "WIRE-0.5-BU",
      lot: null,
      quantity: { value: "1250.5", uom: "MTR" },
      used: { value: "812.125", uom: "MTR" },
      mode: "bill",
      isLoaded: true,
      loaded: [wire],
    },
    {
      requirement: "c1",
      material: "TERM-6.3",
      lot: "A 4711",
      quantity: pieces(2000),
      used: pieces(0),
      mode: "bill",
      isLoaded: false,
      loaded: [],
    },
  ];
}

function freshTerminal(plant: Plant, id: string): Terminal | undefined {
  const unit = plant.units.get(id);
  if (!unit) return undefined;
  const isRunning = unit.jobs.length > 0;
  return {
    asOf: new Date().toISOString(),
    unit,
    current: unit.jobs.map((_, n) => jobOf(plant, n, "running")),
    next: [1, 2, 3].map((n) => jobOf(plant, n, "ready")),
    setup: [
      { item: "StripLength", wanted: "5.5", read: "5.5", state: "verified" },
      { item: "WireLength", wanted: "1250", read: "1200", state: "differs" },
    ],
    materials: materialsOf(plant),
    positions: [
      { id: "A1", description: "Wire" },
      { id: "B1", description: "Left press" },
      { id: "B2", description: "Right press" },
    ],
    signedOn: [{ person: "p-7Q", name: "Otto Brandt", since: ago(plant, 130 * minuteMs), onBreak: false }],
    openStop: unit.state?.state === "fault" ? { since: unit.state.since } : null,
    reasons,
    phase: isRunning ? "production" : "none",
  };
}

function benchOf(plant: Plant, id: string): Bench | undefined {
  const all = benches.get(plant) ?? new Map<string, Bench>();
  benches.set(plant, all);
  const kept = all.get(id);
  if (kept) return kept;
  const terminal = freshTerminal(plant, id);
  if (!terminal) return undefined;
  const bench: Bench = { terminal, said: [] };
  all.set(id, bench);
  return bench;
}

export function terminalOf(plant: Plant, id: string): Terminal | undefined {
  const bench = benchOf(plant, id);
  const unit = plant.units.get(id);
  if (!bench || !unit) return undefined;
  const state = bench.said.length > 0 ? bench.terminal.unit.state : unit.state;
  return { ...bench.terminal, asOf: new Date().toISOString(), unit: { ...unit, state } };
}

/** For a test: another state of the unit, e.g. other next jobs because the ERP has changed a priority. */
export function changeTerminal(plant: Plant, id: string, change: (terminal: Terminal) => Terminal): void {
  const bench = benchOf(plant, id);
  if (bench) bench.terminal = change(bench.terminal);
}

export function acknowledgeAt(plant: Plant, jobOrder: string): void {
  const at = new Date().toISOString();
  for (const bench of benches.get(plant)?.values() ?? []) {
    const next = bench.terminal.next.map((job) => (job.jobOrder === jobOrder ? { ...job, acknowledgedAt: at } : job));
    bench.terminal = { ...bench.terminal, next };
  }
}

export function reportAt(plant: Plant, id: string, body: unknown): ReportOutcome | undefined {
  // the fixture has parsed the body by the route's schema
  const report = body as Report;
  const bench = benchOf(plant, id);
  if (!bench) return undefined;
  const statement = `st-${bench.said.length + 1}-${id}`;
  const before = bench.terminal;
  const taken = bench.said.find((one) => one.id === report.corrects);
  bench.terminal =
    taken && report.statement.kind === "take-back" ? taken.before : said(before, report.statement, report.at ?? "");
  bench.said.push({ id: statement, before });
  return { isNew: true, message: "Reported", statement, facts: [`fact-${bench.said.length}`] };
}

function said(terminal: Terminal, statement: Statement, at: string): Terminal {
  const [job] = terminal.current;
  const inState = (state: "production" | "setup" | "held" | "idle"): Terminal["unit"] => ({
    ...terminal.unit,
    state: { state, since: at, reason: null },
  });
  const running = (state: TerminalJob["state"]): TerminalJob[] => (job ? [{ ...job, state }] : []);
  switch (statement.kind) {
    case "start": {
      const started = terminal.next.find(({ jobOrder }) => jobOrder === statement.jobOrder);
      const next = terminal.next.filter((one) => one !== started);
      const { phase } = statement;
      return {
        ...terminal,
        current: started ? [{ ...started, state: "running" }] : [],
        next,
        phase,
        unit: inState(phase),
      };
    }
    case "phase":
      return {
        ...terminal,
        phase: statement.phase,
        unit: inState(statement.phase === "setup" ? "setup" : "production"),
      };
    case "hold": {
      const openStop = statement.reason === null ? { since: at } : null;
      return { ...terminal, current: running("held"), openStop, unit: inState("held") };
    }
    case "resume":
      return { ...terminal, current: running("running"), unit: inState("production") };
    case "finish":
      return { ...terminal, current: [], phase: "none", unit: inState("idle") };
    case "count": {
      if (!job) return terminal;
      const value = String(Number(job[statement.grade].value) + Number(statement.quantity.value));
      return { ...terminal, current: [{ ...job, [statement.grade]: { ...job[statement.grade], value } }] };
    }
    case "stop-reason":
      return { ...terminal, openStop: null };
    default:
      return saidOfThings(terminal, statement, at);
  }
}

/** Of material and people. */
function saidOfThings(terminal: Terminal, statement: Statement, at: string): Terminal {
  const others = terminal.signedOn.filter((one) => one.person !== person);
  const me = terminal.signedOn.find((one) => one.person === person) ?? { person, name: "Ada Lehmann", since: at };
  switch (statement.kind) {
    case "load": {
      const { material, lot, handlingUnit, position, quantity, substitutes } = statement;
      const loaded = { material, lot, handlingUnit, position, quantity, since: at, isSubstitute: substitutes !== null };
      const isFor = (one: Terminal["materials"][number]): boolean =>
        substitutes === null ? one.material === material : one.requirement === substitutes;
      return {
        ...terminal,
        materials: terminal.materials.map((one) =>
          isFor(one) ? { ...one, isLoaded: true, loaded: [...one.loaded, loaded] } : one,
        ),
      };
    }
    case "unload": {
      const materials = terminal.materials.map((one) => {
        const loaded = one.loaded.filter(({ position }) => position !== statement.position);
        return { ...one, loaded, isLoaded: loaded.length > 0 };
      });
      return { ...terminal, materials };
    }
    case "sign-on":
    case "break-end":
      return { ...terminal, signedOn: [...others, { ...me, onBreak: false }] };
    case "break-begin":
      return { ...terminal, signedOn: [...others, { ...me, onBreak: true }] };
    case "sign-off":
      return { ...terminal, signedOn: others };
    default:
      return terminal;
  }
}

/** What begins so does not fit, and why. */
const unfits: Readonly<Record<string, { readonly material: string; readonly code: FaultCode; readonly why: string }>> =
  {
    WRONG: {
      material: "TERM-9.5",
      code: "reporting/wrong-material",
      why: "TERM-9.5 is not in the bill of this job.",
    },
    OTHER: {
      material: "TERM-6.3",
      code: "reporting/wrong-lot",
      why: "TERM-6.3 lot L9 is not wanted: the order asks for lot A 4711.",
    },
    FULL: {
      material: "TERM-6.3",
      code: "reporting/position-taken",
      why: "Every place for TERM-6.3 is taken: B1, B2. Take something away first.",
    },
  };

export function scanOf(plant: Plant, unit: string, body: unknown): ScanMeaning {
  // the fixture has parsed the body by the route's schema
  const { text } = body as { text: string };
  if (text.startsWith("OP:")) return { means: "operation", job: jobOf(plant, 1, "ready") };
  const [label = "", lot = ""] = text.split(/:(.*)/);
  const scanned = { means: "material", lot, handlingUnit: null } as const;
  const unfit = unfits[label];
  if (unfit) return { ...scanned, quantity: null, fits: null, ...unfit };
  if (label !== "LOT") return { means: "unknown", why: `Nothing at ${unit} has the code ${text}` };
  const fits = { requirement: "c1", position: "B1" };
  return { ...scanned, material: "TERM-6.3", quantity: pieces(5000), fits, code: null, why: null };
}

/** Every line but the heading is booked: what is refused is the test's to say. */
export function paperAt(body: unknown): ReplyOf<"POST /api/v1/units/:unit/paper-shift"> {
  // the fixture has parsed the body by the route's schema
  const { csv } = body as { csv: string };
  const rows = csv.trim().split("\n").slice(1);
  const lines = rows.map((_, n) => ({ line: n + 2, message: "Booked on 1000001 / 0010." }));
  return { isNew: true, message: `${lines.length} lines are entered.`, lines };
}
