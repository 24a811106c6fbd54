/**
 * Reading products, where the connection asks for them: all of them in the order of their numbers, then those that have
 * changed. What changes while a scan runs may stand before the place that it has reached, so each scan goes back to
 * where the one before the last had come.
 */
import { fail, ok, type Fault, type Result } from "../../base/result.ts";
import type { Information } from "../../isa95/b2mml/information.ts";
import type { MasterDataPage } from "../connector.ts";
import type { SapClient } from "./client.ts";
import type { SapConfig } from "./config.ts";
import { readMetadata, typeOfNavigation, typeOfSet, type ServiceModel } from "./metadata.ts";
import { descriptionNavigation, readProduct, unitNavigation } from "./product.map.ts";
import { literal } from "./pull.ts";
import { isRow, text, type Row } from "./row.ts";

const set = "A_Product";
const changedAt = "LastChangeDateTime";
const mandatory = ["Product", "BaseUnit"];
const optional = [changedAt, "ProductType", "ProductGroup", "IsBatchManagementRequired"];
const expanded: Readonly<Record<string, readonly string[]>> = {
  [descriptionNavigation]: ["Language", "ProductDescription"],
  [unitNavigation]: ["AlternativeUnit", "QuantityNumerator", "QuantityDenominator"],
};

interface Cursor {
  /** Only what has changed since, as milliseconds; null: everything. */
  readonly from: number | null;
  /** The last product of the pages that were read; null when a scan begins. */
  readonly after: string | null;
  /** Newest change that the last whole scan has seen, and that this one has. */
  readonly before: number | null;
  readonly newest: number | null;
}

const beginning: Cursor = { from: null, after: null, before: null, newest: null };

/**
 * @fault invalid erp/sap-metadata  the service is not what it should be
 * @fault invalid erp/sap-cursor    not a cursor of this reading
 */
export async function pullProducts(
  client: SapClient,
  config: SapConfig,
  cursorText: string | null,
  signal: AbortSignal,
): Promise<Result<MasterDataPage>> {
  const cursor = cursorText === null ? ok(beginning) : readCursor(cursorText);
  if (!cursor.ok) return cursor;
  const model = await loadProducts(client, config, signal);
  if (!model.ok) return model;
  const rows = await client.rows(path(config, model.value, cursor.value), "products", signal);
  if (!rows.ok) return rows;
  const things: Information<"MaterialDefinition">[] = [];
  const left: { readonly id: string; readonly fault: Fault }[] = [];
  for (const row of rows.value) {
    const read = readProduct(row, config);
    if (read.ok) things.push(read.value);
    else left.push({ id: text(row, "Product"), fault: read.fault });
  }
  const more = rows.value.length >= config.pageSize;
  const next = writeCursor(cursor.value, rows.value, more);
  return ok({
    document: { verb: null, noun: "MaterialInformation", content: [{ MaterialDefinition: things }] },
    left,
    cursor: next,
    more,
  });
}

/** What the service offers. @fault invalid erp/sap-metadata */
export async function loadProducts(
  client: SapClient,
  config: SapConfig,
  signal: AbortSignal,
): Promise<Result<ServiceModel>> {
  const { product } = config.services;
  const xml = await client.text(`${product}/$metadata`, `the service ${product}`, signal);
  const model = xml.ok ? readMetadata(product, xml.value) : xml;
  if (!model.ok) return model;
  const properties = typeOfSet(model.value, set)?.properties;
  const missing = mandatory.filter((name) => !properties?.has(name)).map((name) => `${set}.${name}`);
  if (missing.length === 0) return model;
  const message = `The service ${product} lacks what Millrace needs for products: ${missing.join(", ")}.`;
  return fail("invalid", "erp/sap-metadata", message);
}

/** What is read of a product, as far as this release has it. */
export function productQuery(model: ServiceModel): string {
  const type = typeOfSet(model, set);
  const offered = [...mandatory, ...optional].filter((name) => type?.properties.has(name));
  const inner = Object.entries(expanded).flatMap(([name, fields]) => {
    const target = type && typeOfNavigation(model, type, name);
    return fields.filter((field) => target?.properties.has(field)).map((field) => `${name}/${field}`);
  });
  return [...offered, ...inner].join(",");
}

function path(config: SapConfig, model: ServiceModel, { from, after }: Cursor): string {
  const selected = productQuery(model);
  const navigations = Object.keys(expanded).filter((name) => selected.includes(`${name}/`));
  const filters = [
    ...(from === null ? [] : [`${changedAt} ge datetimeoffset'${new Date(from).toISOString().slice(0, 19)}Z'`]),
    ...(after === null ? [] : [`Product gt ${literal(after)}`]),
  ];
  const query = {
    $select: selected,
    $expand: navigations.join(","),
    $filter: filters.join(" and "),
    $orderby: "Product",
    $top: String(config.pageSize),
  };
  const parts = Object.entries(query)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${config.services.product}/${set}?${parts.join("&")}`;
}

/** Where to go on: after the last product of a full page, else a new scan. */
function writeCursor(cursor: Cursor, rows: readonly Row[], more: boolean): string {
  const newest = rows.map(stampOf).reduce((max, stamp) => later(max, stamp), cursor.newest);
  const last = rows.at(-1);
  const next: Cursor =
    more && last
      ? { ...cursor, after: text(last, "Product"), newest }
      : { from: cursor.before, after: null, before: newest, newest };
  return JSON.stringify({ v: 1, ...next });
}

function stampOf(row: Row): number | null {
  const ticks = /^\/Date\((\d{1,15})(?:[+-]\d{1,4})?\)\/$/.exec(text(row, changedAt));
  return ticks ? Number(ticks[1]) : null;
}

function later(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}

function readCursor(written: string): Result<Cursor> {
  try {
    const read: unknown = JSON.parse(written);
    if (isRow(read) && read["v"] === 1) {
      const { after = null } = read;
      const [from, before, newest] = [read["from"], read["before"], read["newest"]].map(stamp);
      if (from !== undefined && before !== undefined && newest !== undefined) {
        if (after === null || typeof after === "string") return ok({ from, after, before, newest });
      }
    }
  } catch {
    // said below
  }
  return fail("invalid", "erp/sap-cursor", "The place up to which products were read is none of this connector.");
}

function stamp(value: unknown): number | null | undefined {
  return value === null || typeof value === "number" ? value : undefined;
}
