/**
 * Concrete item paths: names separated by `/`. A name that has `/`, `&` or `{` in it is written with `&` before the sign
 * (OPC 10000-4 annex A.2). In the path of a map `{name}` stands for any text of a name, alone or as a part of it. Pure.
 */

/** What recognises the concrete paths of a path with placeholders. */
export interface ItemPattern {
  /** The placeholders, in order. */
  readonly names: readonly string[];
  /** What each of them stands for in a concrete path, as the machine writes it; null for a path of another item. */
  readonly match: (item: string) => Readonly<Record<string, string>> | null;
}

/** An escaped sign, or a placeholder. */
const token = /&(.)|\{(\w+)\}/gsu;
/** Any text of a name, as it stands in a path. */
const anyText = "((?:&.|[^/&])+)";

/** One name, or a part of it, as it stands in a path. */
export function escapeName(name: string): string {
  return name.replace(/[&/{]/g, "&$&");
}

export function itemPattern(path: string): ItemPattern {
  const names: string[] = [];
  let source = "";
  let from = 0;
  for (const { 0: found, 1: escaped, 2: name, index } of path.matchAll(token)) {
    source += quote(path.slice(from, index));
    from = index + found.length;
    if (name !== undefined) names.push(name);
    source += name === undefined ? quote(escapeName(escaped ?? "")) : anyText;
  }
  const expression = new RegExp(`^${source}${quote(path.slice(from))}$`, "su");
  return {
    names,
    match: (item) => {
      const found = expression.exec(item);
      return found && Object.fromEntries(names.map((name, i) => [name, unescaped(found[i + 1] ?? "")]));
    },
  };
}

/** The concrete path where the placeholders stand for these texts. */
export function concretePath(path: string, placeholders: Readonly<Record<string, string>>): string {
  return path.replace(token, (_, escaped: string | undefined, name: string | undefined) =>
    escapeName(name === undefined ? (escaped ?? "") : (placeholders[name] ?? "")),
  );
}

function unescaped(text: string): string {
  return text.replace(/&(.)/gsu, "$1");
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
