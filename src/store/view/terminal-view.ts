/** What the terminal shows, read from the record. */
import { withExactNumbers } from "../../base/json.ts";
import type { PresenceMark, TerminalView } from "../../flows/view/terminal-view.ts";
import type { SetupValue } from "../../isa95/schedule/job-order.ts";
import { instructionStates, type HeldValue } from "../../record/instruction.ts";
import { at, exact, text, textOrNull, when, type Query } from "../connection.ts";

export function terminalView(query: Query): TerminalView {
  return {
    ...people(query),

    async acknowledged(jobOrders) {
      const rows = await query.run(
        "terminal.acknowledged",
        "select job_order, at from job_order_acknowledgement where job_order = any ($1::text[])",
        [jobOrders],
      );
      return new Map(rows.map((row) => [text(row["job_order"]), when(row["at"])]));
    },

    async setup(jobOrder) {
      const [row] = await query.run(
        "terminal.setup",
        `select state, content -> 'setup' as setup, coalesce(read_back -> 'setup', '[]') as held from instruction where job_order = $1 and kind = 'store'
         order by ordinal desc limit 1`,
        [jobOrder],
      );
      const state = instructionStates.find((known) => known === row?.["state"]);
      if (!row || !state) return null;
      const setup = withExactNumbers<readonly SetupValue[]>(row["setup"]);
      return { state, setup, held: withExactNumbers<readonly HeldValue[]>(row["held"]) };
    },

    async used(jobOrder) {
      const rows = await query.run("terminal.used", usedText, [jobOrder]);
      return rows.map((row) => ({
        material: text(row["material"]),
        rule: text(row["rule"]),
        quantity: { micro: exact(row["micro"]), uom: text(row["uom"]) },
      }));
    },

    async byNumber({ workCenter, workUnit }, { order, operation }) {
      const [row] = await query.run("terminal.by-number", byNumberText, [workCenter, workUnit, order, operation]);
      return row ? text(row["id"]) : null;
    },

    async isExplained(workUnit, since) {
      const rows = await query.run(
        "terminal.explained",
        `select 1 from fact f where f.work_unit = $1 and f.kind = 'StopExplained' and (f.body ->> 'since')::bigint = $2::bigint
         and f.event_at >= $3 and not exists (
           select 1 from fact c where c.source = f.source and c.event_at = f.event_at and c.kind = 'Corrected'
             and c.body ->> 'corrects' = f.id) limit 1`,
        [workUnit, since, at(since)],
      );
      return rows.length > 0;
    },

    async placeOf(jobOrder) {
      const [row] = await query.run("terminal.place", "select work_center, work_unit from job_order where id = $1", [
        jobOrder,
      ]);
      return row ? { workCenter: text(row["work_center"]), workUnit: textOrNull(row["work_unit"]) } : null;
    },
  };
}

function people(query: Query): Pick<TerminalView, "names" | "peopleCalled" | "presenceMarks"> {
  return {
    async names(keys) {
      const rows = await query.run(
        "terminal.names",
        "select key, name from person where key = any ($1::text[]) and name is not null",
        [keys],
      );
      return new Map(rows.map((row) => [text(row["key"]), text(row["name"])]));
    },

    async presenceMarks(person, from) {
      const rows = await query.run(
        "terminal.presence",
        `select s.unit, s.kind, s.event_at from statement s where s.person = $1 and s.event_at >= $2 and s.effective
         and s.kind in ('sign-on', 'sign-off', 'break-begin', 'break-end')
         and not exists (select 1 from statement c where c.corrects = s.id) order by s.event_at, s.ordinal`,
        [person, at(from)],
      );
      // The query asks for these kinds alone.
      return rows.map((row) => ({
        unit: text(row["unit"]),
        kind: text(row["kind"]) as PresenceMark["kind"],
        at: when(row["event_at"]),
      }));
    },

    async peopleCalled(keyOrName) {
      const rows = await query.run(
        "terminal.called",
        "select key from person where key = $1 or name = $1 order by key",
        [keyOrName],
      );
      return rows.map((row) => text(row["key"]));
    },
  };
}

const usedText = `
  select s.body ->> 'material' as material, s.body #>> '{quantity,uom}' as uom, f.rule,
    sum((s.body #>> '{quantity,micro}')::bigint * case f.kind when 'Corrected' then -1 else 1 end)::bigint as micro
  from run r join fact f on f.run = r.id,
    lateral (select case f.kind when 'Corrected' then f.body -> 'was' else f.body end as body) s
  where r.job_order = $1 and s.body ->> 'kind' = 'MaterialConsumed'
  group by 1, 2, 3 order by 1, 2, 3`;

/** A number is written with or without zeros in front; of a split operation the part of this unit comes first. */
const byNumberText = `
  select j.id from operations_request r join job_order j on j.request = r.id
  where ltrim(r.number, '0') = ltrim($3, '0') and ltrim(j.segment, '0') = ltrim($4, '0') and j.work_center = $1
    and (j.work_unit is null or j.work_unit = $2)
  order by j.state in ('completed', 'aborted', 'cancelled'), j.dispatch_key limit 1`;
