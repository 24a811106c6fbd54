/** Commands of people: claimed by id, settled in the same transaction. */
import { toJson, withExactNumbers } from "../base/json.ts";
import type { CommandRepository } from "../flows/ports.ts";
import type { CommandOutcome } from "../record/command.ts";
import { at, text, type Query } from "./connection.ts";

export function commandRepository(query: Query): CommandRepository {
  return {
    async claim({ id, name, actor, content, hash }, claimedAt) {
      // Another transaction that has just claimed the id is waited for.
      const rows = await query.run(
        "command.claim",
        `insert into command (id, name, actor, reason, content, content_hash, at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (id) do nothing returning id`,
        [id, name, actor.person, actor.reason, toJson(content), hash, at(claimedAt)],
      );
      return rows.length === 1;
    },

    async get(id) {
      const [row] = await query.run("command.get", "select content_hash, outcome from command where id = $1", [id]);
      return row
        ? { hash: text(row["content_hash"]), outcome: withExactNumbers<CommandOutcome | null>(row["outcome"]) }
        : null;
    },

    async settle(id, outcome) {
      const rows = await query.run(
        "command.settle",
        "update command set outcome = $2 where id = $1 and outcome is null returning id",
        [id, toJson(outcome.ok ? { ok: true, value: outcome.value ?? null } : { ok: false, fault: shown(outcome) })],
      );
      if (rows.length !== 1) throw new Error(`The command ${id} is not claimed, or was settled before.`);
    },
  };
}

/** What of a fault is kept: causes may hold whatever a socket or parser threw. */
function shown({ fault: { kind, code, message, errors } }: Extract<CommandOutcome, { ok: false }>): unknown {
  return errors === undefined ? { kind, code, message } : { kind, code, message, errors };
}
