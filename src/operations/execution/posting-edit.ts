/**
 * What a person may put right in a refused posting without touching a fact: where material was taken or put, its lot,
 * and the posting date. Amounts are sums of facts and are never edited.
 */
import { formatInstant, instant, isLocalDate, type LocalDate } from "../../base/instant.ts";
import { canonicalJson } from "../../base/json.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { PostingContent } from "../../record/posting.ts";

export interface PostingEdit {
  readonly postingDate?: LocalDate;
  /** Lines of material by their place in the posting, from 0. */
  readonly materials?: readonly MaterialEdit[];
}

export interface MaterialEdit {
  readonly line: number;
  /** Storage location in the same plant. */
  readonly location?: string;
  /** Null takes the lot out. */
  readonly lot?: string | null;
}

/**
 * @param today at the site: nothing is posted ahead of its time
 * @fault invalid decision/edit-nothing  nothing would change, or the document has nothing that can be edited
 * @fault invalid decision/edit-value    a line that is not there, an empty name, a date that is none or lies ahead
 */
export function editPosting(content: PostingContent, edit: PostingEdit, today: LocalDate): Result<PostingContent> {
  if (content.response === null || content.kind === "final-confirmation") {
    return fail("invalid", "decision/edit-nothing", "It carries no facts that could be posted otherwise. Retry it.");
  }
  const { kind, response } = content;
  const wrong =
    wrongDate(edit.postingDate, today) ?? wrongLine(edit.materials ?? [], response.segment.materials.length);
  if (wrong) return fail("invalid", "decision/edit-value", wrong);
  const edited: PostingContent = {
    kind,
    response: {
      ...response,
      dates: { ...response.dates, postingDate: edit.postingDate ?? response.dates.postingDate },
      segment: {
        ...response.segment,
        materials: response.segment.materials.map((actual, line) => {
          const change = edit.materials?.find((m) => m.line === line);
          const at = { ...actual.stock.at, location: change?.location ?? actual.stock.at.location };
          const lot = change?.lot === undefined ? actual.stock.lot : change.lot;
          return { ...actual, stock: { ...actual.stock, at, lot } };
        }),
      },
    },
  };
  return canonicalJson(edited) === canonicalJson(content)
    ? fail(
        "invalid",
        "decision/edit-nothing",
        "Nothing would change. Retry it as it is, or change what the ERP refuses.",
      )
    : ok(edited);
}

function wrongDate(date: LocalDate | undefined, today: LocalDate): string | null {
  if (date === undefined) return null;
  // A day that its month does not have is read as one of the next month.
  const isDate = isLocalDate(date) && formatInstant(instant(Date.parse(`${date}T00:00:00Z`))).startsWith(date);
  if (!isDate) return `"${date}" is no date. Write it as YYYY-MM-DD.`;
  return date > today ? `The posting date ${date} lies ahead of today, ${today}.` : null;
}

function wrongLine(edits: readonly MaterialEdit[], lines: number): string | null {
  if (new Set(edits.map((edit) => edit.line)).size < edits.length) return "A line stands in the edit twice.";
  for (const { line, location, lot } of edits) {
    if (!Number.isInteger(line) || line < 0 || line >= lines) return `The posting has no line ${line}.`;
    if (location?.trim() === "") return "A storage location needs a name.";
    if (lot?.trim() === "") return "A lot needs a name; leave it out when there is none.";
  }
  return null;
}
