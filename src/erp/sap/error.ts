/**
 * SAP's error replies in all their forms: the OData envelope with its message as an object, a list of languages or a
 * bare text; its details; and the HTML or plain text that gateways and proxies answer instead. What a code means for
 * a posting is faults.ts.
 */
import { isRow, parseJson, text, type Row } from "./row.ts";

export interface SapDetail {
  readonly code: string;
  readonly text: string;
  readonly severity: string;
  readonly target: string;
}

export interface SapError {
  /** `M7/021`; empty when the reply names none. */
  readonly code: string;
  readonly text: string;
  readonly target: string;
  readonly transactionId: string;
  readonly details: readonly SapDetail[];
  /** False when a proxy or the web server answered instead of the service. */
  readonly envelope: boolean;
}

/** Longest text kept of a message: some servers quote whole statements. */
const textMax = 500;

/** Reads whatever came back; never fails: what cannot be read is shortened to its words. */
export function readError(body: string): SapError {
  const trimmed = body.trim();
  if (trimmed.startsWith("{")) {
    const error = errorOf(trimmed);
    if (error) return fromEnvelope(error);
  }
  if (/^<\?xml|^<error\b/i.test(trimmed) && /<error\b/i.test(trimmed)) return fromXml(trimmed);
  return { code: "", text: plainText(trimmed), target: "", transactionId: "", details: [], envelope: false };
}

function errorOf(body: string): Row | null {
  try {
    const parsed = parseJson(body);
    return isRow(parsed) && isRow(parsed["error"]) ? parsed["error"] : null;
  } catch {
    return null; // cut off or no JSON: shown as plain text
  }
}

function fromEnvelope(error: Row): SapError {
  const inner = isRow(error["innererror"]) ? error["innererror"] : {};
  const listed = inner["errordetails"] ?? error["details"];
  const rows = isRow(listed) ? listed["errordetail"] : listed;
  const details = (Array.isArray(rows) ? rows : [rows]).filter(isRow).map(detailOf);
  return {
    code: text(error, "code"),
    text: messageText(error["message"]) || details.find((detail) => detail.text)?.text || "no text given",
    target: text(error, "target"),
    transactionId: text(inner, "transactionid"),
    details,
    envelope: true,
  };
}

function detailOf(row: Row): SapDetail {
  const severity = text(row, "severity") || text(row, "@SAP__common.Severity");
  return { code: text(row, "code"), text: messageText(row["message"]), severity, target: text(row, "target") };
}

/** `"…"`, `{ lang, value }`, `{ value: "…" }` or a list of those, of which English is preferred. */
function messageText(message: unknown): string {
  if (typeof message === "string") return shorten(message);
  if (Array.isArray(message)) {
    const rows = message.filter(isRow);
    const english = rows.find((row) => /^en/i.test(text(row, "lang")));
    return messageText(english ?? message[0]);
  }
  if (!isRow(message)) return "";
  return Array.isArray(message["value"]) ? messageText(message["value"]) : shorten(text(message, "value"));
}

function shorten(said: string): string {
  const words = said.replace(/\s+/g, " ").trim();
  return words.length > textMax ? `${words.slice(0, textMax)}…` : words;
}

function fromXml(body: string): SapError {
  const pick = (name: string): string => {
    const found = new RegExp(`<(?:\\w+:)?${name}[^>]*>([^<]*)<`, "i").exec(body);
    return (found?.[1] ?? "").trim();
  };
  return {
    code: pick("code"),
    text: pick("message"),
    target: pick("target"),
    transactionId: pick("transactionid"),
    details: [],
    envelope: true,
  };
}

/** The first words of a page: its title if it has one, without tags. */
function plainText(body: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(body)?.[1];
  return shorten(title ?? body.replace(/<(script|style)[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " "));
}

/** The worst message in a `sap-message` header or its details, when it is an error; null otherwise. */
export function errorInHeader(header: string | undefined): SapDetail | null {
  if (!header) return null;
  try {
    const parsed = parseJson(header);
    if (!isRow(parsed)) return null;
    const details = Array.isArray(parsed["details"]) ? parsed["details"].filter(isRow) : [];
    return [parsed, ...details].map(detailOf).find((detail) => /^(error|abort|fatal)$/i.test(detail.severity)) ?? null;
  } catch {
    return null; // a header that is no JSON says nothing that could be acted on
  }
}
