/** Finds the known name that somebody probably meant. */

/** The nearest known name when it is near enough to be a slip of the pen, else null. */
export function nearest(name: string, known: Iterable<string>): string | null {
  const plain = fold(name);
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(plain, fold(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` (did you mean …?)` or nothing, to be appended to a sentence. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const found = nearest(name, known);
  return found === null ? "" : ` (did you mean ${found}?)`;
}

/** The levels of equipment are 14, and each of them may be meant. */
const shownMax = 14;

/** `a, b or c`; long lists are cut, because nobody reads them. */
export function listed(names: Iterable<string>, none = "nothing yet"): string {
  const all = [...names];
  const shown = all.length > shownMax ? [...all.slice(0, shownMax - 1), `${all.length - shownMax + 1} more`] : all;
  if (shown.length === 0) return none;
  return shown.length === 1 ? (shown[0] ?? none) : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}

/** Capitals, hyphens and underscores are what people mix up most. */
function fold(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, "");
}

/** Levenshtein distance; names are short. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
