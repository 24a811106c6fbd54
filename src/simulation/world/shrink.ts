/**
 * Makes a failing plan smaller: fewer machines, fewer runs, fewer faults, as long as the same law is broken. What is left
 * is said as a part of the whole plan of a seed, so that one line brings it back.
 */
import type { Law } from "./checker/finding.ts";
import type { Plan } from "./plan.ts";

/** Which parts of a plan stay: ids of machines, `machine:index` of runs, indexes of faults and acts. */
export interface Keep {
  readonly machines: readonly string[];
  readonly runs: readonly string[];
  readonly faults: readonly number[];
  readonly acts: readonly number[];
  /** Orders that are made by hand. */
  readonly jobs: readonly string[];
}

export function everythingOf(plan: Plan): Keep {
  return {
    machines: plan.machines.map((machine) => machine.id),
    runs: plan.machines.flatMap((machine) => machine.runs.map((_, i) => `${machine.id}:${i}`)),
    faults: plan.faults.map((_, i) => i),
    acts: plan.acts.map((_, i) => i),
    jobs: plan.benches.flatMap((bench) => bench.jobs.map((job) => job.order)),
  };
}

export function partOf(plan: Plan, keep: Keep): Plan {
  const machines = plan.machines
    .filter((machine) => keep.machines.includes(machine.id))
    .map((machine) => ({
      ...machine,
      runs: machine.runs.filter((_, i) => keep.runs.includes(`${machine.id}:${i}`)),
    }));
  const benches = plan.benches.map((bench) => ({
    ...bench,
    jobs: bench.jobs.filter((job) => keep.jobs.includes(job.order)),
  }));
  return {
    ...plan,
    machines,
    benches,
    faults: plan.faults.filter((_, i) => keep.faults.includes(i)),
    acts: plan.acts.filter((_, i) => keep.acts.includes(i)),
  };
}

/**
 * @param broken    which law a plan breaks; null when it is sound
 * @param triesMax  so many plans are tried at most
 */
export async function shrink(
  plan: Plan,
  broken: (plan: Plan) => Promise<Law | null>,
  triesMax: number,
): Promise<{ readonly keep: Keep; readonly law: Law | null }> {
  const law = await broken(plan);
  const search: Search = { keep: everythingOf(plan), triesLeft: triesMax };
  if (law === null) return { keep: search.keep, law };
  const holds = async (smaller: Keep): Promise<boolean> => (await broken(partOf(plan, smaller))) === law;
  for (const part of ["machines", "jobs", "acts", "faults", "runs"] as const) {
    // Halves first, then quarters, down to one by one.
    for (let size = search.keep[part].length; size > 1;) {
      size = Math.ceil(size / 2);
      await leaveOut(search, part, size, holds);
    }
  }
  return { keep: search.keep, law };
}

interface Search {
  keep: Keep;
  triesLeft: number;
}

/** Leaves out so many at a time wherever it still fails without them. */
async function leaveOut(
  search: Search,
  part: keyof Keep,
  size: number,
  holds: (smaller: Keep) => Promise<boolean>,
): Promise<void> {
  let from = 0;
  while (from < search.keep[part].length && search.triesLeft > 0) {
    const all = search.keep[part];
    const smaller: Keep = { ...search.keep, [part]: [...all.slice(0, from), ...all.slice(from + size)] };
    search.triesLeft -= 1;
    if (await holds(smaller)) search.keep = smaller;
    else from += size;
  }
}

/** What to type to see it again. */
export function commandOf(seed: number, { machines, runs, faults, acts, jobs }: Keep): string {
  const list = (values: readonly (string | number)[]): string => (values.length === 0 ? "none" : values.join(","));
  const own = runs.filter((run) => machines.includes(run.slice(0, run.indexOf(":"))));
  const parts = { machines, runs: own, faults, acts, jobs };
  const named = Object.entries(parts).map(([name, values]) => `--${name} ${list(values)}`);
  return `npm run soak -- --seed ${seed} ${named.join(" ")}`;
}
