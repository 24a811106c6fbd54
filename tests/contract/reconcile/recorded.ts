/**
 * A machine's samples, taken in as production takes them in: in batches, each one transaction, with orders for the jobs that
 * the machine names. For replays.
 */
import type { Clock } from "../../../src/base/clock.ts";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { whole } from "../../../src/base/quantity.ts";
import { unwrap } from "../../../src/base/result.ts";
import { collect } from "../../../src/flows/collect.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import { contextOf, collectAs, inOrder } from "../../../src/operations/collection/testing/arrival.ts";
import { wireMap } from "../../../src/operations/collection/testing/map.ts";
import { jobOrderOf, requestOf, requirementOf, segmentOf } from "../../../src/operations/testing/order.ts";
import type { Sample } from "../../../src/record/sample.ts";
import { checkSite } from "../../../src/site/load.ts";
import { example, rules } from "../../../src/site/testing/example.ts";
import type { World } from "../store/world.ts";

export const site = unwrap(checkSite(example, rules).site);
const unit = site.workUnits.find(({ connection }) => connection !== null);
export const source = unit?.connection ?? "";

/** Takes the samples in. @returns how many facts and postings that made */
export async function takeIn(
  world: World,
  samples: readonly Sample[],
  batchSize = 97,
): Promise<{ readonly facts: number; readonly postings: number }> {
  await orderEveryJob(world, samples);
  let now: Instant = instant(0);
  const clock: Clock = { now: () => now, monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const book = collectorBook(site);
  const ports = { store: world.store, site, clock, book, dispatched: { whyNotStored: () => null } };
  let facts = 0;
  let postings = 0;
  for (let at = 0; at < samples.length; at += batchSize) {
    const own = samples.slice(at, at + batchSize);
    now = own.reduce((latest, { receivedAt }) => (receivedAt > latest ? receivedAt : latest), now);
    const batch = { source, seq: at / batchSize + 1, samples: own, complete: true, gaps: [] };
    const report = await collect(ports, "buffer-1", [batch]);
    facts += report.facts;
    postings += report.postings;
    // As a process that starts again: the collector is built anew from what is kept.
    if ((at / batchSize) % 40 === 39) book.forget(source);
  }
  return { facts, postings };
}

/** An order for each job and article, with a measured and a billed component. */
async function orderEveryJob(world: World, samples: readonly Sample[]): Promise<void> {
  const { stated } = collectAs(contextOf([wireMap()]), samples, inOrder);
  const jobs = new Map(
    stated.flatMap(({ body }) =>
      body.kind === "JobStarted" && !body.outside ? [[`${body.job}|${body.article}`, body] as const] : [],
    ),
  );
  const used = [...new Set(stated.flatMap(({ body }) => (body.kind === "MaterialConsumed" ? [body.material] : [])))];
  const workCenter = unit?.partOf ?? "";
  await world.store.transaction(async (tx) => {
    for (const [n, { job, article }] of [...jobs.values()].entries()) {
      const number = String(2_000_000 + n);
      const measured = used.map((material, m) => requirementOf({ id: `${number}-M${m}`, material }));
      const bill = requirementOf({ id: `${number}-B`, material: "GLUE", quantity: whole(3, "KGM"), mode: "bill" });
      const segments = [segmentOf({ materials: [...measured, bill] })];
      const request = requestOf({ reference: { erp: "s4", company: "", number }, material: article, segments });
      await tx.requests.save(request, null, instant(0));
      const machineName = { jobOrderId: job, job, article };
      const jobOrder = jobOrderOf({
        id: `jo-${number}`,
        request: request.id,
        workCenter,
        material: article,
        machineName,
      });
      await tx.jobOrders.insert([jobOrder]);
    }
  });
}
