/**
 * One Millrace in the simulated world: the production code of its feeds, its collection, its exchange, its corrections and
 * its decisions on finals, wired as `app/serve` does it, over a disk, a database, an ERP and machines that are simulated.
 * It can die between any two of its steps.
 */
import { startOperations, type Operations } from "../../app/operations.ts";
import type { Clock } from "../../base/clock.ts";
import { ok, unwrap } from "../../base/result.ts";
import type { ErpConnector, ErpSession } from "../../erp/connector.ts";
import { sapConnectorOver } from "../../erp/sap/index.ts";
import { startDelivery, type Delivery } from "../../exchange/delivery.ts";
import { collectorBook } from "../../flows/collector-book.ts";
import { goOnCorrecting } from "../../flows/correct.ts";
import { finaliseByRule, type LeftToPeople } from "../../flows/finalise.ts";
import { lookAfterOutage } from "../../flows/look-after-outage.ts";
import { outboxPort, type OutboxPorts } from "../../flows/outbox.ts";
import type { Store } from "../../flows/ports.ts";
import { pullOrders } from "../../flows/pull-orders.ts";
import { oneByOne } from "../../flows/one-by-one.ts";
import { goOnReopening } from "../../flows/reopen.ts";
import { resumeReading } from "../../flows/resume-reading.ts";
import { createBell } from "../../gateway/bell.ts";
import { startFeed, type Feed } from "../../gateway/feed.ts";
import type { SampleBuffer } from "../../gateway/sample-buffer.ts";
import type { Site } from "../../site/site.ts";
import { blindConnector } from "./blind-erp.ts";
import type { Connection } from "./database.ts";
import { memoryBuffer, type Disk } from "./disk.ts";
import type { SimulatedErp } from "./erp.ts";
import type { ErpQueue } from "./erp-queue.ts";
import type { SimulatedMachine } from "./machine.ts";
import type { Parts } from "./parts.ts";
import type { Plan } from "./plan.ts";
import { erpId, evaluate } from "./plant-site.ts";
import { onceConnector } from "./once-erp.ts";
import { queueConnector } from "./queue-erp.ts";
import type { Actor, Schedule } from "./schedule.ts";

export interface ProcessPorts {
  readonly name: string;
  readonly schedule: Schedule;
  readonly site: Site;
  readonly disk: Disk;
  readonly machines: readonly SimulatedMachine[];
  readonly erp: SimulatedErp;
  readonly plan: Pick<Plan, "manner" | "commitMs" | "memorySamples">;
  readonly queue: ErpQueue;
  /** A connection to the database for this process. */
  readonly connect: (actor: Actor) => Connection;
  /** From 0 up to 1. */
  readonly spread: () => number;
  readonly parts: Parts;
  readonly log: (line: string, cause?: unknown) => void;
}

export class Process implements Actor {
  readonly name: string;
  isAlive = true;
  readonly #ports: ProcessPorts;
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #store: Store;
  readonly #connector: ErpConnector;
  /** Of this process alone: what listens to it would keep this world for as long as it is there. */
  readonly #never = new AbortController().signal;
  #delivery: Delivery | null = null;
  #feeds: readonly Feed[] = [];
  #operations: Operations | null = null;
  /** Orders were pulled. */
  #isReady = false;

  constructor(ports: ProcessPorts) {
    this.name = ports.name;
    this.#ports = ports;
    this.#clock = ports.schedule.clock(this);
    this.#connection = ports.connect(this);
    this.#store = ports.parts.store(this.#connection.store);
    this.#connector = connectorOf(ports, this);
    const bell = createBell(this.#clock);
    const buffer = ports.parts.buffer(memoryBuffer({ disk: ports.disk, step: () => ports.schedule.step(this), bell }));
    void this.#run(buffer);
  }

  /** As `app/serve`: where reading goes on is told to the buffer before a machine is. */
  async #run(buffer: SampleBuffer): Promise<void> {
    // A start that a full disk stops is tried again.
    const after = await this.#persist(async () => unwrap(await resumeReading(this.#store, buffer, this.#ports.site)));
    this.#feeds = this.#ports.machines.flatMap((machine) => this.#feed(machine, buffer) ?? []);
    this.#operations = this.#collect(buffer, after);
    void this.#exchange(buffer);
    void this.#recover(buffer);
    void this.#followUp();
  }

  /** Something may be due for the ERP. */
  wake(): void {
    this.#delivery?.wake();
  }

  /** Nothing of it goes on, and what it had not committed is gone. */
  kill(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#connection.kill();
  }

  #feed(machine: SimulatedMachine, buffer: SampleBuffer): Feed | null {
    const { site, spread, parts } = this.#ports;
    const unit = site.workUnitByConnection(machine.plan.id);
    const map = unit && site.mapOf(unit.id);
    if (!map) return null;
    return startFeed({
      source: machine.plan.id,
      open: async () => {
        const opened = await machine.line.open(this);
        return opened.ok ? { ok: true, value: parts.machine(opened.value) } : opened;
      },
      paths: Object.values(map.items),
      clockRule: map.clock,
      buffer,
      log: { info: () => undefined, warn: (line) => this.#ports.log(line) },
      clock: this.#clock,
      spread,
      limits: { recentSamplesMax: 4_000 },
    });
  }

