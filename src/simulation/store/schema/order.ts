/** Tables of what the ERP asks and of what people decide. Columns and rules as in `store/migrations`. */
import { isDeepStrictEqual } from "node:util";
import type { Instant } from "../../../base/instant.ts";
import { jobOrderStates, type JobOrderState, type SetupValue } from "../../../isa95/schedule/job-order.ts";
import type { CountParts } from "../../../flows/ports.ts";
import type { OperationsRequest } from "../../../isa95/schedule/operations-request.ts";
import type { OrderDecision } from "../../../operations/order/change.ts";
import { keyOf, table, type Seen, type TableOf } from "../table.ts";

export const lease = table<{
  readonly role: string;
  readonly epoch: number;
  readonly holder: string;
  readonly renewed_at: Instant;
}>({ name: "lease", key: (row) => row.role });

export const siteState = table<{
  readonly id: true;
  readonly site: string;
  readonly recovering_since: Instant | null;
  readonly restored_at: Instant | null;
}>({ name: "site_state", key: () => "true" });

/** When it was last put back from a backup. */
export function restoredAtOf(seen: Seen): Instant | null {
  return seen.get(siteState, "true")?.restored_at ?? null;
}

export const command = table<{
  readonly id: string;
  readonly name: string;
  readonly actor: string;
  readonly reason: string;
  readonly content: unknown;
  readonly content_hash: string;
  readonly at: Instant;
  readonly outcome: unknown;
}>({
  name: "command",
  key: (row) => row.id,
  guards: {
    command_is_kept: (_, _was, row) => row !== null,
    command_stays_itself: (_, was, row) =>
      row === null || isDeepStrictEqual(was.outcome === null ? { ...row, outcome: null } : row, was),
  },
});

export type AuditRow = {
  readonly seq: number;
  readonly at: Instant;
  readonly who: string;
  readonly what: string;
  readonly about: string;
  readonly detail: string;
  readonly previous: string;
  readonly hash: string;
};

export const audit: TableOf<AuditRow> = table<AuditRow>({
  name: "audit",
  key: (row) => String(row.seq),
  unique: { audit_previous_key: (row) => row.previous },
  triggers: {
    audit_order: (seen, row, was) =>
      was === null && (row.seq === 1 || seen.get(audit, String(row.seq - 1))?.hash === row.previous),
  },
});

export interface ErpMessageRow {
  readonly id: number;
  readonly erp: string;
  readonly idempotency_key: string;
  readonly noun: string;
  readonly number: string;
  readonly media_type: string;
  readonly bytes: Uint8Array;
  readonly received_at: Instant;
  readonly verdict: "accepted" | "unchanged" | "quarantined" | null;
  readonly fault: unknown;
  readonly decision: OrderDecision | null;
}

export const erpMessage = table<ErpMessageRow>({
  name: "erp_message",
  key: (row) => String(row.id),
  unique: { erp_message_once: (row) => keyOf(row.erp, row.idempotency_key) },
  indexes: { number: (row) => keyOf(row.erp, row.number) },
});

export const erpCursor = table<{ readonly erp: string; readonly cursor: string; readonly pulled_at: Instant }>({
  name: "erp_cursor",
  key: (row) => row.erp,
});

export const operationsRequest = table<{
  readonly id: string;
  readonly erp: string;
  readonly company: string;
  readonly number: string;
  readonly state: OperationsRequest["state"];
  readonly body: OperationsRequest;
  readonly accepted_at: Instant;
  readonly version: number;
}>({
  name: "operations_request",
  key: (row) => row.id,
  unique: { operations_request_once: (row) => keyOf(row.erp, row.company, row.number) },
  checks: { operations_ask_for_something: (row) => row.body.segments.every(({ quantity }) => quantity.micro > 0n) },
  indexes: { number: (row) => row.number },
});

export type JobOrderColumns = {
  readonly id: string;
  readonly request: string;
  readonly segment: string;
  readonly work_center: string;
  readonly work_unit: string | null;
  readonly material: string;
  readonly quantity_micro: bigint;
  readonly uom: string;
  readonly state: JobOrderState;
  readonly dispatch_key: string;
  readonly earliest_start: Instant | null;
  readonly machine_order: string | null;
  readonly machine_job: string | null;
  readonly machine_article: string | null;
  readonly setup: readonly SetupValue[];
  readonly good_micro: bigint;
  readonly scrap_micro: bigint;
  readonly rework_micro: bigint;
  readonly count_parts: CountParts;
  readonly runs_ended: number;
  readonly version: number;
};

/** Something was made of it and nothing is being made: its operation may have become final by the site's rule. */
export function mayBeMade({ runs_ended: runsEnded, state }: JobOrderColumns): boolean {
  return runsEnded > 0 && (state === "waiting" || state === "ready" || state === "held");
}

export const jobOrder = table<JobOrderColumns>({
  name: "job_order",
  key: (row) => row.id,
  checks: {
    job_order_quantity_micro_check: (row) => row.quantity_micro > 0n,
    count_parts_are_parts: (row) =>
      Object.values(row.count_parts).every((part) => part.numerator > 0n && part.numerator < part.denominator),
    job_order_state_check: (row) => jobOrderStates.includes(row.state),
  },
  references: [{ to: operationsRequest, of: (row) => row.request }],
  indexes: {
    request: (row) => row.request,
    machine_job: (row) => row.machine_job,
    ready: (row) => (row.state === "ready" ? row.work_center : null),
    made: (row) => (mayBeMade(row) ? "yes" : null),
  },
});
