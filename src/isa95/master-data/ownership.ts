/**
 * Who owns which field of master data: the site's files, an ERP, or Millrace. Only the owner's word changes a field. The
 * defaults are the rows below; a site overrules them in `policies.ownership`. Deciding is `exchange/ownership.ts`.
 */
import { masterNounNames, type MasterNounName } from "./noun.ts";
import { baseField } from "./thing.ts";

/** Owners that are no ERP. */
export const siteOwner = "site";
export const ownOwner = "millrace";

export interface OwnershipRule {
  readonly noun: MasterNounName;
  /** `ID` is that there is such a thing; a property alone is `MaterialDefinitionProperty/Color`. Empty: every field. */
  readonly fields: readonly string[];
  /** `site`, `millrace`, or the id of an ERP. */
  readonly owner: string;
}

/** What the site's files state, they own. Whatever has no row is the first ERP's. */
export const defaultOwnership: readonly OwnershipRule[] = [
  { noun: "Equipment", fields: ["ID", "EquipmentLevel", "Description", "EquipmentChild"], owner: siteOwner },
  { noun: "WorkCalendarDefinition", fields: [], owner: siteOwner },
];

/** Every field of a noun that has no row of its own. */
export const everyField = "*";

/** Owner by noun and field, as it is in force. */
export type Ownership = ReadonlyMap<MasterNounName, ReadonlyMap<string, string>>;

/** @param erps  ids of the site's ERPs, in the order of its file */
export function ownershipOf(rules: readonly OwnershipRule[], erps: readonly string[]): Ownership {
  const owners = new Map<MasterNounName, Map<string, string>>(
    masterNounNames.map((noun) => [noun, new Map([[everyField, erps[0] ?? siteOwner]])]),
  );
  for (const { noun, fields, owner } of [...defaultOwnership, ...rules]) {
    const own = owners.get(noun);
    if (fields.length === 0) own?.clear();
    for (const field of fields.length === 0 ? [everyField] : fields) own?.set(field, owner);
  }
  return owners;
}

/** The most exact row counts: the property, then its field, then the noun. */
export function ownerOf(ownership: Ownership, noun: MasterNounName, field: string): string {
  const own = ownership.get(noun);
  return own?.get(field) ?? own?.get(baseField(field)) ?? own?.get(everyField) ?? siteOwner;
}
