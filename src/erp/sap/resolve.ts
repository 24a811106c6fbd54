/**
 * Ends an ambiguous push: does SAP have the document of this envelope? Asked by key and compared with the frozen
 * content. Once and equal is applied; more than once, or other content, is for a person.
 */
import { makeFault, ok, type Fault, type Result } from "../../base/result.ts";
import { guidOf } from "../../base/id.ts";
import { parseQuantity, type Quantity } from "../../base/quantity.ts";
import type { Envelope, ResolveOutcome } from "../connector.ts";
import type { ErpDocument } from "../../record/posting.ts";
import type { FrozenWrite } from "./client.ts";
import { readDate } from "./date.ts";
import type { SapConfig } from "./config.ts";
import { reversedConfirmation } from "./confirmation-reversal.map.ts";
import { thaw } from "./envelope.ts";
import { pad, unpad } from "./number.ts";
import { reversedDocument } from "./movement-reversal.map.ts";
import {
  confirmationsByGuid,
  confirmationsOfGroup,
  externalKey,
  linesWithHeader,
  linesReversing,
  movementsByReference,
  readPosted,
  type Reading,
} from "./posted.ts";
import { documentOf } from "./push.ts";
import { children, flag, isRow, text, type Row } from "./row.ts";
import { documentHeader, documentItems, orderSet, statusNavigation } from "./service.ts";
import { readUnit } from "./unit.ts";

export async function resolve(reading: Reading, envelope: Envelope, signal: AbortSignal): Promise<ResolveOutcome> {
  const write = thaw(envelope);
  if (!write.ok) return { outcome: "unknown", fault: write.fault };
  if (envelope.kind === "order-accepted") return resolveAccepted(reading, write.value, signal);
  if (envelope.kind === "confirmation-reversal") return resolveReversal(reading, envelope, write.value, signal);
  if (envelope.kind === "movement-reversal") return resolveMovementReversal(reading, write.value, signal);
  const sent = bodyOf(write.value);
  const found =
    envelope.kind === "confirmation" || envelope.kind === "final-confirmation"
      ? await foundConfirmations(reading, envelope, sent, signal)
      : await foundMovements(reading, envelope, sent, signal);
  if (!found.ok) return { outcome: "unknown", fault: found.fault };
  return verdict(envelope, found.value);
}

/** A document with our key, and the first way in which it says something else than what was sent. */
interface Found {
  readonly document: ErpDocument | null;
  readonly difference: string | null;
}

function verdict(envelope: Envelope, found: readonly Found[]): ResolveOutcome {
  const [first, ...others] = found;
  if (!first) return { outcome: "absent" };
  const numbers = found.map(({ document }) => document?.number ?? "without number").join(", ");
  if (others.length > 0) {
    const message = `SAP has ${found.length} documents with the key ${envelope.key}: ${numbers}. Reverse the surplus ones in SAP.`;
    return { outcome: "differs", fault: conflict("erp/sap-key-twice", message, numbers) };
  }
  if (first.difference !== null || !first.document) {
    const message = `SAP's document ${numbers} with the key ${envelope.key} says something else: ${first.difference ?? "it has no number"}. Compare both and decide.`;
    return { outcome: "differs", fault: conflict("erp/sap-content-differs", message, numbers) };
  }
  return { outcome: "applied", document: first.document };
}

function conflict(code: Fault["code"], message: string, numbers: string): Fault {
  return makeFault("conflict", code, message, { documents: numbers });
}

async function foundConfirmations(
  reading: Reading,
  envelope: Envelope,
  sent: Row,
  signal: AbortSignal,
): Promise<Result<readonly Found[]>> {
  const rows = await confirmationsByGuid(reading, guidOf(envelope.key), unpad(text(sent, "OrderID")), signal);
  if (!rows.ok) return rows;
  return {
    ok: true,
    value: rows.value.map((row) => ({
      document: documentOf(envelope.kind, row),
      difference:
        envelope.kind === "final-confirmation"
          ? finalDifference(sent, row, reading.config)
          : (confirmationDifference(sent, row, reading.config) ?? dayDifference(sent, row)),
    })),
  };
}

/** What was reversed after it was sent in an earlier life of the database is not there any more. */
const wasReversed = "it was reversed";

function confirmationDifference(sent: Row, row: Row, config: SapConfig): string | null {
  if (flag(row, "IsReversed")) return wasReversed;
  if (unpad(text(sent, "OrderID")) !== unpad(text(row, "OrderID"))) return `order ${text(row, "OrderID")}`;
  if (pad(text(sent, "OrderOperation"), 4) !== pad(text(row, "OrderOperation"), 4)) {
    return `operation ${text(row, "OrderOperation")}`;
  }
  const letters = new Set([text(sent, "ConfirmationUnit")]);
  for (const field of ["ConfirmationYieldQuantity", "ConfirmationScrapQuantity", "ConfirmationReworkQuantity"]) {
    const [asked, booked] = [sent, row].map((one) => amountIn(one, [field, "ConfirmationUnit"], letters, config));
    if (field in sent && !isSame(asked, booked)) return `${field} ${text(row, field)} instead of ${text(sent, field)}`;
  }
  return flag(sent, "IsFinalConfirmation") === flag(row, "IsFinalConfirmation") ? null : "final or partial";
}

