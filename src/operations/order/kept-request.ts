/**
 * An order as it can be kept. A description is for people and is mended: U+FFFD stands for what no text can hold. Anything else
 * names something, or is a time, and is refused: another name would be another thing.
 */
import { isKeepable as isKeepableTime } from "../../base/instant.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { isKeepable, keptText } from "../../base/text.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";

/**
 * @fault invalid order/unkeepable  a name with the sign NUL or half of a pair of surrogates, or a time outside of the years 1 to
 *                                  9999
 */
export function keptRequest(request: OperationsRequest): Result<OperationsRequest> {
  const { segments } = request;
  const mended: OperationsRequest = segments.every(({ description }) => isKeepable(description))
    ? request
    : { ...request, segments: segments.map((s) => ({ ...s, description: keptText(s.description) })) };
  const text = unkeepableIn(mended, "");
  if (text !== null) return refuse(request, `${text} holds the sign NUL or half of a sign of two parts`);
  const times = [request, ...segments].flatMap(({ earliestStart, latestEnd }) => [earliestStart, latestEnd]);
  if (times.some((time) => time !== null && !isKeepableTime(time)))
    return refuse(request, "one of its times lies outside of the years 1 to 9999");
  return ok(mended);
}

function refuse({ reference }: OperationsRequest, why: string): Result<never> {
  const message = `Order ${keptText(reference.number)} cannot be kept: ${why}. Correct it in the ERP.`;
  return fail("invalid", "order/unkeepable", message);
}

/** Where the first text, or name of a field, is that cannot be kept; null when there is none. */
function unkeepableIn(value: unknown, path: string): string | null {
  if (typeof value === "string") return isKeepable(value) ? null : path;
  if (typeof value !== "object" || value === null) return null;
  for (const [name, held] of Object.entries(value)) {
    const found = isKeepable(name) ? unkeepableIn(held, path === "" ? name : `${path}.${name}`) : `a name in ${path}`;
    if (found !== null) return found;
  }
  return null;
}
