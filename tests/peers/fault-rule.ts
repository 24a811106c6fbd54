/**
 * The rules a fault proxy can follow. Which calls are hit is drawn from a seed, so that a run can be repeated as far as
 * its order of calls repeats.
 */
import { isPosted, postedKinds, type ErpCall, type PostedKind } from "./erp-call.ts";
import type { FaultAnswer, FaultRule, ReplyFate } from "./fault-proxy.ts";
import type { Random } from "./random.ts";

export type CallFilter = (call: ErpCall) => boolean;

/** How many documents of each kind a run is known to post at least. */
export type Expected = Readonly<Record<PostedKind, number>>;

/**
 * Loses the reply to `count` documents after the ERP has committed them, spread over the kinds and over the run:
 * drawn without repetition from the documents that are certain to come.
 *
 * @returns the rule, and how many it means to hit per kind; fewer than `count` when fewer documents will come
 */
export function loseReplies(
  random: Random,
  count: number,
  expected: Expected,
): FaultRule & { readonly plan: Expected } {
  const plan = spread(count, expected);
  const chosen = Object.fromEntries(
    postedKinds.map((kind) => [kind, new Set(random.sample(range(expected[kind]), plan[kind]))]),
  );
  const committed: Record<PostedKind, number> = { confirmation: 0, "goods-receipt": 0, "goods-issue": 0 };
  return {
    plan,
    onReply(call, status): ReplyFate | null {
      if (!isPosted(call.kind) || status >= 300) return null;
      committed[call.kind] += 1;
      return chosen[call.kind]?.has(committed[call.kind]) === true ? { fate: "lose-reply" } : null;
    },
  };
}

/** As even as the documents allow: what one kind cannot give, the others do. */
export function spread(count: number, available: Expected): Expected {
  const plan: Record<PostedKind, number> = { confirmation: 0, "goods-receipt": 0, "goods-issue": 0 };
  for (let left = count; left > 0;) {
    const open = postedKinds.filter((kind) => plan[kind] < available[kind]);
    if (open.length === 0) return plan;
    for (const kind of open.slice(0, left)) plan[kind] += 1;
    left -= Math.min(left, open.length);
  }
  return plan;
}

/** Does the same to the first `times` calls that the filter takes, and lets all others pass. */
export function firstOf(times: number, filter: CallFilter, rule: FaultRule): FaultRule {
  let left = times;
  const take = <T>(call: ErpCall, decide: () => T | null): T | null => {
    if (left === 0 || !filter(call)) return null;
    const fate = decide();
    if (fate !== null) left -= 1;
    return fate;
  };
  return {
    onRequest: (call) => take(call, () => rule.onRequest?.(call) ?? null),
    onReply: (call, status) => take(call, () => rule.onReply?.(call, status) ?? null),
  };
}

export const isDocument: CallFilter = (call) => isPosted(call.kind);

export function ofKind(kind: PostedKind): CallFilter {
  return (call) => call.kind === kind;
}

/** Refuses every issue of a material for want of stock, until it is lifted. */
export function refuseStock(material: string): FaultRule & { lift(): void } {
  let short = true;
  return {
    lift: () => void (short = false),
    onRequest: (call) =>
      short && call.kind === "goods-issue" && call.materials.includes(material)
        ? { fate: "answer", answer: stockDeficit(material) }
        : null,
  };
}

/** SAP's envelope for a business refusal. @source SAP Gateway, OData v2 error format */
export function sapError(status: number, code: string, text: string): FaultAnswer {
  const detail = { code, message: text, severity: "error", target: "" };
  const error = { code, message: { lang: "en", value: text }, innererror: { errordetails: [detail] } };
  return { status, contentType: "application/json", body: JSON.stringify({ error }) };
}

export function stockDeficit(material: string): FaultAnswer {
  return sapError(400, "M7/021", `Deficit of SL Unrestricted-use : ${material}`);
}

export function locked(user: string): FaultAnswer {
  return sapError(423, "M3/897", `The plant data of the material is locked by the user ${user}`);
}

/** What the web dispatcher says when no work process is free; not in the ERP's own envelope. */
export const unavailable: FaultAnswer = {
  status: 503,
  contentType: "text/html",
  body: "<html><head><title>503 Service Unavailable</title></head><body>Service cannot be reached</body></html>",
};

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