function dayDifference(sent: Row, row: Row): string | null {
  return sameDay(sent, row) ? null : `posting date ${readDate(text(row, "PostingDate")) ?? "none"}`;
}

/** The day is that of the decision: the same decision, given again after a restore, has another one. */
function finalDifference(sent: Row, row: Row, config: SapConfig): string | null {
  return confirmationDifference(sent, row, config);
}

/** The confirmation itself says whether it is reversed; the document that did so is named where it bears our key. */
async function resolveReversal(
  reading: Reading,
  envelope: Envelope,
  write: FrozenWrite,
  signal: AbortSignal,
): Promise<ResolveOutcome> {
  const { group, count } = reversedConfirmation(write);
  const rows = await confirmationsOfGroup(reading, group, signal);
  if (!rows.ok) return { outcome: "unknown", fault: rows.fault };
  const numbered = rows.value.map((row) => ({ row, document: documentOf(envelope.kind, row) }));
  const original = numbered.find(
    ({ row, document }) => document?.number === `${group}/${count}` && !flag(row, "IsReversal"),
  );
  if (!original?.document) {
    const message = `SAP has no confirmation ${group}/${count} that could be taken back. Look for it in SAP and decide.`;
    return { outcome: "differs", fault: conflict("erp/sap-reversal-unknown", message, `${group}/${count}`) };
  }
  if (write.takesBack !== undefined && guidOf(write.takesBack) !== externalKey(original.row))
    return ofAnother(`confirmation ${group}/${count}`);
  if (!flag(original.row, "IsReversed")) return { outcome: "absent" };
  const guid = guidOf(envelope.key);
  const ours = numbered.find(({ row }) => flag(row, "IsReversal") && externalKey(row) === guid);
  return { outcome: "applied", document: ours?.document ?? original.document };
}

/** SAP gives numbers again when it was put back from a backup. */
function ofAnother(document: string): ResolveOutcome {
  const message = `SAP's ${document} is another one than Millrace posted. Look in SAP for what became of that one, and decide.`;
  return { outcome: "differs", fault: conflict("erp/sap-reversal-unknown", message, document) };
}

/** The document's own lines say that they are cancelled, or others say that they reverse it: the reversal bears no key of ours. */
async function resolveMovementReversal(
  reading: Reading,
  write: FrozenWrite,
  signal: AbortSignal,
): Promise<ResolveOutcome> {
  const { document, year } = reversedDocument(write);
  const number = `${document}/${year}`;
  const lines = await linesWithHeader(reading, document, year, signal);
  if (!lines.ok) return { outcome: "unknown", fault: lines.fault };
  if (lines.value.length === 0) {
    const message = `SAP has no material document ${number} that could be taken back. Look for it in SAP and decide.`;
    return { outcome: "differs", fault: conflict("erp/sap-reversal-unknown", message, number) };
  }
  const [header] = lines.value.map((line) => line[documentHeader]).filter(isRow);
  if (write.takesBack !== undefined && header && text(header, "ReferenceDocument") !== write.takesBack)
    return ofAnother(`material document ${number}`);
  const reversing = await linesReversing(reading, document, year, signal);
  if (!reversing.ok) return { outcome: "unknown", fault: reversing.fault };
  const isUndone = (line: Row): boolean =>
    flag(line, "GoodsMovementIsCancelled") ||
    reversing.value.some(
      (other) => unpad(text(other, "ReversedMaterialDocumentItem")) === unpad(text(line, "MaterialDocumentItem")),
    );
  const undone = lines.value.filter(isUndone).length;
  if (undone === 0) return { outcome: "absent" };
  if (undone < lines.value.length) {
    const message = `Only ${undone} of ${lines.value.length} lines of SAP's material document ${number} are reversed. Reverse the rest in SAP.`;
    return { outcome: "differs", fault: conflict("erp/sap-reversed-partly", message, number) };
  }
  const [first] = reversing.value;
  return {
    outcome: "applied",
    document: (first && documentOf("movement-reversal", first)) ?? { kind: "movement-reversal", number },
  };
}

async function foundMovements(
  reading: Reading,
  envelope: Envelope,
  sent: Row,
  signal: AbortSignal,
): Promise<Result<readonly Found[]>> {
  const movements = await movementsByReference(reading, envelope.key, signal);
  if (!movements.ok) return movements;
  const found = movements.value.map(({ header, items }): Found => ({
    document: documentOf(envelope.kind, header),
    difference: items.some((item) => flag(item, "GoodsMovementIsCancelled"))
      ? wasReversed
      : sameDay(sent, header)
        ? itemsDifference(children(sent, documentItems), items, reading.config)
        : `posting date ${readDate(text(header, "PostingDate")) ?? "none"}`,
  }));
  return { ok: true, value: found };
}

