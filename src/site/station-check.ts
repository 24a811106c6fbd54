/**
 * Whether a map of a unit with stations says, for each thing that is counted, which job it is for: counted in the station,
 * or counted for the whole unit and allotted.
 */
import { keyProblem, problem, type ContentPath, type Problem } from "./finding.ts";
import { placeholdersOf } from "./item-path.ts";
import { checkHistory, itemOf } from "./item-use.ts";
import { fraction } from "./map-build.ts";
import type { MapContent } from "./map-schema.ts";

/** The placeholder whose values are the unit's stations; none for a unit that runs one job at a time, several by mistake. */
export function stationNames({ run, items }: MapContent): readonly string[] {
  return run?.by === "job" ? placeholdersOf(items[run.job]?.path ?? "") : [];
}

export function checkStations(map: MapContent): readonly Problem[] {
  const [station, ...others] = stationNames(map);
  if (station === undefined || others.length > 0) return withoutStations(map, others.length > 0);
  const counted = countedOf(map);
  const allotted = counted.filter(({ key }) => !hasPlaceholder(map, key, station));
  return [
    ...checkArticle(map, station),
    ...counted.flatMap((one) => checkCounted(map, one, station)),
    ...checkPacking(map, station),
    ...checkSnapshots(map, station),
    ...(map.counting === undefined ? [] : [problem(["counting"], personText)]),
    ...(map.stations ? checkRule(map, map.stations, station, allotted) : []),
  ];
}

const personText =
  "at a unit with stations nobody can tell which of its jobs a person counts for; write `counters`, or a job without a placeholder";

function withoutStations(map: MapContent, areSeveral: boolean): readonly Problem[] {
  const { run } = map;
  if (run && areSeveral) {
    const names = stationNames(map).join("}, {");
    const text = `the path of ${run.job} has the placeholders {${names}}; write one: its values are the unit's stations`;
    return [problem(["run", "job"], text)];
  }
  if (!map.stations) return [];
  const text =
    run?.by === "number"
      ? "runs with a number have no stations; write `run: { by: job, … }`, or remove `stations`"
      : "no station is named: write a placeholder in the path of the item in run.job, e.g. Cavity{cavity}/Job, or remove `stations`";
  return [keyProblem(["stations"], text)];
}

/** Something that is counted, and so needs a job. */
interface Counted {
  readonly key: string;
  readonly path: ContentPath;
  readonly part: string;
  readonly reset: string;
}

function countedOf(map: MapContent): readonly Counted[] {
  return [
    ...map.counters.map(({ item, reset }, i) => ({ key: item, path: ["counters", i], part: "item", reset })),
    ...map.consumption.map(({ amount, reset }, i) => ({
      key: amount,
      path: ["consumption", i],
      part: "amount",
      reset,
    })),
    ...(map.energy ? [{ key: map.energy.item, path: ["energy"], part: "item", reset: map.energy.reset }] : []),
  ].filter(({ key }) => itemOf(map, key) !== undefined);
}

function hasPlaceholder(map: MapContent, key: string, name: string): boolean {
  return placeholdersOf(itemOf(map, key)?.path ?? "").includes(name);
}

function checkCounted(map: MapContent, { key, path, part, reset }: Counted, station: string): readonly Problem[] {
  if (hasPlaceholder(map, key, station)) return [];
  if (!map.stations) {
    const text = `item ${key} is counted for the whole unit, which has a job in each {${station}}; write \`stations\` to say what of it is whose, or an item with {${station}} in its path`;
    return [problem([...path, part], text)];
  }
  if (reset !== "per-run") return [];
  const text = `a counter of the whole unit cannot start again with the run of one {${station}}; write never or manual, or an item with {${station}} in its path`;
  return [problem([...path, "reset"], text)];
}

function checkArticle(map: MapContent, station: string): readonly Problem[] {
  const article = map.run?.article;
  if (article === undefined || !itemOf(map, article) || hasPlaceholder(map, article, station)) return [];
  const text = `item ${article} has one value and the unit a job in each {${station}}; write an item with {${station}} in its path`;
  return [problem(["run", "article"], text)];
}

function checkPacking(map: MapContent, station: string): readonly Problem[] {
  if (!map.packing || !itemOf(map, map.packing.item) || hasPlaceholder(map, map.packing.item, station)) return [];
  const text = `nobody can tell which job the packed pieces are of; write an item with {${station}} in its path`;
  return [problem(["packing", "item"], text)];
}

function checkSnapshots(map: MapContent, station: string): readonly Problem[] {
  return map.consumption.flatMap(({ amount, snapshot }, index) => {
    const isOfOne = snapshot !== undefined && hasPlaceholder(map, snapshot, station);
    if (!isOfOne || hasPlaceholder(map, amount, station)) return [];
    const text = `item ${snapshot} tells when one {${station}} is read, but amount ${amount} is of the whole unit; write an item of the whole unit`;
    return [problem(["consumption", index, "snapshot"], text)];
  });
}

/** Larger than any fraction of a machine; small enough that amounts divided by it stay exact. */
const denominatorMax = 1_000_000;

function checkRule(
  map: MapContent,
  rule: NonNullable<MapContent["stations"]>,
  station: string,
  allotted: readonly Counted[],
): readonly Problem[] {
  const problems: Problem[] = [];
  if (allotted.length === 0) {
    const text = `everything is counted in each {${station}}, so nothing is left to be allotted; remove \`stations\``;
    problems.push(keyProblem(["stations"], text));
  }
  if ("item" in rule.pieces) {
    const { item } = rule.pieces;
    if (itemOf(map, item) && !hasPlaceholder(map, item, station)) {
      const text = `item ${item} has one value; write an item with {${station}} in its path, which says how many pieces a count makes there`;
      problems.push(problem(["stations", "pieces", "item"], text));
    }
    problems.push(...checkHistory(map, [item, ...allotted.map(({ key }) => key)], ["stations"]));
  }
  return [...problems, ...checkShares(rule.shares)];
}

function checkShares(shares: Readonly<Record<string, string>>): readonly Problem[] {
  let common = 1n;
  const problems: Problem[] = [];
  for (const [name, text] of Object.entries(shares)) {
    const { numerator, denominator } = fraction(text);
    const path = ["stations", "shares", name];
    if (numerator > denominator) {
      problems.push(problem(path, `${text} is more than all of a count; write at most "1", and pieces in \`pieces\``));
    }
    common = (common * BigInt(denominator)) / divisor(common, BigInt(denominator));
    if (common > denominatorMax) {
      problems.push(
        problem(
          path,
          `with ${text} the shares have no common denominator up to ${denominatorMax}; write simpler fractions`,
        ),
      );
      return problems;
    }
  }
  return problems;
}

function divisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : divisor(b, a % b);
}
