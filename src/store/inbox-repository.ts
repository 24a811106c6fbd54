/** The inbox: every message of an ERP once, with its original bytes and the verdict on it. */
import { toJson } from "../base/json.ts";
import type { Tx } from "../flows/ports.ts";
import { at, int, text, type Query, type Row } from "./connection.ts";

type InboxRepository = Tx["inbox"];
type InboundMessage = Parameters<InboxRepository["receive"]>[1];

export function inboxRepository(query: Query): InboxRepository {
  return {
    async receive(erp, message, receivedAt) {
      const [row] = await query.run(
        "inbox.receive",
        `insert into erp_message (erp, idempotency_key, noun, number, media_type, bytes, received_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint erp_message_once do nothing returning id`,
        [
          erp,
          message.idempotencyKey,
          message.noun,
          message.number,
          message.mediaType,
          Buffer.from(message.bytes),
          at(receivedAt),
        ],
      );
      return row ? int(row["id"]) : null;
    },

    async kept(erp, idempotencyKey) {
      const [row] = await query.run(
        "inbox.kept",
        `select ${messageColumns} from erp_message where erp = $1 and idempotency_key = $2`,
        [erp, idempotencyKey],
      );
      return row ? messageOf(row) : null;
    },

    async last(erp, number) {
      const [row] = await query.run(
        "inbox.last",
        `select ${messageColumns} from erp_message where erp = $1 and number = $2 order by id desc limit 1`,
        [erp, number],
      );
      return row ? messageOf(row) : null;
    },

    async settle(id, verdict, fault, decision) {
      query.post("inbox.settle", "update erp_message set verdict = $2, fault = $3, decision = $4 where id = $1", [
        id,
        verdict,
        fault && toJson({ kind: fault.kind, code: fault.code, message: fault.message }),
        decision && toJson(decision),
      ]);
    },

    async cursor(erp) {
      const [row] = await query.run("inbox.cursor", "select cursor from erp_cursor where erp = $1", [erp]);
      return row ? text(row["cursor"]) : null;
    },

    async saveCursor(erp, cursor, pulledAt) {
      query.post(
        "inbox.save-cursor",
        `insert into erp_cursor (erp, cursor, pulled_at) values ($1, $2, $3)
         on conflict (erp) do update set cursor = $2, pulled_at = $3`,
        [erp, cursor, at(pulledAt)],
      );
    },
  };
}

const messageColumns = "idempotency_key, number, bytes, media_type";

function messageOf(row: Row): InboundMessage {
  return {
    idempotencyKey: text(row["idempotency_key"]),
    noun: "order",
    number: text(row["number"]),
    // The column is bytea.
    bytes: row["bytes"] as Uint8Array,
    mediaType: text(row["media_type"]),
  };
}
