/** A machine that is asked about, in a database that other tests use as well. */
import { collect } from "../../../src/flows/collect.ts";
import type { CollectPorts } from "../../../src/flows/collect-ports.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import type { MendPorts } from "../../../src/flows/mend-ports.ts";
import type { Store, Tx } from "../../../src/flows/ports.ts";
import { jobOrderOf, requestOf } from "../../../src/operations/testing/order.ts";
import type { SampleValue } from "../../../src/record/sample.ts";
import { clock, portsOf, samplesAt, site } from "./mend-scene.ts";
import { now, unguarded, type World } from "./world.ts";

/** A machine of its own: the same map, under a source that no other test speaks for. */
export interface Line {
  readonly ports: MendPorts;
  feed(...frames: readonly Frame[]): Promise<void>;
  question(): Promise<{ readonly id: number; readonly version: number } | null>;
}

export type Frame = readonly [ms: number, values: Readonly<Record<string, SampleValue>>];

export const jobs = { job: "JOB-Q, 1", article: "P-Q" };

export async function beginLine(
  world: World,
  machineJob: string = jobs.job,
  spoil: (tx: Tx) => Tx = (tx) => tx,
): Promise<Line> {
  const { sql } = world;
  const store: Store = { transaction: (work) => world.store.transaction((tx) => work(spoil(tx))) };
  await unguarded(world, () => clearAll(world));
  const request = requestOf({ reference: { erp: "s4", company: "", number: "q" } });
  await store.transaction(async (tx) => {
    await tx.requests.save(request, null, now);
    const machineName = { jobOrderId: "Q", job: machineJob, article: jobs.article };
    await tx.jobOrders.insert([jobOrderOf({ id: "jo-q", request: request.id, machineName })]);
  });
  const book = collectorBook(site);
  const collecting: CollectPorts = { store, site, clock, book, dispatched: { whyNotStored: () => null } };
  let seq = 0;
  return {
    ports: portsOf(store),
    async feed(...frames) {
      const samples = frames.flatMap(([ms, values]) => samplesAt(ms, values));
      seq += 1;
      await collect(collecting, "buffer-q", [{ source: "komax", seq, samples, gaps: [], complete: true }]);
    },
    async question() {
      const [row] = await sql(
        "select id, version from question where state = 'open' and about <> '{}' order by id desc limit 1",
      );
      return row ? { id: Number(row["id"]), version: Number(row["version"]) } : null;
    },
  };
}

async function clearAll({ sql }: World): Promise<void> {
  await sql(
    "delete from posting_line where posting in (select p.id from posting p join run r on r.id = p.run where r.job = $1)",
    [jobs.job],
  );
  await sql("update posting set supersedes = null where run in (select id from run where job = $1)", [jobs.job]);
  await sql("delete from posting where run in (select id from run where job = $1)", [jobs.job]);
  await sql("update run set heir = null where job = $1", [jobs.job]);
  for (const table of ["question", "collector", "collector_checkpoint", "sample_batch", "balance"])
    await sql(`delete from ${table}`);
  await sql("delete from quarantine where kind = 'production'");
  await sql(
    "delete from movement where corrects is not null and fact in (select id from fact where run in (select id from run where job = $1))",
    [jobs.job],
  );
  await sql(
    "delete from movement where fact in (select id from fact where run in (select id from run where job = $1))",
    [jobs.job],
  );
  await sql("delete from fact where run in (select id from run where job = $1)", [jobs.job]);
  await sql("delete from run where job = $1", [jobs.job]);
  await sql("delete from job_order where id = 'jo-q'");
  await sql("delete from operations_request where id = 's4//q'");
}
