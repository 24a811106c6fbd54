/** What the ERP has: asked with Get, shown with Show. Reads only. */
import { systemClock } from "../../base/clock.ts";
import { isPostingKey, randomId } from "../../base/id.ts";
import { fail, makeFault, ok, type Fault, type Result } from "../../base/result.ts";
import type { TimeZone } from "../../base/site-time.ts";
import type { B2mml } from "../../document/b2mml.ts";
import type { Information } from "../../isa95/b2mml/information.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { documentKinds } from "../../record/posting.ts";
import type { Envelope, ErpDocumentContent, ResolveOutcome } from "../connector.ts";
import type { B2mmlClient } from "./client.ts";
import type { B2mmlConfig } from "./config.ts";
import { askFor, namedPerformance } from "./performance.map.ts";
import { difference, readForeign, readResponse, type ShownRules } from "./stated.ts";
import { saidIn } from "./verdict.ts";

export interface Asking {
  readonly client: B2mmlClient;
  readonly config: B2mmlConfig;
  readonly b2mml: B2mml;
  /** Of the site, whose calendar says the dates of the books. */
  readonly zone: TimeZone;
}

function shownRules({ config: { timeZone, units }, zone }: Asking): ShownRules {
  return { siteZone: zone, timeZone, units };
}

type Response = Information<"OperationsResponse">;

/** Ends an ambiguous push: does the ERP have the response of this envelope, and does it state the same? */
export async function resolve(asking: Asking, envelope: Envelope, signal: AbortSignal): Promise<ResolveOutcome> {
  const { key, kind } = envelope;
  if (!asking.config.partner.shows) return { outcome: "unanswerable" };
  const sent = sentIn(asking.b2mml, envelope);
  if (!sent.ok) return { outcome: "unknown", fault: sent.fault };
  const shown = await ask(asking, { id: sent.value.ID }, signal);
  if (!shown.ok) return { outcome: "unknown", fault: shown.fault };
  const found = shown.value;
  const document = { kind, number: key };
  if (kind === "confirmation-reversal")
    return found.length === 0 ? { outcome: "applied", document } : { outcome: "absent" };
  const [only, ...more] = found;
  if (!only) return { outcome: "absent" };
  if (more.length > 0) {
    return differs(
      "erp/b2mml-key-twice",
      `The ERP has ${found.length} responses with the ID ${key}. Take the surplus ones back there.`,
    );
  }
  const compared = difference(sent.value, only, shownRules(asking));
  if (!compared.ok) return differs("erp/b2mml-content-differs", compared.fault.message);
  if (compared.value === null) return { outcome: "applied", document };
  const text = `What the ERP has as ${kind} ${key} says something else: ${compared.value}. Compare both and decide.`;
  return differs("erp/b2mml-content-differs", text);
}

/**
 * All responses of an order, ours and others'.
 *
 * @fault refused erp/b2mml-cannot-ask  the connection says that the ERP shows nothing
 */
export async function documents(
  asking: Asking,
  request: OperationsRequest,
  signal: AbortSignal,
): Promise<Result<readonly ErpDocumentContent[]>> {
  const { erp, number } = request.reference;
  if (!asking.config.partner.shows) {
    return fail(
      "refused",
      "erp/b2mml-cannot-ask",
      `What ${erp} has of an order cannot be read: it shows no documents.`,
    );
  }
  const shown = await ask(asking, { order: number }, signal);
  if (!shown.ok) return shown;
  const contents: ErpDocumentContent[] = [];
  for (const response of shown.value) {
    const said = documentKinds.find((known) => known === response.Description?.[0]);
    // Only our own documents say what they are in our words, under a key of ours.
    const kind = isPostingKey(response.ID) ? said : undefined;
    if (kind === undefined) {
      const foreign = readForeign(response, request, shownRules(asking));
      if (!foreign.ok) return foreign;
      for (const { kind: said, number, response: part } of foreign.value)
        contents.push({ document: { kind: said, number }, key: null, reversed: false, response: part });
      continue;
    }
    const read = readResponse(response, request.reference, shownRules(asking));
    if (!read.ok) return read;
    contents.push({ document: { kind, number: response.ID }, key: response.ID, reversed: false, response: read.value });
  }
  return ok(contents);
}

/** Whether the ERP answers a question at all, or is there where it answers none; nothing is written. */
export async function checkAsking(asking: Asking, signal: AbortSignal): Promise<Fault | null> {
  if (!asking.config.partner.shows) return asking.client.probe(signal);
  const asked = await ask(asking, { id: "millrace-check" }, signal);
  return asked.ok ? null : asked.fault;
}

/** A response by its ID, or all of an order. */
type Wanted = { readonly id: string } | { readonly order: string };

/**
 * What is shown of it. Something in between can pass on the answer to another question, and "it is not there" would then be
 * sent again: an answer must echo the question where it echoes one at all, and nothing is absent from one that shows other things.
 */
async function ask(asking: Asking, wanted: Wanted, signal: AbortSignal): Promise<Result<readonly Response[]>> {
  const bodId = randomId();
  const named = "id" in wanted ? namedPerformance(wanted.id) : namedPerformance("*", wanted.order);
  const question = asking.b2mml.write(askFor(asking.config, named, systemClock.now(), bodId));
  if (!question.ok) return question;
  const answered = await asking.client.post(new TextEncoder().encode(question.value), { signal });
  if (answered.kind !== "answer") return transient(answered.fault);
  const { answer } = answered;
  if (answer?.document.verb !== "Show" || answer.document.noun !== "OperationsPerformance") {
    return notShown("The ERP answered a Get with something else than a Show.");
  }
  const said = saidIn(answer);
  const about = said?.about ?? "";
  if (about !== "" && about.toLowerCase() !== bodId.toLowerCase()) {
    return notShown(`The ERP answered about ${about}, and was asked with ${bodId}.`);
  }
  if (said?.code === "rejected") return notShown(`The ERP shows nothing: ${said.why}`);
  const [refused] = answer.refused;
  if (refused) return { ok: false, fault: refused.fault };
  const shown = answer.document.content.flatMap(({ OperationsResponse }) => OperationsResponse);
  const found = shown.filter((one) => isOf(wanted, one));
  // Who says in its own words that something went wrong has not said that nothing is there.
  if (said?.code === "unclear" && shown.length === 0) return notShown(`The ERP shows nothing: ${said.why}`);
  const [other] = shown;
  if (other && found.length === 0) return notShown(`The ERP shows ${other.ID}, which it was not asked for.`);
  return ok(found);
}

function isOf(wanted: Wanted, { ID, OperationsRequestID = [] }: Response): boolean {
  return "id" in wanted ? ID === wanted.id : OperationsRequestID.includes(wanted.order);
}

function notShown(message: string): Result<never> {
  return fail("transient", "erp/b2mml-not-shown", message);
}

/** A question changes nothing: whatever became of it, it can be asked again. */
function transient(fault: Fault): Result<never> {
  return { ok: false, fault: { ...fault, kind: fault.kind === "ambiguous" ? "transient" : fault.kind } };
}

function sentIn(b2mml: B2mml, { bytes, key }: Envelope): Result<Response> {
  const read = b2mml.read(bytes, key);
  if (!read.ok) return read;
  const { document } = read.value;
  const [response] = document.noun === "OperationsPerformance" ? (document.content[0]?.OperationsResponse ?? []) : [];
  return response ? ok(response) : fail("invalid", "erp/b2mml-shown", `Envelope ${key} holds no response.`);
}

function differs(code: Fault["code"], message: string): ResolveOutcome {
  return { outcome: "differs", fault: makeFault("conflict", code, message) };
}
