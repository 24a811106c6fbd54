/**
 * Documents as SAP reports them, reduced to what can be compared: for finding one by its key and for listing all of an
 * order. Reading only.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import { parseQuantity, type Quantity } from "../../base/quantity.ts";
import type { SapClient } from "./client.ts";
import type { SapConfig } from "./config.ts";
import { typeOfSet } from "./metadata.ts";
import { orderForms, pad } from "./number.ts";
import { flag, isRow, text, type Row } from "./row.ts";
import {
  confirmationSet,
  documentHeader,
  documentItemSet,
  documentItems,
  documentSet,
  type SapModel,
} from "./service.ts";
import { readUnit } from "./unit.ts";

export interface Reading {
  readonly client: SapClient;
  readonly config: SapConfig;
  readonly model: SapModel;
}

/** A material document: its header and the items of it that were read. */
export interface PostedMovement {
  readonly header: Row;
  readonly items: readonly Row[];
}

/** The GUID that a confirmation bears, as `guidOf` writes it; empty for none. */
export function externalKey(row: Row): string {
  return text(row, "ExternalSystemConfirmation").toLowerCase();
}

/** Confirmations with this external key; where the service cannot be asked by it, those of the order are looked through. */
export async function confirmationsByGuid(
  reading: Reading,
  guid: string,
  order: string,
  signal: AbortSignal,
): Promise<Result<readonly Row[]>> {
  const filterable = typeOfSet(reading.model.confirmation, confirmationSet)?.properties.get(
    "ExternalSystemConfirmation",
  )?.filterable;
  const isOurs = (row: Row): boolean => externalKey(row) === guid;
  const rows = filterable
    ? await confirmations(reading, `ExternalSystemConfirmation eq guid'${guid}'`, signal)
    : await confirmationsOfOrder(reading, order, signal);
  if (!rows.ok) return rows;
  const ours = rows.value.filter(isOurs);
  return filterable && ours.length < rows.value.length ? ofOthers("confirmations") : ok(ours);
}

/** Whoever passes an answer on twice gives it to the next question as well: it says nothing of what that one asks. */
function ofOthers(what: string): Result<never> {
  const words = `SAP's answer about ${what} is about others than were asked for. Millrace asks again.`;
  return fail("transient", "erp/sap-reply", words);
}

export async function confirmationsOfOrder(
  reading: Reading,
  order: string,
  signal: AbortSignal,
): Promise<Result<readonly Row[]>> {
  return confirmations(reading, anyOf("OrderID", order), signal);
}

/** Everything of one operation's confirmation group, what takes others back included. */
export async function confirmationsOfGroup(
  reading: Reading,
  group: string,
  signal: AbortSignal,
): Promise<Result<readonly Row[]>> {
  return allConfirmations(reading, `ConfirmationGroup eq '${pad(group, 10)}'`, signal);
}

async function confirmations(reading: Reading, filter: string, signal: AbortSignal): Promise<Result<readonly Row[]>> {
  const rows = await allConfirmations(reading, filter, signal);
  return rows.ok ? ok(rows.value.filter((row) => !flag(row, "IsReversal"))) : rows;
}

function allConfirmations(reading: Reading, filter: string, signal: AbortSignal): Promise<Result<readonly Row[]>> {
  const path = `${reading.config.services.confirmation}/${confirmationSet}?$filter=${encodeURIComponent(filter)}`;
  return reading.client.rows(path, "confirmations", signal);
}

/** Material documents with this reference, without the ones that reverse others. */
export async function movementsByReference(
  reading: Reading,
  key: string,
  signal: AbortSignal,
): Promise<Result<readonly PostedMovement[]>> {
  const query = `$filter=${encodeURIComponent(`ReferenceDocument eq '${key}'`)}&$expand=${documentItems}`;
  const path = `${reading.config.services.materialDocument}/${documentSet}?${query}`;
  const rows = await reading.client.rows(path, "material documents", signal);
  if (!rows.ok) return rows;
  const isOurs = (header: Row): boolean => text(header, "ReferenceDocument").toUpperCase() === key.toUpperCase();
  if (!rows.value.every(isOurs)) return ofOthers("material documents");
  const found: PostedMovement[] = [];
  for (const header of rows.value) {
    const items = await allItems(reading, header, signal);
    if (!items.ok) return items;
    found.push({ header, items: items.value });
  }
  return ok(found.filter(({ items }) => !isReversal(items)));
}

