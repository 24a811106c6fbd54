/** What a site asks of people who report: reasons from a tree, lots for some materials. */

/** A reason that people choose; with children it is only a heading. */
export interface ReasonTree {
  readonly code: string;
  readonly children: readonly ReasonTree[];
}

/** Whether a code can be chosen: a leaf of the tree. Where the site names no reasons, people write their own. */
export function isLeaf(trees: readonly ReasonTree[], code: string): boolean {
  return trees.length === 0 || leaves(trees).includes(code);
}

export function leaves(trees: readonly ReasonTree[]): readonly string[] {
  return trees.flatMap((tree) => (tree.children.length === 0 ? [tree.code] : leaves(tree.children)));
}

/** @param prefixes materials whose lot must be named begin so */
export function isLotControlled(prefixes: readonly string[], material: string): boolean {
  return prefixes.some((prefix) => material.startsWith(prefix));
}
