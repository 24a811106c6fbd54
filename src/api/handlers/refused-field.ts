/** Answers with master data that was not taken over: what was said, by whom, and what we hold. */
import { ok } from "../../base/result.ts";
import { nextCursor, readCursor, writeCursor } from "../../flows/view/mend.ts";
import type { RefusedFieldRow } from "../../flows/view/refused-field-view.ts";
import type { ViewStore } from "../../flows/view/store-view.ts";
import { valueInWords } from "../../isa95/master-data/value.ts";
import type { ReplyOf } from "../contract/contract.ts";
import type { HandlersOf } from "../handler.ts";
import { timeOf } from "./answer.ts";

type Route = "GET /api/v1/connections/refused";

export function refusedFieldHandlers({ views: store }: { readonly views: ViewStore }): HandlersOf<Route> {
  return {
    "GET /api/v1/connections/refused": async ({ query }) => {
      const after = query.cursor === undefined ? ok(null) : readCursor(query.cursor, "numbers");
      if (!after.ok) return after;
      const rows = await store.read((views) => views.refusedFields.list(after.value, query.limit, query.erp ?? null));
      const next = nextCursor(
        rows.map(({ lastAt, id }) => ({ since: lastAt, id })),
        query.limit,
      );
      return ok({ items: rows.map(refusedOf), next: next && writeCursor(next) });
    },
  };
}

function refusedOf({ ours, theirs, firstAt, lastAt, ...row }: RefusedFieldRow): ReplyOf<Route>["items"][number] {
  return {
    ...row,
    ours: ours && valueInWords(ours),
    theirs: theirs && valueInWords(theirs),
    firstAt: timeOf(firstAt),
    lastAt: timeOf(lastAt),
  };
}
