/**
 * What a newer version of an order means, by what has changed and how far the order has come: total tables, and what
 * each decision tells the ERP, the machine and the people. Recognising the change is `change.ts`; doing it is the flow
 * `accept-order`.
 * Spec: docs/spec/order-change.md
 */

/**
 * How far an order has come; the first that applies, read from the end.
 *
 * - `unknown`  it was never accepted
 * - `waiting`  nothing was told to a machine
 * - `planned`  a machine is being told a job order of it
 * - `stored`   a machine holds a job order of it, and has not begun it
 * - `held`     the ERP holds it, and nothing has begun
 * - `made`     something was made; no run is open
 * - `running`  a run of it is open
 * - `final`    one of its operations is final by decision
 * - `closed`   the ERP has ended it, whatever else applies
 */
export const orderStages = [
  "unknown",
  "waiting",
  "planned",
  "stored",
  "held",
  "made",
  "running",
  "final",
  "closed",
] as const;
export type OrderStage = (typeof orderStages)[number];

/** What the ERP's state of the order became. */
export const stateChanges = ["released", "locked", "withdrawn", "confirmed", "ended", "cancelled"] as const;
export type StateChange = (typeof stateChanges)[number];

/** What else of it is different. */
export const contentChanges = [
  "quantity up",
  "quantity down",
  "dates",
  "priority",
  "operation text",
  "set-up",
  "component amount",
  "component added",
  "component removed",
  "component changed",
  "use by bill",
  "operation added",
  "operation removed",
  "work center",
  "operation rule",
  "job name",
  "material",
  "units",
  "receipt",
] as const;
export type ContentChange = (typeof contentChanges)[number];

export type OrderChange = StateChange | ContentChange;

/**
 * - `accept`     it is taken over, and gets its job orders
 * - `replace`    nothing has begun: the new version takes the old one's place
 * - `apply-now`  the order and its job orders change at once
 * - `next-batch` the same; the run that is open goes on as it began
 * - `cancel`     what has not begun is taken back; what runs goes on
 * - `reinstate`  what was cancelled with it may be made again
 * - `ask`        the order changes at once, and a person decides what that means for what is final
 * - `refuse`     the version is not taken over and stands in quarantine
 * - `unchanged`  there is nothing to do
 */
export const changeDecisions = [
  "accept",
  "replace",
  "apply-now",
  "next-batch",
  "cancel",
  "reinstate",
  "ask",
  "refuse",
  "unchanged",
] as const;
export type ChangeDecision = (typeof changeDecisions)[number];

type ByStage<Stage extends OrderStage> = Readonly<Record<Stage, ChangeDecision>>;
type KnownStage = Exclude<OrderStage, "unknown">;

export const stateTable: Readonly<Record<StateChange, ByStage<OrderStage>>> = {
  released: { unknown: "accept", ...notBegun("replace"), ...begun("apply-now"), closed: "reinstate" },
  locked: { unknown: "refuse", ...notBegun("replace"), ...begun("apply-now"), closed: "reinstate" },
  withdrawn: { unknown: "refuse", ...notBegun("replace"), ...begun("apply-now"), closed: "reinstate" },
  confirmed: { unknown: "accept", ...notBegun("replace"), ...begun("apply-now"), closed: "reinstate" },
  ended: { unknown: "unchanged", ...notBegun("cancel"), ...begun("cancel"), closed: "unchanged" },
  cancelled: { unknown: "unchanged", ...notBegun("cancel"), ...begun("cancel"), closed: "unchanged" },
};

/** An order that is released again is judged by how far it had come before it was ended. */
export const contentTable: Readonly<Record<ContentChange, ByStage<KnownStage>>> = {
  "quantity up": content({ made: "apply-now", running: "next-batch", final: "ask" }),
  "quantity down": content({ made: "apply-now", running: "next-batch", final: "apply-now" }),
  dates: content(begun("apply-now")),
  priority: content(begun("apply-now")),
  "operation text": content(begun("apply-now")),
  "set-up": content({ made: "apply-now", running: "next-batch", final: "apply-now" }),
  "component amount": content(begun("apply-now")),
  "component added": content(begun("refuse")),
  "component removed": content(begun("refuse")),
  "component changed": content(begun("refuse")),
  // What was counted has used by the old bill; taking it back would give back by the new one.
  "use by bill": content(begun("refuse")),
  "operation added": content(begun("refuse")),
  "operation removed": content(begun("refuse")),
  "work center": content(begun("refuse")),
  "operation rule": content(begun("refuse")),
  "job name": content(begun("refuse")),
  material: content(begun("refuse")),
  units: content(begun("refuse")),
  receipt: content(begun("refuse")),
};

/**
 * - `announced` the ERP is told that the order was taken over, where the site says so
 * - `nothing`   ERPs have no message for it; people see it at the order
 */
export type ToldErp = "announced" | "nothing";

/**
 * - `its turn`   it is stored when its turn comes
 * - `renewed`    where it holds something else than is now asked, that is taken away, and stored anew when its turn comes
 * - `after run`  as `renewed`, when the run has ended
 * - `taken away` what it holds and has not begun
 */
export type ToldMachine = "its turn" | "renewed" | "after run" | "taken away" | "nothing";

/** `list`: the terminal's list and the order's page show it · `to mend`: it stands there, and who decides is notified */
export type ToldPeople = "list" | "to mend" | "nothing";

export interface Told {
  readonly erp: ToldErp;
  readonly machine: ToldMachine;
  readonly people: ToldPeople;
}

export const toldTable: Readonly<Record<ChangeDecision, Told>> = {
  accept: { erp: "announced", machine: "its turn", people: "list" },
  replace: { erp: "nothing", machine: "renewed", people: "list" },
  "apply-now": { erp: "nothing", machine: "renewed", people: "list" },
  "next-batch": { erp: "nothing", machine: "after run", people: "list" },
  cancel: { erp: "nothing", machine: "taken away", people: "list" },
  reinstate: { erp: "nothing", machine: "its turn", people: "list" },
  ask: { erp: "nothing", machine: "renewed", people: "to mend" },
  refuse: { erp: "nothing", machine: "nothing", people: "to mend" },
  unchanged: { erp: "nothing", machine: "nothing", people: "nothing" },
};

/** Of several that apply at once the first one decides. */
export const strictness: readonly ChangeDecision[] = [
  "refuse",
  "ask",
  "reinstate",
  "next-batch",
  "apply-now",
  "cancel",
  "replace",
  "accept",
  "unchanged",
];

function notBegun(
  decision: ChangeDecision,
): Readonly<Record<"waiting" | "planned" | "stored" | "held", ChangeDecision>> {
  return { waiting: decision, planned: decision, stored: decision, held: decision };
}

type Begun = Readonly<Record<"made" | "running" | "final", ChangeDecision>>;

function begun(decision: ChangeDecision): Begun {
  return { made: decision, running: decision, final: decision };
}

function content(after: Begun): ByStage<KnownStage> {
  return { ...notBegun("replace"), ...after, closed: "unchanged" };
}
