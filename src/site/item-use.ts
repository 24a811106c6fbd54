/** What rules may ask of the items they name: that they exist, and that what is read together has the same history. */
import { keyProblem, type ContentPath, type Problem } from "./finding.ts";
import type { MapContent } from "./map-schema.ts";
import { didYouMean, listed } from "./spelling.ts";

export function noItem(map: MapContent, key: string): string {
  const keys = Object.keys(map.items);
  return `there is no item ${key}${didYouMean(key, keys)}; write the key of an entry in items: ${listed(keys)}`;
}

export function itemOf(map: MapContent, key: string): MapContent["items"][string] | undefined {
  return Object.hasOwn(map.items, key) ? map.items[key] : undefined;
}

export function checkHistory(
  map: MapContent,
  keys: readonly (string | undefined)[],
  path: ContentPath,
): readonly Problem[] {
  const items = [...new Set(keys)].flatMap((key) => {
    const item = key === undefined ? undefined : itemOf(map, key);
    return item && key !== undefined ? [{ key, history: item.history }] : [];
  });
  const without = items.filter(({ history }) => !history).map(({ key }) => key);
  if (without.length === 0 || without.length === items.length) return [];
  const message = `these items are read together, but ${listed(without)} has no history and the others have; write the same for all`;
  return without.map((key) => keyProblem(["items", key], `${message} (rule ${path.join(".")})`));
}
