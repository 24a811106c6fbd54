/** Tables of what machines and people said, and of what follows from it. Columns and rules as in `store/migrations`. */
import type { Instant, LocalDate } from "../../../base/instant.ts";
import type { OperationsRequest } from "../../../isa95/schedule/operations-request.ts";
import type { Fact } from "../../../record/fact.ts";
import { isOpen, instructionStates, type Instruction, type InstructionState } from "../../../record/instruction.ts";
import { mayBeNegative, type Account } from "../../../record/movement.ts";
import { keyOf, table, type Seen, type TableOf } from "../table.ts";
import { jobOrder, operationsRequest } from "./order.ts";

export const collector = table<{
  readonly source: string;
  readonly buffer: string;
  readonly seq: number;
  readonly ordinal: number;
  readonly kept: number | null;
  readonly position: Instant | null;
  readonly stated: string;
  readonly version: number;
}>({
  name: "collector",
  key: (row) => row.source,
  checks: { ordinal_is_exact: (row) => row.ordinal >= 0 && Number.isSafeInteger(row.ordinal) },
});

export const collectorCheckpoint = table<{
  readonly source: string;
  readonly ordinal: number;
  readonly map: string;
  /** JSON text: it is given out anew each time. */
  readonly state: string;
  readonly taken_at: Instant;
}>({ name: "collector_checkpoint", key: (row) => row.source });

export const sampleBatch = table<{
  readonly recorded_on: string;
  readonly source: string;
  readonly ordinal: number;
  readonly follows: number | null;
  readonly from_at: Instant;
  readonly to_at: Instant;
  readonly samples: number;
  readonly bytes: Uint8Array;
}>({
  name: "sample_batch",
  key: (row) => keyOf(row.source, row.ordinal, row.recorded_on),
  sequences: {
    arrival: { of: (row) => row.source, place: (row) => row.ordinal },
    end: { of: (row) => row.source, place: (row) => row.to_at },
  },
});

export const sampleSetAside = table<{
  readonly id: string;
  readonly source: string;
  readonly item: string;
  readonly at: Instant;
  readonly why: string;
  readonly recorded_at: Instant;
}>({ name: "sample_set_aside", key: (row) => row.id, indexes: { source: (row) => row.source } });

export type RunColumns = {
  readonly id: string;
  readonly source: string;
  readonly work_unit: string;
  readonly job: string;
  readonly article: string;
  readonly outside: boolean;
  readonly job_order: string | null;
  readonly started_at: Instant;
  readonly ended_at: Instant | null;
  readonly result: string | null;
  readonly was_stored: boolean;
  readonly unstored_because: string | null;
  readonly decided: "assigned" | "dismissed" | null;
  readonly assignment: number;
  readonly heir: string | null;
  readonly planned_before: LocalDate | null;
  readonly version: number;
};

export const run = table<RunColumns>({
  name: "run",
  key: (row) => row.id,
  checks: {
    run_decided_check: (row) => row.decided === null || ["assigned", "dismissed"].includes(row.decided),
    dismissed_has_no_order: (row) => row.decided !== "dismissed" || row.job_order === null,
    assigned_has_an_order: (row) => row.decided !== "assigned" || row.job_order !== null,
    run_check: (row) => row.heir !== row.id,
  },
  references: [{ to: jobOrder, of: (row) => row.job_order }],
  indexes: {
    job_order: (row) => row.job_order,
    heir: (row) => row.heir,
    work_unit: (row) => row.work_unit,
    forsaken: (row) =>
      row.result === "corrected" && row.heir === null ? keyOf(row.source, row.job, row.article) : null,
  },
});

export type FactColumns = {
  readonly id: string;
  readonly source: string;
  readonly work_unit: string;
  readonly run: string | null;
  readonly kind: Fact["body"]["kind"];
  readonly event_at: Instant;
  readonly recorded_at: Instant;
  readonly rule: string;
  readonly map_version: number;
  readonly revision: number;
  readonly said_by: Fact["saidBy"];
  readonly evidence: Fact["evidence"];
  readonly body: Fact["body"];
};

export const fact = table<FactColumns>({
  name: "fact",
  key: (row) => row.id,
  guards: { fact_is_append_only: () => false },
  indexes: {
    run: (row) => row.run,
    state: (row) => (row.kind === "StateEntered" ? row.work_unit : null),
    corrects: (row) => (row.body.kind === "Corrected" ? row.body.corrects : null),
  },
  sequences: {
    event: { of: (row) => row.source, place: (row) => row.event_at },
    recorded: { of: (row) => row.run, place: (row) => row.recorded_at },
  },
});

export type MovementColumns = {
  readonly id: string;
  readonly fact: string;
  readonly material: string;
  readonly lot: string | null;
  readonly micro: bigint;
  readonly uom: string;
  readonly from_account: Account;
  readonly to_account: Account;
  readonly event_at: Instant;
  readonly recorded_at: Instant;
  readonly corrects: string | null;
};

