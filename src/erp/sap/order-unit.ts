/**
 * What an order calls its units, so that postings speak its language. Two units of SAP can be one to Millrace, where the
 * settings say so: such an order is refused, because an amount in one would be posted in the other.
 */
import type { OrderReading } from "./order-field.ts";
import { text, type Row } from "./row.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { readUnit, type UnitMap, type UnitNames } from "./unit.ts";

/** A row and its field that names a unit. */
export type NamingUnit = readonly [row: Row, field: string];

/** Parameter under which an order's own name for a unit is kept. */
export function unitParameter(uom: string): string {
  return `${prefix}${uom}`;
}

const prefix = "Unit_";

/** The order's own names for units, as it came: its documents are in the same language, and may give no code beside. */
export function namesIn({ segments }: OperationsRequest): UnitMap {
  const kept = segments.flatMap(({ parameters }) => Object.entries(parameters));
  return Object.fromEntries(
    kept.filter(([name]) => name.startsWith(prefix)).map(([name, letters]) => [letters, name.slice(prefix.length)]),
  );
}

/**
 * One name for each unit: an order may call it by two of SAP's own names. The order's own counts before those of its
 * components, and these before those of its operations.
 *
 * @fault invalid erp/sap-unit-unknown  noted where the settings make one of two units
 */
export function unitParameters(
  reading: OrderReading,
  order: NamingUnit,
  components: readonly NamingUnit[],
  operations: readonly NamingUnit[],
): Record<string, string> {
  const known = new Map<string, UnitNames>();
  // In the order in which they were always kept: what an order asks is recognised by its text.
  for (const naming of [...components, order, ...operations]) {
    const [row, field] = naming;
    const names = { unit: text(row, field), iso: text(row, `${field}ISOCode`), sap: text(row, `${field}SAPCode`) };
    // What cannot be read is noted with its amount.
    const uom = readUnit(names, reading.units);
    if (names.unit === "" || !uom.ok) continue;
    const first = known.get(uom.value);
    if (first === undefined || naming === order) known.set(uom.value, names);
    if (first !== undefined && areTwo(first, names, reading)) {
      const text = `It counts in ${first.unit} and in ${names.unit}, which are both ${uom.value} by "units" of the SAP connection.`;
      reading.note("erp/sap-unit-unknown", `${text} Give one of them another code there.`);
    }
  }
  return Object.fromEntries([...known].map(([uom, { unit }]) => [unitParameter(uom), unit]));
}

/** SAP's own names are known to be names of one unit; of what the settings say only that it counts as the same. */
function areTwo(one: UnitNames, other: UnitNames, { units }: OrderReading): boolean {
  const isSame = one.unit === other.unit || (one.sap !== "" && one.sap === other.sap);
  return (
    !isSame && [one, other].some((names) => Object.values(names).some((name) => Object.hasOwn(units, name.trim())))
  );
}
