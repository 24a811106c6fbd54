/**
 * Concurrent histories: two transactions on the same thing, interleaved at every await in every order. Whatever the
 * order, a store comes to the same end as the one in memory: who is refused, who waits, and what is written.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store, Tx } from "../../../src/flows/ports.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { openMemoryWorld } from "./memory-world.ts";
import { countOf, now, postingOf, seedRun, type StoreWorld } from "./world.ts";

/** One of the two transactions. `name` tells the rows of this play from all others. */
type Work = (tx: Tx, name: string, who: "a" | "b") => Promise<unknown>;

interface History {
  readonly works: readonly [Work, Work];
  /** What was written, in a form that any store gives. */
  readonly look: (world: StoreWorld, name: string) => Promise<unknown>;
}

const request = (name: string): string => `s4//${name}`;
const both = (work: Work): readonly [Work, Work] => [work, work];

const histories: Readonly<Record<string, History>> = {
  "numbers of a sequence under the order's lock": {
    works: both(async (tx, name, who) => {
      await tx.requests.lock(request(name));
      await tx.postings.made(`run-${name}`);
      await tx.postings.plan([postingOf(`${name}-${who}`, { request: request(name), sequenceKey: name })], now, false);
    }),
    look: async ({ rows }, name) =>
      (await rows("posting", { sequence_key: name }))
        .map((row) => Number(row["sequence_number"]))
        .toSorted((a, b) => a - b),
  },
  "numbers of a sequence without a lock": {
    works: both(async (tx, name, who) => {
      await tx.requests.get([request(name)]);
      await tx.postings.plan([postingOf(`${name}-${who}`, { request: request(name), sequenceKey: name })], now, false);
    }),
    look: async ({ rows }, name) => (await rows("posting", { sequence_key: name })).length,
  },
  "one fact, stated twice": {
    works: both(async (tx, name) => {
      const added = await tx.facts.append([countOf(name, `run-${name}`)], now);
      await tx.runs.lock([`run-${name}`]);
      return added.size;
    }),
    look: async ({ rows }, name) => (await rows("fact", { run: `run-${name}` })).length,
  },
  "one fact in two postings": {
    works: both(async (tx, name, who) => {
      const [fact] = await tx.facts.owed(`run-${name}`, "confirmation");
      if (!fact) return "nothing is owed";
      await tx.postings.plan([postingOf(`${name}-${who}`, { request: request(name), facts: [fact.id] })], now, false);
      return "planned";
    }),
    look: async ({ rows }, name) => (await rows("posting", { request: request(name) })).length,
  },
  "a job order, counted from one version": {
    works: both(async (tx, name) => {
      const [row] = await tx.jobOrders.named("A565", "JOB-1, 1", name);
      const [held] = await tx.jobOrders.lock([`jo-${name}`]);
      if (held) await tx.jobOrders.save([{ ...held, goodMicro: held.goodMicro + 1n }]);
      return row === undefined;
    }),
    look: async ({ rows }, name) =>
      (await rows("job_order", { id: `jo-${name}` })).map((row) => String(row["good_micro"])),
  },
  "two orders, locked the other way round": {
    works: both(async (tx, name, who) => {
      const [first, second] = who === "a" ? [name, `${name}-2`] : [`${name}-2`, name];
      await tx.requests.lock(request(first));
      const held = await tx.requests.lock(request(second));
      if (held) await tx.requests.save({ ...held.request, priority: held.request.priority + 1 }, held, now);
    }),
    look: async (world, name) =>
      world.store.transaction(async (tx) =>
        (await tx.requests.get([request(name), request(`${name}-2`)])).map((one) => one.priority),
      ),
  },
  "a source's cursor": {
    works: both(async (tx, name) => {
      const cursor = (await tx.collectors.lock([name])).get(name) ?? null;
      const seq = (cursor?.seq ?? 0) + 1;
      return tx.collectors.advance([
        { source: name, from: cursor, to: { buffer: "b", seq, ordinal: seq, kept: null, position: now, stated: "" } },
      ]);
    }),
    look: async ({ rows }, name) => (await rows("collector", { source: name })).map((row) => Number(row["seq"])),
  },
  "two lanes, asked for in another order": {
    works: both(async (tx, name, who) => {
      const lanes = [`${name}/x`, `${name}/y`];
      const id = postingOf(`${name}-lane-${who}`, { request: request(name) }).id;
      return (await tx.postings.takeLanes([{ id, lanes: who === "a" ? lanes : lanes.toReversed() }])).length;
    }),
    look: async ({ rows }, name) =>
      (await rows("lane")).filter((row) => String(row["key"]).startsWith(`${name}/`)).length,
  },
  "one command, given twice": {
    works: both(async (tx, name) => {
      const actor = { person: "p" as PersonKey, reason: "r" }; // a key of the test
      const isNew = await tx.commands.claim({ id: name, name: "n", content: {}, actor, hash: "h" }, now);
      if (isNew) await tx.commands.settle(name, { ok: true, value: 7 });
      return { isNew, held: (await tx.commands.get(name))?.outcome };
    }),
    look: async ({ rows }, name) => (await rows("command", { id: name })).length,
  },
  "a due posting, taken by two workers": {
    works: both(async (tx, name) => {
      const due = await tx.postings.due(name, now, 5);
      await tx.postings.beginSending(
        due.map(({ id }) => ({ id, envelope: new Uint8Array([1]), attempt: 1 })),
        1,
        now,
      );
      return due.length;
    }),
    look: async ({ rows }, name) => (await rows("posting", { erp: name })).map((row) => row["state"]),
  },
};

