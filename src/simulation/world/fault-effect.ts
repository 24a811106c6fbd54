/** What each planned fault does to the world when its time has come, and how it ends. */
import type { ErpFault } from "../erp/fault-plan.ts";
import type { Order } from "../erp/order.ts";
import { actOnOrder, changeOrderQuantity, setOrderHold, setOrderLock, setOrderTolerance } from "../erp/order-action.ts";
import { erpTimeoutMs, settleMs, type SimulatedErp } from "./erp.ts";
import type { Happened } from "./happened.ts";
import type { FaultKind, PlannedFault } from "./plan.ts";
import type { SimulatedMachine } from "./machine.ts";
import { fairWeather } from "./machine-line.ts";
import { driftMax } from "./machine-clock.ts";
import { lateMs } from "./plant-site.ts";
import type { Schedule } from "./schedule.ts";

/** What faults can be done to. */
export interface FaultyWorld {
  readonly schedule: Schedule;
  readonly erp: SimulatedErp;
  readonly happened: Happened;
  machine(id: string): SimulatedMachine | undefined;
  /** Somebody reports a piece of one of its orders there. */
  postByHand(share: number): void;
  /** Another process starts beside the one that runs, with a gateway of its own; one of them ends after a while. */
  startSecond(endsAfterMs: number): void;
  /** The process that takes the step dies after so many steps, and comes back after a while. */
  crashWithin(steps: number, backAfterMs: number): void;
  /** The database does not answer for so long. */
  databaseAway(forMs: number): void;
  /** The next commits are made, and whoever waits for them loses the connection. */
  loseCommits(count: number): void;
  /** For so long every disk of a gateway is full. */
  fillDisks(forMs: number): void;
  /** For so long the database refuses what writes. */
  fillDatabase(forMs: number): void;
  /** Everything of ours is gone, and starts anew from the backup that was made before. */
  restore(): void;
  /** The ERP's books are as they were when the backup was made. */
  restoreErp(): void;
  /** Some of what is kept of a machine cannot be read any more; processes start anew, and notice it. */
  damageKept(machine: string, size: number): void;
  /** The site has a new version of a machine's map, right from so much later on; processes start anew with it. */
  changeMap(machine: string, inMs: number): void;
}

const minuteMs = 60_000;
const heldMsMax = 60 * minuteMs;

