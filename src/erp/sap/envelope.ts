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
import { unpad } from "./number.ts";
import { isRow, type Row } from "./row.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function freeze(key: string, kind: Envelope["kind"], write: FrozenWrite): Envelope {
  return { key, kind, bytes: encoder.encode(JSON.stringify(write)) };
}

interface FunctionCall {
  readonly path: string;
  /** Names and values as literals of OData, in the order in which they travel. */
  readonly given: readonly (readonly [name: string, literal: string])[];
  readonly at: Instant;
  readonly config: { readonly repeatability: boolean };
  /** See `FrozenWrite`. */
  readonly takesBack: string | undefined;
}

/** A function import: its arguments travel in the address, its body is empty. */
export function freezeCall(key: string, kind: Envelope["kind"], call: FunctionCall): Envelope {
  const { path, given, at, config, takesBack } = call;
  const query = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const headers = { ...jsonHeaders, ...(config.repeatability ? repeatabilityHeaders(key, at) : {}) };
  const write: FrozenWrite = { method: "POST", path: `${path}?${query}`, headers, body: null };
  return freeze(key, kind, takesBack === undefined ? write : { ...write, takesBack });
}

/** Reads the numbers that a frozen function import names, without leading zeros. */
export function numberInCall(write: FrozenWrite): (name: string) => string {
  const query = new URLSearchParams(write.path.slice(write.path.indexOf("?") + 1));
  return (name) => unpad((query.get(name) ?? "").replaceAll("'", ""));
}

/** @fault invalid erp/sap-envelope  the bytes are not ours or are damaged */
export function thaw(envelope: Envelope): Result<FrozenWrite> {
  try {
    const read: unknown = JSON.parse(decoder.decode(envelope.bytes));
    if (isRow(read) && read["method"] === "POST" && typeof read["path"] === "string" && isRow(read["headers"])) {
      const body = read["body"];
      // Written by `freeze`: header values are texts.
      const headers = read["headers"] as Readonly<Record<string, string>>;
      const write = {
        method: "POST",
        path: read["path"],
        headers,
        body: typeof body === "string" ? body : null,
      } as const;
      const takesBack = read["takesBack"];
      return ok(typeof takesBack === "string" ? { ...write, takesBack } : write);
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

/** Says nothing (zero, no, blank), only what helps people, or what another field says too: left out without harm where a release lacks the field. */
function mayBeMissing(name: string, value: unknown): boolean {
  if (value === "" || value === "0" || value === false || value === null) return true;
  return /^Confirmed\w+(Date|Time)$|Text$|^(OpenReservationsIsCleared|FinalConfirmationType|ReservationItemRecordType)$/.test(
    name,
  );
}

/**
 * Cuts a body to the fields that the service has, children included; without a model everything stays.
 *
 * @fault invalid erp/sap-field     the service lacks a field whose value would be lost
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
    if (!property && mayBeMissing(name, value)) continue;
    if (!property) {
      const words = `This SAP release has no field ${name}, so "${String(value)}" cannot be posted.`;
      return fail("invalid", "erp/sap-field", `${words} Post it in SAP by hand or ask for a newer service.`);
    }
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