/** What was sent of one kind of line, less what is booked of it. */
interface Rest {
  micro: bigint;
  /** A line was sent without a batch: SAP chooses, and may split it over several. */
  isOpen: boolean;
  readonly byBatch: Map<string, bigint>;
}

/**
 * Every line sent is there with its amount and nothing else is. Lots are compared where all lines of a kind named one; where
 * one did not, the sum is, and each lot that was named has its amount at least.
 */
function itemsDifference(sent: readonly Row[], booked: readonly Row[], config: SapConfig): string | null {
  const lines = new Map<string, Rest>();
  const letters = new Set(sent.map((row) => text(row, "EntryUnit")));
  const own = booked.filter((row) => !flag(row, "IsAutomaticallyCreated"));
  for (const [rows, sign] of [
    [sent, 1n],
    [own, -1n],
  ] as const) {
    for (const row of rows) {
      const amount = amountIn(row, ["QuantityInEntryUnit", "EntryUnit"], letters, config);
      if (!amount.ok) return amount.fault.message;
      const line = lineOf(row, amount.value.uom);
      const rest = lines.get(line) ?? { micro: 0n, isOpen: false, byBatch: new Map<string, bigint>() };
      lines.set(line, rest);
      const batch = text(row, "Batch");
      const micro = sign * amount.value.micro;
      rest.micro += micro;
      rest.byBatch.set(batch, (rest.byBatch.get(batch) ?? 0n) + micro);
      if (sign === 1n && batch === "") rest.isOpen = true;
    }
  }
  for (const [line, rest] of lines) {
    const wrong = wrongIn(rest);
    if (wrong !== null) return `${line}${wrong}`;
  }
  return null;
}

function wrongIn({ micro, isOpen, byBatch }: Rest): string | null {
  const words = (rest: bigint): string => (rest < 0n ? "more than was sent" : "less than was sent");
  if (micro !== 0n) return `: ${words(micro)}`;
  const batch = [...byBatch].find(([name, rest]) => (isOpen ? name !== "" && rest > 0n : rest !== 0n));
  return batch ? ` batch ${batch[0]}: ${words(batch[1])}` : null;
}

function lineOf(row: Row, uom: string): string {
  const place = `${text(row, "Plant")}/${text(row, "StorageLocation")}`;
  const order = unpad(text(row, "ManufacturingOrder"));
  return `${text(row, "GoodsMovementType")} ${text(row, "Material")} ${place} in ${uom} for order ${order}`;
}

/** Announcing an order again does nothing, so only a status that proves it counts as applied. */
async function resolveAccepted(reading: Reading, write: FrozenWrite, signal: AbortSignal): Promise<ResolveOutcome> {
  if (write.path.startsWith("?")) return { outcome: "absent" }; // never sent; pushing it again confirms it
  const quoted = decodeURIComponent(/ManufacturingOrder=([^&]*)/.exec(write.path)?.[1] ?? "''");
  const path = `${reading.config.services.order}/${orderSet}(${encodeURIComponent(quoted)})?$expand=${statusNavigation}`;
  const rows = await reading.client.rows(path, "the order's statuses", signal);
  if (!rows.ok) return { outcome: "unknown", fault: rows.fault };
  const [order] = rows.value;
  const announced = order && children(order, statusNavigation).some((row) => text(row, "StatusShortName") === "RMES");
  return announced
    ? { outcome: "applied", document: { kind: "order-accepted", number: unpad(text(order, "ManufacturingOrder")) } }
    : { outcome: "absent" };
}

function bodyOf(write: FrozenWrite): Row {
  const body: unknown = JSON.parse(write.body ?? "{}");
  return isRow(body) ? body : {};
}

function sameDay(sent: Row, row: Row): boolean {
  return readDate(text(sent, "PostingDate")) === readDate(text(row, "PostingDate"));
}

/**
 * SAP gives the letters of a unit back as they were sent: in another language, or for a unit of its own, only SAP knows them.
 *
 * @param letters  of the units that were sent
 * @returns        for such a unit, its letters instead of a code
 */
function amountIn(
  row: Row,
  [amountField, unitField]: readonly [string, string],
  letters: ReadonlySet<string>,
  config: SapConfig,
): Result<Quantity> {
  const unit = text(row, unitField);
  if (unit === "" || !letters.has(unit)) return readPosted(row, amountField, unitField, config);
  const code = readUnit({ unit, iso: "", sap: "" }, config.units);
  const amount = parseQuantity(text(row, amountField) || "0", code.ok ? code.value : "C62");
  return amount.ok && !code.ok ? ok({ micro: amount.value.micro, uom: unit }) : amount;
}

/** An amount that cannot be read equals nothing that could be sent. */
function isSame(a: Result<Quantity> | undefined, b: Result<Quantity> | undefined): boolean {
  return a?.ok === true && b?.ok === true && a.value.micro === b.value.micro && a.value.uom === b.value.uom;
}
