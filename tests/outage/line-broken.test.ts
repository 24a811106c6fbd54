/**
 * The lines of Millrace to its database, its machines and its ERP are cut, and then half-open: bytes vanish both ways and
 * no end is told. Machines and ERP go on; what was on the line at that moment is nobody's knowledge.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import type { PlantSimulation } from "../../src/simulation/plant.ts";
import { release } from "./plant.ts";
import type { Sabotage } from "./sabotage.ts";
import { OwnServer } from "./server.ts";
import { openStage, patienceMs, until, untilPosted } from "./stage.ts";
import { failuresOf, judge } from "./verdict.ts";
import { startWire, type Wire } from "./wire.ts";

const skip = clusterUnavailable({ major: 15 });
const timeout = 900_000;

const names = ["database", "machines", "erp"] as const;
type Name = (typeof names)[number];

test("lines to database, machines and ERP, one after the other", { skip, timeout }, async (t) => {
  assert.deepEqual(await broken(t, names), []);
});

test(
  "sabotage: what was on the line to the ERP and is sent again without asking is there twice",
  { skip, timeout },
  async (t) => {
    const failures = await broken(t, ["erp"], "blind-resend");
    assert.ok(
      failures.some((failure) => failure.startsWith("twice:")),
      failures.join("\n") || "it was not seen",
    );
  },
);

async function broken(t: TestContext, which: readonly Name[], sabotage?: Sabotage): Promise<readonly string[]> {
  const { plant, ends, millrace: make } = await openStage(t);
  const server = await OwnServer.in();
  ends.defer(() => server.close());
  await server.start();
  const wires: Record<Name, Wire> = {
    database: await startWire({ path: `${server.socket}/.s.PGSQL.5432` }),
    machines: await startWire({ port: portOf(plant.environment["CUTTERS_URL"]) }),
    erp: await startWire({ port: portOf(plant.erp.url) }),
  };
  for (const wire of Object.values(wires)) ends.defer(() => wire.close());
  const environment = {
    DATABASE_URL: server.urlAt(wires.database.port),
    CUTTERS_URL: `opc.tcp://127.0.0.1:${wires.machines.port}`,
    SAP_URL: plant.erp.url.replace(/:\d+/, `:${wires.erp.port}`),
  };
  const millrace = await make("millrace", { environment, ...(sabotage ? { sabotage } : {}) });
  await millrace.start();
  for (const name of which) {
    const wire = wires[name];
    await untilPosted(plant, 2, 3);
    wire.cut();
    if (name === "erp") await untilOneIsOnItsWay(plant);
    else await untilPosted(plant, 2, 3);
    assert.ok(wire.open() > 0, `Millrace is on the line to the ${name}`);
    wire.halfOpen("swallow");
    await systemClock.sleep(1_500);
    wire.mend();
  }
  return failuresOf(await judge(plant, millrace));
}

/** The ERP takes its time for a document; when the line dies meanwhile, the answer arrives nowhere. */
async function untilOneIsOnItsWay(plant: PlantSimulation): Promise<void> {
  const { faults } = plant.erp;
  const delayed = (): number => faults.counts.get("delay") ?? 0;
  const before = delayed();
  faults.add({ fault: { kind: "delay", ms: 600 }, calls: "write", path: /ProdnOrdConf2$/ });
  release(plant, 2);
  await until(
    () => delayed() > before,
    patienceMs,
    () => "nothing was posted",
  );
}

function portOf(url: string | undefined): number {
  return Number(/:(\d+)/.exec(url?.replace(/^[a-z.]+:/, "") ?? "")?.[1]);
}
