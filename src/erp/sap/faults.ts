/**
 * What SAP's answers mean for Millrace: status and message code → fault and next step. Pure. Every fault keeps SAP's
 * code, text, target and transaction id as its cause; none ever holds a header that was sent.
 */
import { makeFault, type Fault, type FaultCode, type FaultKind } from "../../base/result.ts";
import { readError, type SapError } from "./error.ts";
import { lateCall, noLease, retryAfterMs, type HttpOutcome, type HttpReply } from "../http.ts";

/** What follows from an answer to a write that is no success. */
export type WriteVerdict =
  | { readonly outcome: "refused"; readonly fault: Fault; readonly parked: boolean }
  | { readonly outcome: "not-applied"; readonly fault: Fault; readonly retryAfterMs: number | null }
  | { readonly outcome: "in-doubt"; readonly fault: Fault };

interface BusinessRule {
  readonly matches: RegExp;
  readonly code: FaultCode;
  readonly parked: boolean;
  /** Short-lived and surely not applied: tried again by itself. */
  readonly transient: boolean;
  readonly advice: string;
}

/** Tried in order against `code text` of the error and of each detail. */
const businessRules: readonly BusinessRule[] = [
  {
    matches:
      /^M3\/02[34]\b|\blocked by\b|being processed by|currently locked|gesperrt durch|wird (gerade )?von .* bearbeitet/i,
    code: "erp/sap-locked",
    parked: false,
    transient: true,
    advice: "Somebody has the order or material open in SAP; Millrace tries again.",
  },
  {
    matches: /^M7\/021\b|\bdeficit of\b|unterschritten/i,
    code: "erp/sap-stock-short",
    parked: true,
    transient: false,
    advice: "Post the missing receipt or transfer in SAP; Millrace then tries again.",
  },
  {
    matches:
      /^(M7\/053|F5\/201)\b|posting only possible in periods|period .* (is )?(not open|closed)|buchen nur in perioden/i,
    code: "erp/sap-period-closed",
    parked: true,
    transient: false,
    advice: "Open the period in SAP or change the posting date; Millrace then tries again.",
  },
  {
    matches: /^(BS\/\d{3}|RU\/020|M7\/104)\b|\bnot released\b|system status \w+ is active/i,
    code: "erp/sap-order-status",
    parked: false,
    transient: false,
    advice: "The order's status in SAP forbids it. Unlock, release or reopen the order, then send the document again.",
  },
];

/** Codes of the OData framework itself: the request is wrong, not the business behind it. */
const requestCodes =
  /^(\/IW(FND|BEP)\/|CX_|DATA_TYPE|ASSERT_|INVALID_|SY\/530)|malformed|property .* (is )?(invalid|unknown|not found)/i;

/** The verdict on a reply to a write that was no success, or on a missing reply. */
export function writeVerdict(outcome: HttpOutcome, what: string, identities: readonly string[]): WriteVerdict {
  if (!outcome.reply) return lostVerdict(outcome, what);
  const { reply } = outcome;
  const error = readError(reply.text);
  const cause = causeOf(reply, error);
  const says = wordsOf(error);
  const notApplied = (code: FaultCode, message: string): WriteVerdict => ({
    outcome: "not-applied",
    fault: makeFault("transient", code, message, cause),
    retryAfterMs: retryAfterMs(reply),
  });
  if (reply.status >= 500 || reply.status === 408) {
    const message = `SAP failed on ${what} (HTTP ${reply.status}: ${says}). Whether it was booked is not known; Millrace asks SAP by key.`;
    return { outcome: "in-doubt", fault: makeFault("ambiguous", "erp/sap-failed", message, cause) };
  }
  if (isKnownRequest(reply)) {
    const message = `SAP knows the request id of ${what} already: ${says}. Millrace asks SAP what it has under this key.`;
    return { outcome: "in-doubt", fault: makeFault("conflict", "erp/sap-key-known", message, cause) };
  }
  if (reply.status >= 300 && reply.status < 400) return notApplied("erp/sap-login", redirectWords(what));
  if (reply.status === 401) return notApplied("erp/sap-login", loginWords);
  if (reply.status === 429) return notApplied("erp/sap-busy", `SAP takes no more calls at the moment; ${what} waits.`);
  if (reply.status === 423)
    return notApplied("erp/sap-locked", `${what} is locked in SAP: ${says}. Millrace tries again.`);
  if (reply.status === 403) return { outcome: "refused", parked: true, fault: forbidden(what, error, cause) };
  if ((reply.status === 404 || reply.status === 405) && !isBusiness(error)) {
    return notApplied(
      "erp/sap-service",
      `SAP does not know the service for ${what}: ${says}. Activate it or correct "services".`,
    );
  }
  if (error.envelope && identities.some((identity) => mentions(error, identity))) {
    const message = `SAP says about the key of ${what}: ${says}. Millrace asks SAP what it has under this key.`;
    return { outcome: "in-doubt", fault: makeFault("conflict", "erp/sap-key-known", message, cause) };
  }
  return businessVerdict(error, what, cause);
}

/** Whether SAP did nothing because it had this request before, by the id that it bears: whatever else it says. */
export function isKnownRequest({ headers }: HttpReply): boolean {
  return /^rejected$/i.test(String(headers["repeatabilityresult"] ?? ""));
}

