/** Whether the items of a consumption rule belong together: one amount, its material and its unit. */
import { problem, type ContentPath, type Problem } from "./finding.ts";
import { checkHistory, itemOf } from "./item-use.ts";
import { placeholdersOf } from "./item-path.ts";
import type { MapContent } from "./map-schema.ts";
import { listed } from "./spelling.ts";

/** The placeholders of an amount tie its group together: what belongs to it cannot have others. */
export function checkGroup(
  map: MapContent,
  rule: MapContent["consumption"][number],
  path: ContentPath,
): readonly Problem[] {
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
