/** Which test files there are, what may run beside what, and how long each may take. Runs nothing. */
import { glob } from "node:fs/promises";
import { posix, sep } from "node:path";

export interface Group {
  readonly name: string;
  /** A file belongs to the first group that has a pattern for it. */
  readonly patterns: readonly string[];
  /** One file may take so long; a file that does not end by then is killed and has failed. */
  readonly timeoutMs: number;
  /** Files of the group at a time. */
  readonly concurrency: number;
  /** Runs with `--quick` too. */
  readonly quick: boolean;
  /** Runs only when a path of it is named. */
  readonly onlyNamed?: true;
  /** Runs from the start beside all that has turns: what mostly waits for a machine that keeps a pace. */
  readonly beside?: true;
  /** Measures what a person would wait for: of what has turns nothing runs with it but what gives way. */
  readonly quiet?: true;
  /** Has a lower rank than those, in a run in which there are any: what keeps a core busy, and looks at no clock. */
  readonly givesWay?: true;
}

const minuteMs = 60_000;

export const groups: readonly Group[] = [
  {
    name: "unit and property",
    patterns: ["src/**/*.test.ts", "tools/**/*.test.ts", "bench/**/*.test.ts"],
    // far more than any needs: what it ends is a file that hangs, not one on a busy computer
    timeoutMs: 6 * minuteMs,
    concurrency: 2,
    quick: true,
  },
  {
    name: "contract",
    patterns: ["tests/contract/**/*.test.ts"],
    timeoutMs: 6 * minuteMs,
    concurrency: 2,
    quick: true,
  },
  {
    name: "e2e",
    patterns: ["tests/e2e/**/*.test.ts", "tests/outage/database-line.test.ts"],
    timeoutMs: 6 * minuteMs,
    concurrency: 2,
    quick: false,
  },
  {
    name: "line",
    patterns: ["tests/peers/komax/line.test.ts", "tests/peers/komax/sabotage.test.ts"],
    timeoutMs: 30 * minuteMs,
    concurrency: 1,
    quick: false,
    beside: true,
  },
  { name: "peers", patterns: ["tests/peers/**/*.test.ts"], timeoutMs: 30 * minuteMs, concurrency: 2, quick: false },
  // minutes of a visitor's time each, on a plant that goes its own pace
  {
    name: "journeys",
    patterns: ["tests/journey/**/*.test.ts"],
    timeoutMs: 8 * minuteMs,
    concurrency: 1,
    quick: false,
    onlyNamed: true,
  },
  // processes that are killed and started again, with whole plants beside them: half a minute of a core each
  {
    name: "outages",
    patterns: ["tests/outage/**/*.test.ts"],
    timeoutMs: 20 * minuteMs,
    concurrency: 2,
    quick: false,
    onlyNamed: true,
  },
  // a browser wants both cores, for moments: for minutes it leaves one idle
  {
    name: "screens",
    patterns: ["tests/web/**/*.test.ts"],
    timeoutMs: 20 * minuteMs,
    concurrency: 1,
    quick: false,
    quiet: true,
  },
  // many worlds on clocks of their own, a core for minutes
  {
    name: "simulation",
    patterns: ["tests/simulation/**/*.test.ts"],
    timeoutMs: 20 * minuteMs,
    concurrency: 2,
    quick: true,
    givesWay: true,
  },
  // whatever folder comes later: no test file is left out because nobody listed its folder
  { name: "others", patterns: ["tests/**/*.test.ts"], timeoutMs: 2 * minuteMs, concurrency: 2, quick: true },
];

/** Needs a plant, a person and a protocol; never part of a run. */
const excluded = /^tests\/manual\//;

export interface GroupFiles {
  readonly group: Group;
  /** Paths from the root with forward slashes, sorted. */
  readonly files: readonly string[];
}

/**
 * @param root   the repository
 * @param which  `quick` leaves the slow groups out; `paths` keeps only files whose path begins with or equals one
 * @returns      the groups that have files, in the order above
 */
export async function findTests(
  root: string,
  which: { readonly quick: boolean; readonly paths: readonly string[] },
): Promise<GroupFiles[]> {
  const taken = new Set<string>();
  const found: GroupFiles[] = [];
  for (const group of groups) {
    const files: string[] = [];
    for await (const path of glob([...group.patterns], { cwd: root, exclude: ["**/node_modules/**"] })) {
      const file = path.split(sep).join(posix.sep);
      if (taken.has(file) || excluded.test(file)) continue;
      taken.add(file);
      if (isAsked(file, which.paths)) files.push(file);
    }
    if (group.onlyNamed && which.paths.length === 0) continue;
    // a path that was named is run whatever its group
    if (files.length > 0 && (group.quick || !which.quick || which.paths.length > 0)) {
      found.push({ group, files: files.sort() });
    }
  }
  return found;
}

function isAsked(file: string, paths: readonly string[]): boolean {
  if (paths.length === 0) return true;
  return paths.some((path) => file === path || file.startsWith(path.endsWith("/") ? path : `${path}/`));
}
