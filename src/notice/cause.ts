/**
 * What has happened, as notices: a pure function of the cause and the site's rules. Flows state causes in the transaction
 * in which they happen; what a notice says in words is `text.ts`.
 */
import type { Instant } from "../base/instant.ts";
import { formatInstant } from "../base/instant.ts";
import { formatQuantity } from "../base/quantity.ts";
import type { Fault } from "../base/result.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import type { Instruction } from "../record/instruction.ts";
import type { NewNotice, NoticeKind, NoticePolicy, NoticeSeverity, NoticeValues } from "../record/notice.ts";
import { toldBy } from "./rule.ts";
import { noticeText } from "./text.ts";

export type Cause =
  | {
      readonly cause: "order";
      readonly before: OperationsRequest | null;
      readonly now: OperationsRequest;
      /** Work centers of ours that take part. */
      readonly places: readonly string[];
    }
  | {
      readonly cause: "instruction";
      readonly instruction: Instruction;
      readonly to: "armed" | "rolled-back" | "refused";
      readonly fault: Fault | null;
      /** The order's number, as people know it. */
      readonly order: string;
      readonly request: string;
    }
  | {
      readonly cause: "posting";
      readonly posting: string;
      readonly document: string;
      readonly request: string;
      readonly order: string;
      readonly place: string;
      readonly attempt: number;
      readonly to: "refused" | "needs-person";
      readonly parked: boolean;
      readonly fault: Fault | null;
    }
  | {
      readonly cause: "quarantine";
      readonly what: "order" | "production";
      readonly subject: string;
      readonly name: string;
      readonly why: { readonly code: string; readonly message: string };
      readonly place: string;
      /** Which time that it came into quarantine. */
      readonly occurrence: string;
    }
  | {
      readonly cause: "question";
      readonly subject: string;
      readonly text: string;
      readonly place: string;
      /** Of the question that is open: one that was answered and is asked anew has another time. */
      readonly askedAt: Instant;
    }
  | {
      readonly cause: "stop";
      readonly workUnit: string;
      readonly state: string;
      readonly since: Instant;
      readonly job: string;
      readonly request: string | null;
      readonly jobOrder: string | null;
    }
  | { readonly cause: "stale"; readonly connection: string; readonly workUnit: string; readonly since: Instant };

/** The site, as far as notices need it. */
export interface NoticeScope {
  readonly policy: NoticePolicy;
  upwards(equipment: string): readonly string[];
}

/** No notice is longer than this: what machines and ERPs say may be of any length. */
const valueLengthMax = 1_000;

/** In a fixed order, so that two transactions that raise the same take their rows in the same order. */
export function noticesOf(scope: NoticeScope, cause: Cause): readonly NewNotice[] {
  return draftsOf(cause)
    .map((draft) => noticeOf(scope, draft))
    .toSorted((a, b) => (`${a.kind}|${a.subject}` < `${b.kind}|${b.subject}` ? -1 : 1));
}

/** How long a state of this kind lasts at a place before it is told. */
export function afterMs(scope: NoticeScope, kind: NoticeKind, place: string): number {
  return toldBy(scope.policy.rules, kind, scope.upwards(place)).afterSeconds * 1000;
}

interface Draft extends Pick<NewNotice, "kind" | "subject" | "occurrence" | "values"> {
  readonly place: string;
  readonly isAnew?: boolean;
  readonly severity?: NoticeSeverity;
  readonly about?: Partial<Pick<NewNotice, "request" | "jobOrder" | "posting">>;
}

function noticeOf(scope: NoticeScope, draft: Draft): NewNotice {
  const { kind, subject, occurrence, place, about } = draft;
  const told = toldBy(scope.policy.rules, kind, scope.upwards(place));
  const values = Object.fromEntries(Object.entries(draft.values).map(([name, value]) => [name, plain(value)]));
  return {
    kind,
    subject,
    occurrence,
    isAnew: draft.isAnew ?? false,
    severity: draft.severity ?? told.severity,
    role: told.role,
    equipment: place,
    values,
    text: noticeText(scope.policy.language, kind, values),
    request: about?.request ?? null,
    jobOrder: about?.jobOrder ?? null,
    posting: about?.posting ?? null,
    by: told.by,
    escalate: told.escalate,
  };
}

/** One line of visible signs: what others wrote goes into the headers of mails and onto screens. */
export function plain(value: string): string {
  const line = value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length > valueLengthMax ? `${line.slice(0, valueLengthMax - 1)}…` : line;
}

