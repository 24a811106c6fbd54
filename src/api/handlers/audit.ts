/** The audit, page by page. It is not cut along the plant: only who may read all of it reads it. */
import { formatInstant } from "../../base/instant.ts";
import { fail, ok } from "../../base/result.ts";
import type { AccessPorts } from "../../flows/access-ports.ts";
import type { HandlersOf } from "../handler.ts";

export function auditHandlers({ store }: Pick<AccessPorts, "store">): HandlersOf<"GET /api/v1/audit"> {
  return {
    "GET /api/v1/audit": async ({ caller, query }) => {
      if (caller.visible("audit.read") !== null) {
        return fail(
          "refused",
          "access/whole-site-only",
          "Only whoever may read the audit of the whole site can read it.",
        );
      }
      const from = query.cursor === undefined ? null : Number(query.cursor);
      if (from !== null && !(Number.isSafeInteger(from) && from > 0)) {
        return fail("invalid", "api/cursor", "This cursor is none of this list. Begin at the start.");
      }
      return store.transaction(async (tx) => {
        const entries = await tx.audit.before(from, query.about ?? null, query.limit + 1);
        const names = new Map<string, string | null>([
          ...(await tx.accounts.list()).map(({ person, name }) => [person, name] as const),
          ...(await tx.apiKeys.list()).map(({ id, name }) => [`key:${id}`, name] as const),
        ]);
        const items = entries.slice(0, query.limit).map(({ seq, at, who, what, about, detail, hash }) => ({
          seq,
          at: formatInstant(at),
          who,
          name: names.get(who) ?? null,
          what,
          about,
          aboutName: names.get(about) ?? names.get(`key:${about}`) ?? null,
          detail: JSON.parse(detail) as Record<string, unknown>, // written as an object by `chained`
          hash,
        }));
        const last = items.at(-1);
        return ok({ items, next: entries.length > query.limit && last ? String(last.seq) : null });
      });
    },
  };
}
