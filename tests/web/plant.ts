/**
 * A plant for the screens: equipment, work units in every state, orders, notifications. The same seed gives the same plant;
 * times are counted back from when it was made. What is behind an order, to be mended or booked is in `record.ts`.
 */
import type { Floor, FloorUnit } from "../../src/api/contract/floor.ts";
import type { OrderRow } from "../../src/api/contract/order.ts";
import type { NotificationView } from "../../src/api/contract/notification.ts";
import { machineStates } from "../../src/record/fact.ts";

export interface Draw {
  /** 0 to below `below`. */
  readonly whole: (below: number) => number;
  readonly one: <T>(items: readonly T[]) => T;
}

/** mulberry32: small, and the same everywhere. */
export function drawFrom(seed: number): Draw {
  let state = seed;
  const whole = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
  return { whole, one: (items) => items[whole(items.length)]! };
}

export interface Plant {
  readonly madeAt: number;
  readonly equipment: Floor["equipment"];
  readonly units: Map<string, FloorUnit>;
  readonly orders: OrderRow[];
  readonly notifications: NotificationView[];
}

export interface PlantSize {
  readonly units: number;
  readonly orders: number;
  readonly seed: number;
}

export const minuteMs = 60_000;

export function ago(plant: { readonly madeAt: number }, ms: number): string {
  return new Date(plant.madeAt - ms).toISOString();
}

export function pieces(value: number | string): { value: string; uom: string } {
  return { value: String(value), uom: "C62" };
}

const materials = ["W-4711-BU", "W-4711-BK", "H-2040-A", "H-2041-B", "K-100-PA66", "K-130-PBT"];
const areas = [
  ["CUT", "Cutting", "Crimping line"],
  ["MLD", "Moulding", "Moulding cell"],
  ["ASM", "Assembly", "Assembly line"],
] as const;

export function makePlant(size: PlantSize): Plant {
  const draw = drawFrom(size.seed);
  const plant: Plant = {
    madeAt: Date.now(),
    equipment: [{ id: "SITE", level: "Site", description: "Riverside works", partOf: null }],
    units: new Map(),
    orders: [],
    notifications: [],
  };
  makeEquipment(plant, size.units, draw);
  const centers = plant.equipment.filter(({ level }) => level === "WorkCenter").map(({ id }) => id);
  for (let n = 0; n < size.orders; n++) plant.orders.push(makeOrder(plant, n, centers, draw));
  for (const [id, unit] of plant.units) plant.units.set(id, withJob(plant, unit, draw));
  makeNotifications(plant);
  return plant;
}

function makeEquipment(plant: Plant, count: number, draw: Draw): void {
  for (const [id, description] of areas) {
    plant.equipment.push({ id, level: "Area", description, partOf: "SITE" });
  }
  const centers = Math.max(3, Math.ceil(count / 20));
  for (let n = 0; n < centers; n++) {
    const [area, , line] = areas[n % areas.length]!;
    const id = `${area}-${String(n + 1).padStart(2, "0")}`;
    plant.equipment.push({ id, level: "WorkCenter", description: `${line} ${n + 1}`, partOf: area });
  }
  const all = plant.equipment.filter(({ level }) => level === "WorkCenter");
  for (let n = 0; n < count; n++) {
    const center = all[n % all.length]!;
    const unit = makeUnit(plant, `${center.id}-${String(n + 1).padStart(3, "0")}`, center.id, n, draw);
    plant.units.set(unit.id, unit);
  }
}

function makeUnit(plant: Plant, id: string, workCenter: string, n: number, draw: Draw): FloorUnit {
  const isManual = n % 9 === 4;
  const isLost = n % 31 === 7;
  const state = draw.one([...machineStates, "production", "production", "production"] as const);
  const since = draw.whole(9 * 60) * minuteMs + 20_000;
  const isNew = n % 53 === 11;
  return {
    id,
    description: `${isManual ? "Bench" : "Komax"} ${n + 1}`,
    workCenter,
    kind: isManual ? "manual" : "machine",
    state: isNew ? null : { state, since: ago(plant, since), reason: state === "fault" ? "Wire jam" : null },
    jobs: [],
    people: draw.whole(3),
    connection: isManual
      ? null
      : { id: `opc-${id}`, connected: !isLost, backfilling: n % 37 === 3, fault: isLost ? "No answer" : null },
    lastEventAt: isNew ? null : ago(plant, since / 4),
    lastSampleAt: isManual || isNew ? null : ago(plant, isLost ? 45 * minuteMs : draw.whole(4000)),
  };
}