/** The verdict on an error that SAP's business logic gave, in whatever envelope. */
export function businessVerdict(error: SapError, what: string, cause: unknown): WriteVerdict {
  const says = wordsOf(error);
  const rule = ruleFor(error);
  if (rule?.transient) {
    return {
      outcome: "not-applied",
      retryAfterMs: null,
      fault: makeFault("transient", rule.code, `${what}: ${says}. ${rule.advice}`, cause),
    };
  }
  if (rule) {
    return {
      outcome: "refused",
      parked: rule.parked,
      fault: makeFault("refused", rule.code, `${what}: ${says}. ${rule.advice}`, cause),
    };
  }
  if (!error.envelope || (requestCodes.test(`${error.code} ${error.text}`) && !isBusiness(error))) {
    const [who, check] = error.envelope
      ? ["SAP does", "the release of its services"]
      : ["SAP, or a proxy before it, does", "what stands before SAP, and the release of its services"];
    const message = `${who} not understand the message for ${what}: ${says}. Check ${check}.`;
    return { outcome: "refused", parked: false, fault: makeFault("invalid", "erp/sap-request", message, cause) };
  }
  return {
    outcome: "refused",
    parked: false,
    fault: makeFault("refused", "erp/sap-refused", `SAP refuses ${what}: ${says}.`, cause),
  };
}

/** The fault of a read that was no success: nothing can have been booked, so nothing is ambiguous. */
export function readFault(outcome: HttpOutcome, what: string): Fault {
  if (!outcome.reply) {
    return makeFault("transient", "erp/sap-unreachable", `SAP cannot be read (${what}): ${outcome.why}.`, {
      errno: outcome.errno,
    });
  }
  const { reply } = outcome;
  const error = readError(reply.text);
  const cause = causeOf(reply, error);
  const says = wordsOf(error);
  const fault = (kind: FaultKind, code: FaultCode, message: string): Fault => makeFault(kind, code, message, cause);
  if (reply.status < 300) {
    const text = `The answer is none to the question for ${what} (HTTP ${reply.status}); it is asked again.`;
    return fault("transient", "erp/sap-failed", text);
  }
  if (reply.status === 401) return fault("refused", "erp/sap-login", loginWords);
  if (reply.status < 400) return fault("refused", "erp/sap-login", redirectWords(what));
  if (reply.status === 403) return forbidden(what, error, cause);
  if (reply.status === 429) return fault("transient", "erp/sap-busy", "SAP takes no more calls at the moment.");
  if (reply.status >= 500 || reply.status === 408 || reply.status === 423) {
    return fault("transient", "erp/sap-failed", `SAP failed on reading ${what} (HTTP ${reply.status}): ${says}.`);
  }
  if (reply.status === 404 || reply.status === 405) {
    return fault(
      "refused",
      "erp/sap-service",
      `SAP does not know ${what}: ${says}. Activate the service or correct "services".`,
    );
  }
  return fault("invalid", "erp/sap-request", `SAP does not understand the question for ${what}: ${says}.`);
}

const loginWords =
  'SAP refuses the login. Check "user" and "password" of the SAP connection and whether the user is locked.';

function redirectWords(what: string): string {
  return `SAP sends Millrace to another page instead of answering (${what}), usually a login page. Check "baseUrl" and the login method of the user.`;
}

/** A 403 may come from a proxy or a cookie filter as well: say who answered, not only "no authorisation". */
function forbidden(what: string, error: SapError, cause: unknown): Fault {
  const who = error.envelope ? "SAP forbids" : "SAP, or a proxy before it, forbids";
  return makeFault(
    "refused",
    "erp/sap-forbidden",
    `${who} ${what}: ${wordsOf(error)}. Check the roles of the SAP user.`,
    cause,
  );
}

function lostVerdict(outcome: Extract<HttpOutcome, { reply: null }>, what: string): WriteVerdict {
  const cause = { errno: outcome.errno };
  if (!outcome.sent) {
    const message = `SAP cannot be reached for ${what}: ${outcome.why}. Nothing was sent.`;
    const fault =
      outcome.errno === noLease ? lateCall(what) : makeFault("transient", "erp/sap-unreachable", message, cause);
    return { outcome: "not-applied", retryAfterMs: null, fault };
  }
  const message = `SAP did not answer on ${what}: ${outcome.why}. Whether it was booked is not known; Millrace asks SAP by key.`;
  return { outcome: "in-doubt", fault: makeFault("ambiguous", "erp/sap-no-answer", message, cause) };
}

function ruleFor(error: SapError): BusinessRule | undefined {
  const said = [
    { code: error.code, text: error.text },
    ...error.details.filter((detail) => !/^(info|warning|success)$/i.test(detail.severity)),
  ];
  return businessRules.find((rule) => said.some(({ code, text }) => rule.matches.test(`${code} ${text}`)));
}

/** A message class and number such as `M7/021`, of the error or of one of its details. */
function isBusiness(error: SapError): boolean {
  return [error, ...error.details].some(({ code }) => /^[A-Z0-9_]{2,20}\/\d{3}$/.test(code) && !code.startsWith("SY/"));
}

function mentions(error: SapError, identity: string): boolean {
  return [error, ...error.details].some(({ text }) => text.toLowerCase().includes(identity.toLowerCase()));
}

function wordsOf(error: SapError): string {
  const said = error.text.replace(/[.\s]+$/, "") || "no text given";
  const first = error.details.find(
    (detail) => detail.code && detail.code !== error.code && detail.text && !said.includes(detail.text),
  );
  const more = first ? `; ${first.text.replace(/[.\s]+$/, "")} [${first.code}]` : "";
  return `${said}${error.code ? ` [${error.code}]` : ""}${more}`;
}

function causeOf(reply: HttpReply, error: SapError): unknown {
  const headers = Object.fromEntries(
    ["content-type", "server", "via", "x-csrf-token", "www-authenticate", "location", "retry-after", "sap-message"]
      .filter((name) => reply.headers[name] !== undefined)
      .map((name) => [name, name === "x-csrf-token" && reply.headers[name] !== "Required" ? "…" : reply.headers[name]]),
  );
  return { status: reply.status, ...error, headers };
}
