/**
 * An ERP that takes a document once: a key that it has taken is answered with the document that was made of it, whatever
 * body comes with it. It says so of itself (`idempotent`), so what nobody heard an answer to is sent again unasked. It can
 * be asked as well. Where an answer is lost it has often gone away with it, for up to half an hour: so long what is sent
 * again may be there, and nobody can tell.
 */
import { makeFault } from "../../base/result.ts";
import type { Envelope, ErpConnector, PushOutcome, ResolveOutcome } from "../../erp/connector.ts";
import { documentKinds } from "../../record/posting.ts";
import type { Books } from "../erp/books.ts";
import type { AnswerLine } from "./answer-line.ts";
import { busy, callDesk, silent, type DeskAnswer, type DeskWorld } from "./desk-call.ts";
import { deskConnector, lookUp, postSlip, slipOf } from "./erp-desk.ts";
import type { TakenDocuments } from "./taken-documents.ts";

const other = makeFault("conflict", "erp/sap-content-differs", "The ERP's document with our key says something else.");

/** @param orders  the connector by which orders are read; of it only its list of documents is used beside */
export function onceConnector(orders: ErpConnector, world: DeskWorld): ErpConnector {
  const line = world.erp.answerLine<DeskAnswer>();
  return deskConnector(
    "once",
    orders,
    (reader) => ({
      push: (envelope) => push(world, line, envelope),
      resolve: (envelope) => resolve(world, envelope),
      documents: (request, stop) => reader.documents(request, stop),
    }),
    new Set(documentKinds),
  );
}

async function push(world: DeskWorld, line: AnswerLine<DeskAnswer>, envelope: Envelope): Promise<PushOutcome> {
  const { erp, schedule, caller } = world;
  if (erp.isAway) {
    await schedule.clock(erp.actor).sleep(40);
    await schedule.step(caller);
    return { outcome: "not-applied", fault: busy, retryAfterMs: null };
  }
  const outcome = await callDesk(world, line, deskOf(erp.taken), envelope);
  if (outcome === silent) erp.mayGoAway(envelope.key);
  return outcome;
}

function deskOf(taken: TakenDocuments): Parameters<typeof callDesk>[2] {
  return {
    post: (books, envelope) => postOnce(taken, books, envelope),
    again: (books, envelope) => {
      const isNew = taken.get(envelope.key) === undefined;
      return postOnce(taken, books, envelope).outcome === "confirmed" && isNew;
    },
  };
}

function postOnce(taken: TakenDocuments, books: Books, envelope: Envelope): PushOutcome {
  const before = taken.get(envelope.key);
  if (before) return { outcome: "confirmed", document: before };
  const posted = postSlip(books, envelope);
  if (posted.outcome === "confirmed") taken.take(envelope.key, posted.document);
  return posted;
}

async function resolve({ erp, schedule, caller }: DeskWorld, envelope: Envelope): Promise<ResolveOutcome> {
  const fault = erp.gate.faults.take({ calls: "read", path: "/transactions" });
  await schedule.clock(erp.actor).sleep(40);
  const isUnread = fault !== null || erp.isAway;
  const document = erp.taken.get(envelope.key);
  const isSame = lookUp(erp.gate.books, slipOf(envelope.bytes))?.isSame !== false;
  await schedule.step(caller);
  if (isUnread) return { outcome: "unknown", fault: busy };
  if (!document) return { outcome: "absent" };
  return isSame ? { outcome: "applied", document } : { outcome: "differs", fault: other };
}