const effects: Readonly<Record<FaultKind, (world: FaultyWorld, fault: PlannedFault) => void>> = {
  "process-crash": (world, { size }) =>
    world.crashWithin(Math.floor(size * 200) + 1, 1_000 + Math.floor(size * 997) * 60),
  "second-process": (world, fault) => world.startSecond(secondEndsAfterMs(fault)),
  "reply-lost": writes(() => ({ kind: "reply-lost" })),
  "request-lost": writes(() => ({ kind: "request-lost" })),
  // Some within the time in which a call is waited for, some long after.
  "late-commit": writes((size) => ({ kind: "late-commit", ms: Math.floor(size * (settleMs - 5_000)) })),
  "failed-after": writes(() => ({ kind: "failed-after" })),
  unavailable: calls(() => ({ kind: "unavailable" })),
  throttled: calls((size) => ({ kind: "too-many-calls", retryAfterSeconds: 1 + Math.floor(size * 60) })),
  locked: writes(() => ({ kind: "locked" })),
  "period-closed": ({ erp, schedule }, { size }) => {
    erp.gate.books.openPeriods = { from: "2026-12", to: "2026-12" };
    schedule.at(schedule.now + Math.floor(size * 20 * minuteMs), () => (erp.gate.books.openPeriods = null));
  },
  "stock-short": ({ erp, schedule }, { size }) => {
    const taken = erp.takeStock();
    schedule.at(schedule.now + Math.floor(size * 20 * minuteMs), () => erp.putStock(taken));
  },
  "order-locked": ({ erp, schedule }, { size }) => {
    const { books } = erp.gate;
    const order = erp.orderAt(size);
    if (!order) return;
    setOrderLock(books, order, "locked");
    onOrderLater({ erp, schedule }, order, Math.floor(size * 20 * minuteMs), (now) =>
      setOrderLock(books, now, "unlocked"),
    );
  },
  "order-changed": ({ erp, happened }, { size }) => {
    const order = erp.orderAt(size);
    if (!order) return;
    happened.changed.add(order.number);
    changeOrderQuantity(erp.gate.books, order.number, order.quantity * BigInt(1 + Math.floor(size * 2)));
  },
  "order-completed": ({ erp, happened, schedule }, { size }) => {
    const order = erp.orderAt(size);
    if (!order || !actOnOrder(erp.gate.books, order.number, "complete-technically").ok) return;
    const end = { how: "completed", at: schedule.now } as const;
    happened.ended.set(order.number, happened.ended.get(order.number) ?? end);
  },
  "order-cancelled": cancelOrder,
  "order-held": ({ erp, schedule }, { size }) => {
    const { books } = erp.gate;
    const order = erp.orderAt(share(size));
    if (!order) return;
    setOrderHold(books, order, "held");
    onOrderLater({ erp, schedule }, order, Math.floor(size * 60 * minuteMs), (now) => setOrderHold(books, now, "free"));
  },
  "tolerance-exceeded": limitOrder,
  "posted-by-hand": (world, { size }) => world.postByHand(size),
  "line-cut": ({ schedule, machine }, fault) => {
    const line = machine(fault.machine)?.line;
    line?.cut();
    schedule.at(schedule.now + Math.floor(fault.size * 15 * minuteMs), () => line?.heal());
  },
  "line-rough": ({ schedule, machine }, fault) => {
    const line = machine(fault.machine)?.line;
    if (!line) return;
    line.weather = { ...line.weather, twice: 0.3, late: 0.3, lateMsMax: Math.floor(lateMs * 0.8) };
    schedule.at(schedule.now + Math.floor((0.1 + fault.size) * 20 * minuteMs), () => (line.weather = fairWeather));
  },
  "words-late": ({ schedule, machine }, fault) => {
    const line = machine(fault.machine)?.line;
    if (!line) return;
    const until = schedule.now + Math.floor((0.1 + 0.9 * fault.size) * heldMsMax);
    line.weather = { ...line.weather, wordsHeldUntil: until };
  },
  "counter-reset": ({ machine }, fault) => machine(fault.machine)?.resetCounters(),
  "database-away": (world, fault) => world.databaseAway(unwrittenMs(fault)),
  "commit-lost": (world, { size }) => world.loseCommits(1 + Math.floor(size * 3)),
  "disk-full": (world, fault) => {
    const forMs = unwrittenMs(fault);
    if (forMs % 2 === 0) world.fillDisks(forMs);
    else world.fillDatabase(forMs);
  },
  "snapshot-stale": ({ machine }, fault) =>
    machine(fault.machine)?.line.sayAgain(Math.floor(fault.size * 60 * minuteMs)),
  "counter-replaced": ({ machine }, fault) => machine(fault.machine)?.replaceCounter(fault.size),
  "clock-set": ({ machine }, fault) => machine(fault.machine)?.clock.set(Math.floor(fault.size * 5 * minuteMs)),
  "clock-drift": ({ machine }, fault) => machine(fault.machine)?.clock.drift((2 * fault.size - 1) * driftMax),
  "clock-corrected": ({ machine }, fault) =>
    machine(fault.machine)?.clock.correctSoon(Math.floor((0.05 + 0.75 * fault.size) * lateMs)),
  "clock-set-back": setBack,
  restored: (world) => world.restore(),
  "erp-restored": (world) => world.restoreErp(),
  "request-doubled": ({ erp }, { size }) =>
    erp.double(1 + Math.floor(size * 3), Math.floor(((size * 7) % 1) * minuteMs)),
  "reply-doubled": ({ erp }, { size }) => erp.doubleReplies(1 + Math.floor(size * 5)),
  "counts-held": (world, fault) => holdCounts(world, fault, 30),
  "kept-damaged": (world, { machine, size }) => world.damageKept(machine, size),
  "map-changed": (world, { machine, size }) => world.changeMap(machine, minuteMs + Math.floor(size * 20 * minuteMs)),
};

/** In half of the worlds somebody sees it, and puts it right again. */
function setBack({ schedule, machine: find }: FaultyWorld, { machine: id, size }: PlannedFault): void {
  const machine = find(id);
  const byMs = Math.floor((0.5 + 3 * size) * 60 * minuteMs);
  machine?.setBack(byMs);
  const putRight = (): void => {
    // What was said once or twice by such a clock nobody can tell from words that are late.
    if (machine && machine.heardAgainMs > noticeMs) machine.clock.set(byMs);
    else schedule.at(schedule.now + minuteMs, putRight);
  };
  if (machine && share(size) < 0.5) schedule.at(schedule.now + Math.floor(2 * share(size) * heldMsMax), putRight);
}

