/** Answers with what waits for a person: how much by cause, and the lists. Deciding is `mend-decision.ts`. */
import type { Caller } from "../../access/caller.ts";
import { ok, type Result } from "../../base/result.ts";
import { formatMicro } from "../../base/quantity.ts";
import type { HandItem } from "../../flows/view/hand-view.ts";
import { mendScope, nextCursor, readCursor, writeCursor } from "../../flows/view/mend.ts";
import type { RunCandidate } from "../../flows/view/mend-count-view.ts";
import type {
  MendCursor,
  MendPage,
  MendScope,
  PostingItem,
  QuarantinedRunItem,
  QuestionItem,
} from "../../flows/view/mend-view.ts";
import { oneSum } from "../../flows/view/one-sum.ts";
import { linesOf } from "../../flows/view/posting.ts";
import type { ViewStore } from "../../flows/view/store-view.ts";
import { isHandSubject } from "../../record/hand-document.ts";
import { sourceOfKept } from "../../record/kept-subject.ts";
import type { Site } from "../../site/site.ts";
import type { ReplyOf } from "../contract/contract.ts";
import type { HandlersOf } from "../handler.ts";
import { amountOf, amountOrNull, notFound, timeOf, timeOrNull } from "./answer.ts";
import { handDocumentOf } from "./hand.ts";

export interface MendListPorts {
  readonly views: ViewStore;
  readonly site: Site;
}

type Lists =
  | "GET /api/v1/mend"
  | "GET /api/v1/mend/production"
  | "GET /api/v1/mend/orders"
  | "GET /api/v1/mend/postings"
  | "GET /api/v1/mend/questions";

export function mendHandlers(ports: MendListPorts): HandlersOf<Lists> {
  const { views: store, site } = ports;
  return {
    "GET /api/v1/mend": async ({ caller, query }) => {
      const scope = scopeOf(site, caller, query.under);
      if (!scope.ok) return scope;
      const causes = await store.read((views) => views.mend.waiting(scope.value));
      return ok({ causes: causes.map(({ oldestAt, ...cause }) => ({ ...cause, oldestAt: timeOf(oldestAt) })) });
    },

    "GET /api/v1/mend/production": async ({ caller, query }) => {
      const place = placeOf(site, caller, query, "numbers");
      if (!place.ok) return place;
      const filter = { states: ["open"] as const, code: query.code ?? null };
      return store.read(async (views) => {
        const items = await views.mend.runs({ ...place.value, filter });
        const asked = items.map(({ run, workUnit }) => ({ run, workCenter: site.workUnit(workUnit)?.partOf ?? "" }));
        const candidates = Map.groupBy(await views.mend.candidates(asked), (candidate) => candidate.run);
        return ok(pageOf(items, query.limit, (item) => productionOf(item, candidates.get(item.run) ?? [])));
      });
    },

    "GET /api/v1/mend/orders": async ({ caller, query }) => {
      const place = placeOf(site, caller, query, "numbers");
      if (!place.ok) return place;
      const filter = { states: ["open"] as const, code: query.code ?? null };
      const items = await store.read((views) => views.mend.orders({ ...place.value, filter }));
      const inbound = await store.read((views) => views.mend.messagesOf(items.map((item) => item.quarantine)));
      return ok(
        pageOf(items, query.limit, ({ id, version, erp, number, code, message, since, quarantine }) => ({
          id,
          version: String(version),
          erp,
          number,
          code,
          message,
          openedAt: timeOf(since),
          inbound: inbound.get(quarantine) ?? null,
        })),
      );
    },

    "GET /api/v1/mend/postings": async ({ caller, query }) => {
      const place = placeOf(site, caller, query, "names");
      if (!place.ok) return place;
      const troubles = ["refused", "parked", "needs-person", "in-doubt"] as const;
      const filter = { troubles, code: query.code ?? null };
      const items = await store.read((views) => views.mend.postings({ ...place.value, filter }));
      return ok(pageOf(items, query.limit, postingOf));
    },

    "GET /api/v1/mend/questions": async ({ caller, query }) => {
      const place = placeOf(site, caller, query, "numbers");
      if (!place.ok) return place;
      const filter = { states: ["open"] as const, code: query.code ?? null };
      return store.read(async (views) => {
        const items = await views.mend.questions({ ...place.value, filter });
        const found = await views.mend.hands(items.map(({ subject }) => subject).filter(isHandSubject));
        const hands = new Map(found.map((hand) => [hand.subject, hand]));
        return ok(pageOf(items, query.limit, (item) => questionOf(item, hands.get(item.subject) ?? null)));
      });
    },
  };
}

/** What of the plant the caller sees, cut to a part of it; null: all, also what has no place. */
function scopeOf(site: Site, caller: Caller, under: string | undefined): Result<MendScope | null> {
  const visible = caller.visible("mend.read");
  if (under !== undefined && visible !== null && !visible.has(under)) return notFound("equipment", under);
  const part = under === undefined ? ok(null) : mendScope(site, under);
  if (!part.ok || visible === null) return part;
  const all = part.value ?? {
    workCenters: site.workCenters.map(({ id }) => id),
    workUnits: site.workUnits.map(({ id }) => id),
  };
  return ok({
    workCenters: all.workCenters.filter((id) => visible.has(id)),
    workUnits: all.workUnits.filter((id) => visible.has(id)),
  });
}

