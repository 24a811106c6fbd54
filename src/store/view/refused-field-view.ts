/** Refused master data that still stands, by keyset. */
import type { RefusedFieldView } from "../../flows/view/refused-field-view.ts";
import type { FieldValue } from "../../isa95/master-data/thing.ts";
import { at, exact, int, text, textOrNull, when, type Query } from "../connection.ts";

export function refusedFieldView(query: Query): RefusedFieldView {
  return {
    async list(after, limit, sender) {
      const rows = await query.run(
        "refused-field.list",
        `select id, sender, noun, plant, key, version, field, owner, ours, theirs, code, message, place, document, first_at, last_at, times
         from refused_field where settled_at is null and ($4::text is null or sender = $4)
           and ($1::timestamptz is null or (last_at <= $1 and (last_at < $1 or id > $2::bigint)))
         order by last_at desc, id limit $3`,
        [at(after?.at ?? null), after?.id ?? "0", limit, sender],
      );
      return rows.map((row) => ({
        id: String(exact(row["id"])),
        sender: text(row["sender"]),
        noun: text(row["noun"]),
        plant: text(row["plant"]),
        key: text(row["key"]),
        version: text(row["version"]),
        field: text(row["field"]),
        owner: textOrNull(row["owner"]),
        // both were written from a FieldValue
        ours: row["ours"] as FieldValue | null,
        theirs: row["theirs"] as FieldValue | null,
        code: text(row["code"]),
        message: text(row["message"]),
        place: text(row["place"]),
        document: text(row["document"]),
        firstAt: when(row["first_at"]),
        lastAt: when(row["last_at"]),
        times: int(row["times"]),
      }));
    },

    async counts() {
      const rows = await query.run(
        "refused-field.counts",
        "select sender, count(*) as n from refused_field where settled_at is null group by sender",
      );
      return new Map(rows.map((row) => [text(row["sender"]), int(row["n"])]));
    },
  };
}
