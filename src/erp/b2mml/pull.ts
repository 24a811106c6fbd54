/** Schedules that the ERP has ready at an address: one document for each poll, until it says something new. */
import { isUtf8 } from "node:buffer";
import { contentId } from "../../base/id.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { bodIdOf, isMessage } from "../../isa95/b2mml/document.ts";
import { intentOf } from "../../isa95/conversation/offer.ts";
import type { Page } from "../connector.ts";
import type { HttpReply } from "../http.ts";
import { rulesOf, ordersIn } from "./order.map.ts";
import { checkAsking, type Asking } from "./posted.ts";

const nothing = "none";

/**
 * The document that is there now. The cursor is the ERP's ETag, so that an ERP that has one need not send the same again;
 * whether it is the same is decided by its BODID, else by its bytes.
 *
 * @fault transient …              the ERP is away: also said of one that is not polled, where it can be asked
 * @fault refused   b2mml/not-offered  what is there is no schedule to be taken over
 */
export async function pull(asking: Asking, cursor: string | null, signal: AbortSignal): Promise<Result<Page>> {
  const { client, config } = asking;
  if (config.pullUrl === undefined) return pullNothing(asking, signal);
  const known: Record<string, string> = cursor === null || cursor === nothing ? {} : { "if-none-match": cursor };
  const answered = await client.get(config.pullUrl, signal, known);
  const isNone = answered.kind === "status" && [304, 404].includes(answered.reply.status);
  if (isNone) return ok({ messages: [], cursor: cursor ?? nothing, more: false });
  if (answered.kind !== "answer") {
    const { fault } = answered;
    return { ok: false, fault: fault.kind === "ambiguous" ? { ...fault, kind: "transient" } : fault };
  }
  const { answer, reply } = answered;
  const etag = reply.headers.etag ?? nothing;
  if (answer === null) return ok({ messages: [], cursor: etag, more: false });
  const { document } = answer;
  const isShown = isMessage(document) && document.verb === "Show" && document.noun === "OperationsSchedule";
  const intent = isShown ? ok("take" as const) : intentOf(document);
  if (!intent.ok) return intent;
  if (intent.value === "show") {
    return fail("refused", "b2mml/not-offered", "The ERP's address gives a question instead of a schedule.");
  }
  const id = bodIdOf(document) ?? `bytes:${contentId("b2mml", bytesText(reply))}`;
  const orders = ordersIn(answer, { id, file: id }, rulesOf(config));
  return ok({ messages: orders.map(({ message }) => message), cursor: etag, more: false });
}

/**
 * Of an ERP that gives its schedules at our doors. A pull that is ok says that the ERP has answered, so it is asked whether it
 * does; one that refuses the question is there all the same.
 */
async function pullNothing(asking: Asking, signal: AbortSignal): Promise<Result<Page>> {
  const fault = await checkAsking(asking, signal);
  return fault?.kind === "transient" ? { ok: false, fault } : ok({ messages: [], cursor: nothing, more: false });
}

/** Each byte counts: in another encoding letters that are not UTF-8 would all be the same one. */
function bytesText({ bytes, text }: HttpReply): string {
  return isUtf8(bytes) ? text : Buffer.from(bytes).toString("latin1");
}
