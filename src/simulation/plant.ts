/**
 * A plant to try things on: a simulated ERP with its orders, machines over real OPC UA, and the answer key: what the
 * machines really made and used, counted inside them, not read from their nodes.
 */
import { systemClock, type Clock } from "../base/clock.ts";
import { assert } from "../base/result.ts";
import { startErp, type SimulatedErp } from "./erp/server.ts";
import { amount, type ComponentSeed, type OrderSeed } from "./erp/order.ts";
import type { StockSeed } from "./erp/books.ts";
import { receiveStock } from "./erp/receipt.ts";
import type { MaterialDocument } from "./erp/document.ts";
import { startMachines, type MachineServer, type SimulatedMachine } from "./machine/server.ts";
import type { RunRecord } from "./machine/machine.ts";
import type { MachineProfile } from "./machine/profile.ts";

/** A plant as data. */
export interface PlantPlan {
  readonly orders: readonly OrderSeed[];
  readonly stock: readonly StockSeed[] | "unlimited";
  /** Receipts that arrive when they are asked for. */
  readonly lateStock: readonly StockSeed[];
  /** One OPC UA server each, with its machines. */
  readonly lines: readonly PlannedLine[];
  /** Material that machines count themselves; everything else is used by the bill. */
  readonly measured: readonly string[];
}

export interface PlannedLine {
  /** Name of the environment variable in which a site finds the address. */
  readonly urlName: string;
  readonly machines: readonly MachineProfile[];
}

export interface PlantSettings {
  readonly plan: PlantPlan;
  readonly seed: number;
  /** How many times faster than their profiles the machines work. */
  readonly speed: number;
  readonly clock?: Clock;
}

/** What was really made of one operation. Amounts in millionths of the component's unit in the order. */
export interface OperationTruth {
  readonly order: string;
  readonly operation: string;
  readonly good: number;
  readonly scrap: number;
  readonly runs: number;
  readonly machines: readonly string[];
  readonly used: ReadonlyMap<string, { readonly micro: bigint; readonly unit: string }>;
}

export interface PlantSimulation {
  readonly plan: PlantPlan;
  readonly erp: SimulatedErp;
  readonly lines: readonly MachineServer[];
  readonly machines: readonly SimulatedMachine[];
  /** All orders there have been so far: those of the plan, and those that came later. */
  orders(): readonly OrderSeed[];
  /** Orders that somebody has made in the ERP since. */
  noteOrders(orders: readonly OrderSeed[]): void;
  /** What a site's `{env: …}` references stand for. */
  readonly environment: Readonly<Record<string, string>>;
  /** The answer key, so far: one entry per operation that a machine has worked on, in order of order and operation. */
  truth(): readonly OperationTruth[];
  /** Good pieces that machines have made of an operation so far. */
  goodOf(order: string, operation: string): number;
  /** Every operation with a machine has its ordered pieces, and no run is open. */
  isMade(): boolean;
  /** The material that was short arrives. */
  receiveLateStock(): readonly MaterialDocument[];
  close(): Promise<void>;
}

/** Millimetres, grams or pieces of a machine's counter in one unit of the order. */
const perOrderUnit: Readonly<Record<string, bigint>> = { M: 1000n, KG: 1000n, PC: 1n, MM: 1n, G: 1n };

export async function startPlant(settings: PlantSettings): Promise<PlantSimulation> {
  const { plan, seed, speed } = settings;
  const clock = settings.clock ?? systemClock;
  const erp = await startErp({ clock, seed, orders: plan.orders, stock: plan.stock });
  const lines: MachineServer[] = [];
  for (const { machines } of plan.lines) lines.push(await startMachines({ machines, seed, speed, clock }));
  const machines = lines.flatMap((line) => line.machines);
  const orders = [...plan.orders];
  return {
    plan,
    erp,
    lines,
    machines,
    environment: environmentOf(plan, erp, lines),
    orders: () => orders,
    noteOrders: (more) => void orders.push(...more),
    truth: () => truthOf(plan, orders, machines),
    goodOf: (order, operation) => runsOf(machines, order, operation).reduce((sum, run) => sum + run.good, 0),
    isMade: () => isMade(plan, orders, machines),
    receiveLateStock: () => plan.lateStock.map((stock) => receiveStock(erp.books, stock)),
    close: async () => {
      for (const line of lines) await line.close();
      await erp.close();
    },
  };
}

