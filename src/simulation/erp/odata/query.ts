/**
 * Answers a read: which rows of a set or of a link, in which order, from where on, and what of them is written.
 */
import { accepted, refused, type Answer, type Refusal } from "../message.ts";
import type { EdmValue, EntitySet, EntityType, Row } from "./edm.ts";
import { noFilter, parseFilter, type Filter } from "./filter.ts";
import { wholeRow, type Projection } from "./writer.ts";

export interface Query {
  readonly filter: Filter;
  readonly order: readonly { readonly property: string; readonly direction: 1 | -1 }[];
  readonly skip: number;
  /** Null: as many as there are. */
  readonly top: number | null;
  readonly isCounted: boolean;
  readonly projection: Projection;
}

export interface QueryPage {
  readonly rows: readonly Row[];
  /** All rows that match, whatever was skipped; only when asked for. */
  readonly count: number | null;
  /** Where the next page starts; null when this is the last. */
  readonly nextSkip: number | null;
}

const known = new Set([
  "$filter",
  "$select",
  "$expand",
  "$orderby",
  "$top",
  "$skip",
  "$skiptoken",
  "$inlinecount",
  "$format",
]);

export function parseQuery(parameters: URLSearchParams, type: EntityType): Answer<Query> {
  for (const name of parameters.keys()) {
    if (name.startsWith("$") && !known.has(name)) return refused(bad(`query option ${name} is not supported`, name));
  }
  const source = parameters.get("$filter");
  const filter = source === null ? accepted(noFilter) : parseFilter(source, type);
  if (!filter.ok) return filter;
  const projection = parseProjection(parameters.get("$select"), parameters.get("$expand"), type);
  if (!projection.ok) return projection;
  const order = parseOrder(parameters.get("$orderby"), type);
  if (!order.ok) return order;
  const [top, skip, token] = ["$top", "$skip", "$skiptoken"].map((name) => wholeNumber(parameters.get(name)));
  if (Number.isNaN(top) || Number.isNaN(skip) || Number.isNaN(token))
    return refused(bad("whole number expected", "$top"));
  return accepted({
    filter: filter.value,
    order: order.value,
    skip: (skip ?? 0) + (token ?? 0),
    top: top ?? null,
    isCounted: parameters.get("$inlinecount") === "allpages",
    projection: projection.value,
  });
}

function bad(text: string, target: string): Refusal {
  return { status: 400, code: "/IWFND/CM_BEC/022", text: `Invalid query: ${text}`, target };
}

/** Null when the option is absent, NaN when it is no whole number. */
function wholeNumber(source: string | null): number | null {
  return source === null ? null : /^\d{1,9}$/.test(source) ? Number(source) : Number.NaN;
}

function parseOrder(source: string | null, type: EntityType): Answer<Query["order"]> {
  const order: { property: string; direction: 1 | -1 }[] = [];
  for (const part of source?.split(",") ?? []) {
    const [property = "", direction = "asc"] = part.trim().split(/\s+/);
    if (!type.properties.has(property) || !/^(asc|desc)$/.test(direction)) {
      return refused(bad(`${part} cannot be ordered by`, "$orderby"));
    }
    order.push({ property, direction: direction === "asc" ? 1 : -1 });
  }
  return accepted(order);
}

interface Selection {
  readonly properties: Set<string>;
  readonly links: Map<string, Selection>;
}

function parseProjection(select: string | null, expand: string | null, type: EntityType): Answer<Projection> {
  const expanded = pathTree(expand);
  const selected = select === null || select === "*" ? null : pathTree(select);
  return project(type, selected, expanded);
}

/** `a/b,c` → a tree; leaves are in `properties` of their parent and in `links` when more follows. */
function pathTree(source: string | null): Selection {
  const root: Selection = { properties: new Set(), links: new Map() };
  for (const path of source?.split(",") ?? []) {
    let at = root;
    for (const step of path.trim().split("/").filter(Boolean)) {
      at.properties.add(step);
      const next = at.links.get(step) ?? { properties: new Set<string>(), links: new Map<string, Selection>() };
      at.links.set(step, next);
      at = next;
    }
  }
  return root;
}

function project(type: EntityType, selected: Selection | null, expanded: Selection): Answer<Projection> {
  const expand = new Map<string, Projection>();
  for (const name of expanded.properties) {
    const link = type.navigation.get(name);
    if (!link) return refused(bad(`link ${name} does not exist in ${type.name}`, "$expand"));
    const inner = selected?.links.get(name) ?? null;
    if (selected && !selected.properties.has(name)) continue;
    const isWhole = !inner || inner.properties.size === 0 || inner.properties.has("*");
    const below = project(link.target(), isWhole ? null : inner, expanded.links.get(name) ?? pathTree(null));
    if (!below.ok) return below;
    expand.set(name, below.value);
  }
  for (const name of selected?.properties ?? []) {
    if (name !== "*" && !type.properties.has(name) && !type.navigation.has(name)) {
      return refused(bad(`property ${name} does not exist in ${type.name}`, "$select"));
    }
  }
  const properties = selected === null || selected.properties.has("*") ? null : selected.properties;
  return accepted(properties === null && expand.size === 0 ? wholeRow : { properties, expand });
}

/** @param pageSize  the server's own limit of rows in one answer */
export function answerQuery(set: EntitySet, query: Query, pageSize: number): QueryPage {
  return cut(candidates(set, query.filter), set.type, query, pageSize);
}

/** The same over rows that are already at hand, e.g. behind a link. */
export function cut(from: Iterable<Row>, type: EntityType, query: Query, pageSize: number): QueryPage {
  const limit = Math.min(query.top ?? Number.POSITIVE_INFINITY, pageSize);
  const needsAll = query.order.length > 0 || query.isCounted;
  const matching: Row[] = [];
  for (const row of from) {
    if (!query.filter.matches(row)) continue;
    matching.push(row);
    if (!needsAll && matching.length > query.skip + limit) break;
  }
  if (query.order.length > 0) matching.sort((a, b) => compareRows(type, query.order, a, b));
  const rows = matching.slice(query.skip, query.skip + limit);
  const isCutByServer = rows.length === pageSize && (query.top === null || query.top > pageSize);
  const hasMore = matching.length > query.skip + rows.length;
  return {
    rows,
    count: query.isCounted ? matching.length : null,
    nextSkip: isCutByServer && hasMore ? query.skip + rows.length : null,
  };
}

function candidates(set: EntitySet, filter: Filter): Iterable<Row> {
  for (const [property, values] of filter.equalities) {
    const find = set.find.get(property);
    const texts = values.filter((value) => typeof value === "string");
    // A row may be found under two of the values: it counts once.
    if (find && texts.length === values.length) return new Set(texts.flatMap((value) => [...find(value)]));
  }
  return set.all();
}

function compareRows(type: EntityType, order: Query["order"], a: Row, b: Row): number {
  for (const { property, direction } of order) {
    const get = type.properties.get(property);
    const sign = compareValues(get?.get(a) ?? null, get?.get(b) ?? null);
    if (sign !== 0) return sign * direction;
  }
  return 0;
}

function compareValues(a: EdmValue, b: EdmValue): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
