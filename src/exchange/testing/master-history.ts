/** What systems say of a material, one after the other, and what must be held of it then: made apart from the rule. */
import fc from "fast-check";
import { ownershipOf, ownerOf, type Ownership } from "../../isa95/master-data/ownership.ts";
import type { StatementKind } from "../ownership.ts";

export interface Said {
  readonly sender: string;
  readonly kind: StatementKind;
  /** Value by field; `ID` is said by every statement. */
  readonly fields: Readonly<Record<string, string>>;
}

const senders = ["office", "plm", "lab"] as const;
const fields = [
  "Description",
  "MaterialClassID",
  "MaterialDefinitionProperty/Color",
  "MaterialDefinitionProperty/Grade",
] as const;

/** The office owns what nobody else is named for. */
export const sharedOwnership: Ownership = ownershipOf(
  [
    { noun: "MaterialDefinition", fields: ["Description"], owner: "plm" },
    { noun: "MaterialDefinition", fields: ["MaterialDefinitionProperty"], owner: "lab" },
    { noun: "MaterialDefinition", fields: ["MaterialDefinitionProperty/Color"], owner: "plm" },
  ],
  senders,
);

export const history: fc.Arbitrary<readonly Said[]> = fc.array(
  fc.record({
    sender: fc.constantFrom(...senders),
    kind: fc.constantFrom<StatementKind>("replace", "amend", "amend", "withdraw"),
    fields: fc.dictionary(fc.constantFrom(...fields), fc.constantFrom("a", "b", "c")),
  }),
  { maxLength: 12 },
);

/** The last that each field's owner has said of it. */
export function lastOfOwners(said: readonly Said[]): Readonly<Record<string, string>> {
  const last: Record<string, string> = {};
  for (const { sender, kind, fields: told } of said) {
    const mine = (field: string): boolean => ownerOf(sharedOwnership, "MaterialDefinition", field) === sender;
    if (kind === "withdraw" && !mine("ID")) continue;
    for (const field of Object.keys(last)) if (kind !== "amend" && mine(field)) delete last[field];
    if (kind === "withdraw") continue;
    for (const [field, value] of [["ID", "M"] as const, ...Object.entries(told)]) if (mine(field)) last[field] = value;
  }
  return last;
}
