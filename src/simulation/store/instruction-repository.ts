/** Instructions to machines, with at most one open per job order id of a machine; see `store/instruction-repository`. */
import type { Instant } from "../../base/instant.ts";
import type { InstructionRepository } from "../../flows/ports.ts";
import { isOpen } from "../../record/instruction.ts";
import { instructionOf } from "../../store/instruction-repository.ts";
import { kept, keptFault } from "./copy.ts";
import type { Query } from "./database.ts";
import { jobOrder } from "./schema/order.ts";
import { instruction as table, type InstructionColumns } from "./schema/shop-floor.ts";
import type { Seen } from "./table.ts";

export function instructionRepository(query: Query): InstructionRepository {
  return {
    plan: (planned) =>
      query.run(async (s) => {
        const { id, connection, workUnit, jobOrder: order, state, content, createdAt } = planned;
        const there = await s.insertOrFind(table, {
          id,
          connection,
          work_unit: workUnit,
          job_order: order,
          kind: content.kind,
          machine_order: content.kind === "store" ? content.order.jobOrderId : content.jobOrderId,
          state,
          content: kept(content),
          fault: null,
          read_back: null,
          created_at: createdAt,
          changed_at: createdAt,
          ordinal: s.nextNumber(table),
          version: 0,
        });
        return there === null;
      }),

    open: (connection) =>
      query.run((s) =>
        s
          .find(table, "connection", connection)
          .filter((row) => isOpen(row.state))
          .toSorted((a, b) => a.ordinal - b.ordinal)
          .map(instructionOf),
      ),

    lock: (id) =>
      query.run(async (s) => {
        const row = await s.lock(table, id, "update");
        return row ? instructionOf(row) : null;
      }),

    save: (saved, to, fault, at) =>
      query.run(async (s) => {
        const written = await s.update(table, saved.id, (row) =>
          row.version === saved.version
            ? {
                state: to,
                fault: fault && keptFault(fault),
                changed_at: at,
                read_back: saved.readBack && kept(saved.readBack),
                version: row.version + 1,
              }
            : null,
        );
        if (!written) throw new Error(`Instruction ${saved.id} was changed by somebody else meanwhile.`);
      }),

    resting: (connection, at) => query.run((s) => resting(s, connection, at)),

    armed: (connection) => query.run((s) => armed(s, connection)),

    toldElsewhere: (order, connection) => query.run((s) => toldElsewhere(s, order, connection)),

    told: (request) => query.run((s) => told(s, request)),
  };
}

function armed(seen: Seen, connection: string): Awaited<ReturnType<InstructionRepository["armed"]>> {
  const last = new Map<string, InstructionColumns>();
  for (const row of seen.find(table, "connection", connection)) {
    const known = last.get(row.machine_order);
    if (row.state === "armed" && (!known || known.ordinal < row.ordinal)) last.set(row.machine_order, row);
  }
  return [...last.values()]
    .filter((row) => row.kind === "store")
    .map(instructionOf)
    .map(({ jobOrder: order, content }) => ({ jobOrder: order, content }));
}

function toldElsewhere(seen: Seen, order: string, connection: string): readonly string[] {
  const told = seen
    .find(table, "job_order", order)
    .filter((row) => row.connection !== connection && row.kind === "store" && isTold(seen, row));
  return [...new Set(told.map((row) => row.connection))].toSorted();
}

function told(seen: Seen, request: string): Awaited<ReturnType<InstructionRepository["told"]>> {
  const standing = seen
    .find(jobOrder, "request", request)
    .flatMap((order) => seen.find(table, "job_order", order.id))
    .filter((row) => row.kind === "store" && isTold(seen, row));
  if (standing.some((row) => row.state === "armed")) return "stored";
  return standing.length > 0 ? "planned" : "nothing";
}

/** It may have been told, or it was and nothing about the same id has been armed since. */
function isTold(seen: Seen, row: InstructionColumns): boolean {
  if (row.state !== "armed") return isOpen(row.state);
  return !seen
    .find(table, "connection", row.connection)
    .some((r) => r.machine_order === row.machine_order && r.state === "armed" && r.ordinal > row.ordinal);
}

function resting(seen: Seen, connection: string, now: Instant): readonly string[] {
  const all = seen.find(table, "connection", connection);
  const failed = Map.groupBy(
    all.filter((row) => row.kind === "store" && (row.state === "rolled-back" || row.state === "refused")),
    (row) => row.job_order,
  );
  const found = new Set<string>();
  for (const [id, rows] of failed) {
    const restMs = 1000 * Math.min(300, 2 ** Math.min(rows.length, 9));
    const lastAt = Math.max(...rows.map((row) => row.changed_at));
    // Later than that: a clock was set back, and the rest is over.
    if (lastAt > now - restMs && lastAt <= now + 300_000) found.add(id);
  }
  for (const row of all) {
    const isStored = row.kind === "store" && row.state === "armed" && row.content.kind === "store";
    const runs = isStored && row.content.kind === "store" ? row.content.runsEnded : undefined;
    if (runs === undefined || runs < (seen.get(jobOrder, row.job_order)?.runs_ended ?? 0)) continue;
    const isLately = (at: Instant): boolean => at > now - 30_000 && at <= now + 30_000;
    const isRemoved = (other: InstructionColumns): boolean =>
      other.machine_order === row.machine_order && other.kind === "remove" && other.state === "armed";
    if (all.some((other) => isRemoved(other) && other.ordinal > row.ordinal && isLately(other.changed_at)))
      found.add(row.job_order);
  }
  return [...found];
}
