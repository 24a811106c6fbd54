/**
 * What a schema cannot see in a map: that every item exists, that rules and their items fit together, that units and
 * expressions are right. Returns every problem.
 */
import { unitOf, knownUnits, type Dimension } from "../base/unit.ts";
import { parseInstant } from "../base/instant.ts";
import { keyProblem, problem, type ContentPath, type Problem } from "./finding.ts";
import { checkCounterType } from "./counter-check.ts";
import { pathFault, placeholdersOf } from "./item-path.ts";
import type { MapContent } from "./map-schema.ts";
import { didYouMean, listed } from "./spelling.ts";

/** What is wrong with an expression, as a sentence with the position; null when it can be compiled. */
export type CompileExpression = (text: string) => string | null;

export function checkMap(map: MapContent, compile: CompileExpression): readonly Problem[] {
  const validFrom = parseInstant(map.validFrom);
  return [
    ...(validFrom.ok ? [] : [problem(["validFrom"], validFrom.fault.message)]),
    ...checkItems(map),
    ...checkRuleNames(map),
    ...checkUses(map),
    ...checkRun(map),
    ...map.consumption.flatMap((rule, index) => checkGroup(map, rule, ["consumption", index])),
    ...checkUnits(map),
    ...counterTypes(map).flatMap(({ path, type }) => checkCounterType(type, path)),
    ...checkJob(map, compile),
  ];
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
  /** The rule reads one value: a path with placeholders would give it many. */
  readonly single: boolean;
}

function usesOf(map: MapContent): readonly ItemUse[] {
  const uses: ItemUse[] = [];
  const use = (key: string | undefined, path: ContentPath, single = true): void => {
    if (key !== undefined) uses.push({ key, path, single });
  };
  if (map.run) {
    use(map.run.job, ["run", "job"]);
    use(map.run.article, ["run", "article"]);
    if (map.run.by === "number") {
      use(map.run.number, ["run", "number"]);
      for (const part of ["count", "number", "result"] as const) use(map.run.ended[part], ["run", "ended", part]);
    }
  }
  for (const [index, rule] of map.counters.entries()) use(rule.item, ["counters", index, "item"]);
  for (const [index, rule] of map.consumption.entries()) {
    const at = ["consumption", index];
    use(rule.amount, [...at, "amount"], false);
    if ("item" in rule.material) use(rule.material.item, [...at, "material", "item"], false);
    if ("item" in rule.uom) use(rule.uom.item, [...at, "uom", "item"], false);
    use(rule.snapshot, [...at, "snapshot"]);
  }
  use(map.state?.item, ["state", "item"]);
  use(map.energy?.item, ["energy", "item"]);
  for (const part of ["code", "text", "trigger"] as const) use(map.alarm?.[part], ["alarm", part]);
  return uses;
}

function checkUses(map: MapContent): readonly Problem[] {
  return usesOf(map).flatMap(({ key, path, single }) => {
    const item = itemOf(map, key);
    if (!item) return [problem(path, noItem(map, key))];
    if (!single || placeholdersOf(item.path).length === 0) return [];
    return [
      problem(path, `item ${key} has a placeholder in its path and so many values; write an item with one value`),
    ];
  });
}

function noItem(map: MapContent, key: string): string {
  const keys = Object.keys(map.items);
  return `there is no item ${key}${didYouMean(key, keys)}; write the key of an entry in items: ${listed(keys)}`;
}