function environmentOf(plan: PlantPlan, erp: SimulatedErp, lines: readonly MachineServer[]): Record<string, string> {
  const login = lines[0]?.login ?? { user: "", password: "" };
  const urls = plan.lines.map((line, i) => [line.urlName, lines[i]?.endpointUrl ?? ""] as const);
  return {
    SAP_URL: erp.url,
    SAP_USER: erp.login.user,
    SAP_PASSWORD: erp.login.password,
    OPCUA_USER: login.user,
    OPCUA_PASSWORD: login.password,
    ...Object.fromEntries(urls),
  };
}

/** `1000001-0010` → its order and operation: how the demo's maps name jobs. */
function placeOf(job: string): { readonly order: string; readonly operation: string } | null {
  const match = /^(\d+)-(\d{4})$/.exec(job);
  return match ? { order: match[1] ?? "", operation: match[2] ?? "" } : null;
}

function truthOf(
  plan: PlantPlan,
  orders: readonly OrderSeed[],
  machines: readonly SimulatedMachine[],
): readonly OperationTruth[] {
  const truths: OperationTruth[] = [];
  for (const order of orders) {
    for (const { operation } of order.operations) {
      const runs = runsOf(machines, order.order, operation);
      if (runs.length === 0) continue;
      const good = runs.reduce((sum, run) => sum + run.good, 0);
      const used = new Map<string, { micro: bigint; unit: string }>();
      for (const component of order.components) {
        if (component.operation !== operation || component.backflush) continue;
        const counted = runs
          .filter((run) => run.material === component.material)
          .reduce((sum, run) => sum + run.used, 0);
        const micro = plan.measured.includes(component.material)
          ? inOrderUnit(counted, component)
          : byBill(order, component, good);
        if (micro > 0n) used.set(component.material, { micro, unit: component.unit });
      }
      truths.push({
        order: order.order,
        operation,
        good,
        scrap: runs.reduce((sum, run) => sum + run.scrap, 0),
        runs: runs.length,
        machines: [...new Set(runs.map((run) => run.machine))].toSorted(),
        used,
      });
    }
  }
  return truths;
}

function runsOf(machines: readonly SimulatedMachine[], order: string, operation: string): readonly RunRecord[] {
  return machines.flatMap(({ machine }) =>
    machine.runs.filter((run) => {
      const place = placeOf(run.job);
      return place?.order === order && place.operation === operation;
    }),
  );
}

/** What was made by hand of one operation: everything it used follows from the bill. */
export function handTruth(
  orders: readonly OrderSeed[],
  made: {
    readonly order: string;
    readonly operation: string;
    readonly unit: string;
    readonly good: number;
    readonly scrap: number;
  },
): OperationTruth {
  const { order, operation, unit, good, scrap } = made;
  const seed = orders.find((o) => o.order === order);
  const used = new Map<string, { micro: bigint; unit: string }>();
  for (const component of seed?.components ?? []) {
    if (!seed || component.operation !== operation || component.backflush) continue;
    const micro = byBill(seed, component, good);
    if (micro > 0n) used.set(component.material, { micro, unit: component.unit });
  }
  return { order, operation, good, scrap, runs: 1, machines: [unit], used };
}

/** Whole units of the machine's counter → millionths of the order's unit. Exact. */
function inOrderUnit(counted: number, component: ComponentSeed): bigint {
  const per = perOrderUnit[component.unit];
  assert(per !== undefined, `the plan measures ${component.material} in a unit of the simulation`);
  return (BigInt(counted) * 1_000_000n) / per;
}

/** Good pieces times the order's own ratio; a fixed amount once. */
function byBill(order: OrderSeed, component: ComponentSeed, good: number): bigint {
  if (good === 0) return 0n;
  const quantity = amount(component.quantity);
  return component.fixed ? quantity : (quantity * BigInt(good) * 1_000_000n) / amount(order.quantity);
}

function isMade(plan: PlantPlan, orders: readonly OrderSeed[], machines: readonly SimulatedMachine[]): boolean {
  if (machines.some(({ machine }) => machine.runs.at(-1)?.endedAt === null)) return false;
  const truths = truthOf(plan, orders, machines);
  const steps = new Set(machines.flatMap(({ machine }) => machine.profile.steps));
  return orders.every((order) =>
    order.operations
      .filter(({ operation }) => steps.has(operation))
      .every(({ operation }) => {
        const truth = truths.find((t) => t.order === order.order && t.operation === operation);
        return truth !== undefined && BigInt(truth.good) * 1_000_000n >= amount(order.quantity);
      }),
  );
}
