/** Whether the units in a map are known and of a kind that can be counted there. */
import { knownUnits, unitOf, type Dimension } from "../base/unit.ts";
import { problem, type ContentPath, type Problem } from "./finding.ts";
import type { MapContent } from "./map-schema.ts";
import { didYouMean, listed } from "./spelling.ts";

const stockDimensions: readonly Dimension[] = ["count", "mass", "length", "area", "volume"];

export function checkUnits(map: MapContent): readonly Problem[] {
  return [
    ...map.counters.flatMap((rule, index) => checkUnit(rule.uom, ["counters", index, "uom"], stockDimensions)),
    ...map.consumption.flatMap(({ uom }, index) => {
      const at = ["consumption", index, "uom"];
      if ("fixed" in uom) return checkUnit(uom.fixed, [...at, "fixed"], stockDimensions);
      return Object.entries(uom.uoms).flatMap(([word, code]) =>
        checkUnit(code, [...at, "uoms", word], stockDimensions),
      );
    }),
    ...(map.packing ? checkUnit(map.packing.uom, ["packing", "uom"], stockDimensions) : []),
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
