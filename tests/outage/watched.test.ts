/**
 * What whoever watches Millrace sees while the ERP and the machines are away: it goes on serving its screens, so `/readyz`
 * is good and says what is missing; the numbers say which partner is away, and that not all are there.
 */
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { serve } from "../../src/app/serve.ts";
import { openSite } from "../../src/app/site.ts";
import { systemClock } from "../../src/base/clock.ts";
import { unwrap } from "../../src/base/result.ts";
import type { PlantSimulation } from "../../src/simulation/plant.ts";
import { preparedDatabase } from "../../src/store/testing/prepared.ts";
import { clusterUnavailable, withCluster } from "../../src/store/testing/cluster.ts";
import { startSmallPlant } from "./plant.ts";
import { patienceMs, until } from "./stage.ts";

const example = join(import.meta.dirname, "../../examples/demo/maps/cutter.yaml");

test(
  "ERP away from the beginning, back, away again; then the machines go",
  { skip: clusterUnavailable({ major: 18 }), timeout: 300_000 },
  async (t) => {
    const plant = await startSmallPlant();
    const erpGoes = (): void => plant.erp.faults.add({ fault: { kind: "unavailable" }, calls: "any", times: 1e9 });
    const ends = new AsyncDisposableStack();
    t.after(() => ends.disposeAsync());
    let areMachinesThere = true;
    ends.defer(() => (areMachinesThere ? plant.close() : plant.erp.close()));
    erpGoes();
    const url = await startMillrace(ends, plant);
    const sees = async (ready: number, reached: number, connected: number, waits: readonly string[]): Promise<void> => {
      let last: unknown;
      const isSeen = async (): Promise<boolean> => {
        last = await seen(url);
        return JSON.stringify(last) === JSON.stringify({ status: 200, waits, ready, reached, connected });
      };
      await until(isSeen, patienceMs / 4, () => JSON.stringify(last));
    };
    await sees(0, 0, 1, ["ERP s4 is not reached"]);
    plant.erp.faults.clear();
    await sees(1, 1, 1, []);
    erpGoes();
    await sees(0, 0, 1, ["ERP s4 is not reached"]);
    plant.erp.faults.clear();
    await sees(1, 1, 1, []);
    areMachinesThere = false;
    for (const line of plant.lines) await line.close();
    await sees(0, 1, 0, ["machine cut-1 is not connected", "machine cut-2 is not connected"]);
  },
);

/** What the doors for machines that watch say; `connected` of all machines alike. */
async function seen(url: string): Promise<unknown> {
  const door = await fetch(`${url}/readyz`);
  // As `watch-route.ts` writes it.
  const { waits } = (await door.json()) as { waits: readonly string[] };
  const numbers = await (await fetch(`${url}/metrics`)).text();
  const valueOf = (name: string): number => {
    const values = numbers.split("\n").filter((line) => line.startsWith(name) && !line.startsWith("#"));
    const [first, ...more] = new Set(values.map((line) => Number(line.split(" ").at(-1))));
    return more.length > 0 ? Number.NaN : (first ?? Number.NaN);
  };
  const [ready, reached] = [valueOf("millrace_ready"), valueOf("millrace_erp_reached")];
  return { status: door.status, waits, ready, reached, connected: valueOf("millrace_machine_connected") };
}

async function startMillrace(ends: AsyncDisposableStack, plant: PlantSimulation): Promise<string> {
  const cluster = await withCluster({ major: 18 });
  ends.defer(() => cluster.close());
  const folder = await mkdtemp(join(tmpdir(), "millrace-watched-"));
  ends.defer(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "site/maps"), { recursive: true });
  await cp(join(import.meta.dirname, "site.yaml"), join(folder, "site/site.yaml"));
  await cp(example, join(folder, "site/maps/cutter.yaml"));
  const environment = { ...plant.environment, DATABASE_URL: await preparedDatabase(cluster) };
  const say = (): void => undefined;
  const listen = { host: "127.0.0.1", port: 0 };
  const running = unwrap(
    await serve({
      site: unwrap((await openSite(join(folder, "site"), environment)).site),
      dataDir: join(folder, "data"),
      environment,
      clock: systemClock,
      log: { info: say, warn: say, error: say },
      api: { listen, tls: null, insecure: false, trustProxy: [], pages: null, onFirstAdministrator: say },
    }),
  );
  ends.defer(() => running.stop());
  assert.ok(running.url);
  return running.url;
}