function placeOf(
  site: Site,
  caller: Caller,
  query: { readonly under?: string | undefined; readonly cursor?: string | undefined; readonly limit: number },
  ids: Parameters<typeof readCursor>[1],
): Result<Omit<MendPage<never>, "filter">> {
  const scope = scopeOf(site, caller, query.under);
  if (!scope.ok) return scope;
  const after: Result<MendCursor | null> = query.cursor === undefined ? ok(null) : readCursor(query.cursor, ids);
  if (!after.ok) return after;
  return ok({ scope: scope.value, after: after.value, limit: query.limit });
}

function pageOf<Item extends { readonly since: MendCursor["at"]; readonly id: string }, Shown>(
  items: readonly Item[],
  limit: number,
  show: (item: Item) => Shown,
): { items: Shown[]; next: string | null } {
  const next = nextCursor(items, limit);
  return { items: items.map(show), next: next && writeCursor(next) };
}

type Item<R extends Exclude<Lists, "GET /api/v1/mend">> = ReplyOf<R>["items"][number];

function productionOf(
  item: QuarantinedRunItem,
  candidates: readonly RunCandidate[],
): Item<"GET /api/v1/mend/production"> {
  const sum = (grade: string): ReturnType<typeof amountOrNull> =>
    amountOrNull(oneSum(item.counted.filter((counted) => counted.grade === grade).map(({ quantity }) => quantity)));
  return {
    id: item.run,
    version: String(item.version),
    workUnit: item.workUnit,
    job: item.job,
    article: item.article,
    startedAt: timeOf(item.startedAt),
    endedAt: timeOrNull(item.endedAt),
    good: sum("good"),
    scrap: sum("scrap"),
    code: item.code,
    message: item.message,
    openedAt: timeOf(item.since),
    candidates: candidates.map(({ jobOrder, number, segment, because }) => ({
      jobOrder,
      number,
      operation: segment,
      why: why[because],
    })),
  };
}

const why: Readonly<Record<RunCandidate["because"], string>> = {
  job: "The machine named this job",
  article: "The same article, and open here",
  next: "Open at this work center",
};

function postingOf(item: PostingItem): Item<"GET /api/v1/mend/postings"> {
  return {
    id: item.id,
    version: String(item.version),
    // Dismissed ones are not asked for.
    state: item.trouble === "dismissed" ? "refused" : item.trouble,
    kind: item.kind,
    erp: item.erp,
    order: item.request,
    number: item.orderNumber,
    operation: item.segment,
    lines: linesOf(item.content).map(({ quantity, ...line }) => ({ ...line, amount: amountOf(quantity) })),
    code: item.code ?? `posting/${item.state}`,
    message: item.message ?? "Nobody knows yet whether the ERP has it.",
    attempts: item.attempts,
    plannedAt: timeOf(item.since),
    sentAt: timeOrNull(item.lastSentAt),
    nextTryAt: timeOrNull(item.nextTryAt),
    askedAbsent: item.askedAbsent,
  };
}

function questionOf(item: QuestionItem, hand: HandItem | null): Item<"GET /api/v1/mend/questions"> {
  const { about } = item;
  return {
    id: item.id,
    version: String(item.version),
    subject: item.subject,
    text: item.text,
    workUnit: about?.workUnit ?? null,
    run: about?.run ?? null,
    askedAt: timeOf(item.since),
    evidence: evidenceOf(item),
    uom: about?.uom ?? null,
    grades: gradesOf(item),
    answers: answersOf(item),
    hand: hand && handDocumentOf(hand),
  };
}

function answersOf({ about, subject }: QuestionItem): Item<"GET /api/v1/mend/questions">["answers"] {
  if (isHandSubject(subject)) return ["keyed-by-hand", "something-else"];
  if (sourceOfKept(subject) !== null && !about) return ["begin-anew"];
  if (!about) return ["noted"];
  return about.grade === null || about.run === null ? ["nothing-made", "noted"] : ["counted", "nothing-made", "noted"];
}

/** What another counter of the machine counts is asked about with that one. */
function gradesOf(item: QuestionItem): Item<"GET /api/v1/mend/questions">["grades"] {
  const { elsewhere = [] } = item.about ?? {};
  const all = answersOf(item).includes("counted") ? (["good", "scrap", "rework"] as const) : [];
  return all.filter((grade) => !elsewhere.includes(grade));
}

/** Samples, or ids of facts; the value of the one that was asked about is known. */
function evidenceOf({ evidence, about, since }: QuestionItem): Item<"GET /api/v1/mend/questions">["evidence"] {
  if (!Array.isArray(evidence)) return [];
  return evidence.flatMap((piece: unknown) => {
    if (typeof piece === "string") return [{ id: piece, item: "fact", at: timeOf(since), value: "", uom: null }];
    if (typeof piece !== "object" || piece === null || !("id" in piece)) return [];
    const at = "at" in piece && typeof piece.at === "number" ? piece.at : since;
    const known = about && at === about.at ? about : null;
    return [
      {
        id: String(piece.id),
        item: "item" in piece ? String(piece.item) : "",
        at: new Date(at).toISOString(),
        value: known ? formatMicro(BigInt(known.value)) : "",
        uom: known?.uom ?? null,
      },
    ];
  });
}
