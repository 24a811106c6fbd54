/**
 * The audit's rows. One transaction at a time adds to the chain; should that ever fail, the unique predecessor of the
 * table makes a fork impossible.
 */
import { chained, noHead, type AuditEntry, type AuditHead } from "../access/audit.ts";
import type { AuditRepository } from "../access/ports.ts";
import { at, int, text, when, type Query, type Row } from "./connection.ts";

const columns = "seq, at, who, what, about, detail, previous, hash";

/** A number that no other lock of the database has: the first seven digits of SHA-256 of `millrace/audit`. */
const lockNumber = 0x528974e;

export function auditRepository(query: Query): AuditRepository {
  const head = async (): Promise<AuditHead> => {
    const [row] = await query.run("audit.head", "select seq, hash from audit order by seq desc limit 1");
    return row ? { seq: int(row["seq"]), hash: text(row["hash"]) } : noHead;
  };
  return {
    async append(note) {
      await query.run("audit.lock", "select pg_advisory_xact_lock($1)", [lockNumber]);
      const entry = chained(note, await head());
      await query.run("audit.append", `insert into audit (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)`, [
        entry.seq,
        at(entry.at),
        entry.who,
        entry.what,
        entry.about,
        entry.detail,
        entry.previous,
        entry.hash,
      ]);
      return entry;
    },

    head,

    async after(seq, limit) {
      const rows = await query.run("audit.after", `select ${columns} from audit where seq > $1 order by seq limit $2`, [
        seq,
        limit,
      ]);
      return rows.map(entryOf);
    },

    async before(seq, about, limit) {
      const rows = await query.run(
        "audit.before",
        `select ${columns} from audit where ($1::bigint is null or seq < $1) and ($2::text is null or about = $2)
         order by seq desc limit $3`,
        [seq, about, limit],
      );
      return rows.map(entryOf);
    },
  };
}

function entryOf(row: Row): AuditEntry {
  return {
    seq: int(row["seq"]),
    at: when(row["at"]),
    who: text(row["who"]),
    what: text(row["what"]),
    about: text(row["about"]),
    detail: text(row["detail"]),
    previous: text(row["previous"]),
    hash: text(row["hash"]),
  };
}
