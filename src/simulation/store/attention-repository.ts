/** What waits for a person: quarantine and questions, each subject once; see `store/attention-repository`. */
import { canonicalJson } from "../../base/json.ts";
import type { Instant } from "../../base/instant.ts";
import type { AskedQuestion, AttentionRepository, RefusedOrder } from "../../flows/attention-ports.ts";
import { byText, kept } from "./copy.ts";
import type { Query } from "./database.ts";
import { quarantine, question } from "./schema/shop-floor.ts";
import { keyOf } from "./table.ts";
import type { Statement } from "./transaction.ts";

export function attentionRepository(query: Query): AttentionRepository {
  return {
    async quarantine(kind, subject, why, detail, at) {
      query.post((s) => setAside(s, kind, subject, why, detail, at));
    },

    refusedVersion: (subject) =>
      query.run(async (s) => {
        const [found] = s.find(quarantine, "quarantine_once", keyOf("order", subject));
        const row = found && (await s.lock(quarantine, String(found.id), "update"));
        return row && row.state !== "resolved" ? (row.detail as RefusedOrder).version : null; // written by accept-order
      }),

    async resolve(kind, subject, at) {
      query.post(async (s) => {
        for (const { id } of s.find(quarantine, "quarantine_once", keyOf(kind, subject))) {
          await s.update(quarantine, String(id), (row) =>
            row.state === "open" ? { state: "resolved" as const, settled_at: at, version: row.version + 1 } : null,
          );
        }
      });
    },

    async ask(asked, at) {
      if (asked.length === 0) return;
      query.post(async (s) => {
        for (const one of eachOnce(asked)) await ask(s, one, at);
      });
    },

    askStill: (asked, at) => query.run((s) => ask(s, asked, at, () => true)),

    answer: (subjects, at) =>
      settleNamed(
        query,
        subjects.map((subject) => ({ subject })),
        at,
      ),

    takeBack: (questions, at) => settleNamed(query, questions, at),

    async answerBeginning(beginnings, at) {
      if (beginnings.length === 0) return;
      await query.run(async (s) => {
        const begins = (subject: string): boolean => beginnings.some((one) => subject.startsWith(one));
        await settle(
          s,
          s.all(question).filter((row) => row.state === "open" && begins(row.subject)),
          at,
        );
      });
    },
  };
}

async function settleNamed(
  query: Query,
  ...[questions, at]: Parameters<AttentionRepository["takeBack"]>
): Promise<void> {
  if (questions.length === 0) return;
  await query.run(async (s) => {
    const rows = questions.flatMap((one) =>
      s
        .find(question, "question_subject_key", one.subject)
        .filter(({ about }) => one.at === undefined || about["at"] === one.at),
    );
    await settle(s, rows, at);
  });
}

async function settle(s: Statement, rows: readonly { readonly id: number }[], at: Instant): Promise<void> {
  for (const { id } of rows) {
    await s.update(question, String(id), (row) =>
      row.state === "open"
        ? { state: "answered" as const, answer: { goesOn: false }, answered_at: at, version: row.version + 1 }
        : null,
    );
  }
}

async function setAside(
  s: Statement,
  ...[kind, subject, why, detail, at]: Parameters<AttentionRepository["quarantine"]>
): Promise<void> {
  const said = { code: why.code, message: why.message, detail: kept(detail) };
  const fresh = { id: s.nextNumber(quarantine), kind, subject, ...said, state: "open", opened_at: at } as const;
  const there = await s.insertOrFind(quarantine, { ...fresh, settled_at: null, command: null, version: 0 });
  if (!there) return;
  await s.update(quarantine, String(there.id), (row) => {
    const isBack = row.state === "resolved";
    const isOther =
      canonicalJson([row.code, row.message, row.detail]) !== canonicalJson([said.code, said.message, said.detail]);
    return {
      ...said,
      state: isBack ? "open" : row.state,
      settled_at: isBack ? null : row.settled_at,
      version: row.version + (isBack || isOther ? 1 : 0),
    };
  });
}

async function ask(
  s: Statement,
  asked: AskedQuestion,
  at: Instant,
  isStill: (row: { readonly evidence: unknown; readonly command: unknown }) => boolean = (row) =>
    namesMore(asked.evidence, row.evidence) || (row.command === null && isPassing(asked)),
): Promise<void> {
  const said = {
    text: asked.text,
    evidence: kept(asked.evidence),
    // Written by ourselves: an object.
    about: kept(asked.about ?? {}) as Readonly<Record<string, unknown>>,
    asked_at: at,
  };
  const open = { state: "open", answered_at: null, answer: null, command: null } as const;
  const there = await s.insertOrFind(question, {
    id: s.nextNumber(question),
    subject: asked.subject,
    ...said,
    ...open,
    version: 0,
  });
  if (!there) return;
  await s.update(question, String(there.id), (row) => {
    if (row.state !== "open") return isStill(row) ? { ...open, ...said, version: row.version + 1 } : null;
    return beginsBefore(said.about, row.about) ? { ...said, asked_at: row.asked_at, version: row.version + 1 } : null;
  });
}

/** It is taken back when what was not heard is told late. */
function isPassing({ subject, about }: AskedQuestion): boolean {
  const isOfCounter = typeof about === "object" && about !== null && "stood" in about;
  return isOfCounter || /\/(last-count|unheard-run|unheard-end)/.test(subject);
}

/** Both ask where a counter began anew, this one at an earlier value. */
function beginsBefore(now: Readonly<Record<string, unknown>>, before: Readonly<Record<string, unknown>>): boolean {
  return now["begins"] === true && before["begins"] === true && Number(now["at"]) < Number(before["at"]);
}

/** Evidence that names facts, and not all of them were named before. */
function namesMore(now: unknown, before: unknown): boolean {
  if (!Array.isArray(now) || typeof now[0] !== "string") return false;
  const known = new Set<unknown>(Array.isArray(before) ? before : []);
  return now.some((one) => !known.has(one));
}

/** A subject once, with everything that it names, in an order in which two who ask at once do not wait for each other. */
function eachOnce(questions: readonly AskedQuestion[]): readonly AskedQuestion[] {
  const once = new Map<string, AskedQuestion>();
  for (const one of questions) {
    const first = once.get(one.subject);
    const evidence =
      Array.isArray(first?.evidence) && Array.isArray(one.evidence)
        ? [...new Set<unknown>([...first.evidence, ...one.evidence])]
        : one.evidence;
    once.set(one.subject, { ...(first ?? one), evidence });
  }
  return [...once.values()].toSorted(byText((one) => one.subject));
}
