/** A product of SAP as a MaterialDefinition: its text, its group, its units and whether it is kept in batches. */
import { ok, type Result } from "../../base/result.ts";
import type { Information } from "../../isa95/b2mml/information.ts";
import type { SapConfig } from "./config.ts";
import { unpad } from "./number.ts";
import { children, flag, text, type Row } from "./row.ts";
import { readUnit } from "./unit.ts";

export const descriptionNavigation = "to_Description";
export const unitNavigation = "to_ProductUnitsOfMeasure";

type Property = Information<"MaterialDefinitionProperty">;

/** @fault invalid erp/sap-unit-unknown  a unit of the product has no Rec 20 code */
export function readProduct(row: Row, config: SapConfig): Result<Information<"MaterialDefinition">> {
  const base = unitOf(text(row, "BaseUnit"), config);
  if (!base.ok) return base;
  const factors: Property[] = [];
  for (const one of children(row, unitNavigation)) {
    const unit = unitOf(text(one, "AlternativeUnit"), config);
    if (!unit.ok) return unit;
    if (unit.value === base.value) continue;
    const factor = `${whole(one, "QuantityNumerator")}/${whole(one, "QuantityDenominator")}`;
    factors.push(property(`UnitFactor-${unit.value}`, { ValueString: factor, UnitOfMeasure: base.value }));
  }
  const group = text(row, "ProductGroup");
  const type = text(row, "ProductType");
  return ok({
    ID: unpad(text(row, "Product")),
    Description: descriptionsOf(row, config),
    MaterialDefinitionProperty: [
      property("BaseUnit", { ValueString: base.value }),
      property("LotControlled", {
        ValueString: flag(row, "IsBatchManagementRequired") ? "true" : "false",
        DataType: "boolean",
      }),
      ...(type === "" ? [] : [property("ProductType", { ValueString: type })]),
      ...factors,
    ],
    ...(group !== "" && { MaterialClassID: [group] }),
  });
}

/** In the connection's language; in any other where that one has none. */
function descriptionsOf(row: Row, { language }: SapConfig): readonly string[] {
  const texts = children(row, descriptionNavigation);
  const own = texts.find((one) => text(one, "Language") === language) ?? texts[0];
  const said = own ? text(own, "ProductDescription") : "";
  return said === "" ? [] : [said];
}

function property(id: string, value: Partial<Information<"Value">> & { readonly ValueString: string }): Property {
  return { ID: id, Value: [value] };
}

function unitOf(unit: string, { units }: SapConfig): Result<string> {
  return readUnit({ unit, iso: "", sap: "" }, units);
}

/** `5` and `5.000` are one number. */
function whole(row: Row, name: string): string {
  return text(row, name).replace(/\.0*$/, "") || "1";
}
