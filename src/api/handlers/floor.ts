/** Answers about the floor. */
import type { Clock } from "../../base/clock.ts";
import { ok } from "../../base/result.ts";
import {
  unitsOnFloor,
  unitsUnder,
  type FloorPorts,
  type JobOnFloor,
  type UnitOnFloor,
} from "../../flows/view/floor.ts";
import type { FloorJob, FloorUnit } from "../contract/floor.ts";
import type { HandlersOf } from "../handler.ts";
import { amountOrNull, notFound, timeOf, timeOrNull } from "./answer.ts";

export interface FloorHandlerPorts extends FloorPorts {
  readonly clock: Clock;
}

export function floorHandlers(ports: FloorHandlerPorts): HandlersOf<"GET /api/v1/floor" | "GET /api/v1/units/:unit"> {
  const { site, clock } = ports;
  return {
    "GET /api/v1/floor": async ({ caller, query }) => {
      const visible = caller.visible("floor.read");
      const isVisible = (id: string): boolean => visible === null || visible.has(id);
      if (query.under !== undefined && (!site.equipmentById(query.under) || !isVisible(query.under)))
        return notFound("equipment", query.under);
      const under = query.under === undefined ? site.workUnits.map((unit) => unit.id) : unitsUnder(site, query.under);
      const units = await unitsOnFloor(ports, new Set(under.filter(isVisible)));
      const shown = new Set(units.flatMap(({ unit }) => site.upwards(unit.id)));
      const equipment = site.equipment
        .filter(({ id }) => isVisible(id) && (query.under === undefined || shown.has(id)))
        .map(({ id, level, description, partOf }) => ({ id, level, description, partOf }));
      return ok({ asOf: timeOf(clock.now()), equipment, units: units.map(floorUnitOf) });
    },

    "GET /api/v1/units/:unit": async ({ caller, params }) => {
      const id = params["unit"] ?? "";
      const [unit] = caller.may("floor.read", id) ? await unitsOnFloor(ports, new Set([id])) : [];
      return unit ? ok(floorUnitOf(unit)) : notFound("work unit", id);
    },
  };
}

export function floorUnitOf({ unit, state, jobs, people, connection, lastEventAt }: UnitOnFloor): FloorUnit {
  return {
    id: unit.id,
    description: unit.description,
    workCenter: unit.partOf,
    kind: unit.connection === null ? "manual" : "machine",
    state: state && { state: state.state, since: timeOf(state.since), reason: state.reason },
    jobs: jobs.map(jobOf),
    people,
    connection: connection && {
      id: connection.id,
      connected: connection.connected,
      backfilling: connection.backfilling,
      fault: connection.fault?.fault.message ?? null,
    },
    lastEventAt: timeOrNull(lastEventAt),
    lastSampleAt: timeOrNull(connection?.lastSampleAt ?? null),
  };
}

function jobOf({ run, good, scrap, rework }: JobOnFloor): FloorJob {
  const { jobOrder } = run;
  return {
    run: run.id,
    jobOrder: jobOrder?.id ?? null,
    order: jobOrder?.request ?? null,
    number: jobOrder?.number ?? run.job,
    operation: jobOrder?.segment ?? "",
    material: jobOrder?.material ?? run.article,
    asked: amountOrNull(jobOrder?.quantity ?? null),
    good: amountOrNull(good),
    scrap: amountOrNull(scrap),
    rework: amountOrNull(rework),
    since: timeOf(run.startedAt),
  };
}
