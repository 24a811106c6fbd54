/**
 * What a schema cannot see in a map: that every item exists, that rules and their items fit together, that units and
 * expressions are right. Returns every problem.
 */
import { parseInstant } from "../base/instant.ts";
import { problem, type ContentPath, type Problem } from "./finding.ts";
import { checkCounterType } from "./counter-check.ts";
import { checkGroup } from "./consumption-check.ts";
import { pathFault, placeholdersOf } from "./item-path.ts";
import { checkHistory, itemOf, noItem } from "./item-use.ts";
import { checkJob, type CompileExpression } from "./job-check.ts";
import type { CounterTypeContent, MapContent } from "./map-schema.ts";
import { checkStations, stationNames } from "./station-check.ts";
import { checkUnits } from "./unit-check.ts";

export function checkMap(map: MapContent, compile: CompileExpression): readonly Problem[] {
  const validFrom = parseInstant(map.validFrom);
  return [
    ...(validFrom.ok ? [] : [problem(["validFrom"], validFrom.fault.message)]),
    ...checkItems(map),
    ...checkRuleNames(map),
    ...checkUses(map),
    ...checkRun(map),
    ...checkStations(map),
    ...checkCounting(map),
    ...map.consumption.flatMap((rule, index) => checkGroup(map, rule, ["consumption", index])),
    ...checkUnits(map),
    ...counterTypes(map).flatMap(({ path, type }) => checkCounterType(type, path)),
    ...checkJob(map, compile),
  ];
}

/** One counting source for each job. */
function checkCounting(map: MapContent): readonly Problem[] {
  if (map.counting === undefined) return [];
  if (map.counters.length > 0) {
    return [problem(["counting"], "the map has counters, and a job has one counting source; remove one of the two")];
  }
  if (map.run) return [];
  return [problem(["counting"], "without `run` nobody knows which job the pieces belong to; write `run` as well")];
}

function checkItems(map: MapContent): readonly Problem[] {
  const seen = new Map<string, string>();
  return Object.entries(map.items).flatMap(([key, item]) => {
    const path = ["items", key, "path"];
    const wrong = pathFault(item.path);
    if (wrong !== null) return [problem(path, `the path "${item.path}" ${wrong}`)];
    const twin = seen.get(item.path);
    seen.set(item.path, key);
    return twin === undefined
      ? []
      : [problem(path, `the path "${item.path}" is already item ${twin}; write one of them`)];
  });
}

/** A rule's name is part of the identity of its facts: two rules with one name would hide each other's facts. */
function checkRuleNames(map: MapContent): readonly Problem[] {
  const named: readonly [string, ContentPath][] = [
    ...map.counters.map(({ rule }, index): [string, ContentPath] => [rule, ["counters", index, "rule"]]),
    ...map.consumption.map(({ rule }, index): [string, ContentPath] => [rule, ["consumption", index, "rule"]]),
    ...(map.packing ? [[map.packing.rule, ["packing", "rule"]] as [string, ContentPath]] : []),
    ...(map.state ? [[map.state.rule, ["state", "rule"]] as [string, ContentPath]] : []),
    ...(map.energy ? [[map.energy.rule, ["energy", "rule"]] as [string, ContentPath]] : []),
    ...(map.alarm ? [[map.alarm.rule, ["alarm", "rule"]] as [string, ContentPath]] : []),
  ];
  const seen = new Set<string>();
  return named.flatMap(([rule, path]) => {
    if (!seen.has(rule)) {
      seen.add(rule);
      return [];
    }
    return [
      problem(path, `another rule is called ${rule}; write a name of its own, because facts are told apart by it`),
    ];
  });
}

/** One place where a rule names an item. */
interface ItemUse {
  readonly path: ContentPath;
  readonly key: string;
  /** The rule reads one value (of each station, where the unit has some): other placeholders would give it many. */
  readonly single: boolean;
  readonly perStation: boolean;
}