/** A clock that was set back is noticed within this time, while something is said. */
const noticeMs = 3 * lateMs;

/** As soon as it makes something that it names, within so many minutes. */
function holdCounts(
  { schedule, machine, happened }: Pick<FaultyWorld, "schedule" | "machine" | "happened">,
  fault: PlannedFault,
  withinMinutes: number,
): void {
  const { machine: id, size } = fault;
  const since = machine(id)?.rushUnheard(share(size), Math.floor((0.05 + 0.45 * size) * heldMsMax)) ?? null;
  if (since !== null) happened.rushed.set(id, since);
  else if (withinMinutes > 0)
    schedule.at(schedule.now + minuteMs, () => holdCounts({ schedule, machine, happened }, fault, withinMinutes - 1));
}

/** In a third of the worlds somebody thinks better of it. */
function cancelOrder({ erp, happened, schedule }: FaultyWorld, { size }: PlannedFault): void {
  const { books } = erp.gate;
  const order = erp.orderAt(share(size));
  if (!order || !actOnOrder(books, order.number, "mark-for-deletion").ok) return;
  const at = schedule.now;
  happened.ended.set(order.number, { how: "cancelled", at });
  if (size > 1 / 3) return;
  onOrderLater({ erp, schedule }, order, Math.floor(3 * size * 40 * minuteMs), ({ number }) => {
    if (!actOnOrder(books, number, "withdraw-deletion").ok) return;
    happened.ended.delete(number);
    happened.reinstated.set(number, at);
  });
}

/** The ERP takes so many percent more than ordered. In two of three worlds somebody sees that it is too little. */
function limitOrder({ erp, happened, schedule }: FaultyWorld, { size }: PlannedFault): void {
  const { books } = erp.gate;
  const order = erp.orderAt(share(size));
  if (!order) return;
  setOrderTolerance(books, order, Math.floor(share(size) * 10));
  happened.limited.add(order.number);
  if (size > 2 / 3) return;
  onOrderLater({ erp, schedule }, order, Math.floor(1.5 * size * heldMsMax), (now) => {
    setOrderTolerance(books, now, null);
    happened.limited.delete(now.number);
  });
}

/** Another one for each size, and independent of how long something lasts. */
function share(size: number): number {
  return (size * 97) % 1;
}

/** The ERP may have been put back meanwhile: then it is another order with the same number. */
function onOrderLater(
  { erp, schedule }: Pick<FaultyWorld, "erp" | "schedule">,
  { number }: Order,
  afterMs: number,
  then: (now: Order) => void,
): void {
  schedule.at(schedule.now + afterMs, () => {
    const now = erp.gate.books.order(number);
    if (now) then(now);
  });
}

/** For how long it lets nothing be committed; 0 for other faults. */
export function unwrittenMs({ kind, size }: PlannedFault): number {
  const mostMinutes = kind === "disk-full" ? 20 : kind === "database-away" ? 5 : 0;
  return Math.floor(size * mostMinutes * minuteMs);
}

/** How long after the second process has come one of both ends. */
export function secondEndsAfterMs({ size }: PlannedFault): number {
  return minuteMs + Math.floor(size * 30 * minuteMs);
}

/** When the backup was made that is put back at this fault, no sooner than the first one; null for other faults. */
export function backupAt({ kind, at, size }: PlannedFault, first: number): number | null {
  const isRestore = kind === "restored" || kind === "erp-restored";
  return isRestore ? Math.max(first, at - minuteMs - Math.floor(size * 60 * minuteMs)) : null;
}

export function inject(world: FaultyWorld, fault: PlannedFault): void {
  effects[fault.kind](world, fault);
}

/** A fault of the next writes of the ERP. */
function writes(faultOf: (size: number) => ErpFault) {
  return ({ erp }: FaultyWorld, { size }: PlannedFault): void =>
    erp.gate.faults.add({ fault: faultOf(size), calls: "write", times: 1 + Math.floor(size * 3) });
}

/** A fault of its next calls, whatever they are. */
function calls(faultOf: (size: number) => ErpFault) {
  return ({ erp }: FaultyWorld, { size }: PlannedFault): void =>
    erp.gate.faults.add({ fault: faultOf(size), calls: "any", times: 1 + Math.floor(size * 5) });
}

/** Longer than anything that a fault has begun can still take effect. */
export const faultsOverMs = settleMs + erpTimeoutMs + heldMsMax;
