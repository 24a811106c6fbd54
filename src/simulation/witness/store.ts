/** A store with a witness beside it: what has been committed is told, after the commit; nothing is changed. */
import type { Store, Tx } from "../../flows/ports.ts";
import type { JobOrder } from "../../isa95/schedule/job-order.ts";
import type { Fact } from "../../record/fact.ts";
import type { Tell, WitnessedEvent } from "./event.ts";

export function witnessStore(store: Store, tell: Tell): Store {
  const runs = new RunBook();
  return {
    async transaction(work) {
      let seen: { readonly facts: Fact[]; readonly jobOrders: JobOrder[] } = { facts: [], jobOrders: [] };
      const result = await store.transaction((tx) => {
        // The work may run again after a deadlock: only what the last one did was committed.
        seen = { facts: [], jobOrders: [] };
        return work(observed(tx, seen));
      });
      for (const event of [...takenOrders(seen.jobOrders), ...runs.read(seen.facts)]) tell(event);
      return result;
    },
  };
}

function observed(tx: Tx, seen: { readonly facts: Fact[]; readonly jobOrders: JobOrder[] }): Tx {
  return {
    ...tx,
    facts: {
      ...tx.facts,
      append: async (facts, at) => {
        seen.facts.push(...facts);
        return tx.facts.append(facts, at);
      },
    },
    jobOrders: {
      ...tx.jobOrders,
      insert: async (jobOrders) => {
        seen.jobOrders.push(...jobOrders);
        await tx.jobOrders.insert(jobOrders);
      },
    },
  };
}

function takenOrders(jobOrders: readonly JobOrder[]): readonly WitnessedEvent[] {
  const byRequest = Map.groupBy(jobOrders, (jobOrder) => jobOrder.request);
  return [...byRequest].map(([request, parts]) => ({
    kind: "order-taken",
    request,
    material: parts[0]?.material ?? "",
    parts: parts.map(({ segment, workUnit, quantity }) => ({ segment, workUnit, quantity })),
  }));
}

/** What is known of each run, so that its end can be told with its counts. */
class RunBook {
  readonly #runs = new Map<string, { job: string; good: bigint; scrap: bigint }>();

  read(facts: readonly Fact[]): readonly WitnessedEvent[] {
    return facts.flatMap((fact) => this.#event(fact) ?? []);
  }

  #event(fact: Fact): WitnessedEvent | null {
    const { body, workUnit: machine } = fact;
    if (body.kind === "AlarmRaised") return { kind: "alarm", machine, text: body.text };
    if (fact.run === null) return null;
    const run = this.#runs.get(fact.run) ?? { job: "", good: 0n, scrap: 0n };
    this.#runs.set(fact.run, run);
    switch (body.kind) {
      case "JobStarted":
        run.job = body.job;
        return { kind: "run-started", machine, job: run.job };
      case "JobHeld":
        return { kind: "run-held", machine, job: run.job };
      case "JobResumed":
        return { kind: "run-resumed", machine, job: run.job };
      case "JobEnded":
        return { kind: "run-ended", machine, job: run.job, result: body.result, good: run.good, scrap: run.scrap };
      case "UnitsCounted":
        if (body.grade !== "rework") run[body.grade] += body.quantity.micro;
        return null;
      default:
        return null;
    }
  }
}
