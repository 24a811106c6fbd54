/**
 * Days of a plant, written by what writes them in a plant: orders are taken in, machines make runs of pieces for them, what
 * the runs owe is planned, sent and confirmed, and the ERP says that the orders are completed. The clock is the day's own.
 */
import { join } from "node:path";
import { startOperations, type Operations } from "../../src/app/operations.ts";
import { systemClock, type Clock } from "../../src/base/clock.ts";
import { contentId } from "../../src/base/id.ts";
import { instant } from "../../src/base/instant.ts";
import { toJson } from "../../src/base/json.ts";
import { assert, ok, unwrap } from "../../src/base/result.ts";
import type { DeliveryPort } from "../../src/exchange/delivery.ts";
import { takeIn } from "../../src/flows/accept-order.ts";
import { collectorBook } from "../../src/flows/collector-book.ts";
import { openBuffer } from "../../src/gateway/buffer.ts";
import type { SampleBuffer } from "../../src/gateway/sample-buffer.ts";
import { requestId, type OperationsRequest } from "../../src/isa95/schedule/operations-request.ts";
import type { Sample } from "../../src/record/sample.ts";
import type { Site } from "../../src/site/site.ts";
import type { BenchDatabase } from "./database.ts";
import { fakeErp, type FakeErp } from "./fake-erp.ts";
import { silent } from "./intake.ts";
import { MachineLoad } from "./load.ts";
import { benchOutbox, deliverPlanned } from "./outbox-load.ts";
import { benchRequest, benchSite, erpId, plantCode, workCenter } from "./plant.ts";

/** What the plant makes on each day: of each machine one order, in so many runs of so many pieces. */
export interface DayShape {
  readonly machines: number;
  readonly runs: number;
  readonly pieces: number;
}

/** Midnight UTC; days are counted from 1. */
export const firstDay = "2025-01-01";
const firstDayAt = Date.parse(`${firstDay}T00:00:00Z`);
export const dayMs = 86_400_000;
export const startOfDay = (day: number): number => firstDayAt + (day - 1) * dayMs;
/** Work begins after midnight and ends before it, at the site too. */
const workMs = 20 * 3_600_000;
/** Before the first day. */
const beforeMs = 3_600_000;

export const pastSource = (machine: number): string => `past-${machine}`;
export const pastUnit = (machine: number): string => `UNIT-${pastSource(machine)}`;
export const pastProduct = (machine: number): string => `PAST-PRODUCT-${machine}`;
export const pastComponent = (machine: number): string => `PAST-COMPONENT-${machine}`;
/** Seven digits that stand nowhere else. */
export const pastNumber = (day: number, machine: number): string => String(2_000_000 + day * 1_000 + machine);

export function pastRequest(shape: DayShape, day: number, machine: number): OperationsRequest {
  const request = benchRequest(machine);
  const number = pastNumber(day, machine);
  const reference = { ...request.reference, number };
  const quantity = { micro: BigInt(shape.runs * shape.pieces) * 1_000_000n, uom: "C62" };
  const component = { id: `${number}/1`, material: pastComponent(machine), quantity };
  const segments = request.segments.map((segment) => ({
    ...segment,
    quantity,
    materials: segment.materials.map((material) => ({ ...material, ...component })),
  }));
  return { ...request, id: requestId(reference), reference, material: pastProduct(machine), quantity, segments };
}

const batchFrames = 10;
/** Batches that may be on their way: the clock of the day goes on as they are taken. */
const aheadMax = 300;
/** Of its telemetry a machine of the past says little: how much is kept of it is measured elsewhere. */
const perFrame = 4;

export class PastPlant {
  readonly #database: BenchDatabase;
  readonly #shape: DayShape;
  readonly #site: Site;
  readonly #buffer: SampleBuffer;
  readonly #operations: Operations;
  readonly #erp: FakeErp;
  readonly #outbox: DeliveryPort;
  readonly #clock: Clock;
  readonly #loads: readonly MachineLoad[];
  readonly #failures: string[] = [];
  #now = startOfDay(1) - beforeMs;

