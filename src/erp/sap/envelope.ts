/**
 * The frozen request inside an envelope: method, path, the headers that matter and the body, byte for byte as it will
 * travel. A push needs nothing else, also after a restart with other settings. Bodies are made by the maps.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import { guidOf } from "../../base/id.ts";
import { formatInstant, type Instant } from "../../base/instant.ts";
import type { Envelope } from "../connector.ts";
import type { FrozenWrite } from "./client.ts";
import { typeOfNavigation, type EntityType, type ServiceModel } from "./metadata.ts";
import { isRow, type Row } from "./row.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function freeze(key: string, kind: Envelope["kind"], write: FrozenWrite): Envelope {
  return { key, kind, bytes: encoder.encode(JSON.stringify(write)) };
}

/** @fault invalid erp/sap-envelope  the bytes are not ours or are damaged */
export function thaw(envelope: Envelope): Result<FrozenWrite> {
  try {
    const read: unknown = JSON.parse(decoder.decode(envelope.bytes));
    if (isRow(read) && read["method"] === "POST" && typeof read["path"] === "string" && isRow(read["headers"])) {
      const body = read["body"];
      // Written by `freeze`: header values are texts.
      const headers = read["headers"] as Readonly<Record<string, string>>;
      return ok({ method: "POST", path: read["path"], headers, body: typeof body === "string" ? body : null });
    }
  } catch {
    // falls through: damaged bytes and foreign bytes are one fault
  }
  return fail(
    "invalid",
    "erp/sap-envelope",
    `The stored message ${envelope.key} cannot be read. Restore it from a backup.`,
  );
}

export const jsonHeaders: Readonly<Record<string, string>> = { "content-type": "application/json" };

/** Headers of SAP's idempotency framework: the same key always has the same request id. */
export function repeatabilityHeaders(key: string, at: Instant): Readonly<Record<string, string>> {
  return { requestid: guidOf(key).replaceAll("-", "").toUpperCase(), repeatabilitycreation: formatInstant(at) };
}

/**
 * Cuts a body to the fields that the service has, children included; without a model everything stays.
 *
 * @fault invalid erp/sap-too-long  a text that the field cannot hold, which SAP would cut or refuse
 */
export function fit(body: Row, type: EntityType | undefined, model: ServiceModel | null): Result<Row> {
  if (!type || !model) return ok(body);
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (Array.isArray(value)) {
      const child = typeOfNavigation(model, type, name);
      const rows: Row[] = [];
      for (const row of value.filter(isRow)) {
        const fitted = fit(row, child, model);
        if (!fitted.ok) return fitted;
        rows.push(fitted.value);
      }
      kept[name] = rows;
      continue;
    }
    const property = type.properties.get(name);
    if (!property) continue;
    if (
      typeof value === "string" &&
      property.type === "Edm.String" &&
      property.maxLength !== null &&
      value.length > property.maxLength
    ) {
      return fail(
        "invalid",
        "erp/sap-too-long",
        `"${value}" is longer than the ${property.maxLength} signs of SAP's ${name}.`,
      );
    }
    kept[name] = value;
  }
  return ok(kept);
}
