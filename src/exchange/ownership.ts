/**
 * What a statement about a thing changes: each field is changed by its owner alone; what another says of it is refused
 * and told, and ours stays. Pure. Whose the fields are is data (`isa95/master-data/ownership.ts`).
 */
import { canonicalJson } from "../base/json.ts";
import { ownerOf, siteOwner, type Ownership } from "../isa95/master-data/ownership.ts";
import type { FieldValue, Fields, HeldField, ThingKey } from "../isa95/master-data/thing.ts";

/**
 * - `replace`  it is all that the sender says of the thing: what it leaves out and owns is there no more
 * - `amend`    what it leaves out stays
 * - `withdraw` there is no such thing any more
 */
export type StatementKind = "replace" | "amend" | "withdraw";

export interface RefusedField {
  readonly field: string;
  readonly owner: string;
  /** Null: nobody has stated it. */
  readonly ours: FieldValue | null;
  /** Null: it was to be withdrawn. */
  readonly theirs: FieldValue | null;
}

/** What becomes of a thing. */
export interface ThingChange {
  readonly set: Fields;
  readonly removed: readonly string[];
  readonly refused: readonly RefusedField[];
}

export interface Statement {
  readonly key: ThingKey;
  readonly fields: Fields;
  readonly sender: string;
  readonly kind: StatementKind;
}

/** @param held  fields of the thing as they are, those that the site's files state among them */
export function decideStatement(
  statement: Statement,
  held: ReadonlyMap<string, HeldField>,
  ownership: Ownership,
): ThingChange {
  return statement.kind === "withdraw" ? withdraw(statement, held, ownership) : take(statement, held, ownership);
}

function take(
  { key, fields, sender, kind }: Statement,
  held: ReadonlyMap<string, HeldField>,
  ownership: Ownership,
): ThingChange {
  const set = new Map<string, FieldValue>();
  const refused: RefusedField[] = [];
  for (const [field, theirs] of fields) {
    const ours = held.get(field) ?? null;
    const owner = ownerOf(ownership, key.noun, field);
    const isHeld = ours !== null && isSame(ours, theirs);
    if (owner !== sender) {
      if (!isHeld) refused.push({ field, owner, ours, theirs });
    } else if (!isHeld || ours.source !== sender) set.set(field, theirs);
  }
  const left = [...held].filter(([field]) => kind === "replace" && !fields.has(field));
  const removed = left.filter(([field, { source }]) => isOf(sender, source, ownerOf(ownership, key.noun, field)));
  return { set, removed: removed.map(([field]) => field), refused };
}

/** A thing that another owns is not the sender's to withdraw, nor are its own fields: they say something of that thing. */
function withdraw({ key, sender }: Statement, held: ReadonlyMap<string, HeldField>, ownership: Ownership): ThingChange {
  const owner = ownerOf(ownership, key.noun, "ID");
  const ours = held.get("ID") ?? null;
  if (owner !== sender) return { set: new Map(), removed: [], refused: [{ field: "ID", owner, ours, theirs: null }] };
  const own = [...held].filter(([field, { source }]) => isOf(sender, source, ownerOf(ownership, key.noun, field)));
  return { set: new Map(), removed: own.map(([field]) => field), refused: [] };
}

/** What the sender has stated before and may still state. What an earlier owner has left behind goes with its new one's. */
function isOf(sender: string, source: string, owner: string): boolean {
  return owner === sender && source !== siteOwner;
}

function isSame(a: FieldValue, b: FieldValue): boolean {
  return canonicalJson([a.value, a.attributes]) === canonicalJson([b.value, b.attributes]);
}
