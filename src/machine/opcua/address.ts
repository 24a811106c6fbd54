/**
 * Item paths → nodes: down from the root of the machine, level by level, names matched irrespective of namespace,
 * placeholders against everything that is there. Knows no values and keeps no connection.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import { escapeName } from "../../record/item-path.ts";
import { browseChildren, objectsFolder, parseNode, type ChildNode, type NodeRef } from "./client-browse.ts";
import type { Link } from "./client.ts";
import { hasPlaceholder, matches, parsePath, type PathElement } from "./path.ts";

export interface FoundNode {
  /** Concrete path, without placeholders. */
  readonly path: string;
  readonly node: NodeRef;
  readonly isVariable: boolean;
}

interface Search {
  readonly pattern: string;
  readonly at: NodeRef;
  readonly walked: readonly string[];
  readonly ahead: readonly PathElement[];
}

/** Finds nodes for one session. Remembers the root; everything else can change at any time. */
export class Address {
  readonly #link: Link;
  #root: NodeRef | null = null;

  constructor(link: Link) {
    this.#link = link;
  }

  /**
   * The nodes behind each path that exist now; a path without a node has an empty list.
   *
   * @fault invalid machine/config   the root of the machine does not exist
   */
  async find(paths: readonly string[]): Promise<Result<Map<string, FoundNode[]>>> {
    const found = new Map<string, FoundNode[]>(paths.map((path) => [path, []]));
    const template = this.#link.settings.addressing;
    const searched = template === "browse-path" ? paths : paths.filter(hasPlaceholder);
    for (const path of template === "browse-path" ? [] : paths) {
      if (hasPlaceholder(path)) continue;
      const node = parseNode(
        this.#link,
        template.replaceAll("{path}", () => path),
      );
      if (!node.ok) return node;
      found.get(path)?.push({ path, node: node.value, isVariable: true });
    }
    if (searched.length === 0) return ok(found);
    const root = await this.root();
    if (!root.ok) return root;
    const walked = await this.#walk(root.value, searched, found);
    return walked.ok ? ok(found) : walked;
  }

  async root(): Promise<Result<NodeRef>> {
    if (this.#root) return ok(this.#root);
    const text = this.#link.settings.root;
    if (/^(nsu?=[^;]+;)?[isgb]=/.test(text)) {
      const node = parseNode(this.#link, text);
      if (node.ok) this.#root = node.value;
      return node;
    }
    const names = parsePath(text).map((element) => element.name);
    const below = names[0] === "Objects" ? names.slice(1) : names;
    let at = objectsFolder;
    for (const [depth, name] of below.entries()) {
      const children = await browseChildren(this.#link, [at]);
      if (!children.ok) return children;
      const next = children.value[0]?.find((child) => child.name === name);
      if (!next) {
        const here = ["Objects", ...below.slice(0, depth)].join("/");
        const there = children.value[0]?.map((child) => child.name).join(", ");
        return fail("invalid", "machine/config", `root: ${here} has no "${name}". It has: ${there || "nothing"}.`);
      }
      at = next.node;
    }
    this.#root = at;
    return ok(at);
  }

  /** All searches one level down at a time: few round trips, each node browsed once. */
  async #walk(root: NodeRef, patterns: readonly string[], found: Map<string, FoundNode[]>): Promise<Result<void>> {
    let level: Search[] = patterns.map((pattern) => ({ pattern, at: root, walked: [], ahead: parsePath(pattern) }));
    while (level.length > 0) {
      const nodes = new Map(level.map((search) => [search.at.toString(), search.at]));
      const browsed = await browseChildren(this.#link, [...nodes.values()]);
      if (!browsed.ok) return browsed;
      const children = new Map([...nodes.keys()].map((key, index) => [key, browsed.value[index] ?? []]));
      const next: Search[] = [];
      for (const search of level) {
        for (const child of step(search, children.get(search.at.toString()) ?? [])) {
          const walked = [...search.walked, child.name];
          const ahead = search.ahead.slice(1);
          if (ahead.length > 0) {
            next.push({ ...search, at: child.node, walked, ahead });
            continue;
          }
          const path = hasPlaceholder(search.pattern) ? walked.map(escapeName).join("/") : search.pattern;
          found.get(search.pattern)?.push({ path, node: child.node, isVariable: child.isVariable });
        }
      }
      level = next;
    }
    return ok(undefined);
  }
}

/**
 * The children that fit the next element; of two nodes with one name the first. A property is only found by its name,
 * never by a placeholder: `Counters/{name}` means counters, not their node version.
 */
function step(search: Search, children: readonly ChildNode[]): ChildNode[] {
  const [element] = search.ahead;
  if (!element) return [];
  const seen = new Set<string>();
  return children.filter((child) => {
    if (seen.has(child.name) || !matches(element, child.name)) return false;
    if (child.isProperty && element.pattern) return false;
    seen.add(child.name);
    return true;
  });
}
