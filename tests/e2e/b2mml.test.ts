/**
 * One order through the whole stream with B2MML at both ends: a schedule over SOAP, machines over OPC UA, performances to
 * the ERP; one answer is lost on the way. Every quantity equals what the machines have made and used, to the last unit.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { BearerSecurity, createClientAsync } from "soap";
import { serve, type Running } from "../../src/app/serve.ts";
import { openSite, type Environment } from "../../src/app/site.ts";
import { systemClock } from "../../src/base/clock.ts";
import { parseQuantity } from "../../src/base/quantity.ts";
import { unwrap } from "../../src/base/result.ts";
import { startFakePartner, type FakePartner } from "../../src/erp/b2mml/testing/fake-partner.ts";
import { demoPlan } from "../../src/simulation/demo/plan.ts";
import { orderOf, products } from "../../src/simulation/demo/product.ts";
import { startPlant, type PlantSimulation } from "../../src/simulation/plant.ts";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { Visitor } from "../contract/api/visitor.ts";

const limitMs = 240_000;
const demoFolder = resolve(import.meta.dirname, "../../examples/demo");
const days = { start: "2026-01-05", end: "2026-01-07" } as const;
const number = "4711";
const pieces = 12;

const erp = `erps:
  - id: s4
    product: b2mml
    settings:
      logicalId: ERP-1
      url: { env: ERP_URL }
      plant: PL01
      settleMs: 500
      timeoutMs: 2000
      consumption:
        default: bill
        rules:
          - { materialPrefix: WIRE-, mode: measured }
          - { materialPrefix: TERM-, mode: measured }

`;

test(
  "a schedule over SOAP, machines, performances: equal to the last unit",
  { timeout: limitMs, skip: clusterUnavailable({ major: 18 }) },
  async (t) => {
    const partner = await startFakePartner();
    t.after(() => partner.close());
    const plant = await startPlant({ plan: { ...demoPlan(days), orders: [] }, seed: 7, speed: 200 });
    t.after(() => plant.close());
    const { running, key } = await openMillrace(t, plant, partner);
    // what the ERP is about to ask, for the answer key of the machines
    const [product] = products;
    assert.ok(product);
    const seed = orderOf({ order: number, product, pieces, ...days, lotOf: () => "" });
    plant.noteOrders([{ ...seed, operations: seed.operations.slice(0, 2) }]);
    partner.mishaps.push((request, _, commit) => (commit(), request.socket.destroy()));

    const client = await createClientAsync(`${running.url}/soap?wsdl`, {}, `${running.url}/soap`);
    client.setSecurity(new BearerSecurity(key));
    // the client makes a method for each operation that the WSDL names
    const process = client["ProcessOperationsScheduleAsync"] as (
      content: object,
    ) => Promise<readonly [unknown, string]>;
    const [, acknowledged] = await process.call(client, { _xml: schedule() });
    assert.match(acknowledged, /actionCode="Accepted"/);

    const received = (of: { operation: string; count?: string; material?: string }): bigint => sumOf(partner, of);
    const isDone = (): boolean => plant.isMade() && received({ operation: "0020", material: "CABLE-A" }) === BigInt(pieces) * 1_000_000n; // prettier-ignore
    await until(isDone, () => JSON.stringify(partner.responses));
    await until(
      async () => (await running.status()).outbox.pending === 0,
      () => "the outbox is not empty",
    );
    for (const operation of ["0010", "0020"]) {
      const truth = plant.truth().find((one) => one.order === number && one.operation === operation);
      assert.ok(truth);
      assert.equal(received({ operation, count: "GoodQuantity" }), BigInt(truth.good) * 1_000_000n, operation);
      assert.equal(received({ operation, count: "ScrapQuantity" }), BigInt(truth.scrap) * 1_000_000n, operation);
      for (const [material, { micro }] of truth.used) assert.equal(received({ operation, material }), micro, material);
      assert.equal(truth.used.size, 1);
    }
    const ids = partner.responses.map(({ ID }) => ID);
    assert.equal(new Set(ids).size, ids.length, "no response stands there twice");
  },
);

async function openMillrace(
  t: { after(act: () => Promise<unknown>): void },
  plant: PlantSimulation,
  partner: FakePartner,
): Promise<{ readonly running: Running; readonly key: string }> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-b2mml-"));
  const siteFolder = join(folder, "site");
  await cp(demoFolder, siteFolder, { recursive: true });
  const text = await readFile(join(siteFolder, "site.yaml"), "utf8");
  const changed = text
    .replace(/^erps:\n[\s\S]*?(?=^# Two OPC UA servers)/m, erp)
    .replace("announceRelease: true", "announceRelease: false");
  await writeFile(join(siteFolder, "site.yaml"), changed);
  const { DATABASE_URL: _, ...own } = process.env;
  const environment: Environment = { ...own, ...plant.environment, ERP_URL: partner.url };
  const loaded = await openSite(siteFolder, environment);
  assert.ok(loaded.site.ok, JSON.stringify(loaded.findings));
  const first: { login: string; oneTimePassword: string }[] = [];
  const say = (): void => undefined;
  const running = unwrap(
    await serve({
      site: loaded.site.value,
      dataDir: join(folder, "data"),
      environment,
      clock: systemClock,
      log: { info: say, warn: say, error: say },
      api: { listen: { host: "127.0.0.1", port: 0 }, tls: null, insecure: false, trustProxy: [], pages: null, onFirstAdministrator: (one) => first.push(one) },
    }),
  ); // prettier-ignore
  t.after(async () => {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const administrator = new Visitor(running.url ?? "");
  await administrator.signInFirst(first[0]!.login, first[0]!.oneTimePassword);
  const asked = { name: "erp", scopes: ["document.exchange"], equipment: "PL01", expiresAt: null };
  const made = await administrator.command("POST", "/api/v1/keys", asked);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  return { running, key: made.body.secret };
}

/** In millionths of a metre or a piece. */
function sumOf(partner: FakePartner, of: { operation: string; count?: string; material?: string }): bigint {
  const segments = partner.responses.flatMap(({ SegmentResponse }) => SegmentResponse);
  return segments
    .filter(({ SegmentRequirementID }) => SegmentRequirementID?.includes(of.operation))
    .flatMap(({ SegmentData = [], MaterialActual = [] }) => [
      ...SegmentData.filter(({ ID }) => ID === of.count).flatMap(({ Value = [] }) => Value.map((one) => one.ValueString)),
      ...MaterialActual.filter(({ MaterialDefinitionID }) => of.material !== undefined && MaterialDefinitionID?.includes(of.material)).flatMap(({ Quantity = [] }) => Quantity.map((one) => one.QuantityString)),
    ])
    .reduce((sum, digits) => sum + unwrap(parseQuantity(digits, "C62")).micro, 0n);
} // prettier-ignore