/** What is taken back goes back where it came from; what is no longer there is drawn from what is unexplained. */
function takesBackAsItWas(seen: Seen, row: MovementColumns): boolean {
  const was = row.corrects === null || row.corrects === row.id ? undefined : seen.get(movement, row.corrects);
  if (!was || was.micro < row.micro) return false;
  if (was.material !== row.material || was.uom !== row.uom || was.lot !== row.lot) return false;
  if (was.from_account !== row.to_account) return false;
  return was.to_account === row.from_account || row.from_account.startsWith("world:unexplained@");
}

/** What a counter has read of a component moves nothing where the order's bill alone speaks for it. */
function hasOneSource(seen: Seen, row: MovementColumns): boolean {
  const by = row.corrects === null ? seen.get(fact, row.fact) : undefined;
  if (by?.body.kind !== "MaterialConsumed" || by.run === null || /^(?:corrected:)?bill:/.test(by.rule)) return true;
  const job = seen.get(jobOrder, seen.get(run, by.run)?.job_order ?? "");
  const request = job && seen.get(operationsRequest, job.request)?.body;
  if (!job || !request) return true;
  const asking = (segments: OperationsRequest["segments"]): readonly string[] =>
    segments
      .flatMap(({ materials }) => materials.filter((one) => one.material === row.material))
      .map(({ mode }) => mode);
  const own = asking(request.segments.filter(({ id }) => id === job.segment));
  const modes = own.length > 0 ? own : asking(request.segments);
  return modes.includes("measured") || !modes.includes("bill");
}

export const movement: TableOf<MovementColumns> = table<MovementColumns>({
  name: "movement",
  key: (row) => row.id,
  unique: { movement_corrects_key: (row) => row.corrects },
  checks: {
    movement_micro_check: (row) => row.micro > 0n,
    movement_check: (row) => row.to_account !== row.from_account,
  },
  triggers: {
    taken_back_as_it_was: (seen, row, was) => was !== null || row.corrects === null || takesBackAsItWas(seen, row),
    one_source_moves: (seen, row, was) => was !== null || hasOneSource(seen, row),
  },
  guards: { movement_is_append_only: () => false },
  references: [{ to: fact, of: (row) => row.fact }],
  indexes: { fact: (row) => row.fact },
});

export const balance = table<{
  readonly account: Account;
  readonly material: string;
  readonly lot: string;
  readonly uom: string;
  readonly micro: bigint;
}>({
  name: "balance",
  key: (row) => keyOf(row.account, row.material, row.lot, row.uom),
  guards: { balance_is_kept: (_, _was, row) => row !== null },
  checks: { nothing_real_below_zero: (row) => row.micro >= 0n || mayBeNegative(row.account) },
});

export type InstructionColumns = {
  readonly id: string;
  readonly connection: string;
  readonly work_unit: string;
  readonly job_order: string;
  readonly kind: "store" | "remove";
  readonly machine_order: string;
  readonly state: InstructionState;
  readonly content: Instruction["content"];
  readonly fault: Instruction["fault"];
  readonly read_back: Instruction["readBack"];
  readonly created_at: Instant;
  readonly changed_at: Instant;
  readonly ordinal: number;
  readonly version: number;
};

export const instruction = table<InstructionColumns>({
  name: "instruction",
  key: (row) => row.id,
  unique: {
    instruction_open_once: (row) => (isOpen(row.state) ? keyOf(row.connection, row.machine_order) : null),
    instruction_store_once: (row) => (row.kind === "store" && isOpen(row.state) ? row.job_order : null),
  },
  checks: { instruction_state_check: (row) => instructionStates.includes(row.state) },
  references: [{ to: jobOrder, of: (row) => row.job_order }],
  indexes: { connection: (row) => row.connection, job_order: (row) => row.job_order },
});

export const quarantine = table<{
  readonly id: number;
  readonly kind: "order" | "production";
  readonly subject: string;
  readonly code: string;
  readonly message: string;
  readonly detail: unknown;
  readonly state: "open" | "assigned" | "dismissed" | "resolved";
  readonly opened_at: Instant;
  readonly settled_at: Instant | null;
  readonly command: string | null;
  readonly version: number;
}>({
  name: "quarantine",
  key: (row) => String(row.id),
  unique: { quarantine_once: (row) => keyOf(row.kind, row.subject) },
});

export type QuestionColumns = {
  readonly id: number;
  readonly subject: string;
  readonly text: string;
  readonly evidence: unknown;
  readonly about: Readonly<Record<string, unknown>>;
  readonly asked_at: Instant;
  readonly answered_at: Instant | null;
  readonly state: "open" | "answered" | "dismissed";
  readonly answer: unknown;
  readonly command: string | null;
  readonly version: number;
};

export const question = table<QuestionColumns>({
  name: "question",
  key: (row) => String(row.id),
  unique: { question_subject_key: (row) => row.subject },
  checks: { question_answered: (row) => (row.state === "open") === (row.answered_at === null) },
});
