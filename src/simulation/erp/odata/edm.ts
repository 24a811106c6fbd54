/**
 * The entity data model of the simulated services: types, properties with how to get them out of the books, links
 * between types, sets and functions. Data only; `metadata` writes it as a document, `query` answers from it.
 */

export type EdmType = "String" | "Decimal" | "Boolean" | "DateTime" | "DateTimeOffset" | "Time" | "Guid" | "Int32";

/** Decimal: millionths. DateTime, DateTimeOffset: milliseconds. Time: seconds of the day. Guid: lower case. */
export type EdmValue = string | bigint | boolean | number | null;

/** Any object of the books; only the type's own properties know what it is. */
export type Row = object;

export interface Property<T> {
  readonly type: EdmType;
  readonly maxLength: number | null;
  /** Digits after the point of a Decimal. */
  readonly scale: number;
  get(row: T): EdmValue;
}

export interface Navigation<T> {
  readonly target: () => EntityType;
  readonly cardinality: "one" | "many";
  rows(row: T): readonly Row[];
}

export interface EntityType {
  readonly name: string;
  readonly keys: readonly string[];
  readonly properties: ReadonlyMap<string, Property<Row>>;
  readonly navigation: ReadonlyMap<string, Navigation<Row>>;
  /** Property whose value is the entity's ETag. */
  readonly etag: string | null;
}

export interface EntitySet {
  readonly name: string;
  readonly type: EntityType;
  all(): Iterable<Row>;
  /** Fast ways to the rows in which a property has a value; may return more. */
  readonly find: ReadonlyMap<string, (value: string) => Iterable<Row>>;
}

export interface FunctionImport {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, { readonly type: EdmType; readonly isOptional: boolean }>;
  readonly returns: { readonly kind: "entity"; readonly set: string } | { readonly kind: "message" };
}

export interface Service {
  readonly name: string;
  readonly sets: ReadonlyMap<string, EntitySet>;
  readonly functions: ReadonlyMap<string, FunctionImport>;
}

/** A type whose rows are `T`. From here on `T` is known to the type's own getters only. */
export function entityType<T extends object>(definition: {
  readonly name: string;
  readonly keys: readonly string[];
  readonly properties: Readonly<Record<string, Property<T>>>;
  readonly navigation?: Readonly<Record<string, Navigation<T>>>;
  readonly etag?: string;
}): EntityType {
  return {
    name: definition.name,
    keys: definition.keys,
    // A set hands only rows of its own type to these getters: see `entitySet`.
    properties: new Map(Object.entries(definition.properties)),
    navigation: new Map(Object.entries(definition.navigation ?? {})),
    etag: definition.etag ?? null,
  };
}

export function entitySet(
  name: string,
  type: EntityType,
  all: () => Iterable<Row>,
  find: Readonly<Record<string, (value: string) => Iterable<Row>>> = {},
): EntitySet {
  return { name, type, all, find: new Map(Object.entries(find)) };
}

const property = <T>(type: EdmType, get: (row: T) => EdmValue, maxLength: number | null = null): Property<T> => ({
  type,
  maxLength,
  scale: 3,
  get,
});

export const text = <T>(maxLength: number, get: (row: T) => string): Property<T> => property("String", get, maxLength);
/** A property that the simulation never fills, so its value is the initial one. */
export const blank = <T>(maxLength: number): Property<T> => property("String", () => "", maxLength);
/** A status flag as the ERP writes it: `X` or empty. */
export const flag = <T>(get: (row: T) => boolean): Property<T> => property("String", (row) => (get(row) ? "X" : ""), 1);
export const decimal = <T>(get: (row: T) => bigint): Property<T> => property("Decimal", get);
export const truth = <T>(get: (row: T) => boolean): Property<T> => property("Boolean", get);
export const date = <T>(get: (row: T) => number | null): Property<T> => property("DateTime", get);
export const moment = <T>(get: (row: T) => number | null): Property<T> => property("DateTimeOffset", get);
export const time = <T>(get: (row: T) => number): Property<T> => property("Time", get);
export const guid = <T>(get: (row: T) => string | null): Property<T> => property("Guid", get);
export const integer = <T>(get: (row: T) => number): Property<T> => property("Int32", get);