/** @param world  compared with a store in memory, play by play */
export function historySuite(world: () => StoreWorld): void {
  for (const [title, history] of Object.entries(histories)) {
    test(title, async () => {
      for (const [i, turns] of interleavings(3, 3).entries()) {
        const name = `history-${title.replaceAll(/\W+/g, "-")}-${i}`;
        const expected = await play(openMemoryWorld(), history, name, turns);
        assert.deepEqual(await play(world(), history, name, turns), expected, `turns ${turns.join("")}`);
      }
    });
  }
}

/** Every order in which the steps of two can follow each other. */
function interleavings(a: number, b: number): readonly (readonly (0 | 1)[])[] {
  if (a === 0 && b === 0) return [[]];
  const first = a > 0 ? interleavings(a - 1, b).map((rest) => [0 as const, ...rest]) : [];
  const second = b > 0 ? interleavings(a, b - 1).map((rest) => [1 as const, ...rest]) : [];
  return [...first, ...second];
}

async function play(
  world: StoreWorld,
  { works, look }: History,
  name: string,
  turns: readonly (0 | 1)[],
): Promise<unknown> {
  await world.store.transaction(async (tx) => {
    await seedRun(tx, name);
    await seedRun(tx, `${name}-2`);
    await tx.facts.append([countOf(`${name}-seed`, `run-${name}`)], now);
    for (const who of ["a", "b"])
      await tx.postings.plan([postingOf(`${name}-lane-${who}`, { request: request(`${name}-2`) })], now, false);
    await tx.postings.plan([postingOf(`${name}-due`, { request: request(`${name}-2`), erp: name })], now, false);
  });
  const sides = [new Side(world.store), new Side(world.other)] as const;
  works.forEach((work, i) => sides[i as 0 | 1].start((tx) => work(tx, name, i === 0 ? "a" : "b"))); // there are two
  // The steps as they are to come; then everybody goes on until both have ended.
  for (const turn of turns) await sides[turn].go(world, sides[1 - turn] ?? sides[0]);
  while (sides.some((side) => !side.hasEnded)) {
    await sides[0].go(world, sides[1]);
    await sides[1].go(world, sides[0]);
  }
  return { ends: sides.map((side) => side.end), rows: await look(world, name) };
}

/** One transaction that stops before each call of a repository until it is told to go on. */
class Side {
  end: unknown = null;
  hasEnded = false;
  readonly #store: Store;
  #open: (() => void) | null = null;
  #calls = 0;
  #blockedAt: number | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  start(work: (tx: Tx) => Promise<unknown>): void {
    this.#store
      .transaction((tx) => work(this.#gated(tx)))
      .then(
        (value) => (this.end = value ?? "done"),
        (error: unknown) => (this.end = reasonOf(error)),
      )
      .finally(() => (this.hasEnded = true));
  }

  /** It waits for the other one, as far as was seen. */
  get #isBlocked(): boolean {
    return !this.hasEnded && this.#open === null && this.#blockedAt === this.#calls;
  }

  /** One step: until the next call, the end, or until it waits for the other one. */
  async go(world: StoreWorld, other: Side): Promise<void> {
    const isBlocked = async (): Promise<boolean> => {
      await turn();
      if ((await world.waiting()) <= (other.#isBlocked ? 1 : 0)) return false;
      this.#blockedAt = this.#calls;
      return true;
    };
    while (!this.#open && !this.hasEnded) if (await isBlocked()) return;
    const calls = this.#calls;
    this.#open?.();
    this.#open = null;
    while (this.#calls === calls && !this.hasEnded) if (await isBlocked()) return;
  }

  #gated(tx: Tx): Tx {
    const wrap = (repository: object): object =>
      new Proxy(repository, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== "function") return member;
          return async (...values: readonly unknown[]): Promise<unknown> => {
            await new Promise<void>((resolve) => {
              this.#open = resolve;
              this.#calls += 1;
            });
            return Reflect.apply(member, target, values) as unknown;
          };
        },
      });
    return Object.fromEntries(
      Object.entries(tx).map(([name, repository]) => [name, wrap(repository as object)]),
    ) as unknown as Tx; // the same repositories
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && "constraint" in error && error.constraint !== undefined)
    return String(error.constraint);
  return error instanceof Error ? error.message : String(error);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
