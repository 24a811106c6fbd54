/** Answers with what travelled: postings to the ERP, messages from it, instructions to machines. */
import { formatInstant } from "../../base/instant.ts";
import { formatMicro } from "../../base/quantity.ts";
import { ok } from "../../base/result.ts";
import type { KeptInstruction, PostingDetail } from "../../flows/view/evidence-view.ts";
import { linesOf, postingDateOf } from "../../flows/view/posting.ts";
import type { ViewStore } from "../../flows/view/store-view.ts";
import type { HeldValue, MachineJobOrder, ReadBack } from "../../record/instruction.ts";
import type { ReplyOf } from "../contract/contract.ts";
import type { PostingView } from "../contract/order.ts";
import type { HandlersOf } from "../handler.ts";
import { amountOf, notFound, timeOf, timeOrNull } from "./answer.ts";
import { sees } from "./evidence.ts";
import { visibleOrder } from "./order.ts";

type Routes =
  | "GET /api/v1/postings/:posting"
  | "GET /api/v1/messages/:message"
  | "GET /api/v1/instructions/:instruction";

export function documentHandlers({ views: store }: { readonly views: ViewStore }): HandlersOf<Routes> {
  return {
    "GET /api/v1/postings/:posting": ({ caller, params }) => {
      const id = params["posting"] ?? "";
      return store.read(async (views) => {
        const found = await views.evidence.posting(id);
        const isVisible = found && (await visibleOrder(views, caller, found.posting.request));
        return found && isVisible ? ok(postingViewOf(found)) : notFound("posting", id);
      });
    },

    "GET /api/v1/messages/:message": ({ caller, params }) => {
      const id = params["message"] ?? "";
      return store.read(async (views) => {
        const found = /^\d{1,15}$/.test(id) ? await views.evidence.message(Number(id)) : null;
        // One that became no order belongs to nobody's part of the plant.
        const isAll = caller.visible("order.read") === null;
        const orders = found && !isAll ? found.requests : [];
        const seen = await Promise.all(orders.map((order) => visibleOrder(views, caller, order)));
        if (!found || !(isAll || seen.some((order) => order !== null))) return notFound("message", id);
        return ok({
          id: String(found.id),
          erp: found.erp,
          mediaType: found.mediaType,
          receivedAt: timeOf(found.receivedAt),
          text: textOf(found.bytes),
          verdict: found.verdict,
        });
      });
    },

    "GET /api/v1/instructions/:instruction": ({ caller, params }) => {
      const id = params["instruction"] ?? "";
      return store.read(async (views) => {
        const found = await views.evidence.instruction(id);
        const isVisible = found && (await sees(views, caller, found.instruction.workUnit, null));
        return found && isVisible ? ok(instructionViewOf(found)) : notFound("instruction", id);
      });
    },
  };
}

const decoder = new TextDecoder();

function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function postingViewOf(detail: PostingDetail): PostingView {
  const { posting, envelope } = detail;
  const isWaiting = posting.state === "planned" || posting.state === "in-doubt" || posting.parkedUntil !== null;
  return {
    id: posting.id,
    key: posting.key,
    erp: posting.erp,
    kind: posting.kind,
    state: posting.state,
    order: posting.request,
    number: detail.number,
    operation: posting.segment,
    postingDate: postingDateOf(posting.content),
    lines: linesOf(posting.content).map(({ quantity, ...line }) => ({ ...line, amount: amountOf(quantity) })),
    parked: posting.parkedUntil !== null,
    nextTryAt: isWaiting ? timeOf(detail.dueAt) : null,
    fault: posting.fault && { code: posting.fault.code, message: posting.fault.message },
    document: posting.document?.number ?? null,
    request: envelope && textOf(envelope),
    attempts: detail.attempts.map(({ startedAt, endedAt, ...attempt }) => ({
      ...attempt,
      startedAt: timeOf(startedAt),
      endedAt: timeOrNull(endedAt),
    })),
    facts: [...detail.facts],
    supersedes: detail.supersedes,
    reverses: detail.reverses,
    reversedBy: detail.reversedBy,
    holdsFacts: detail.holdsFacts,
    version: String(posting.version),
    plannedAt: timeOf(detail.plannedAt),
    settledAt: timeOrNull(detail.settledAt),
    traceId: detail.traceId,
  };
}

function instructionViewOf({
  instruction,
  changedAt,
}: KeptInstruction): ReplyOf<"GET /api/v1/instructions/:instruction"> {
  const { content, fault, readBack } = instruction;
  return {
    id: instruction.id,
    kind: content.kind,
    state: instruction.state,
    workUnit: instruction.workUnit,
    machineOrder: content.kind === "store" ? content.order.jobOrderId : content.jobOrderId,
    createdAt: timeOf(instruction.createdAt),
    changedAt: timeOf(changedAt),
    fault: fault && { code: fault.code, message: fault.message },
    values: content.kind === "remove" ? [] : [...orderValues(content, readBack), ...setupValues(content, readBack)],
  };
}

type StoreContent = Extract<KeptInstruction["instruction"]["content"], { kind: "store" }>;
type InstructionValue = ReplyOf<"GET /api/v1/instructions/:instruction">["values"][number];

/** The job order field by field. Before, the machine had none under this id. */
function orderValues({ order }: StoreContent, kept: ReadBack | null): readonly InstructionValue[] {
  const shown = new Map(kept?.order ? fieldsOf(kept.order) : []);
  return fieldsOf(order).map(([item, wanted]) => ({ item, wanted, before: null, read: shown.get(item) ?? null }));
}

function setupValues({ setup }: StoreContent, kept: ReadBack | null): readonly InstructionValue[] {
  const held = new Map(kept?.setup.map((value) => [value.item, value]));
  return setup.map(({ item, value }) => {
    const { before = null, read = null } = held.get(item) ?? {};
    return { item, wanted: String(value), before: textOrNone(before), read: textOrNone(read) };
  });
}

/** Zero, false and the empty text are values too. */
function textOrNone(value: HeldValue["read"]): string | null {
  return value === null ? null : String(value);
}

function fieldsOf(order: MachineJobOrder): readonly (readonly [string, string])[] {
  return [
    ["material", order.material],
    ["quantity", `${formatMicro(order.quantity.micro)} ${order.quantity.uom}`],
    ["priority", String(order.priority)],
    ...(order.startTime === null ? [] : [["startTime", formatInstant(order.startTime)] as const]),
    ...Object.entries(order.parameters),
  ];
}
