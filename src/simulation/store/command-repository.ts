/** Commands of people, and the audit of what became of them; see `store/command-` and `audit-repository`. */
import { chained, noHead, type AuditHead } from "../../access/audit.ts";
import type { AuditRepository } from "../../access/ports.ts";
import { fromJson, toJson } from "../../base/json.ts";
import type { CommandRepository } from "../../flows/ports.ts";
import type { CommandOutcome } from "../../record/command.ts";
import { kept } from "./copy.ts";
import type { Query } from "./database.ts";
import { audit, command, lease } from "./schema/order.ts";
import type { Seen } from "./table.ts";

export function commandRepository(query: Query): CommandRepository {
  return {
    claim: ({ id, name, actor, content, hash }, at) =>
      query.run(async (s) => {
        const { person, reason } = actor;
        const row = { id, name, actor: person, reason, content: kept(content ?? null), content_hash: hash, at };
        return (await s.insertOrFind(command, { ...row, outcome: null })) === null;
      }),

    get: (id) =>
      query.run((s) => {
        const row = s.get(command, id);
        if (!row) return null;
        return { hash: row.content_hash, outcome: fromJson<CommandOutcome | null>(toJson(row.outcome)) };
      }),

    settle: (id, outcome) =>
      query.run(async (s) => {
        const shown = outcome.ok ? { ok: true, value: outcome.value ?? null } : { ok: false, fault: faultOf(outcome) };
        const settled = await s.update(command, id, (row) => (row.outcome === null ? { outcome: kept(shown) } : null));
        if (!settled) throw new Error(`The command ${id} is not claimed, or was settled before.`);
      }),
  };
}

function faultOf({ fault: { kind, code, message, errors } }: Extract<CommandOutcome, { ok: false }>): unknown {
  return errors === undefined ? { kind, code, message } : { kind, code, message, errors };
}

/** The row that stands for the advisory lock under which the chain grows. */
const chainLock = "audit/chain";

export function auditRepository(query: Query): AuditRepository {
  return {
    async append(note) {
      await query.run(async (s) => {
        await s.insertOrFind(lease, { role: chainLock, epoch: 0, holder: "", renewed_at: note.at });
        await s.lock(lease, chainLock, "update");
      });
      return query.run(async (s) => {
        const entry = chained(note, headOf(s));
        await s.insert(audit, entry);
        return entry;
      });
    },
    head: () => query.run(headOf),
    after: (seq, limit) =>
      query.run((s) =>
        s
          .all(audit)
          .filter((row) => row.seq > seq)
          .toSorted((a, b) => a.seq - b.seq)
          .slice(0, limit),
      ),
    before: (seq, about, limit) =>
      query.run((s) =>
        s
          .all(audit)
          .filter((row) => (seq === null || row.seq < seq) && (about === null || row.about === about))
          .toSorted((a, b) => b.seq - a.seq)
          .slice(0, limit),
      ),
  };
}

function headOf(seen: Seen): AuditHead {
  return seen.all(audit).reduce<AuditHead>((head, row) => (row.seq > head.seq ? row : head), noHead);
}
