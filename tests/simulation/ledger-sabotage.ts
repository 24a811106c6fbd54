/** Ledgers that make a mistake; see `sabotage.ts`. */
import { followingId } from "../../src/base/id.ts";
import type { Quantity } from "../../src/base/quantity.ts";
import type { Store, Tx } from "../../src/flows/ports.ts";
import { billRequirementOf } from "../../src/operations/tracking/consumption.ts";
import { component } from "../../src/simulation/world/plan.ts";
import { withRepository } from "./changed.ts";

/** A run goes to another order, and what was booked for it stays with the first one. */
export function leftInLedger(store: Store): Store {
  return withRepository(store, "ledger", () => ({ ofFacts: async () => [] }));
}

/** What a machine has counted of the component is booked beside the bill's share: in the name of that, or the database would refuse it. */
export function countBookedToo(store: Store): Store {
  return {
    transaction: (work) =>
      store.transaction((tx) => {
        const counted: Quantity[] = [];
        const facts: Partial<Tx["facts"]> = {
          append: (stated, at) => {
            for (const { body, rule } of stated)
              if (body.kind === "MaterialConsumed" && body.material === component && billRequirementOf(rule) === null)
                counted.push(body.quantity);
            return tx.facts.append(stated, at);
          },
        };
        const ledger: Partial<Tx["ledger"]> = {
          append: (movements, at) => {
            const share = movements.find(({ material, to }) => material === component && to === "world:production");
            const more = share ? counted.splice(0) : [];
            const beside = more.flatMap((quantity, n) =>
              share ? { ...share, id: followingId(share.id, share.id, "counted", n), quantity } : [],
            );
            return tx.ledger.append([...movements, ...beside], at);
          },
        };
        return work({ ...tx, facts: { ...tx.facts, ...facts }, ledger: { ...tx.ledger, ...ledger } });
      }),
  };
}

/** A ledger for people: what it has no room for it refuses, whoever says it. */
export function strictLedger(store: Store): Store {
  return withRepository(store, "ledger", (ledger) => ({
    append: (movements, at) => {
      if (movements.some((movement) => movement.quantity.micro > 8_000_000n)) throw new Error("There is not so much.");
      return ledger.append(movements, at);
    },
  }));
}
