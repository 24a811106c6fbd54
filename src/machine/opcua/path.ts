/**
 * Item paths: names of nodes, separated by `/`. A name that has `/`, `&` or `{` in it is written with `&` before the
 * sign (OPC 10000-4 annex A.2). `{name}` stands for any text of a name, alone or as a part of it. Pure.
 */

export interface PathElement {
  /** Unescaped. */
  readonly name: string;
  /** Null: `name` is meant literally. */
  readonly pattern: RegExp | null;
}

/** An escaped sign, a separator, a placeholder, or any other sign. */
const token = /&(.)|(\/)|(\{[A-Za-z_]\w*\})|(.)/gsu;

/** The elements of a path; empty ones fall away. */
export function parsePath(path: string): PathElement[] {
  const elements: PathElement[] = [];
  let name = "";
  let source: string | null = null;
  const finish = (): void => {
    if (name !== "") elements.push({ name, pattern: source === null ? null : new RegExp(`^${source}$`, "su") });
    name = "";
    source = null;
  };
  for (const [, escaped, separator, hole, sign] of path.matchAll(token)) {
    if (separator !== undefined) finish();
    else if (hole !== undefined) {
      source = `${source ?? quote(name)}(.+)`;
      name += hole;
    } else {
      const literal = escaped ?? sign ?? "";
      name += literal;
      if (source !== null) source += quote(literal);
    }
  }
  finish();
  return elements;
}

export function hasPlaceholder(path: string): boolean {
  return parsePath(path).some((element) => element.pattern !== null);
}

export function matches(element: PathElement, name: string): boolean {
  return element.pattern ? element.pattern.test(name) : element.name === name;
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
