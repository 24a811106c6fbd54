/**
 * A document that a partner gives us in B2MML: who sends it, what it wants, done once for its BODID, and answered. The
 * message, what it changes and the answer commit together; the same message again changes nothing and gets that answer.
 * Reading bytes and the doors themselves are elsewhere.
 */
import { canonicalJson } from "../base/json.ts";
import { contentId, guidOf } from "../base/id.ts";
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { Form, Received } from "../document/received.ts";
import type { Conversation, ErpSession } from "../erp/connector.ts";
import { encode } from "../isa95/b2mml/codec.ts";
import { bodIdOf, isMessage, type Document } from "../isa95/b2mml/document.ts";
import { printXml } from "../isa95/b2mml/xml-print.ts";
import { answerTo, areaOf, type Asked, type Told, type MessageVerdict } from "../isa95/conversation/answer.ts";
import { intentOf, isAmendment, type Intent } from "../isa95/conversation/offer.ts";
import type { JudgePorts } from "./accept-order.ts";
import { acceptedOf, judgeOrders, takeOrders, withdrawOrders, type Outcome } from "./given-orders.ts";
import type { Store, Tx } from "./ports.ts";
import { shownTo } from "./shown-documents.ts";
import { isJobNoun, shownJobs, wantedJobs } from "./shown-job.ts";
import { shownThings, wantedThings } from "./shown-master-data.ts";
import { takeMasterData } from "./take-master-data.ts";

export interface ConversePorts extends JudgePorts {
  readonly store: Store;
  readonly clock: Clock;
  /** The open session of an ERP; null when there is none now. */
  session(erp: string): Pick<ErpSession, "conversation"> | null;
}

/** What came through a door. */
export interface Given {
  readonly received: Received;
  /** As its giver knows it, for messages. */
  readonly file: string;
  /** As it came. */
  readonly bytes: Uint8Array;
  /** Which ERP of the site it is of; null: whom its Sender says, or the only one that speaks B2MML. */
  readonly erp: string | null;
  /** As it stands in the record: a key, a person's key, a folder. */
  readonly givenBy: string;
}

export interface Reply {
  readonly verdict: MessageVerdict;
  /** Null: the sender asked for none. */
  readonly answer: string | null;
  /** Why something was not done, a sentence each. */
  readonly reasons: readonly string[];
  /** It was done before, and is answered as then. */
  readonly isRepeat: boolean;
}

/**
 * Does what a document wants, once.
 *
 * @fault refused   b2mml/not-offered      nothing is done of this verb and noun here
 * @fault invalid   b2mml/action-code      a Sync that does not say what is to be done
 * @fault refused   b2mml/unknown-sender   it is of no ERP of this site, or could be of several
 * @fault transient b2mml/partner-away     the ERP's connector is not open; nothing was done
 * @fault transient b2mml/not-judged       it could not be judged for a cause that goes away; nothing was done
 * @fault conflict  b2mml/bod-reused       the same BODID has come with other content before
 */
export async function converse(ports: ConversePorts, given: Given): Promise<Result<Reply>> {
  const { document, form } = given.received;
  const intent = intentOf(document);
  if (!intent.ok) return intent;
  const partner = partnerOf(ports, document, given.erp);
  if (!partner.ok) return partner;
  const talk: Talk = { ports, given, ...partner.value, intent: intent.value, form };
  if (intent.value === "show") return showNow(talk);
  const bodId = identityOf(given);
  const work = document.noun === "OperationsSchedule" ? await orderWork(talk, bodId) : ok(masterWork(talk, bodId));
  return work.ok ? once(talk, bodId, work.value) : work;
}

interface Talk {
  readonly ports: ConversePorts;
  readonly given: Given;
  readonly erp: string;
  readonly conversation: Conversation;
  readonly intent: Intent;
  readonly form: Form;
}

/** What a message changes, inside of its transaction; and what its answer shows. */
type Work = (tx: Tx, now: Instant) => Promise<Pick<Told, "verdict" | "reasons" | "content">>;

/** Orders are judged before the transaction: maps are evaluated for them. */
async function orderWork({ ports, given, erp, conversation, intent }: Talk, bodId: string): Promise<Result<Work>> {
  const { received, file } = given;
  const orders = await judgeOrders(ports, conversation.orders(received, { id: bodId, file }), intent);
  if (!orders.ok) return orders;
  const on = { site: ports.site, erp, conversation };
  return ok(async (tx, now) => {
    const act = intent === "withdraw" ? withdrawOrders : takeOrders;
    const outcome = await act(tx, on, orders.value, now);
    return { ...outcome, content: acceptedOf(received.document, outcome) };
  });
}

function masterWork({ ports, given, erp, intent }: Talk, bodId: string): Work {
  const { received, file } = given;
  const kind = intent === "withdraw" ? "withdraw" : isAmendment(received.document) ? "amend" : "replace";
  return (tx, now) => takeMasterData(tx, { site: ports.site, erp }, { received, file, bodId, kind }, now);
}

