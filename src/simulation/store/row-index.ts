/**
 * Rows by a value that they have, in the order in which they came to it. The rows themselves are held: to look each of them up
 * by its key costs more than all else that is done with it.
 */

export type RowsByValue = Map<string, One | One[] | Map<string, object>>;

/** What an index gives for a value. */
export type Found = Readonly<One> | readonly Readonly<One>[] | ReadonlyMap<string, object> | undefined;

/** Most values have one row, and most of the others a few: a map for each of them is most of what an index weighs. */
interface One {
  readonly key: string;
  row: object;
}

const fewMost = 8;

export function add(rows: RowsByValue, value: string, key: string, row: object): void {
  const there = rows.get(value);
  if (there === undefined) rows.set(value, { key, row });
  else if (there instanceof Map) there.set(key, row);
  else if (!Array.isArray(there)) {
    if (there.key === key) there.row = row;
    else rows.set(value, [there, { key, row }]);
  } else {
    const same = there.find((one) => one.key === key);
    if (same) same.row = row;
    else if (there.push({ key, row }) > fewMost) rows.set(value, new Map(there.map((one) => [one.key, one.row])));
  }
}

export function drop(rows: RowsByValue, value: string, key: string): void {
  const there = rows.get(value);
  if (there instanceof Map) {
    if (there.delete(key) && there.size === 0) rows.delete(value);
  } else if (Array.isArray(there)) {
    const left = there.filter((one) => one.key !== key);
    const [only] = left;
    rows.set(value, left.length === 1 && only ? only : left);
  } else if (there?.key === key) rows.delete(value);
}

export function eachRow(found: Found, take: (row: object, key: string) => void): void {
  if (!found) return;
  if (isMap(found)) found.forEach(take);
  else if (isSeveral(found)) for (const { row, key } of found) take(row, key);
  else take(found.row, found.key);
}

const none: readonly object[] = [];

export function rowsOf(found: Found): readonly object[] {
  if (!found) return none;
  if (isMap(found)) return [...found.values()];
  return isSeveral(found) ? found.map(({ row }) => row) : [found.row];
}

function isMap(found: NonNullable<Found>): found is ReadonlyMap<string, object> {
  return found instanceof Map;
}

function isSeveral(found: Readonly<One> | readonly Readonly<One>[]): found is readonly Readonly<One>[] {
  return Array.isArray(found);
}
