/** When an ERP was away, and what was found there; see `store/outage-repository`. What people decide of it is not kept. */
import { instant } from "../../base/instant.ts";
import type { OutageRepository } from "../../flows/outage-ports.ts";
import { waitingStates, type HandDocument } from "../../record/hand-document.ts";
import { unreadErpPrefix, unreadOrderPrefix } from "../../record/unread-order.ts";
import { postingOf } from "../../store/posting-repository.ts";
import { notSimulated } from "./absent.ts";
import type { Query } from "./database.ts";
import { restoredAtOf } from "./schema/order.ts";
import { erpContact, erpOutage, handDocument, orderLook, unseenOutages } from "./schema/outage.ts";
import { posting } from "./schema/posting.ts";
import { question } from "./schema/shop-floor.ts";
import { keyOf, type Seen } from "./table.ts";
import type { Statement } from "./transaction.ts";

export function outageRepository(query: Query): OutageRepository {
  return {
    heard: (...told) => query.run((s) => heard(s, ...told)),

    isLost: (erp, at, silentMs) =>
      query.run((s) => {
        const contact = s.get(erpContact, erp);
        return contact !== undefined && Math.abs(at - contact.seen_at) > silentMs;
      }),

    unseen: (...asked) => query.run((s) => unseen(s, ...asked)),

    keys: (request) => query.run((s) => new Set(s.find(posting, "request", request).map(({ key }) => key))),

    asked: (subject) =>
      query.run((s) => {
        const [row] = s.find(question, "question_subject_key", subject);
        return row === undefined ? "not-yet" : row.state === "open" ? "open" : "settled";
      }),

    askedBefore: (erp, outage) =>
      query.run((s) =>
        s
          .find(erpOutage, "erp", erp)
          .filter(({ number }) => number < outage && isOpen(s, `${unreadErpPrefix}${number}/${erp}`))
          .map(({ number }) => `${unreadErpPrefix}${number}/${erp}`)
          .toSorted(),
      ),

    looked: (order, found, at) => query.run((s) => looked(s, order, found, at)),

    waiting: (request) =>
      query.run((s) =>
        s
          .find(posting, "request", request)
          .filter(({ state }) => waitingStates.some((one) => one === state))
          .toSorted((a, b) => a.ordinal - b.ordinal)
          .map(postingOf),
      ),

    held: (requests) =>
      query.run((s) => new Set(requests.filter((request) => s.find(handDocument, "open", request).length > 0))),

    open: () => notSimulated("outages.open"),
    decide: () => notSimulated("outages.decide"),
    standBack: () => notSimulated("outages.standBack"),
  };
}

async function heard(
  s: Statement,
  ...[erp, at, silentMs]: Parameters<OutageRepository["heard"]>
): ReturnType<OutageRepository["heard"]> {
  const contact = await s.lock(erpContact, erp, "update");
  if (contact) await s.update(erpContact, erp, () => ({ seen_at: at }));
  else await s.insert(erpContact, { erp, seen_at: at });
  if (contact && Math.abs(at - contact.seen_at) <= silentMs) return null;
  const since = contact ? contact.seen_at : restoredAtOf(s);
  if (since === null) return null;
  const lostAt = instant(Math.min(at, since));
  const number = s.nextNumber(erpOutage);
  await s.insert(erpOutage, { number, erp, lost_at: lostAt, back_at: at, restored: contact === undefined });
  return { lostAt, backAt: at };
}

async function unseen(
  s: Statement,
  ...[erp, limit, after]: Parameters<OutageRepository["unseen"]>
): ReturnType<OutageRepository["unseen"]> {
  if (s.find(erpOutage, "erp", erp).length === 0) return [];
  const waiting = s.find(posting, "state", keyOf(erp, "planned")).filter(({ kind }) => kind !== "order-accepted");
  const orders = [...Map.groupBy(waiting, ({ request }) => request)].flatMap(([request, rows]) => {
    const outages = unseenOutages(s, { erp, request });
    const isAsked = s
      .find(erpOutage, "erp", erp)
      .some(({ number }) => isOpen(s, `${unreadOrderPrefix}${number}/${request}`));
    if (outages.length === 0 || isAsked) return [];
    return {
      request,
      since: instant(Math.min(...outages.map(({ lost_at: lostAt }) => lostAt))),
      outage: Math.max(...outages.map(({ number }) => number)),
      ordinal: BigInt(Math.min(...rows.map(({ ordinal }) => ordinal))),
      restored: outages.some(({ restored }) => restored),
    };
  });
  const turn = ({ ordinal }: { readonly ordinal: bigint }): number => (ordinal <= after ? 1 : 0);
  return orders.toSorted((a, b) => turn(a) - turn(b) || Number(a.ordinal - b.ordinal)).slice(0, limit);
}

async function looked(
  s: Statement,
  ...[{ request, outage }, found, at]: Parameters<OutageRepository["looked"]>
): ReturnType<OutageRepository["looked"]> {
  const planned = s.find(posting, "request", request).filter(({ state }) => state === "planned");
  for (const { id } of planned.toSorted((a, b) => (a.id < b.id ? -1 : 1))) await s.lock(posting, id, "update");
  const fresh: HandDocument[] = [];
  for (const one of found) {
    const { erp, kind, document, key, recordedAt } = one;
    const row = { erp, kind, document, request, key, recorded_at: recordedAt, found_at: at, state: "open" } as const;
    if (!(await s.insertOrFind(handDocument, row))) fresh.push(one);
  }
  const was = await s.insertOrFind(orderLook, { request, looked_at: at, outage });
  if (was) await s.update(orderLook, request, (row) => ({ looked_at: at, outage: Math.max(row.outage, outage) }));
  return fresh;
}

function isOpen(seen: Seen, subject: string): boolean {
  return seen.find(question, "question_subject_key", subject).some(({ state }) => state === "open");
}
