/** Pages of what is to be mended, and what each posting says in business words and can be told. */
import { instantWithin } from "../../base/instant.ts";
import { formatQuantity } from "../../base/quantity.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { MaterialActual } from "../../isa95/response/operations-response.ts";
import { numberIn } from "../../isa95/schedule/operations-request.ts";
import { postingDecisions, postingTable, type PostingDecision } from "../../record/decision.ts";
import type { Site } from "../../site/site.ts";
import type { MendCursor, MendScope, PostingItem } from "./mend-view.ts";

/** The part of the hierarchy at and below an equipment. @fault invalid decision/unknown */
export function mendScope(site: Site, equipment: string): Result<MendScope> {
  if (!site.equipmentById(equipment)) {
    return fail("invalid", "decision/unknown", `The site has no equipment "${equipment}".`);
  }
  const below = site.below(equipment);
  return ok({
    workCenters: below.filter((id) => site.workCenter(id) !== null),
    workUnits: below.filter((id) => site.workUnit(id) !== null),
  });
}

/** The cursor as text for an address. */
export function writeCursor({ at, id }: MendCursor): string {
  return `${at}.${id}`;
}

/**
 * @param ids  what the list calls its items: most are numbered
 * @fault invalid decision/cursor  the text is no cursor
 */
export function readCursor(text: string, ids: "names" | "numbers"): Result<MendCursor> {
  const [, ms, id = ""] = /^(\d{1,16})\.(\S{1,200})$/.exec(text) ?? [];
  const at = ms === undefined ? null : instantWithin(Number(ms));
  const isId = ids === "names" ? !id.includes("\0") : /^\d{1,15}$/.test(id);
  return at !== null && isId
    ? ok({ at, id })
    : fail("invalid", "decision/cursor", "This is no place in the list. Begin the list anew.");
}

/** Where the next page begins; null when this was the last one. */
export function nextCursor(
  items: readonly { readonly since: MendCursor["at"]; readonly id: string }[],
  limit: number,
): MendCursor | null {
  const last = items.at(-1);
  return last && items.length >= limit ? { at: last.since, id: last.id } : null;
}

/** What was to be posted, for a person of the office. */
export function inWords({ content, request, segment }: Pick<PostingItem, "content" | "request" | "segment">): string {
  const order = `order ${numberIn(request)}`;
  switch (content.kind) {
    case "order-accepted":
      return `Tell that ${order} was taken over`;
    case "confirmation-reversal":
      return `Take back confirmation ${content.reversal.document} of operation ${segment}, ${order}`;
    case "movement-reversal":
      return `Take back material document ${content.reversal.document} of operation ${segment}, ${order}`;
    case "final-confirmation":
      return `Confirm operation ${segment} of ${order} finally`;
    case "confirmation": {
      const { good, scrap, rework } = content.response.segment;
      const parts = [`${formatQuantity(good)} good`];
      if (scrap.micro !== 0n) parts.push(`${formatQuantity(scrap)} scrap`);
      if (rework.micro !== 0n) parts.push(`${formatQuantity(rework)} rework`);
      return `Confirm ${parts.join(", ")} of operation ${segment}, ${order}, on ${content.response.dates.postingDate}`;
    }
    case "goods-receipt":
      return `Receive ${listed(content.response.segment.materials, "at")}, ${order}, on ${content.response.dates.postingDate}`;
    case "goods-issue":
      return `Issue ${listed(content.response.segment.materials, "from")}, ${order}, on ${content.response.dates.postingDate}`;
  }
}

function listed(materials: readonly MaterialActual[], where: "at" | "from"): string {
  return materials
    .map(({ stock: { material, quantity, at, lot } }) => {
      const what = `${formatQuantity(quantity)} of ${material}${lot === null ? "" : `, lot ${lot},`}`;
      return `${what} ${where} ${at.plant}/${at.location}`;
    })
    .join("; ");
}

/** What a person may decide about it now: the buttons of the screen. */
export function decisionsFor({ state }: Pick<PostingItem, "state">): readonly PostingDecision[] {
  return postingDecisions.filter((decision) => typeof postingTable[state][decision] === "string");
}