  #collect(buffer: SampleBuffer, after: number): Operations {
    const { site, plan, log } = this.#ports;
    return startOperations({
      store: this.#store,
      site,
      clock: this.#clock,
      log: { info: () => undefined, warn: log, error: log },
      buffer: this.#unhurried(buffer),
      book: collectorBook(site, plan.memorySamples),
      dispatched: { whyNotStored: () => null },
      after,
      onCollected: ({ postings }) => {
        if (postings > 0) this.#delivery?.wake();
      },
    });
  }

  /** The database works on what was read for so long; and nothing goes from the disk, so that checkers see all that was heard. */
  #unhurried(buffer: SampleBuffer): SampleBuffer {
    const { commitMs } = this.#ports.plan;
    const clock = this.#clock;
    return {
      ...buffer,
      consume: async function* (...args) {
        for await (const batches of buffer.consume(...args)) {
          yield batches;
          if (commitMs > 0) await clock.sleep(commitMs);
        }
      },
      release: () => Promise.resolve(ok(0)),
    };
  }

  /** As `app/exchange`. */
  async #exchange(buffer: SampleBuffer): Promise<void> {
    const { erp, parts } = this.#ports;
    const session = parts.erp(unwrap(await this.#connector.open(erp.settings, this.#never)));
    const ports: OutboxPorts = {
      store: this.#store,
      clock: this.#clock,
      session,
      erp: erpId,
      holder: { installation: buffer.id, process: this.name },
    };
    this.#delivery = startDelivery(
      { session, port: outboxPort(ports), clock: this.#clock, log: this.#ports.log, idleMs: 60_000 },
      this.#never,
    );
    void this.#look(session);
    await this.#pull(session);
  }

  /** As `app/exchange`, less often, and only where something can have been lost: no other outage is noticed here. */
  async #look(session: ErpSession): Promise<void> {
    const ports = {
      store: this.#store,
      site: this.#ports.site,
      clock: this.#clock,
      erp: erpId,
      session,
      turn: { after: 0n },
    };
    const restoredAt = await this.#persist(() => this.#store.transaction((tx) => tx.site.restoredAt()));
    if (restoredAt === null) return;
    for (;;) {
      await this.#clock.sleep(20_000);
      try {
        const looked = await lookAfterOutage(ports, this.#never);
        if (!looked.ok || looked.value.orders > 0) this.#delivery?.wake();
      } catch (error) {
        this.#ports.log("Orders are not looked at after the restore.", error);
      }
    }
  }

  async #pull(session: ErpSession): Promise<void> {
    const { site } = this.#ports;
    const ports = { store: this.#store, site, clock: this.#clock, erp: erpId, session, evaluate };
    for (let failures = 0; ;) {
      let waitMs = site.policies.pull.everySeconds * 1000;
      try {
        const pulled = await pullOrders(ports, this.#never);
        if (pulled.ok && !this.#isReady)
          await this.#store.transaction((tx) => tx.outages.heard(erpId, this.#clock.now(), Infinity));
        failures = pulled.ok ? 0 : failures + 1;
        this.#isReady ||= pulled.ok;
      } catch (error) {
        failures += 1;
        this.#ports.log("Orders could not be taken in.", error);
      }
      if (failures > 0) waitMs = Math.min(waitMs, 500 * 2 ** Math.min(7, failures));
      await this.#clock.sleep(waitMs);
    }
  }

  /** As `app/recovery`, less often. */
  async #recover(buffer: SampleBuffer): Promise<void> {
    for (let quiet = 0; ;) {
      const now = await this.#persist(() =>
        this.#store.transaction(async (tx) => ({
          isRecovering: await tx.site.isRecovering(),
          ...(await tx.status.outbox()),
        })),
      );
      if (!now.isRecovering) return;
      const isRead = this.#feeds.every((feed) => feed.status().connected && feed.status().backfilling === null);
      const hasCaughtUp =
        this.#isReady && isRead && buffer.head() <= (this.#operations?.consumed() ?? -1) && now.inDoubt === 0;
      quiet = hasCaughtUp ? quiet + 1 : 0;
      if (quiet >= 3) await this.#persist(() => this.#store.transaction((tx) => tx.site.endRecovery()));
      await this.#clock.sleep(2_000);
    }
  }

  /** As `app/follow-up`, less often. */
  async #followUp(): Promise<void> {
    const { site } = this.#ports;
    const each = oneByOne(this.#clock, this.#ports.log);
    const ports = { store: this.#store, site, clock: this.#clock, each };
    const left: LeftToPeople = new Map();
    for (;;) {
      await this.#clock.sleep(120_000);
      try {
        let decided = await goOnCorrecting(ports, erpId, this.#connector.corrections);
        decided += (await goOnReopening(ports, erpId)) + (await finaliseByRule(ports, erpId, left));
        if (decided > 0) this.#delivery?.wake();
      } catch (error) {
        this.#ports.log("Corrections and decisions on final operations wait.", error);
      }
    }
  }

  async #persist<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        this.#ports.log("The database does not answer.", error);
        await this.#clock.sleep(500 * 2 ** Math.min(6, attempt));
      }
    }
  }
}

function connectorOf({ erp, queue, schedule, plan }: ProcessPorts, caller: Actor): ErpConnector {
  const sap = sapConnectorOver(erp.lineOf(caller));
  switch (plan.manner) {
    case "sap":
      return sap;
    case "blind":
      return blindConnector(sap, { erp, schedule, caller });
    case "queue":
      return queueConnector(sap, { erp, queue, schedule, caller });
    case "once":
      return onceConnector(sap, { erp, schedule, caller });
  }
}