function itemOf(map: MapContent, key: string): MapContent["items"][string] | undefined {
  return Object.hasOwn(map.items, key) ? map.items[key] : undefined;
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

function checkHistory(map: MapContent, keys: readonly (string | undefined)[], path: ContentPath): readonly Problem[] {
  const items = [...new Set(keys)].flatMap((key) => {
    const item = key === undefined ? undefined : itemOf(map, key);
    return item && key !== undefined ? [{ key, history: item.history }] : [];
  });
  const without = items.filter(({ history }) => !history).map(({ key }) => key);
  if (without.length === 0 || without.length === items.length) return [];
  const message = `these items are read together, but ${listed(without)} has no history and the others have; write the same for all`;
  return without.map((key) => keyProblem(["items", key], `${message} (rule ${path.join(".")})`));
}

/** The placeholders of an amount tie its group together: what belongs to it cannot have others. */
function checkGroup(map: MapContent, rule: MapContent["consumption"][number], path: ContentPath): readonly Problem[] {
  const amount = itemOf(map, rule.amount);
  if (!amount) return [];
  const names = placeholdersOf(amount.path);
  const problems: Problem[] = [];
  const belongs = (key: string, at: ContentPath): void => {
    const item = itemOf(map, key);
    const foreign = placeholdersOf(item?.path ?? "").filter((name) => !names.includes(name));
    if (foreign.length === 0) return;
    const has = names.length > 0 ? `only {${names.join("}, {")}}` : "none";
    problems.push(
      problem(
        at,
        `item ${key} has the placeholder {${foreign.join("}, {")}}, but amount ${rule.amount} has ${has}; write the same names`,
      ),
    );
  };
  if ("item" in rule.material) belongs(rule.material.item, [...path, "material", "item"]);
  if ("item" in rule.uom) belongs(rule.uom.item, [...path, "uom", "item"]);
  if ("placeholder" in rule.material && !names.includes(rule.material.placeholder)) {
    const { placeholder } = rule.material;
    problems.push(
      problem(
        [...path, "material", "placeholder"],
        `the path of ${rule.amount} has no placeholder {${placeholder}}; write ${listed(names, "an item or a fixed material")}`,
      ),
    );
  }
  if ("item" in rule.uom && Object.keys(rule.uom.uoms).length === 0) {
    problems.push(problem([...path, "uom", "uoms"], "`uoms` is empty; write the machine's words and their units"));
  }
  const group = [
    rule.amount,
    rule.snapshot,
    "item" in rule.material ? rule.material.item : undefined,
    "item" in rule.uom ? rule.uom.item : undefined,
  ];
  return [...problems, ...checkHistory(map, group, path)];
}

const stockDimensions: readonly Dimension[] = ["count", "mass", "length", "area", "volume"];

function checkUnits(map: MapContent): readonly Problem[] {
  return [
    ...map.counters.flatMap((rule, index) => checkUnit(rule.uom, ["counters", index, "uom"], stockDimensions)),
    ...map.consumption.flatMap(({ uom }, index) => {
      const at = ["consumption", index, "uom"];
      if ("fixed" in uom) return checkUnit(uom.fixed, [...at, "fixed"], stockDimensions);
      return Object.entries(uom.uoms).flatMap(([word, code]) =>
        checkUnit(code, [...at, "uoms", word], stockDimensions),
      );
    }),
    ...(map.energy ? checkUnit(map.energy.uom, ["energy", "uom"], ["energy"]) : []),
  ];
}

function checkUnit(code: string, path: ContentPath, dimensions: readonly Dimension[]): readonly Problem[] {
  const unit = unitOf(code);
  const fitting = knownUnits().filter(({ dimension }) => dimensions.includes(dimension));
  if (!unit) {
    const meant = fitting.find(({ name }) => name === code.toLowerCase())?.code;
    const advice = meant
      ? ` (did you mean ${meant}?)`
      : didYouMean(
          code,
          fitting.map((known) => known.code),
        );
    return [
      problem(
        path,
        `"${code}" is no known UN/ECE Rec 20 unit${advice}; write for example ${fitting[0]?.code ?? "C62"}`,
      ),
    ];
  }
  if (dimensions.includes(unit.dimension)) return [];
  return [problem(path, `${code} is a unit of ${unit.dimension}; write a unit of ${listed(dimensions)}`)];
}

interface TypeAt {
  readonly path: ContentPath;
  readonly type: MapContent["counters"][number] | MapContent["consumption"][number] | NonNullable<MapContent["energy"]>;
}

function counterTypes(map: MapContent): readonly TypeAt[] {
  return [
    ...map.counters.map((type, index) => ({ path: ["counters", index], type })),
    ...map.consumption.map((type, index) => ({ path: ["consumption", index], type })),
    ...(map.energy ? [{ path: ["energy"], type: map.energy }] : []),
  ];
}

function checkJob(map: MapContent, compile: CompileExpression): readonly Problem[] {
  const { job } = map;
  if (!job) return [];
  const problems: Problem[] = [];
  const expression = (text: string | undefined, path: ContentPath): void => {
    const wrong = text === undefined ? null : text.trim() === "" ? "the expression is empty; write one" : compile(text);
    if (wrong !== null) problems.push(problem(path, wrong));
  };
  expression(job.jobOrderId, ["job", "jobOrderId"]);
  expression(job.job, ["job", "job"]);
  expression(job.article, ["job", "article"]);
  for (const [key, setpoint] of Object.entries(job.setup)) {
    expression(setpoint.value, ["job", "setup", key, "value"]);
    const item = itemOf(map, key);
    if (!item) problems.push(keyProblem(["job", "setup", key], noItem(map, key)));
    else if (placeholdersOf(item.path).length > 0) {
      problems.push(
        keyProblem(["job", "setup", key], `item ${key} has a placeholder in its path; a setpoint needs one item`),
      );
    }
  }
  const machinePath = (text: string | undefined, path: ContentPath): void => {
    const wrong =
      text === undefined
        ? null
        : placeholdersOf(text).length > 0
          ? "has a placeholder; write one path"
          : pathFault(text);
    if (wrong !== null) problems.push(problem(path, `the path "${text}" ${wrong}`));
  };
  machinePath(job.jobControl?.receiver, ["job", "jobControl", "receiver"]);
  machinePath(job.jobControl?.provider, ["job", "jobControl", "provider"]);
  machinePath(job.apply?.object, ["job", "apply", "object"]);
  machinePath(job.apply?.method, ["job", "apply", "method"]);
  if (job.apply && Object.keys(job.setup).length === 0) {
    problems.push(problem(["job", "apply"], "`apply` has nothing to apply; write setpoints in `setup`, or remove it"));
  }
  return problems;
}
