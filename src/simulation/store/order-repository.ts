/** Orders as the ERP asked them, and the inbox in which they arrive; see `store/request-` and `inbox-repository`. */
import type { InboundMessage } from "../../erp/connector.ts";
import type { InboxRepository } from "../../flows/order-ports.ts";
import type { RequestRepository } from "../../flows/ports.ts";
import { kept, keptFault } from "./copy.ts";
import type { Query } from "./database.ts";
import { erpCursor, erpMessage, operationsRequest, type ErpMessageRow } from "./schema/order.ts";
import { keyOf, refusedBy } from "./table.ts";

export function requestRepository(query: Query): RequestRepository {
  return {
    lock: (id) =>
      query.run(async (s) => {
        const row = await s.lock(operationsRequest, id, "update");
        return row ? { request: row.body, version: row.version } : null;
      }),

    async get(ids) {
      if (ids.length === 0) return [];
      return query.run((s) => ids.flatMap((id) => s.get(operationsRequest, id) ?? []).map((row) => row.body));
    },

    find: (number) =>
      query.run((s) => {
        const rows = s.find(operationsRequest, "number", number);
        const own = s.get(operationsRequest, number);
        return [...new Set([...rows, ...(own ? [own] : [])].map((row) => row.id))].toSorted();
      }),

    save: (request, from, at) =>
      query.run(async (s) => {
        const { id, reference, state } = request;
        const change = { state, body: kept(request), accepted_at: at };
        if (from) {
          const saved = await s.update(operationsRequest, id, (row) =>
            row.version === from.version ? { ...change, version: row.version + 1 } : null,
          );
          if (!saved) throw new Error(`Order ${id} was changed by somebody else meanwhile.`);
          return;
        }
        const { erp, company, number } = reference;
        if (await s.insertOrFind(operationsRequest, { id, erp, company, number, ...change, version: 0 }))
          throw refusedBy.turn(`Order ${id} was accepted by somebody else meanwhile.`);
      }),
  };
}

export function inboxRepository(query: Query): InboxRepository {
  return {
    receive: (erp, message, at) =>
      query.run(async (s) => {
        const id = s.nextNumber(erpMessage);
        const there = await s.insertOrFind(erpMessage, {
          id,
          erp,
          idempotency_key: message.idempotencyKey,
          noun: message.noun,
          number: message.number,
          media_type: message.mediaType,
          bytes: message.bytes.slice(),
          received_at: at,
          verdict: null,
          fault: null,
          decision: null,
        });
        return there ? null : id;
      }),

    kept: (erp, idempotencyKey) =>
      query.run((s) => {
        const [row] = s.find(erpMessage, "erp_message_once", keyOf(erp, idempotencyKey));
        return row ? messageOf(row) : null;
      }),

    last: (erp, number) =>
      query.run((s) => {
        const rows = s.find(erpMessage, "number", keyOf(erp, number));
        const row = rows.reduce<ErpMessageRow | null>((a, b) => (a === null || a.id < b.id ? b : a), null);
        return row && messageOf(row);
      }),

    async settle(id, verdict, fault, decision) {
      query.post(
        async (s) =>
          void (await s.update(erpMessage, String(id), () => ({
            verdict,
            fault: fault && keptFault(fault),
            decision: decision && kept(decision),
          }))),
      );
    },

    cursor: (erp) => query.run((s) => s.get(erpCursor, erp)?.cursor ?? null),

    async saveCursor(erp, cursor, at) {
      query.post(async (s) => {
        const row = { erp, cursor, pulled_at: at };
        if (await s.insertOrFind(erpCursor, row)) await s.update(erpCursor, erp, () => row);
      });
    },
  };
}

function messageOf(row: ErpMessageRow): InboundMessage {
  const { idempotency_key: idempotencyKey, number, bytes, media_type: mediaType } = row;
  return { idempotencyKey, noun: "order", number, bytes, mediaType };
}