async function until(isSo: () => boolean | Promise<boolean>, why: () => string): Promise<void> {
  for (const end = Date.now() + limitMs / 2; !(await isSo()); await systemClock.sleep(100)) {
    assert.ok(Date.now() < end, why());
  }
}

function schedule(): string {
  const material = (id: string, use: string, quantity: string, unit: string, place: string): string =>
    `<MaterialRequirement><ID>${id}</ID><MaterialDefinitionID>${id}</MaterialDefinitionID><MaterialUse>${use}</MaterialUse><StorageLocation><Location>${place}</Location><LocationType>Operational Location ID</LocationType></StorageLocation><Quantity><QuantityString>${quantity}</QuantityString><UnitOfMeasure>${unit}</UnitOfMeasure></Quantity></MaterialRequirement>`;
  const segment = (id: string, center: string, materials: string): string =>
    `<SegmentRequirement><ID>${id}</ID><ProcessSegmentID>${id}</ProcessSegmentID><OperationsDefinitionID>CABLE-A</OperationsDefinitionID><OperationsSegmentID>${id}</OperationsSegmentID><EquipmentRequirement><ID>E</ID><EquipmentID>${center}</EquipmentID></EquipmentRequirement>${materials}</SegmentRequirement>`;
  const cut = segment("0010", "CUT", material("WIRE-050-RD", "Consumed", "5.4", "MTR", "0001"));
  const made = material("CABLE-A", "Produced", String(pieces), "C62", "0002");
  const crimp = segment("0020", "CRIMP", material("TERM-280", "Consumed", "24", "C62", "0001") + made);
  return `<ProcessOperationsSchedule xmlns="http://www.mesa.org/xml/B2MML" releaseID="7.0.1"><ApplicationArea><Sender><LogicalID>ERP-1</LogicalID></Sender><CreationDateTime>2026-01-05T05:30:00Z</CreationDateTime><BODID>${randomUUID()}</BODID></ApplicationArea><DataArea><Process acknowledgeCode="Always"/><OperationsSchedule><ID>SCH</ID><OperationsRequest><ID>${number}</ID><RequestState>Released</RequestState>${cut}${crimp}</OperationsRequest></OperationsSchedule></DataArea></ProcessOperationsSchedule>`;
}
