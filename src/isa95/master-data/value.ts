/** A field's value as a person reads it. */
import type { FieldValue } from "./thing.ts";

/** Texts as they are; of a property its values; of anything else its JSON. */
export function valueInWords({ value }: FieldValue): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join(", ");
  const values = propertyValues(value);
  return values.length > 0 ? values.join(", ") : JSON.stringify(value);
}

/** The texts of a property's values; none of what is no property. */
export function propertyValues(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null || !("Value" in value) || !Array.isArray(value.Value)) return [];
  return value.Value.flatMap((one: unknown) => {
    const isTold = typeof one === "object" && one !== null && "ValueString" in one;
    return isTold && typeof one.ValueString === "string" && one.ValueString !== "" ? [one.ValueString] : [];
  });
}
