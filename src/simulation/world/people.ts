/** Everybody who works with Millrace in a simulated world: each has connections of their own, and nobody dies of a crash. */
import type { Store } from "../../flows/ports.ts";
import type { Site } from "../../site/site.ts";
import type { Books } from "../erp/books.ts";
import type { Random } from "../random.ts";
import type { MemoryDatabase } from "../store/database.ts";
import type { Deed, PlannedAct } from "./act.ts";
import type { Complain } from "./checker/finding.ts";
import type { Connection } from "./database.ts";
import type { ErpQueue } from "./erp-queue.ts";
import { act, keepOffice, type OfficePorts } from "./person/office.ts";
import { keepErpQueue } from "./person/queue-keeper.ts";
import { workAt, type Told } from "./person/terminal.ts";
import type { BenchPlan, ErpManner } from "./plan.ts";
import type { Actor, Schedule } from "./schedule.ts";

export interface PeoplePorts {
  readonly schedule: Schedule;
  /** As the processes have it that serve them. */
  readonly site: () => Site;
  readonly connect: (actor: Actor) => Connection;
  /** What screens show. */
  readonly database: MemoryDatabase;
  /** What the ERP's own screens show. */
  readonly books: Books;
  /** The ERP's own, into which somebody looks. */
  readonly queue: ErpQueue;
  readonly manner: ErpManner;
  readonly isCrowded: boolean;
  readonly acts: readonly PlannedAct[];
  readonly benches: readonly BenchPlan[];
  /** What was taken of what people said at a terminal; it goes on to change. */
  readonly told: (job: Told) => void;
  readonly decided: OfficePorts["decided"];
  readonly deciding: OfficePorts["deciding"];
  readonly begun: OfficePorts["begun"];
  /** Something was planned: delivery looks at once. */
  readonly onReported: () => void;
  readonly chance: Random;
  /** They have gone home: nothing is clicked any more. */
  readonly isOver: () => boolean;
  readonly store: (store: Store) => Store;
  readonly complain: Complain;
  readonly did: (deed: Deed) => void;
  readonly log: (line: string, cause?: unknown) => void;
}

export function startPeople(ports: PeoplePorts): void {
  const { schedule } = ports;
  const actor: Actor = { name: "office", isAlive: true };
  const screen = (): Store => ports.store(ports.connect(actor).store);
  const office: OfficePorts = {
    ...ports,
    get site() {
      return ports.site();
    },
    clock: schedule.clock(actor),
    stores: [screen(), screen()],
  };
  void keepOffice(office);
  if (ports.manner === "queue") void keepErpQueue({ ...office, queue: ports.queue });
  for (const bench of ports.benches) {
    const worker: Actor = { name: bench.id, isAlive: true };
    const tablet = (): Store => ports.store(ports.connect(worker).store);
    const terminal = {
      ...ports,
      // No map of a machine is anything to a bench.
      site: ports.site(),
      clock: schedule.clock(worker),
      stores: [tablet(), tablet()] as const,
    };
    void workAt(terminal, bench, ports.told);
  }
  for (const planned of ports.acts) schedule.at(planned.at, () => void act(office, planned));
}
