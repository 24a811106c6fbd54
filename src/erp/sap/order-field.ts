/**
 * Reading the fields of an order and collecting what is wrong with them, so that a planner hears of everything at
 * once. A field that cannot be read yields a stand-in, which never leaves the map: problems end the reading.
 */
import { makeFault, type Fault, type FaultCode } from "../../base/result.ts";
import type { Instant } from "../../base/instant.ts";
import { parseQuantity, zero, type Quantity } from "../../base/quantity.ts";
import type { TimeZone } from "../../base/site-time.ts";
import { atPlant, readDate, readTime } from "./date.ts";
import { text, type Row } from "./row.ts";
import { readUnit, type UnitMap } from "./unit.ts";

export interface OrderReading {
  readonly units: UnitMap;
  readonly zone: TimeZone;
  note(code: FaultCode, message: string): void;
}

export interface Problems {
  readonly reading: OrderReading;
  /** Everything that was noted, as one fault under the first one's code; null when all is well. */
  fault(order: string): Fault | null;
}

export function startReading(units: UnitMap, zone: TimeZone): Problems {
  const noted: { readonly code: FaultCode; readonly message: string }[] = [];
  const note = (code: FaultCode, message: string): void => {
    if (noted.every((one) => one.message !== message)) noted.push({ code, message });
  };
  const fault = (order: string): Fault | null => {
    const [first] = noted;
    if (!first) return null;
    const more = noted.length > 5 ? ` And ${noted.length - 5} more.` : "";
    const words = noted.slice(0, 5).map(({ message }) => message);
    return makeFault("invalid", first.code, `Order ${order}: ${words.join(" ")}${more}`, {
      order,
      codes: noted.map(({ code }) => code),
    });
  };
  return { reading: { units, zone, note }, fault };
}

/** A decimal field with its unit triple `<unit>`, `<unit>ISOCode`, `<unit>SAPCode`. */
export function readAmount(reading: OrderReading, row: Row, field: string, unitField: string, where: string): Quantity {
  const uom = readUnitOf(reading, row, unitField, where);
  if (uom === null) return zero("C62");
  const said = text(row, field);
  const quantity = parseQuantity(said, uom);
  if (quantity.ok) return quantity.value;
  reading.note(
    "erp/sap-order-quantity",
    `${where}: "${said}" is no quantity that Millrace can keep. Correct it in SAP.`,
  );
  return zero(uom);
}

export function readUnitOf(reading: OrderReading, row: Row, field: string, where: string): string | null {
  const names = { unit: text(row, field), iso: text(row, `${field}ISOCode`), sap: text(row, `${field}SAPCode`) };
  const uom = readUnit(names, reading.units);
  if (uom.ok) return uom.value;
  reading.note(uom.fault.code, `${where}: ${uom.fault.message}`);
  return null;
}

/** Pairs of a date and a time field, best first. */
export type DatePairs = readonly (readonly [date: string, time: string])[];

export interface PeriodFields {
  readonly start: DatePairs;
  readonly end: DatePairs;
}

export function readPeriod(
  reading: OrderReading,
  row: Row,
  fields: PeriodFields,
  where: string,
): readonly [Instant | null, Instant | null] {
  const start = readInstant(reading, row, fields.start, where);
  const end = readInstant(reading, row, fields.end, where);
  if (start !== null && end !== null && end < start) {
    reading.note("erp/sap-order-dates", `${where} ends before it starts. Correct its dates in SAP.`);
  }
  return [start, end];
}

function readInstant(reading: OrderReading, row: Row, pairs: DatePairs, where: string): Instant | null {
  for (const [dateField, timeField] of pairs) {
    const said = text(row, dateField);
    if (!said || /^0+$/.test(said)) continue;
    const time = text(row, timeField);
    const date = readDate(said);
    const seconds = time ? readTime(time) : 0;
    if (date && seconds !== null) return atPlant(date, seconds, reading.zone);
    reading.note("erp/sap-order-dates", `${where}: ${dateField} "${said}" ${time} is no date and time.`);
    return null;
  }
  return null;
}
