/**
 * What screens read of facts, kept in the transaction that appends them: the state and the people of a work unit, and the
 * sums of a run. The order in which facts arrive makes no difference; `rebuild.ts` makes the same from all facts.
 */
import { negate, type Quantity } from "../../base/quantity.ts";
import { countedQuantity, statementOf, type Fact, type FactBody } from "../../record/fact.ts";
import { at, type Query } from "../connection.ts";

/** The time of the last fact of each unit that this transaction has stated: its rows are locked already. */
export type TouchedUnits = Map<string, Fact["eventAt"]>;

/**
 * @param facts    new ones, each once
 * @param touched  of the transaction; is told what is stated here
 */
export function projectFacts(query: Query, facts: readonly Fact[], touched: TouchedUnits): void {
  if (facts.length === 0) return;
  // First, because it locks the rows: who states something of a unit meanwhile waits, and then sees what is stated here.
  touchUnits(query, facts, touched);
  const units = new Set<string>();
  const people = new Map<string, readonly [unit: string, person: string]>();
  for (const fact of facts) {
    const body = statementOf(fact.body);
    if (body.kind === "StateEntered") units.add(fact.workUnit);
    if (body.kind === "PersonSignedOn" || body.kind === "PersonSignedOff")
      people.set(`${fact.workUnit}\u001f${body.person}`, [fact.workUnit, body.person]);
  }
  settleStates(query, [...units]);
  settlePeople(query, [...people.values()]);
  addSums(query, facts);
}

function touchUnits(query: Query, facts: readonly Fact[], touched: TouchedUnits): void {
  const last: TouchedUnits = new Map();
  for (const { workUnit, eventAt } of facts) {
    const known = last.get(workUnit) ?? touched.get(workUnit);
    if (known === undefined || eventAt > known) last.set(workUnit, eventAt);
  }
  if (last.size === 0) return;
  for (const [unit, time] of last) touched.set(unit, time);
  const rows = [...last].toSorted(([a], [b]) => (a < b ? -1 : 1));
  query.post(
    "view.touch-units",
    `insert into unit_state (work_unit, last_event_at) select * from unnest($1::text[], $2::timestamptz[])
     on conflict (work_unit) do update set last_event_at = excluded.last_event_at where excluded.last_event_at > unit_state.last_event_at`,
    [rows.map(([unit]) => unit), rows.map(([, time]) => at(time))],
  );
}

/** The latest state that was stated and not taken back; two of one time: the one with the larger id. */
export function settleStates(query: Query, units: readonly string[]): void {
  if (units.length === 0) return;
  query.post(
    "view.settle-states",
    `update unit_state u set state = f.body ->> 'state', raw = f.body ->> 'raw', since = f.event_at, fact = f.id
     from unnest($1::text[]) as w (unit) left join lateral (
       select s.id, s.event_at, s.body from fact s where s.work_unit = w.unit and s.kind = 'StateEntered'
       and not exists (select 1 from fact c where c.kind = 'Corrected' and c.body ->> 'corrects' = s.id)
       order by s.event_at desc, s.id desc limit 1) f on true
     where u.work_unit = w.unit`,
    [units],
  );
}

export function settlePeople(query: Query, people: readonly (readonly [unit: string, person: string])[]): void {
  if (people.length === 0) return;
  const sorted = people.toSorted((a, b) => (a.join("\u001f") < b.join("\u001f") ? -1 : 1));
  query.post(
    "view.settle-people",
    `insert into unit_person (work_unit, person, is_on, since, fact)
     select w.unit, w.person, f.kind = 'PersonSignedOn', f.event_at, f.id
     from unnest($1::text[], $2::text[]) as w (unit, person) left join lateral (
       select s.id, s.event_at, s.kind from fact s
       where s.work_unit = w.unit and s.body ->> 'person' = w.person and s.kind in ('PersonSignedOn', 'PersonSignedOff')
       and not exists (select 1 from fact c where c.kind = 'Corrected' and c.body ->> 'corrects' = s.id)
       order by s.event_at desc, s.id desc limit 1) f on true
     on conflict (work_unit, person) do update set is_on = excluded.is_on, since = excluded.since, fact = excluded.fact`,
    [sorted.map(([unit]) => unit), sorted.map(([, person]) => person)],
  );
}

interface Sum {
  readonly run: string;
  readonly what: string;
  readonly material: string;
  readonly uom: string;
  readonly micro: bigint;
  readonly facts: number;
  readonly first: Fact["eventAt"];
  readonly last: Fact["eventAt"];
}

function addSums(query: Query, facts: readonly Fact[]): void {
  const sums = new Map<string, Sum>();
  for (const fact of facts) {
    const part = partOf(fact);
    if (!part) continue;
    const key = [part.run, part.what, part.material, part.uom].join("\u001f");
    const known = sums.get(key);
    sums.set(key, known ? joined(known, part) : part);
  }
  // In a fixed order, so that two writers cannot lock each other out.
  const rows = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  if (rows.length === 0) return;
  query.post(
    "view.add-sums",
    `insert into run_sum as s (run, what, material, uom, micro, facts, first_at, last_at)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::integer[], $7::timestamptz[], $8::timestamptz[])
     on conflict (run, what, material, uom) do update set micro = s.micro + excluded.micro, facts = s.facts + excluded.facts,
     first_at = least(s.first_at, excluded.first_at), last_at = greatest(s.last_at, excluded.last_at)`,
    [
      rows.map((r) => r.run),
      rows.map((r) => r.what),
      rows.map((r) => r.material),
      rows.map((r) => r.uom),
      rows.map((r) => r.micro),
      rows.map((r) => r.facts),
      rows.map((r) => at(r.first)),
      rows.map((r) => at(r.last)),
    ],
  );
}

function joined(a: Sum, b: Sum): Sum {
  return {
    ...a,
    micro: a.micro + b.micro,
    facts: a.facts + b.facts,
    first: b.first < a.first ? b.first : a.first,
    last: b.last > a.last ? b.last : a.last,
  };
}

/** The rule of a use that the bill or a person states, or takes back; the migrations say it so, too. */
const byBill = /^(?:corrected:)?bill:/;

/** What a fact adds to a sum of its run; null for a fact without an amount, or outside every run. */
function partOf(fact: Fact): Sum | null {
  const body = statementOf(fact.body);
  const quantity = amountOf(fact.body);
  if (fact.run === null || !quantity) return null;
  const common = { run: fact.run, uom: quantity.uom, facts: 1, first: fact.eventAt, last: fact.eventAt };
  switch (body.kind) {
    case "UnitsCounted":
      return { ...common, what: body.grade, material: "", micro: quantity.micro };
    case "MaterialConsumed":
      // Whether what was counted is used the order tells, when it is read: the run may get another one.
      return {
        ...common,
        what: byBill.test(fact.rule) ? "used" : "counted",
        material: body.material,
        micro: quantity.micro,
      };
    case "MaterialReturned":
      return { ...common, what: "used", material: body.material, micro: -quantity.micro };
    case "MaterialProduced":
      return { ...common, what: "produced", material: body.material, micro: quantity.micro };
    case "EnergyUsed":
      return { ...common, what: "energy", material: "", micro: quantity.micro };
    default:
      return null;
  }
}

/** Energy is owed to no ERP, and adds up all the same. */
function amountOf(body: FactBody): Quantity | null {
  if (body.kind === "EnergyUsed") return body.quantity;
  if (body.kind !== "Corrected" || body.was.kind !== "EnergyUsed") return countedQuantity(body);
  return negate(body.was.quantity);
}