/** A server may cut expanded items short and name a place where they go on. */
async function allItems(reading: Reading, header: Row, signal: AbortSignal): Promise<Result<readonly Row[]>> {
  const expanded = header[documentItems];
  const whole = isRow(expanded) && !("__next" in expanded) && !("__deferred" in expanded);
  if (whole && Array.isArray(expanded["results"])) return ok(expanded["results"].filter(isRow));
  return linesOfDocument(reading, text(header, "MaterialDocument"), text(header, "MaterialDocumentYear"), signal);
}

/** The lines of one material document. */
export function linesOfDocument(
  reading: Reading,
  document: string,
  year: string,
  signal: AbortSignal,
): Promise<Result<readonly Row[]>> {
  return lines(reading, `MaterialDocument eq '${pad(document, 10)}' and MaterialDocumentYear eq '${year}'`, signal);
}

/** The same, each with the header of the document. */
export function linesWithHeader(
  reading: Reading,
  document: string,
  year: string,
  signal: AbortSignal,
): Promise<Result<readonly Row[]>> {
  const filter = `MaterialDocument eq '${pad(document, 10)}' and MaterialDocumentYear eq '${year}'`;
  return lines(reading, filter, signal, `&$expand=${documentHeader}`);
}

/** Lines of other documents that say that they reverse one of this document. */
export function linesReversing(
  reading: Reading,
  document: string,
  year: string,
  signal: AbortSignal,
): Promise<Result<readonly Row[]>> {
  const filter = `ReversedMaterialDocument eq '${pad(document, 10)}' and ReversedMaterialDocumentYear eq '${year}'`;
  return lines(reading, filter, signal);
}

function lines(reading: Reading, filter: string, signal: AbortSignal, expand = ""): Promise<Result<readonly Row[]>> {
  const path = `${reading.config.services.materialDocument}/${documentItemSet}?$filter=${encodeURIComponent(filter)}${expand}`;
  return reading.client.rows(path, "material document items", signal);
}

/** All movements of an order, reversals included, oldest document first. */
export async function movementsOfOrder(
  reading: Reading,
  order: string,
  signal: AbortSignal,
): Promise<Result<readonly PostedMovement[]>> {
  const filter = anyOf("ManufacturingOrder", order);
  const query = `$filter=${encodeURIComponent(filter)}&$expand=${documentHeader}`;
  const path = `${reading.config.services.materialDocument}/${documentItemSet}?${query}`;
  const rows = await reading.client.rows(path, "goods movements", signal);
  if (!rows.ok) return rows;
  const documents = new Map<string, { readonly header: Row; readonly items: Row[] }>();
  for (const row of rows.value) {
    const id = `${text(row, "MaterialDocumentYear")}/${text(row, "MaterialDocument")}`;
    const header = isRow(row[documentHeader]) ? row[documentHeader] : row;
    const document = documents.get(id) ?? { header, items: [] };
    document.items.push(row);
    documents.set(id, document);
  }
  return ok([...documents].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, document]) => document));
}

function isReversal(items: readonly Row[]): boolean {
  return (
    items.length > 0 &&
    items.every(
      (item) =>
        text(item, "ReversedMaterialDocument") !== "" || /^(102|262|532)$/.test(text(item, "GoodsMovementType")),
    )
  );
}

function anyOf(field: string, order: string): string {
  return orderForms(order)
    .map((form) => `${field} eq '${form.replaceAll("'", "''")}'`)
    .join(" or ");
}

/** An amount as SAP reports it; what was read with an unknown unit is a fault, never left out. */
export function readPosted(row: Row, amountField: string, unitField: string, config: SapConfig): Result<Quantity> {
  const names = {
    unit: text(row, unitField),
    iso: text(row, `${unitField}ISOCode`),
    sap: text(row, `${unitField}SAPCode`),
  };
  const uom = readUnit(names, config.units);
  if (!uom.ok) return uom;
  const quantity = parseQuantity(text(row, amountField) || "0", uom.value);
  return quantity.ok
    ? quantity
    : fail("invalid", "erp/sap-reply", `SAP reports the amount "${text(row, amountField)}" (${amountField}).`);
}
