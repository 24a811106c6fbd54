/** Rows that are written by hand, past every flow: an order of one's own, and what is planned and decided of it. */
import type { NewPosting } from "../../../src/flows/ports.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import type { Finality } from "../../../src/record/finality.ts";
import { now, postingOf, seedRun, type StoreWorld } from "./world.ts";

export type Columns = Readonly<Record<string, unknown>>;

/** Rows of an order, and one to write by hand. */
export interface Hand {
  readonly world: StoreWorld;
  readonly name: string;
  readonly request: string;
  readonly run: string;
  /** @returns its id */
  readonly plan: (name: string, change?: Partial<NewPosting>) => Promise<string>;
  readonly write: (id: string, ...steps: readonly Columns[]) => Promise<void>;
  /** A posting like another one, by hand. */
  readonly add: (like: string, columns: Columns) => Promise<void>;
  readonly decide: (change?: Partial<Finality>) => Promise<string>;
}

export async function handOf(world: StoreWorld, name: string): Promise<Hand> {
  const { request, run } = await world.store.transaction((tx) => seedRun(tx, name));
  const write: Hand["write"] = async (id, ...steps) => {
    for (const columns of steps) await world.write("posting", columns, { id });
  };
  return {
    world,
    name,
    request,
    run,
    plan: async (own, change = {}) => {
      const posting = postingOf(`${name}-${own}`, { request, run, ...change });
      await world.store.transaction((tx) => tx.postings.plan([posting], now, false));
      return posting.id;
    },
    write,
    add: (like, columns) =>
      world.add("posting", { id: `${name}-by-hand`, key: `${name}-by-hand`, ...columns }, { id: like }),
    decide: async (change = {}) => {
      const id = `decision-${name}`;
      const decided: Finality = {
        id,
        request,
        segment: "0010",
        number: 1,
        state: "final",
        covers: ["0010"],
        decidedAt: now,
        decidedBy: { by: "person", command: "c", person: "p-1" as PersonKey, reason: "a trial" }, // a key of the test
        posting: null,
        reopenedAt: null,
        reopenedBy: null,
        reversal: null,
        version: 0,
        ...change,
      };
      await world.store.transaction((tx) => tx.finalities.insert(decided));
      return id;
    },
  };
}
