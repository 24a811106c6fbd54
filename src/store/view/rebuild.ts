/**
 * Makes everything derived for screens anew from the record, in one transaction. For a database whose derived tables are
 * in doubt; migration and restore need it not, and the tests compare with it.
 */
import type { Query } from "../connection.ts";
import { text } from "../connection.ts";
import { settlePeople, settleStates } from "./fact-projection.ts";

export async function rebuildViews(query: Query): Promise<void> {
  // Nothing is stated meanwhile: appending waits for the lock.
  query.post("view.lock", "lock table unit_state, unit_person, run_sum, order_row in exclusive mode");
  query.post("view.clear-states", "delete from unit_state");
  query.post("view.clear-people", "delete from unit_person");
  query.post("view.clear-sums", "delete from run_sum");
  query.post("view.clear-orders", "delete from order_row");
  const units = await query.run(
    "view.all-units",
    "insert into unit_state (work_unit, last_event_at) select work_unit, max(event_at) from fact group by work_unit returning work_unit",
  );
  settleStates(
    query,
    units.map((row) => text(row["work_unit"])),
  );
  const people = await query.run(
    "view.all-people",
    `select distinct work_unit, body ->> 'person' as person from fact where kind in ('PersonSignedOn', 'PersonSignedOff')`,
  );
  settlePeople(
    query,
    people.map((row) => [text(row["work_unit"]), text(row["person"])] as const),
  );
  query.post("view.all-sums", allSums);
  query.post("view.all-orders", "insert into order_row select * from order_row_now");
}

const allSums = `insert into run_sum (run, what, material, uom, micro, facts, first_at, last_at)
  select run, what, material, uom, sum(micro)::bigint, count(*)::integer, min(event_at), max(event_at)
  from (
    select f.run, f.event_at,
      case s.body ->> 'kind' when 'UnitsCounted' then s.body ->> 'grade' when 'MaterialProduced' then 'produced'
        when 'EnergyUsed' then 'energy' when 'MaterialReturned' then 'used'
        else case when f.rule ~ '^(corrected:)?bill:' then 'used' else 'counted' end end as what,
      coalesce(s.body ->> 'material', '') as material, s.body #>> '{quantity,uom}' as uom,
      (s.body #>> '{quantity,micro}')::bigint * (case when f.kind = 'Corrected' then -1 else 1 end)
        * (case when s.body ->> 'kind' = 'MaterialReturned' then -1 else 1 end) as micro
    from fact f, lateral (select case when f.kind = 'Corrected' then f.body -> 'was' else f.body end as body) s
    where f.run is not null and s.body ->> 'kind' in ('UnitsCounted', 'MaterialConsumed', 'MaterialReturned', 'MaterialProduced', 'EnergyUsed')
  ) counted group by run, what, material, uom`;