/** Claims the BODID, does everything, answers: one transaction. */
function once(talk: Talk, bodId: string, work: Work): Promise<Result<Reply>> {
  const { ports, given, erp } = talk;
  const { document } = given.received;
  const digest = digestOf(given.received);
  return ports.store.transaction(async (tx): Promise<Result<Reply>> => {
    const now = ports.clock.now();
    const kept = { erp, bodId, digest, verb: document.verb ?? "", noun: document.noun };
    const isNew = await tx.conversations.claim({ ...kept, givenBy: given.givenBy, bytes: keptBytes(given) }, now);
    if (!isNew) return answeredBefore(tx, erp, bodId, digest);
    const outcome = await work(tx, now);
    const answer = answerIn(talk, outcome, outcome.content, bodId, now);
    if (!answer.ok) throw new Error(`No answer to ${bodId} can be written: ${answer.fault.message}`);
    const { verdict, reasons } = outcome;
    await tx.conversations.settle(erp, bodId, { verdict, reasons, answer: answer.value });
    return ok({ verdict, reasons, answer: answer.value, isRepeat: false });
  });
}

/** People's names are kept in one place, where they can be erased. */
function keptBytes({ received, bytes }: Given): Uint8Array {
  const { noun } = received.document;
  return noun === "Person" || noun === "PersonnelInformation" ? new Uint8Array() : bytes;
}

async function answeredBefore(tx: Tx, erp: string, bodId: string, digest: string): Promise<Result<Reply>> {
  const before = await tx.conversations.get(erp, bodId);
  if (!before) throw new Error(`Message ${bodId} of ${erp} is claimed and not there.`);
  if (before.digest !== digest) {
    const text = `A message with the BODID ${bodId} has come before and said something else. Give each message a BODID of its own.`;
    return fail("conflict", "b2mml/bod-reused", text);
  }
  const { verdict, reasons, answer } = before;
  return ok({ verdict, reasons, answer, isRepeat: true });
}

/** What a Get asks for, as it is now: it changes nothing, so it is not kept, and the same one later may find more. */
async function showNow(talk: Talk): Promise<Result<Reply>> {
  const { ports, given, erp } = talk;
  const now = ports.clock.now();
  const { document } = given.received;
  const shown = await ports.store.transaction((tx) => {
    if (document.noun === "OperationsSchedule" || document.noun === "OperationsPerformance") {
      return shownTo(tx, erp, document);
    }
    if (isJobNoun(document.noun)) return shownJobs(tx, erp, document.noun, wantedJobs(document));
    return shownThings(tx, { site: ports.site, erp }, document.noun, wantedThings(document, erp));
  });
  const answer = answerIn(talk, shown, shown.content, `${identityOf(given)}/${now}`, now);
  return answer.ok ? ok({ ...shown, answer: answer.value, isRepeat: false }) : answer;
}

function answerIn(
  { ports, given, conversation, form }: Talk,
  outcome: Pick<Outcome, "verdict" | "reasons">,
  content: Told["content"],
  bodId: string,
  now: Instant,
): Result<string | null> {
  const { document } = given.received;
  if (!isMessage(document)) return ok(null);
  const asked: Asked = document;
  const sender = asked.applicationArea.Sender?.LogicalID;
  const area = areaOf(ports.site.id, sender, now, guidOf(`answer to ${bodId}`));
  const answer = answerTo(asked, { ...outcome, content, area });
  return answer === null ? ok(null) : conversation.write(answer, form);
}

export type Partner = Pick<Talk, "erp" | "conversation">;

/** Which ERP a document is of. */
export function partnerOf(
  { site, session }: ConversePorts,
  document: Document | null,
  named: string | null,
): Result<Partner> {
  const open = site.erps.map(({ id }) => ({ erp: id, session: session(id) }));
  const speaking = open.flatMap(({ erp, session: on }) =>
    on?.conversation ? [{ erp, conversation: on.conversation }] : [],
  );
  const sender = document && isMessage(document) ? (document.applicationArea.Sender?.LogicalID ?? "") : "";
  const known = speaking.filter(({ erp, conversation }) =>
    named === null ? sender !== "" && conversation.logicalId === sender : erp === named,
  );
  // Who does not say who he is can be meant only where there is one.
  const fits = ({ conversation }: Partner): boolean => sender === "" || conversation.logicalId === null;
  const others = named === null ? speaking.filter(fits) : [];
  const [partner, ...more] = known.length > 0 ? known : others;
  if (partner && more.length === 0) return ok(partner);
  if (open.some(({ session: on }) => on === null) && (speaking.length === 0 || named !== null)) {
    return fail("transient", "b2mml/partner-away", "The ERP's connection is not open yet. Send it again in a moment.");
  }
  const who = named ?? (sender === "" ? "a sender without LogicalID" : sender);
  const text = `No ERP connection of this site is known by ${who}: give one of product b2mml the logicalId that the sender has, or name it.`;
  return fail("refused", "b2mml/unknown-sender", text);
}

/** The sender's BODID, else a digest of every byte: the very same file again is the same message. */
function identityOf({ received: { document }, bytes }: Given): string {
  return bodIdOf(document) ?? `bytes:${contentId("b2mml", Buffer.from(bytes).toString("latin1"))}`;
}

/** Of what is said: version, form, blanks and the application area make no difference; refused parts do. */
function digestOf({ document, refused }: Received): string {
  const area = { CreationDateTime: "" };
  const said = isMessage(document) ? { ...document, applicationArea: area } : document;
  const text = printXml(encode(said, "keep"));
  const wrong = refused.map(({ name, id, place, fault }) => [name, id, place.path, fault.message]);
  return contentId("b2mml", text, canonicalJson(wrong));
}
