/**
 * Control keys of operations: how the simulated ERP confirms them. A site describes the same keys in its connection.
 */
import type { ConfirmationKind } from "../../isa95/definition/operation.ts";

export interface ControlKey {
  readonly key: string;
  readonly confirmation: ConfirmationKind;
  /** A confirmation of the operation receives its yield into stock by itself. */
  readonly automaticReceipt: boolean;
  readonly external: boolean;
}

const keys: readonly ControlKey[] = [
  { key: "PP01", confirmation: "required", automaticReceipt: false, external: false },
  { key: "PP02", confirmation: "required", automaticReceipt: false, external: true },
  { key: "PP03", confirmation: "optional", automaticReceipt: false, external: false },
  { key: "PP10", confirmation: "none", automaticReceipt: false, external: false },
  { key: "PP20", confirmation: "milestone", automaticReceipt: false, external: false },
  { key: "PP30", confirmation: "required", automaticReceipt: true, external: false },
  { key: "PP40", confirmation: "milestone", automaticReceipt: true, external: false },
];

const byKey: ReadonlyMap<string, ControlKey> = new Map(keys.map((key) => [key.key, key]));

export function controlKey(key: string): ControlKey | undefined {
  return byKey.get(key);
}

export function controlKeys(): readonly ControlKey[] {
  return keys;
}