  private constructor(database: BenchDatabase, shape: DayShape, buffer: SampleBuffer) {
    const machines = Array.from({ length: shape.machines }, (_, machine) => machine);
    const { store } = database;
    const site = benchSite({
      machines: machines.map((machine) => ({ id: pastSource(machine), settings: {} })),
      erp: { settings: {} },
    });
    const clock = { ...systemClock, now: () => instant(this.#now) };
    this.#database = database;
    this.#shape = shape;
    this.#site = site;
    this.#buffer = buffer;
    this.#clock = clock;
    this.#erp = fakeErp(shape.machines);
    this.#outbox = benchOutbox(database, this.#erp.session, clock);
    const frameMs = Math.floor(workMs / shape.runs / (shape.pieces + 2));
    this.#loads = machines.map(
      (machine) =>
        new MachineLoad({
          machine,
          startAt: startOfDay(1) - beforeMs,
          frameMs,
          telemetry: perFrame,
          perFrame,
          piecesPerRun: Infinity,
          now: () => this.#now,
        }),
    );
    this.#operations = startOperations({
      site,
      store,
      clock,
      log: { ...silent, error: (message, detail) => this.#failures.push(`${message} ${String(detail)}`) },
      buffer,
      book: collectorBook(site),
      dispatched: { whyNotStored: () => "the machine keeps no job orders" },
      after: 0,
      onCollected: () => undefined,
    });
  }

  static async open(database: BenchDatabase, shape: DayShape): Promise<PastPlant> {
    const buffer = unwrap(await openBuffer({ file: join(database.folder, "buffer-past.sqlite"), log: silent }));
    const plant = new PastPlant(database, shape, buffer);
    // What the machines show when they are first looked at belongs to no day.
    await plant.#tell((load) => load.first());
    await plant.#taken(0);
    return plant;
  }

  /** @returns in how many batches its samples came */
  async writeDay(day: number): Promise<number> {
    const { runs, pieces } = this.#shape;
    const before = this.#buffer.head();
    this.#now = startOfDay(day);
    await this.#database.store.transaction((tx) => tx.retention.prepareDays(this.#clock.now(), 0));
    await this.#say("Released", "1", day);
    for (let run = 0; run < runs; run += 1) {
      await this.#tell((load) => load.begin(...this.#beginOf(load, day, run)));
      for (let left = pieces; left > 0; left -= batchFrames)
        await this.#tell((load) => load.next(Math.min(left, batchFrames)));
      await this.#tell((load) => load.last());
    }
    await this.#taken(0);
    await deliverPlanned(this.#database, this.#erp.session, this.#outbox, () => undefined);
    await this.#say("Completed", "2", day);
    assert(this.#failures.length === 0, `a day of the past is written as a plant's: ${this.#failures[0]}`);
    return this.#buffer.head() - before;
  }

  async close(): Promise<void> {
    await this.#operations.close();
    await this.#buffer.close();
  }

  #beginOf(load: MachineLoad, day: number, run: number): [at: number | undefined, job: string] {
    const at = run === 0 ? startOfDay(day) + load.machine * 1_000 + 1_000 : undefined;
    return [at, `${pastNumber(day, load.machine)}-0010`];
  }

  /** The ERP says of the orders of the day what has become of them. */
  async #say(state: OperationsRequest["state"], version: string, day: number): Promise<void> {
    await this.#database.store.transaction(async (tx) => {
      for (const { machine } of this.#loads) {
        const request = { ...pastRequest(this.#shape, day, machine), state, version };
        const { number } = request.reference;
        const job = `${number}-0010`;
        const machineName = { jobOrderId: job, job, article: null };
        const places = [{ segment: "0010", workCenter, workUnits: [], machineName, setup: [] }];
        const bytes = new TextEncoder().encode(toJson(request));
        const idempotencyKey = contentId("past", number, version);
        const message = { idempotencyKey, noun: "order", number, bytes, mediaType: "application/json" } as const;
        const judged = { version, request: ok(request), places: ok(places) };
        const { verdict } = await takeIn(tx, { site: this.#site, erp: erpId }, judged, message, this.#clock.now());
        assert(verdict === "accepted", `order ${number} of ${plantCode} is taken over as ${state}`);
      }
    });
  }

  async #tell(say: (load: MachineLoad) => readonly Sample[]): Promise<void> {
    await this.#taken(aheadMax);
    const said = this.#loads.map((load) => ({ source: pastSource(load.machine), samples: say(load) }));
    this.#now = Math.max(...this.#loads.map((load) => load.at)) + 100;
    for (const { source, samples } of said)
      unwrap(await this.#buffer.append(source, { samples, complete: true, gaps: [] }));
  }

  async #taken(ahead: number): Promise<void> {
    while (this.#buffer.head() - this.#operations.consumed() > ahead) await systemClock.sleep(2);
  }
}
