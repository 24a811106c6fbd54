/** Which concrete items belong to a watched path with `{placeholders}`, which of them have history, and a list of them for people. */
import type { WatchedPath } from "../machine/connector.ts";
import { itemPattern, type ItemPattern } from "../record/item-path.ts";

/**
 * Tells of a concrete item whether its samples can be read back from the machine. An item that matches several paths
 * has history when one of them says so; one that matches none has not.
 */
export function historyItems(paths: readonly WatchedPath[]): (item: string) => boolean {
  const exact = new Set<string>();
  const patterns: ItemPattern[] = [];
  for (const { path, history } of paths) {
    if (!history) continue;
    if (path.includes("{")) patterns.push(itemPattern(path));
    else exact.add(path);
  }
  const known = new Map<string, boolean>();
  return (item) => {
    let answer = known.get(item);
    if (answer === undefined) {
      answer = exact.has(item) || patterns.some((pattern) => pattern.match(item) !== null);
      known.set(item, answer);
    }
    return answer;
  };
}

/** The first items, and how many more: for people. */
export function listed(items: readonly string[]): string {
  const more = items.length > 3 ? ` and ${items.length - 3} more` : "";
  return items.slice(0, 3).join(", ") + more;
}
