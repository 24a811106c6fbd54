/**
 * Orders inside of a schedule: each becomes a message of its own that can be kept, read again and judged alone. What the
 * fields mean is the one mapping of the standard, `isa95/b2mml/operations-request.map.ts`.
 */
import { canonicalJson } from "../../base/json.ts";
import { fail, makeFault, ok, type Fault, type Result } from "../../base/result.ts";
import type { B2mml } from "../../document/b2mml.ts";
import type { Received, RefusedItem } from "../../document/received.ts";
import { encode } from "../../isa95/b2mml/codec.ts";
import { rootKind, rowsUnder } from "../../isa95/b2mml/envelope.ts";
import type { Information } from "../../isa95/b2mml/information.ts";
import { toOperationsRequest, type Origin, type RequestRules } from "../../isa95/b2mml/operations-request.map.ts";
import { inOrder } from "../../isa95/b2mml/order-of-schema.ts";
import { shortName } from "../../isa95/b2mml/sender.ts";
import type { Place, XmlTree } from "../../isa95/b2mml/tree.ts";
import { printXml } from "../../isa95/b2mml/xml-print.ts";
import { intentOf } from "../../isa95/conversation/offer.ts";
import type { ConsumptionMode } from "../../isa95/definition/operation.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { GivenOrder, InboundMessage } from "../connector.ts";
import type { B2mmlConfig } from "./config.ts";

const mediaType = "application/xml";

type Schedule = Information<"OperationsSchedule">;
type Request = Information<"OperationsRequest">;

/** Rules of the standard's mapping, and how each component is used up. */
export interface OrderRules extends RequestRules {
  modeOf(material: string): ConsumptionMode;
}

export function rulesOf(config: B2mmlConfig): OrderRules {
  const { erp, company, plant, timeZone, units, consumption, operation } = config;
  return {
    erp,
    company,
    plant: plant ?? null,
    timeZone,
    units,
    consumption: consumption.default,
    operation: { ...operation, external: false },
    modeOf: (material) =>
      consumption.rules.find((rule) => material.startsWith(rule.materialPrefix))?.mode ?? consumption.default,
  };
}

/** Every order of a document. A document that cancels gives orders that are cancelled. */
export function ordersIn(
  received: Received,
  { id, file }: { readonly id: string; readonly file: string },
  rules: OrderRules,
): readonly GivenOrder[] {
  const { document, refused, form } = received;
  if (document.noun !== "OperationsSchedule") return [];
  const intent = intentOf(document);
  const isWithdrawn = intent.ok && intent.value === "withdraw";
  const given = document.content.flatMap((schedule) =>
    schedule.OperationsRequest.map((request) => {
      const meant: Request = isWithdrawn ? { ...request, RequestState: "Cancelled" } : request;
      return {
        number: request.ID === "" ? withoutId(received.place(request)) : shortName(request.ID),
        text: alone(schedule, meant),
        request: requestOf(meant, schedule, rules, { file, place: (node) => received.place(node) }),
      };
    }),
  );
  const wrong = refused.map((item) => ({
    number: item.id === "" ? withoutId(item.place) : shortName(item.id),
    text: aloneAsSent(item, form === "json"),
    request: { ok: false as const, fault: item.fault },
  }));
  return [...given, ...wrong].map(({ number, text, request }, index) => ({
    message: {
      idempotencyKey: `${id}/${index}/${number}`,
      noun: "order",
      ...(isWithdrawn && { withdraws: true }),
      number,
      bytes: new TextEncoder().encode(text),
      mediaType,
    },
    request,
  }));
}

/** Under which it is kept. */
function withoutId(place: Place | undefined): string {
  return `without ID, line ${place?.line ?? 0}`;
}

/**
 * What a kept message means.
 *
 * @fault invalid b2mml/no-order  the message holds no order of that number
 */
export function interpret(b2mml: B2mml, message: InboundMessage, rules: OrderRules): Result<OperationsRequest> {
  const file = `order ${message.number}`;
  const read = b2mml.read(message.bytes, file);
  if (!read.ok) return read;
  const [order] = ordersIn(read.value, { id: "", file }, rules);
  return order ? order.request : fail("invalid", "b2mml/no-order", `The kept message of ${file} holds no order.`);
}

/** What is understood of both is compared: another release of ours may write the same order otherwise. */
export function reused(
  b2mml: B2mml,
  { kept, message }: { readonly kept: InboundMessage; readonly message: InboundMessage },
  rules: OrderRules,
): Fault | null {
  if (Buffer.from(kept.bytes).equals(message.bytes)) return null;
  const said = (one: InboundMessage): string => {
    const read = interpret(b2mml, one, rules);
    return read.ok ? canonicalJson(read.value) : read.fault.message;
  };
  if (said(kept) === said(message)) return null;
  const { number, idempotencyKey } = message;
  const bodId = idempotencyKey.slice(0, -`/${number}`.length).replace(/\/\d+$/, "");
  const text = `A message with the BODID ${bodId} has come before and said something else of order ${number}: what came first stands. The ERP must give each message a BODID of its own.`;
  return makeFault("conflict", "b2mml/bod-reused", text);
}

function requestOf(request: Request, schedule: Schedule, rules: OrderRules, origin: Origin): Result<OperationsRequest> {
  const mapped = toOperationsRequest(request, schedule, rules, origin);
  if (!mapped.ok) return mapped;
  const segments = mapped.value.segments.map((segment) => ({
    ...segment,
    materials: segment.materials.map((one) => ({ ...one, mode: rules.modeOf(one.material) })),
  }));
  return ok({ ...mapped.value, segments });
}

const alonePlain = { verb: null, noun: "OperationsSchedule" } as const;

/** The schedule's head with one request. */
function alone(schedule: Schedule, request: Request): string {
  const content: readonly [Schedule] = [{ ...schedule, OperationsRequest: [request] }];
  return printXml(encode({ verb: null, noun: "OperationsSchedule", content }, "keep"));
}

/** The same of a request that could not be read: in the sender's version, mistakes included. */
function aloneAsSent({ sent, name }: RefusedItem, isJson: boolean): string {
  const { parent } = sent;
  if (parent === null) return printXml(sent);
  const head = parent.children.filter((child) => child.name !== name);
  const whole: XmlTree = { ...parent, parent: null, children: [...head, sent] };
  return printXml(isJson ? inOrder(whole, rootKind(alonePlain), rowsUnder(alonePlain)) : whole);
}
