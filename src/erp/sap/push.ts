/** Sending a frozen request once and reading what SAP made of it: its document, its refusal, or doubt. */
import { makeFault } from "../../base/result.ts";
import { guidOf } from "../../base/id.ts";
import type { Envelope, PushOutcome } from "../connector.ts";
import type { ErpDocument } from "../../record/posting.ts";
import type { FrozenWrite, SapClient } from "./client.ts";
import { thaw } from "./envelope.ts";
import { errorInHeader, type SapDetail, type SapError } from "./error.ts";
import { businessVerdict, isKnownRequest } from "./faults.ts";
import type { HttpReply, Sending } from "../http.ts";
import { unpad } from "./number.ts";
import { externalKey } from "./posted.ts";
import { isRow, parseJson, text, type Row } from "./row.ts";

export async function push(client: SapClient, envelope: Envelope, sending: Sending): Promise<PushOutcome> {
  const write = thaw(envelope);
  if (!write.ok) return { outcome: "refused", fault: write.fault, parked: false };
  if (write.value.path.startsWith("?")) return { outcome: "confirmed", document: acceptedDocument(write.value) };
  const what = `${envelope.kind} ${envelope.key}`;
  const answered = await client.write(
    withTrace(write.value, envelope),
    what,
    [envelope.key, guidOf(envelope.key)],
    sending,
  );
  return "outcome" in answered ? answered : readAnswer(envelope, write.value, answered);
}

/** Beside the frozen headers: it says whose call this is, and nothing about the document. */
function withTrace(write: FrozenWrite, { traceparent }: Envelope): FrozenWrite {
  return traceparent === undefined ? write : { ...write, headers: { ...write.headers, traceparent } };
}

function readAnswer(envelope: Envelope, write: FrozenWrite, reply: HttpReply): PushOutcome {
  const row = rowOf(reply.text);
  const what = `${envelope.kind} ${envelope.key}`;
  const inBody = row && functionError(row);
  const said = inBody ?? errorInHeader(headerText(reply, "sap-message"));
  const document = envelope.kind === "order-accepted" ? acceptedDocument(write) : row && documentOf(envelope.kind, row);
  // SAP gave a number and an error at once: what stands in the books only SAP can tell.
  if (said && document && envelope.kind !== "order-accepted")
    return doubt(`SAP answered ${what} with a document and with an error: ${said.text}.`, reply);
  // Made, or cut off before its number: an error beside it may be about what was to follow, such as the goods movements.
  if (said && !inBody && (reply.status === 201 || !row) && envelope.kind !== "order-accepted")
    return doubt(`SAP answered ${what} with an error and with nothing that names a document: ${said.text}.`, reply);
  if (said) return businessVerdict(asError(said), what, { status: reply.status, detail: said });
  if (isKnownRequest(reply)) return known(`SAP knows the request id of ${what} already.`, reply);
  const other = document && row && foreignName(envelope, write, document, row);
  // Whoever passes an answer on twice gives it to the next call as well, whose own one nobody hears.
  if (other) return doubt(`The answer that came on ${what} is about ${other}.`, reply);
  if (document) return { outcome: "confirmed", document };
  return doubt(`SAP accepted ${what} but its answer names no document.`, reply);
}

/** What an answer is about that is not about this call; null when it is, or does not say. */
function foreignName(
  { key, kind }: Envelope,
  { takesBack }: FrozenWrite,
  { number }: ErpDocument,
  row: Row,
): string | null {
  const isReversal = kind === "confirmation-reversal" || kind === "movement-reversal";
  // A reversal bears its own key, or, as SAP copies it, that of what it takes back.
  const keys = [key, ...(isReversal && takesBack !== undefined ? [takesBack] : [])];
  const guid = externalKey(row);
  const reference = text(row, "ReferenceDocument").toUpperCase();
  if (guid && guid !== noGuid && !keys.some((one) => guidOf(one) === guid)) return `confirmation ${number}`;
  const isOther = reference !== "" && !keys.some((one) => one.toUpperCase() === reference);
  return isOther ? `material document ${number}, whose reference is ${reference}` : null;
}

const noGuid = "00000000-0000-0000-0000-000000000000";

function doubt(words: string, reply: HttpReply): PushOutcome {
  return { outcome: "in-doubt", fault: makeFault("ambiguous", "erp/sap-reply", asking(words), shown(reply)) };
}

function known(words: string, reply: HttpReply): PushOutcome {
  return { outcome: "in-doubt", fault: makeFault("conflict", "erp/sap-key-known", asking(words), shown(reply)) };
}

function asking(words: string): string {
  return `${words} Millrace asks SAP by key.`;
}

function shown({ status, text: body }: HttpReply): unknown {
  return { status, body: body.slice(0, 500) };
}

/** `d`, or what a function import nests in it under its own name. */
function rowOf(body: string): Row | null {
  if (!body.trim()) return null;
  try {
    const parsed = parseJson(body);
    const d = isRow(parsed) ? parsed["d"] : null;
    if (!isRow(d)) return null;
    const [only, ...others] = Object.values(d);
    return others.length === 0 && isRow(only) ? only : d;
  } catch {
    return null; // an answer that is cut off names no document
  }
}

/** A function import answers 200 also when it failed: then its message is of type E (error) or A (abort). */
function functionError(row: Row): SapDetail | null {
  const type = text(row, "SystemMessageType");
  if (type !== "E" && type !== "A") return null;
  const code = `${text(row, "SystemMessageIdentification")}/${text(row, "SystemMessageNumber")}`;
  return { code, text: text(row, "SystemMessageLongText") || code, severity: "error", target: "" };
}

function asError(detail: SapDetail): SapError {
  return {
    code: detail.code,
    text: detail.text,
    target: detail.target,
    transactionId: "",
    details: [],
    envelope: true,
  };
}

/** The document's number as a person types it, without leading zeros, so that all answers name it alike. */
export function documentOf(kind: ErpDocument["kind"], row: Row): ErpDocument | null {
  const [major, minor] =
    kind === "confirmation" || kind === "final-confirmation" || kind === "confirmation-reversal"
      ? [text(row, "ConfirmationGroup"), text(row, "ConfirmationCount")]
      : [text(row, "MaterialDocument"), text(row, "MaterialDocumentYear")];
  return major && minor ? { kind, number: `${unpad(major)}/${unpad(minor)}` } : null;
}

function acceptedDocument(write: FrozenWrite): ErpDocument {
  const number = decodeURIComponent(/ManufacturingOrder=([^&]*)/.exec(write.path)?.[1] ?? "");
  return { kind: "order-accepted", number: unpad(number.replace(/^'|'$/g, "").replaceAll("''", "'")) };
}

function headerText(reply: HttpReply, name: string): string | undefined {
  const value = reply.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
