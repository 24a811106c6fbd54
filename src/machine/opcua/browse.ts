/**
 * Everything there is below a place of an OPC UA server: paths as maps write them, with type and present value. Reads
 * only. What of it matters, and what it means, is for a person to say.
 */
import { ok, type Result } from "../../base/result.ts";
import { escapeName } from "../../record/item-path.ts";
import type { SampleValue } from "../../record/sample.ts";
import { Address } from "./address.ts";
import { readValues } from "./client-access.ts";
import { browseChildren, serverObject, type NodeRef } from "./client-browse.ts";
import { describeItems, type ItemDescription } from "./client-item.ts";
import type { Link } from "./client.ts";
import { parseSettings } from "./config.ts";
import { Connection } from "./connection.ts";

export interface BrowsedItem extends ItemDescription {
  /** Below the root, as a map writes it. */
  readonly path: string;
  /** Null when it has none, or none that can be read. */
  readonly value: SampleValue;
  /** The protocol's status code, see `isGood`. */
  readonly status: number;
}

export interface Browsed {
  /** In the server's own order, level by level. */
  readonly items: readonly BrowsedItem[];
  /** There is more than was looked at. */
  readonly isCut: boolean;
}

/** A tree that is deeper than any machine's goes round in circles. */
const levelsMax = 20;

/**
 * @param settings  as in `site.yaml`; `root` is where to begin
 * @param itemsMax  no more than so many variables are looked at
 * @fault see the connector; invalid machine/config also when the root does not exist
 */
export async function browseMachine(
  settings: unknown,
  itemsMax: number,
  signal: AbortSignal,
): Promise<Result<Browsed>> {
  const parsed = parseSettings(settings);
  if (!parsed.ok) return parsed;
  const connection = await Connection.open(parsed.value, signal);
  if (!connection.ok) return connection;
  try {
    return await browseLink(connection.value.link, itemsMax);
  } finally {
    await connection.value.close();
  }
}

interface Place {
  readonly path: readonly string[];
  readonly node: NodeRef;
}

async function browseLink(link: Link, itemsMax: number): Promise<Result<Browsed>> {
  const root = await new Address(link).root();
  if (!root.ok) return root;
  const found = await walk(link, root.value, itemsMax);
  if (!found.ok) return found;
  const places = found.value.variables.map(({ path, node }) => ({ path: path.map(escapeName).join("/"), node }));
  const described = await describeItems(
    link,
    places.map(({ node }) => node),
  );
  if (!described.ok) return described;
  const values = await readValues(link, places);
  if (!values.ok) return values;
  const items = described.value.map((description, i): BrowsedItem => {
    const sample = values.value[i];
    return { path: places[i]?.path ?? "", ...description, value: sample?.value ?? null, status: sample?.status ?? 0 };
  });
  return ok({ items, isCut: found.value.isCut });
}

/** Level by level, each node once: a server may show one node in several places. */
async function walk(
  link: Link,
  root: NodeRef,
  itemsMax: number,
): Promise<Result<{ readonly variables: readonly Place[]; readonly isCut: boolean }>> {
  const variables: Place[] = [];
  // What a server says about itself is no machine's.
  const seen = new Set([root.toString(), serverObject.toString()]);
  let level: Place[] = [{ path: [], node: root }];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= levelsMax) return ok({ variables, isCut: true });
    const children = await browseChildren(
      link,
      level.map(({ node }) => node),
    );
    if (!children.ok) return children;
    const next: Place[] = [];
    for (const [i, parent] of level.entries()) {
      for (const child of children.value[i] ?? []) {
        const key = child.node.toString();
        if (child.isProperty || child.name === "" || seen.has(key)) continue;
        seen.add(key);
        const place = { path: [...parent.path, child.name], node: child.node };
        if (child.isVariable && variables.length >= itemsMax) return ok({ variables, isCut: true });
        if (child.isVariable) variables.push(place);
        next.push(place);
      }
    }
    level = next;
  }
  return ok({ variables, isCut: false });
}