function usesOf(map: MapContent): readonly ItemUse[] {
  const uses: ItemUse[] = [];
  const use = (key: string | undefined, path: ContentPath, single = true, perStation = false): void => {
    if (key !== undefined) uses.push({ key, path, single, perStation });
  };
  if (map.run) {
    const mayHaveStations = map.run.by === "job";
    // Of its placeholders `checkStations` speaks.
    use(map.run.job, ["run", "job"], !mayHaveStations);
    use(map.run.article, ["run", "article"], true, mayHaveStations);
    if (map.run.by === "number") {
      use(map.run.number, ["run", "number"]);
      for (const part of ["count", "number", "result"] as const) use(map.run.ended[part], ["run", "ended", part]);
    }
  }
  for (const [index, rule] of map.counters.entries()) use(rule.item, ["counters", index, "item"], true, true);
  for (const [index, rule] of map.consumption.entries()) {
    const at = ["consumption", index];
    use(rule.amount, [...at, "amount"], false);
    if ("item" in rule.material) use(rule.material.item, [...at, "material", "item"], false);
    if ("item" in rule.uom) use(rule.uom.item, [...at, "uom", "item"], false);
    use(rule.snapshot, [...at, "snapshot"], true, true);
  }
  if (map.stations && "item" in map.stations.pieces)
    use(map.stations.pieces.item, ["stations", "pieces", "item"], true, true);
  use(map.packing?.item, ["packing", "item"], true, true);
  use(map.packing?.handlingUnit, ["packing", "handlingUnit"], true, true);
  use(map.state?.item, ["state", "item"]);
  use(map.energy?.item, ["energy", "item"], true, true);
  for (const part of ["code", "text", "trigger"] as const) use(map.alarm?.[part], ["alarm", part]);
  return uses;
}

function checkUses(map: MapContent): readonly Problem[] {
  const stations = stationNames(map);
  return usesOf(map).flatMap(({ key, path, single, perStation }) => {
    const item = itemOf(map, key);
    if (!item) return [problem(path, noItem(map, key))];
    const many = placeholdersOf(item.path).filter((name) => !perStation || !stations.includes(name));
    if (!single || many.length === 0) return [];
    const one =
      perStation && stations.length > 0
        ? `an item with one value, or with one for each {${stations.join("}, {")}}`
        : "an item with one value";
    return [problem(path, `item ${key} has a placeholder in its path and so many values; write ${one}`)];
  });
}

/** What is counted per run needs runs, and what is read together must come back from history together. */
function checkRun(map: MapContent): readonly Problem[] {
  const problems: Problem[] = [];
  if (!map.run) {
    for (const { path, type } of counterTypes(map)) {
      if (type.reset === "per-run") {
        problems.push(
          problem(
            [...path, "reset"],
            "`reset` is per-run, but the map has no `run`; write `run`, or never or manual here",
          ),
        );
      }
    }
    if (map.job)
      problems.push(problem(["job"], "`job` needs a `run` that tells which job the machine runs; write `run`"));
    return problems;
  }
  const { run } = map;
  const together =
    run.by === "job" ? [run.job, run.article] : [run.number, run.job, run.article, ...Object.values(run.ended)];
  if (run.by === "number" && run.ended.number === run.number) {
    problems.push(
      problem(
        ["run", "ended", "number"],
        "`number` is the item of the open run; write the item that names the run that ended",
      ),
    );
  }
  if (map.job?.article !== undefined && run.article === undefined) {
    problems.push(
      problem(["job", "article"], "the article is never compared, because `run` names no `article`; write run.article"),
    );
  }
  return [...problems, ...checkHistory(map, together, ["run"])];
}

interface TypeAt {
  readonly path: ContentPath;
  readonly type: CounterTypeContent;
}

function counterTypes(map: MapContent): readonly TypeAt[] {
  return [
    ...map.counters.map((type, index) => ({ path: ["counters", index], type })),
    ...map.consumption.map((type, index) => ({ path: ["consumption", index], type })),
    ...(map.packing ? [{ path: ["packing"], type: map.packing }] : []),
    ...(map.energy ? [{ path: ["energy"], type: map.energy }] : []),
  ];
}