function draftsOf(cause: Cause): readonly Draft[] {
  switch (cause.cause) {
    case "order":
      return cause.places.flatMap((place) => orderDrafts(cause, place));
    case "instruction":
      return [setupDraft(cause)];
    case "posting":
      return [postingDraft(cause)];
    case "quarantine": {
      const { what, subject, name, why, place, occurrence } = cause;
      const values = { what, subject: name, why: why.message, code: why.code };
      return [{ kind: "quarantine", subject: `${what}/${subject}`, occurrence, place, values }];
    }
    case "question": {
      const { subject, text, place, askedAt } = cause;
      return [{ kind: "question", subject, occurrence: String(askedAt), isAnew: true, place, values: { why: text } }];
    }
    case "stop": {
      const { workUnit, state, since, job, request, jobOrder } = cause;
      const values = { unit: workUnit, state, since: formatInstant(since), job };
      // The same stop is the same by when it began, whatever state it goes through.
      const subject = `${workUnit}/${since}`;
      const about = { request, jobOrder };
      return [{ kind: "stop-without-reason", subject, occurrence: "", place: workUnit, values, about }];
    }
    case "stale": {
      const { connection, workUnit, since } = cause;
      const values = { unit: workUnit, connection, since: formatInstant(since) };
      return [{ kind: "machine-stale", subject: connection, occurrence: String(since), place: workUnit, values }];
    }
  }
}

type OrderCause = Extract<Cause, { cause: "order" }>;

function orderDrafts({ before, now }: OrderCause, place: string): readonly Draft[] {
  const subject = `${now.id}@${place}`;
  const common = { subject, place, about: { request: now.id } };
  const quantity = formatQuantity(now.quantity);
  const head = { order: now.reference.number, material: now.material };
  if (before === null) {
    const values = { ...head, quantity, priority: String(now.priority) };
    return [{ ...common, kind: "order-new", occurrence: "new", values }];
  }
  const drafts: Draft[] = [];
  const occurrence = now.version;
  if (before.priority !== now.priority) {
    const values = { ...head, was: String(before.priority), now: String(now.priority) };
    drafts.push({ ...common, kind: "order-priority", occurrence, values });
  }
  const changes = changedParts(before, now);
  if (Object.keys(changes).length > 0) {
    const values = { ...head, ...changes };
    drafts.push({ ...common, kind: "order-change", occurrence, values });
  }
  return drafts;
}

/** What people at the machine must know of; was and now in one text each. */
function changedParts(before: OperationsRequest, now: OperationsRequest): NoticeValues {
  const told = (part: (request: OperationsRequest) => string, name: string): NoticeValues =>
    part(before) === part(now) ? {} : { [name]: `${part(before)} → ${part(now)}` };
  return {
    ...told((r) => formatQuantity(r.quantity), "quantity"),
    ...(stopped.has(before.state) || stopped.has(now.state) ? told((r) => r.state, "state") : {}),
    ...told((r) => r.material, "material"),
    ...told((r) => instantOrNone(r.earliestStart), "start"),
    ...told((r) => instantOrNone(r.latestEnd), "end"),
    ...told((r) => r.segments.map((s) => s.id).join(", "), "operations"),
  };
}

/** Other states follow from what was made and confirmed, which is no news to anybody here. */
const stopped: ReadonlySet<OperationsRequest["state"]> = new Set(["Cancelled", "Aborted", "Held", "Suspended"]);

function instantOrNone(at: Instant | null): string {
  return at === null ? "–" : formatInstant(at);
}

function setupDraft({ instruction, to, fault, order, request }: Extract<Cause, { cause: "instruction" }>): Draft {
  const { jobOrder, connection, workUnit } = instruction;
  const values = {
    order,
    unit: workUnit,
    ...(to === "armed" ? {} : { why: fault?.message ?? to, ...mismatchIn(fault) }),
  };
  return {
    kind: to === "armed" ? "setup-ready" : "setup-failed",
    subject: `${jobOrder}@${connection}`,
    occurrence: instruction.id,
    place: workUnit,
    values,
    about: { jobOrder, request },
  };
}

/** Parameter, wanted and got, where the set-up failed for a value that was read back otherwise. */
function mismatchIn(fault: Fault | null): NoticeValues {
  const causes: readonly unknown[] = Array.isArray(fault?.cause) ? fault.cause : [fault];
  for (const one of causes) {
    const cause = typeof one === "object" && one !== null && "cause" in one ? one.cause : null;
    if (typeof cause !== "object" || cause === null || !("parameter" in cause)) continue;
    const { parameter, wanted, got } = { wanted: null, got: null, ...cause };
    return { parameter: String(parameter), wanted: shown(wanted), got: shown(got) };
  }
  return {};
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

function postingDraft(cause: Extract<Cause, { cause: "posting" }>): Draft {
  const { posting, document, request, order, place, attempt, to, parked, fault } = cause;
  const state = parked ? "parked" : to;
  return {
    kind: "posting-refused",
    subject: posting,
    occurrence: `${attempt}/${state}`,
    place,
    // A parked one is tried again by itself when its cause is gone.
    severity: parked ? "warning" : "urgent",
    values: { order, document, state, why: fault?.message ?? "", code: fault?.code ?? "" },
    about: { posting, request },
  };
}
