/**
 * Tells people: whatever a flow commits that somebody must know of is a notice in the same transaction. It looks at the
 * calls by which flows state such a thing (an order saved, an instruction ended, a posting settled, a quarantine, a question),
 * so that no flow can forget it. What the causes mean is `notice/cause.ts`; what lasts too long is `sweep-notices.ts`.
 */
import { contentId } from "../base/id.ts";
import { instant, type Instant } from "../base/instant.ts";
import { numberIn } from "../isa95/schedule/operations-request.ts";
import { noticesOf, type Cause, type NoticeScope } from "../notice/cause.ts";
import { messageBody } from "../notice/message.ts";
import type { DeliveryStage, NewNotice, NoticeRole } from "../record/notice.ts";
import type { Site } from "../site/site.ts";
import type { NoticeChange } from "../notice/ports.ts";
import type { Settlement, Store, Tx } from "./ports.ts";

/** Hears of notices that are new or changed, after their transaction has committed. Never throws, never waits. */
export type AnnounceNotices = (changed: readonly NoticeChange[]) => void;

/** The same store; every transaction of it tells people what it has done. */
export function notifyingStore(store: Store, site: Site, announce: AnnounceNotices): Store {
  return {
    async transaction(work) {
      let told: NoticeChange[] = [];
      const value = await store.transaction((tx) => {
        // A transaction that is run again begins anew.
        told = [];
        return work(notifyingTx(tx, site, (change) => told.push(change)));
      });
      if (told.length > 0) announce(told);
      return value;
    },
  };
}

export function noticeScope(site: Site): NoticeScope {
  return { policy: site.notices, upwards: (equipment) => site.upwards(equipment) };
}

/** Raises what the cause means, with the deliveries of what is new. @returns what is new or was repeated */
export async function tell(tx: Tx, site: Site, cause: Cause, at: Instant): Promise<readonly NoticeChange[]> {
  const told: NoticeChange[] = [];
  for (const notice of noticesOf(noticeScope(site), cause)) {
    const id = contentId("notice", notice.kind, notice.subject, notice.occurrence);
    const raised = await tx.notices.raise(id, notice, at);
    if (raised) told.push(...raised.over, { id: raised.id, equipment: notice.equipment });
    if (!raised?.isNew) continue;
    const { role, by } = notice;
    await planDeliveries(tx, site, { id, notice, stage: "raised", role, by }, at);
  }
  return told;
}

export async function planDeliveries(
  tx: Tx,
  site: Site,
  of: {
    readonly id: string;
    readonly notice: Omit<NewNotice, "occurrence" | "isAnew">;
    readonly stage: DeliveryStage;
    readonly role: NoticeRole;
    readonly by: readonly string[];
  },
  at: Instant,
): Promise<void> {
  const { id, notice, stage, role, by } = of;
  const { language, giveUpAfterHours } = site.notices;
  const body = messageBody(notice, { id, stage, role, site: site.name, language, at });
  const giveUpAt = instant(at + giveUpAfterHours * 3_600_000);
  await tx.notices.plan(
    by.map((channel) => ({ notice: id, stage, channel, role, body, giveUpAt })),
    at,
  );
}

function notifyingTx(tx: Tx, site: Site, toldOf: (change: NoticeChange) => void): Tx {
  const raise = async (cause: Cause, at: Instant): Promise<void> => {
    for (const change of await tell(tx, site, cause, at)) toldOf(change);
  };
  return {
    ...tx,
    requests: {
      ...tx.requests,
      async save(request, from, at) {
        await tx.requests.save(request, from, at);
        const places = request.segments.flatMap((segment) =>
          segment.rule.external ? [] : (site.workCenterByErpCode(request.reference.erp, segment.workCenter)?.id ?? []),
        );
        await raise({ cause: "order", before: from?.request ?? null, now: request, places: [...new Set(places)] }, at);
      },
    },
    instructions: {
      ...tx.instructions,
      async save(instruction, to, fault, at) {
        await tx.instructions.save(instruction, to, fault, at);
        if (instruction.content.kind !== "store") return;
        if (to !== "armed" && to !== "rolled-back" && to !== "refused") return;
        const request = (await tx.notices.requestOf(instruction.jobOrder)) ?? "";
        await raise({ cause: "instruction", instruction, to, fault, order: numberIn(request), request }, at);
        if (to !== "armed") return;
        const subject = `${instruction.jobOrder}@${instruction.connection}`;
        for (const change of await tx.notices.resolve("setup-failed", [subject], at)) toldOf(change);
      },
    },
    postings: {
      ...tx.postings,
      async settle(settlements, epoch, at) {
        const settled = await tx.postings.settle(settlements, epoch, at);
        for (const cause of await refusals(tx, site, settlements, settled)) await raise(cause, at);
        return settled;
      },
    },
    attention: notifyingAttention(tx, site, raise),
  };
}

function notifyingAttention(tx: Tx, site: Site, raise: (cause: Cause, at: Instant) => Promise<void>): Tx["attention"] {
  return {
    ...tx.attention,
    async quarantine(what, subject, why, detail, at) {
      const before = await tx.notices.quarantineState(what, subject);
      await tx.attention.quarantine(what, subject, why, detail, at);
      // A person who has assigned or dismissed it has heard of it.
      if (before === "assigned" || before === "dismissed") return;
      // An order comes again with each of its messages; production is the same until it was in order in between.
      if (what === "production" && before === "open") return;
      const said = { number: subject, job: subject, message: at, workUnit: site.id, ...asGroup(detail) };
      const name = what === "order" ? said.number : said.job;
      const occurrence = what === "order" ? String(said.message) : String(at);
      const place = what === "order" ? site.id : said.workUnit;
      await raise({ cause: "quarantine", what, subject, name, why, place, occurrence }, at);
    },
    async ask(questions, at) {
      await tx.attention.ask(questions, at);
      if (questions.length === 0) return;
      const open = await tx.notices.openQuestions(questions.map(({ subject }) => subject));
      for (const { subject, text } of questions) {
        const askedAt = open.get(subject);
        // It stays answered: nothing has come that the answer did not know of.
        if (askedAt === undefined) continue;
        const place = site.workUnitByConnection(subject.split("/")[0] ?? "")?.id ?? site.id;
        await raise({ cause: "question", subject, text, place, askedAt }, at);
      }
    },
  };
}

/** What flows put beside a quarantine is theirs; only texts are taken from it. */
function asGroup(detail: unknown): { number?: string; job?: string; workUnit?: string; message?: number } {
  if (typeof detail !== "object" || detail === null) return {};
  const entries = Object.entries(detail).filter(([name, value]) =>
    name === "message" ? typeof value === "number" : typeof value === "string",
  );
  return Object.fromEntries(entries);
}

/** Postings that a person must look at, of those that were settled by this call. */
async function refusals(
  tx: Tx,
  site: Site,
  settlements: readonly Settlement[],
  settled: readonly string[],
): Promise<readonly Cause[]> {
  const refused = settlements.filter((s) => settled.includes(s.id) && (s.to === "refused" || s.to === "needs-person"));
  if (refused.length === 0) return [];
  const known = new Map((await tx.notices.postings(refused.map((s) => s.id))).map((row) => [row.id, row]));
  return refused
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap(({ id, to, parked, fault, attempt }) => {
      const row = known.get(id);
      if (!row || (to !== "refused" && to !== "needs-person")) return [];
      const { kind: document, request } = row;
      const place = row.place ?? site.id;
      const order = numberIn(request);
      return [{ cause: "posting", posting: id, document, request, order, place, attempt, to, parked, fault } as const];
    });
}
