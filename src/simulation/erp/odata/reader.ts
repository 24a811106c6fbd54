/** Reads the JSON body of a create: every property must exist in the model, have the right form and fit its length. */
import { accepted, refused, type Answer, type Refusal } from "../message.ts";
import type { EdmValue, EntityType } from "./edm.ts";
import { fromJson } from "./literal.ts";

export interface ReadEntity {
  readonly values: ReadonlyMap<string, EdmValue>;
  readonly links: ReadonlyMap<string, readonly ReadEntity[]>;
}

export function readEntity(type: EntityType, body: unknown): Answer<ReadEntity> {
  if (!isObject(body)) return refused(malformed("a JSON object is expected", ""));
  const values = new Map<string, EdmValue>();
  const links = new Map<string, readonly ReadEntity[]>();
  for (const [name, value] of Object.entries(body)) {
    if (name === "__metadata" || value === undefined) continue;
    const link = type.navigation.get(name);
    if (link) {
      const read = readLink(link.target(), value, name);
      if (!read.ok) return read;
      links.set(name, read.value);
      continue;
    }
    const property = type.properties.get(name);
    if (!property) return refused(malformed(`property "${name}" is invalid in ${type.name}`, name));
    const parsed = fromJson(property.type, value);
    if (parsed === undefined) return refused(malformed(`value of "${name}" is no Edm.${property.type}`, name));
    if (typeof parsed === "string" && property.maxLength !== null && parsed.length > property.maxLength) {
      return refused(malformed(`value of "${name}" is longer than ${property.maxLength}`, name));
    }
    values.set(name, parsed);
  }
  return accepted({ values, links });
}

/** Rows of a deep insert: an array, or an object with `results`. */
function readLink(type: EntityType, value: unknown, name: string): Answer<readonly ReadEntity[]> {
  const list = isObject(value) && "results" in value ? value["results"] : value;
  if (!Array.isArray(list)) return refused(malformed(`"${name}" is no list`, name));
  const rows: ReadEntity[] = [];
  for (const item of list) {
    const read = readEntity(type, item);
    if (!read.ok) return read;
    rows.push(read.value);
  }
  return accepted(rows);
}

export function textOf(entity: ReadEntity, name: string): string {
  const value = entity.values.get(name);
  return typeof value === "string" ? value : "";
}

export function decimalOf(entity: ReadEntity, name: string): bigint {
  const value = entity.values.get(name);
  return typeof value === "bigint" ? value : 0n;
}

export function dateOf(entity: ReadEntity, name: string): number | null {
  const value = entity.values.get(name);
  return typeof value === "number" ? value : null;
}

export function truthOf(entity: ReadEntity, name: string): boolean {
  return entity.values.get(name) === true;
}

function malformed(text: string, target: string): Refusal {
  return { status: 400, code: "/IWFND/CM_BEC/026", text: `Error while parsing the request: ${text}`, target };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
