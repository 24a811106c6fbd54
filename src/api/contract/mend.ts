/** What waits for a person, and the decisions that end the waiting. */
import { z } from "zod";
import { documentKinds } from "../../record/posting.ts";
import { amount, because, date, outcome, page, pageQuery, time } from "./answer.ts";
import { handDocument, namedPostings } from "./hand.ts";
import { postingLine } from "./order.ts";
import type { RouteTable } from "./route.ts";

const where = pageQuery.extend({ under: z.string().optional(), code: z.string().optional() });

export const quarantinedProduction = z
  .object({
    /** Id of the run. */
    id: z.string(),
    version: z.string(),
    workUnit: z.string(),
    job: z.string(),
    article: z.string(),
    startedAt: time,
    endedAt: time.nullable(),
    good: amount.nullable(),
    scrap: amount.nullable(),
    code: z.string(),
    message: z.string(),
    openedAt: time,
    /** Job orders it could belong to, likeliest first, with why. */
    candidates: z.array(z.object({ jobOrder: z.string(), number: z.string(), operation: z.string(), why: z.string() })),
  })
  .meta({ id: "QuarantinedProduction" });

export const quarantinedOrder = z
  .object({
    id: z.string(),
    version: z.string(),
    erp: z.string(),
    number: z.string(),
    code: z.string(),
    message: z.string(),
    openedAt: time,
    /** The original message. */
    inbound: z.string().nullable(),
  })
  .meta({ id: "QuarantinedOrder" });

export const mendPosting = z
  .object({
    id: z.string(),
    version: z.string(),
    state: z.enum(["refused", "parked", "needs-person", "in-doubt"]),
    kind: z.enum(documentKinds),
    erp: z.string(),
    order: z.string(),
    number: z.string(),
    operation: z.string(),
    lines: z.array(postingLine),
    code: z.string(),
    message: z.string(),
    attempts: z.number().int(),
    plannedAt: time,
    sentAt: time.nullable(),
    nextTryAt: time.nullable(),
    /** For one in doubt: how often the ERP was asked and answered that it is not there. */
    askedAbsent: z.number().int(),
  })
  .meta({ id: "MendPosting" });

export const question = z
  .object({
    id: z.string(),
    version: z.string(),
    subject: z.string(),
    text: z.string(),
    workUnit: z.string().nullable(),
    run: z.string().nullable(),
    askedAt: time,
    /** `value` is empty where it is not known; `uom`: what it is in. */
    evidence: z.array(
      z.object({ id: z.string(), item: z.string(), at: time, value: z.string(), uom: z.string().nullable() }),
    ),
    /** What its counter counts in; null: not known, whoever answers says it. */
    uom: z.string().nullable(),
    /** Of which grades pieces can be said; empty where none can. */
    grades: z.array(z.enum(["good", "scrap", "rework"])),
    /** What it may be answered with. */
    answers: z.array(z.enum(["counted", "nothing-made", "noted", "keyed-by-hand", "something-else", "begin-anew"])),
    /** Of a question about a document that was keyed by hand in the ERP; null of any other. */
    hand: handDocument.nullable(),
  })
  .meta({ id: "Question" });

export const mendRoutes = {
  "GET /api/v1/mend": {
    permission: "mend.read",
    summary: "How much waits, by cause",
    query: z.object({ under: z.string().optional() }),
    reply: z.object({
      causes: z.array(
        z.object({
          list: z.enum(["production", "orders", "postings", "questions"]),
          code: z.string(),
          count: z.number().int(),
          oldestAt: time,
        }),
      ),
    }),
  },
  "GET /api/v1/mend/production": {
    permission: "mend.read",
    summary: "Production without an order",
    query: where,
    reply: page(quarantinedProduction),
  },
  "GET /api/v1/mend/orders": {
    permission: "mend.read",
    summary: "Orders that were not accepted",
    query: where,
    reply: page(quarantinedOrder),
  },
  "GET /api/v1/mend/postings": {
    permission: "mend.read",
    summary: "Postings that were refused, are parked or in doubt",
    query: where,
    reply: page(mendPosting),
  },
  "GET /api/v1/mend/questions": {
    permission: "mend.read",
    summary: "Questions that only a person can answer",
    query: where,
    reply: page(question),
  },
  "POST /api/v1/mend/production/:run/assign": {
    permission: "mend.decide",
    summary: "Assigns a run to a job order; also takes it from another",
    body: z.object({ jobOrder: z.string(), because }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/production/:run/dismiss": {
    permission: "mend.decide",
    summary: "The run is never posted",
    body: z.object({ because }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/orders/:quarantine/retry": {
    permission: "mend.decide",
    summary: "Judges the order again, after the site was changed",
    body: z.object({ because }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/orders/:quarantine/dismiss": {
    permission: "mend.decide",
    summary: "The order is not made here",
    body: z.object({ because }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/postings/:posting/retry": {
    permission: "mend.decide",
    summary: "Sends a refused one again now",
    body: z.object({ because }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/postings/:posting/edit": {
    permission: "mend.decide",
    summary: "Posts the same facts with another place, lot or date",
    body: z.object({
      because,
      postingDate: date.nullable().default(null),
      lines: z
        .array(z.object({ line: z.number().int(), location: z.string().nullable(), lot: z.string().nullable() }))
        .default([]),
    }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/postings/:posting/dismiss": {
    permission: "mend.decide",
    summary: "It is not owed",
    body: z.object({ because }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/postings/:posting/take-back": {
    permission: "mend.decide",
    summary:
      "The ERP takes its document back; its facts are not posted anew until they are released or assigned elsewhere",
    body: z.object({ because }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/postings/:posting/release": {
    permission: "mend.decide",
    summary: "The facts of one that was dismissed or taken back are owed after all",
    body: z.object({ because }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/postings/:posting/found": {
    permission: "mend.decide",
    summary: "A person has looked: the ERP has it, under this number",
    body: z.object({ because, document: z.string().trim().min(1).max(60) }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/postings/:posting/missing": {
    permission: "mend.decide",
    summary: "A person has looked: the ERP does not have it; it is sent after the ERP was asked once more",
    body: z.object({ because }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
  "POST /api/v1/mend/questions/:question/answer": {
    permission: "mend.decide",
    summary: "Answers a question",
    body: z.object({
      because,
      answer: z.discriminatedUnion("is", [
        z.object({ is: z.literal("counted"), grade: z.enum(["good", "scrap", "rework"]), quantity: amount }),
        z.object({ is: z.literal("nothing-made") }),
        z.object({ is: z.literal("noted") }),
        z.object({ is: z.literal("keyed-by-hand"), postings: namedPostings }),
        z.object({ is: z.literal("something-else") }),
        z.object({ is: z.literal("begin-anew") }),
      ]),
    }),
    reply: outcome,
    isCommand: true,
    isVersioned: true,
  },
} as const satisfies RouteTable;
