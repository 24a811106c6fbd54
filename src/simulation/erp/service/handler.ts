/** What a service of the simulated ERP does besides answering reads. */
import type { LockKey } from "../lock.ts";
import type { Answer } from "../message.ts";
import type { EdmValue, EntitySet, Row, Service } from "../odata/edm.ts";
import type { ReadEntity } from "../odata/reader.ts";

export interface ServiceHandler {
  readonly service: Service;
  /** Null when the set cannot be created in. */
  create(set: EntitySet, entity: ReadEntity, user: string): PendingWrite | null;
  /** Null when there is no such function. */
  call(name: string, values: ReadonlyMap<string, EdmValue>, user: string): PendingWrite | null;
}

/** A write that is understood but not yet done: it needs its locks first. */
export interface PendingWrite {
  readonly locks: readonly LockKey[];
  commit(): Answer<Written>;
}

export type Written =
  | { readonly kind: "entity"; readonly set: EntitySet; readonly row: Row }
  | { readonly kind: "message"; readonly message: FunctionMessage };

/** A message as a function returns it; `S` success, `E` error. */
export interface FunctionMessage {
  readonly type: "S" | "E" | "W";
  readonly id: string;
  readonly number: string;
  readonly text: string;
  readonly variable: string;
}

export function stringOf(values: ReadonlyMap<string, EdmValue>, name: string): string {
  const value = values.get(name);
  return typeof value === "string" ? value : "";
}

export function dateValueOf(values: ReadonlyMap<string, EdmValue>, name: string): number | null {
  const value = values.get(name);
  return typeof value === "number" ? value : null;
}
