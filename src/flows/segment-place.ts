/** Where the operations of an order are done, and how the machines there will name the jobs. */
import { fail, ok, type Result } from "../base/result.ts";
import { toJson } from "../base/json.ts";
import type { MachineJobName, SetupValue } from "../isa95/schedule/job-order.ts";
import type { OperationsRequest, SegmentRequirement } from "../isa95/schedule/operations-request.ts";
import type { SegmentPlace } from "../operations/order/job-order.ts";
import type { JobRule } from "../record/machine-map.ts";
import type { Site } from "../site/site.ts";

/** Evaluates an expression of a map over `{request, segment}`. */
export type Evaluate = (expression: string, input: unknown) => Promise<Result<unknown>>;

/** Operations done elsewhere, or at a work centre that is not ours, get no place. */
export async function placesOf(
  site: Site,
  request: OperationsRequest,
  evaluate: Evaluate,
): Promise<Result<readonly SegmentPlace[]>> {
  const places: SegmentPlace[] = [];
  for (const segment of request.segments) {
    const center = segment.rule.external ? null : site.workCenterByErpCode(request.reference.erp, segment.workCenter);
    if (!center) continue;
    const rule = center.workUnits.map((unit) => site.mapOf(unit)?.job ?? null).find((job) => job !== null) ?? null;
    const named = rule ? await nameOf(rule, request, segment, evaluate) : ok({ machineName: null, setup: [] });
    if (!named.ok) return named;
    const isSplit = center.splitAbove !== null && segment.quantity.micro > BigInt(center.splitAbove) * 1_000_000n;
    places.push({
      segment: segment.id,
      workCenter: center.id,
      workUnits: isSplit ? center.workUnits : [],
      ...named.value,
    });
  }
  return ok(places);
}

async function nameOf(
  rule: JobRule,
  request: OperationsRequest,
  segment: SegmentRequirement,
  evaluate: Evaluate,
): Promise<Result<{ machineName: MachineJobName; setup: readonly SetupValue[] }>> {
  // Exact integers travel as decimal text into expressions.
  const input: unknown = JSON.parse(toJson({ request, segment }));
  const text = async (expression: string): Promise<Result<string>> => {
    const value = await evaluate(expression, input);
    if (!value.ok) return value;
    const found =
      typeof value.value === "string" ? value.value.trim() : typeof value.value === "number" ? String(value.value) : "";
    if (found !== "") return ok(found);
    const where = `Order ${request.reference.number}, operation ${segment.id}`;
    return fail(
      "invalid",
      "order/machine-name",
      `${where}: the map's expression "${expression}" gives no name for the machine.`,
    );
  };
  const jobOrderId = await text(rule.jobOrderId);
  if (!jobOrderId.ok) return jobOrderId;
  const job = await text(rule.job);
  if (!job.ok) return job;
  const article = rule.article === null ? ok(null) : await text(rule.article);
  if (!article.ok) return article;
  const setup: SetupValue[] = [];
  for (const [item, { value: expression, tolerance }] of Object.entries(rule.setup)) {
    const value = await evaluate(expression, input);
    if (!value.ok) return value;
    const { value: found } = value;
    if (typeof found !== "string" && typeof found !== "number" && typeof found !== "boolean") {
      return fail(
        "invalid",
        "order/setup",
        `Order ${request.reference.number}: set-up value "${item}" is no single value.`,
      );
    }
    setup.push({ item, value: found, tolerance });
  }
  return ok({ machineName: { jobOrderId: jobOrderId.value, job: job.value, article: article.value }, setup });
}
