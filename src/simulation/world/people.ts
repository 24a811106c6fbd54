/**
 * People in the office: they look at what the ERP has refused and send it again, by the production code of that decision.
 * They click twice, and see what was on the screen a moment ago.
 */
import type { Clock } from "../../base/clock.ts";
import { retryPosting } from "../../flows/decide-posting.ts";
import type { Store } from "../../flows/ports.ts";
import type { PersonKey } from "../../isa95/resource/person.ts";
import type { Site } from "../../site/site.ts";
import type { Client } from "../store/database.ts";
import type { PostingColumns } from "../store/schema/posting.ts";
import { memoryStore } from "../store/store.ts";
import type { Actor, Schedule } from "./schedule.ts";

export interface PeoplePorts {
  readonly schedule: Schedule;
  readonly site: Site;
  readonly connect: (actor: Actor) => Client;
  /** What the screen shows. */
  readonly refused: () => readonly PostingColumns[];
  /** They have gone home: nothing is clicked any more. */
  readonly isOver: () => boolean;
  readonly store: (store: Store) => Store;
  readonly log: (line: string, cause?: unknown) => void;
}

const lookEveryMs = 10 * 60_000;

export function startPeople(ports: PeoplePorts): void {
  const actor: Actor = { name: "people", isAlive: true };
  void work(ports, ports.schedule.clock(actor), ports.store(memoryStore(ports.connect(actor))));
}

async function work(ports: PeoplePorts, clock: Clock, store: Store): Promise<void> {
  const { site, refused, isOver, log } = ports;
  const decide = { store, site, clock };
  // A key of the simulation.
  const actor = { person: "office" as PersonKey, reason: "The cause is gone." };
  for (;;) {
    await clock.sleep(lookEveryMs);
    if (isOver()) return;
    for (const { id, version } of refused()) {
      const command = { id: `retry/${id}/${version}`, actor, version, posting: id };
      const clicks = await Promise.allSettled([retryPosting(decide, command), retryPosting(decide, command)]);
      for (const click of clicks) if (click.status === "rejected") log("A decision was not taken.", click.reason);
    }
  }
}
