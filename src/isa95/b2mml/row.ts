/**
 * How a table of the information model is written down: one row for each field of a type, in the order of the schema.
 * From these rows the types, the reader, the writer, both wire forms and the documentation are derived.
 *
 * `OperationsRequestID: "? Identifier"` reads: the field, its cardinality, its kind, and `as Name` where the schema
 * spells the element otherwise. A field that begins with a capital is an element, one that begins small is an XML
 * attribute, and `$` is the element's own text.
 */

/** `1` one · `?` none or one · `*` any number · `+` at least one · `|` exactly one of the neighbouring rows with `|`. */
export type Cardinality = "1" | "?" | "*" | "+" | "|";

/** Cardinality, kind, and the element's name where it is not the field's. The kind is a leaf, a list or a table. */
export type RowText = `${Cardinality} ${string}`;

export type Tables = Readonly<Record<string, Readonly<Record<string, RowText>>>>;

/** Kinds without structure: the lexical form is kept as text, so that nothing is rounded or reformatted on the way. */
export const leafKinds = [
  "Identifier",
  "Code",
  "Text",
  "DateTime",
  "Duration",
  "Numeric",
  "Indicator",
  "Generic",
  "normalizedString",
  "string",
  "token",
] as const;

export interface Row {
  readonly field: string;
  readonly cardinality: Cardinality;
  readonly kind: string;
  /** The element or attribute as the schema spells it; `$` for the element's own text. */
  readonly name: string;
  readonly place: "element" | "attribute" | "text";
}

export function parseRow(field: string, text: RowText): Row {
  const [cardinality, kind = "", , name = field] = text.split(" ");
  const place = field === "$" ? "text" : /^[A-Z]/.test(field) ? "element" : "attribute";
  // the type of `text` says that the first word is a cardinality
  return { field, cardinality: cardinality as Cardinality, kind, name, place };
}

/** Whether the field holds a list; an empty list is absent. */
export function isList(cardinality: Cardinality): boolean {
  return cardinality === "*" || cardinality === "+";
}
