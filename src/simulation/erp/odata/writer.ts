/** Rows of the books as OData v2 JSON, with selection, expansion, links and ETags. */
import type { EntitySet, EntityType, Row, Service } from "./edm.ts";
import { toJson } from "./literal.ts";

/** What of a row is written: properties (null for all), and links that are followed. */
export interface Projection {
  readonly properties: ReadonlySet<string> | null;
  /** Links whose rows are written in place. */
  readonly expand: ReadonlyMap<string, Projection>;
}

export const wholeRow: Projection = { properties: null, expand: new Map() };

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export class Writer {
  readonly #service: Service;
  readonly #root: string;
  readonly #setByType: ReadonlyMap<EntityType, EntitySet>;

  /** @param root  absolute address of the service, without a slash at the end */
  constructor(service: Service, root: string) {
    this.#service = service;
    this.#root = root;
    this.#setByType = new Map([...service.sets.values()].map((set) => [set.type, set]));
  }

  row(type: EntityType, row: Row, projection: Projection): Record<string, Json> {
    const address = this.address(type, row);
    const etag = etagOf(type, row);
    const written: Record<string, Json> = {
      __metadata: {
        id: address,
        uri: address,
        type: `${this.#service.name}.${type.name}`,
        ...(etag === null ? {} : { etag }),
      },
    };
    for (const [name, property] of type.properties) {
      if (projection.properties && !projection.properties.has(name)) continue;
      written[name] = toJson(property.type, property.get(row));
    }
    for (const [name, link] of type.navigation) {
      const inner = projection.expand.get(name);
      if (inner) {
        const rows = link.rows(row).map((child) => this.row(link.target(), child, inner));
        written[name] = link.cardinality === "many" ? { results: rows } : (rows[0] ?? null);
      } else if (!projection.properties || projection.properties.has(name)) {
        written[name] = { __deferred: { uri: `${address}/${name}` } };
      }
    }
    return written;
  }

  address(type: EntityType, row: Row): string {
    const keys = type.keys.map((key) => [key, `'${String(type.properties.get(key)?.get(row))}'`] as const);
    const inBrackets = keys.length === 1 ? keys[0]?.[1] : keys.map(([key, value]) => `${key}=${value}`).join(",");
    return `${this.#root}/${this.#setByType.get(type)?.name ?? type.name}(${inBrackets})`;
  }
}

/** The entity's ETag as it stands in headers, with the inner quotes of the real system; null when it has none. */
export function etagOf(type: EntityType, row: Row): string | null {
  return type.etag === null ? null : `W/"'${String(type.properties.get(type.etag)?.get(row))}'"`;
}