function withJob(plant: Plant, unit: FloorUnit, draw: Draw): FloorUnit {
  const working = unit.state !== null && ["production", "setup", "held", "fault"].includes(unit.state.state);
  if (!working || plant.orders.length === 0) return unit;
  const order = draw.one(plant.orders.slice(0, 600));
  const asked = Number(order.quantity.value);
  const isForeign = draw.whole(40) === 0;
  const job: FloorUnit["jobs"][number] = {
    run: `run-${unit.id}`,
    jobOrder: isForeign ? null : `job-${order.id}-10`,
    order: isForeign ? null : order.id,
    number: isForeign ? `LOCAL-${draw.whole(99)}` : order.number,
    operation: "0010",
    material: order.material,
    asked: isForeign ? null : pieces(asked),
    good: pieces(draw.whole(asked)),
    scrap: pieces(draw.whole(12)),
    rework: pieces(0),
    since: ago(plant, draw.whole(300) * minuteMs),
  };
  return { ...unit, jobs: [job] };
}

function makeOrder(plant: Plant, n: number, centers: readonly string[], draw: Draw): OrderRow {
  const progress = n < 600 ? draw.one(["running", "open"] as const) : draw.one(["open", "done", "cancelled"] as const);
  const quantity = (1 + draw.whole(80)) * 250;
  const good = progress === "done" ? quantity : progress === "running" ? draw.whole(quantity) : 0;
  return {
    id: `sap:100:${1_000_000 + n}`,
    erp: "sap",
    number: String(1_000_000 + n),
    material: draw.one(materials),
    quantity: pieces(quantity),
    good: pieces(good),
    scrap: pieces(good === 0 ? 0 : draw.whole(20)),
    state: progress === "done" ? "Completed" : progress === "cancelled" ? "Aborted" : "Released",
    progress,
    priority: 1 + draw.whole(9),
    earliestStart: ago(plant, (300 - n) * 30 * minuteMs),
    latestEnd: ago(plant, (280 - n) * 30 * minuteMs),
    operations: 1 + draw.whole(4),
    workCenters: [draw.one(centers)],
    toMend: n % 97 === 3 ? 1 + draw.whole(2) : 0,
    acceptedAt: ago(plant, (n + 120) * minuteMs),
  };
}

function makeNotifications(plant: Plant): void {
  const units = [...plant.units.keys()];
  const order = plant.orders[0]?.id ?? null;
  const add = (
    kind: NotificationView["kind"],
    severity: NotificationView["severity"],
    values: Record<string, string>,
    text: string,
  ): void => {
    const n = plant.notifications.length;
    plant.notifications.push({
      id: `note-${n}`,
      kind,
      severity,
      role: "supervisor",
      equipment: units[n % units.length] ?? "SITE",
      values,
      text,
      at: ago(plant, (n * 7 + 2) * minuteMs),
      count: 1 + n,
      lastAt: ago(plant, (n + 1) * minuteMs),
      order,
      posting: null,
      acknowledgedBy: n === 3 ? "p-7Q" : null,
      acknowledgedAt: n === 3 ? ago(plant, minuteMs) : null,
      escalatedAt: n === 1 ? ago(plant, 3 * minuteMs) : null,
      escalatedTo: n === 1 ? "engineer" : null,
      resolvedAt: null,
      deliveries: [],
    });
  };
  const unit = units[0] ?? "SITE";
  add(
    "stop-without-reason",
    "urgent",
    { unit, state: "fault", since: ago(plant, 25 * minuteMs), job: "J" },
    `${unit} stands and nobody has said why`,
  );
  add(
    "setup-failed",
    "urgent",
    { unit, order: "1000000", parameter: "StripLength", wanted: "5.5", got: "5.0" },
    "Set-up failed: StripLength should be 5.5, is 5.0",
  );
  add(
    "posting-refused",
    "warning",
    { order: "1000003", document: "goods-issue", state: "refused", why: "Period 10 is closed" },
    "Period 10 is closed",
  );
  add(
    "machine-stale",
    "warning",
    { unit, connection: "opc", since: ago(plant, 12 * minuteMs) },
    `${unit} has sent nothing for 12 min`,
  );
  add(
    "order-new",
    "info",
    { order: "1000012", quantity: "500", material: "W-4711-BU", priority: "3" },
    "New order 1000012",
  );
}
