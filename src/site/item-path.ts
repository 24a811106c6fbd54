/**
 * Paths of items inside a machine, as maps write them: elements between slashes, `{placeholder}` for an element or a part of
 * one. Which nodes they match is the connector's business.
 */

/** The names between braces, in order. */
export function placeholdersOf(path: string): readonly string[] {
  return [...path.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? "");
}

/** What is wrong with a path, as the half sentence behind its name; null when it is right. */
export function pathFault(path: string): string | null {
  if (path.trim() !== path || path === "") return "has blanks around it or is empty; write e.g. Production/State";
  const elements = path.split("/");
  if (elements.some((element) => element === "")) {
    return "has an empty element; write it without a slash at the ends and without two slashes in a row";
  }
  const rest = path.replace(/\{[^{}/]*\}/g, "");
  if (/[{}]/.test(rest)) return "has a brace without its partner in the same element; write {name}";
  const names = placeholdersOf(path);
  const wrong = names.find((name) => !/^[A-Za-z][A-Za-z0-9]*$/.test(name));
  if (wrong !== undefined) return `has the placeholder {${wrong}}; write a name of letters and digits, e.g. {slot}`;
  if (new Set(names).size < names.length) return "names a placeholder twice; give each its own name";
  if (/\}\{/.test(path)) return "has two placeholders side by side; put something between them that tells them apart";
  return null;
}
