/**
 * Nouns of master data: what is there to be worked with, whoever states it. For each, what tells one thing from another
 * and how its fields are cut, as data. Orders and results are no master data.
 */
import type { Information } from "../b2mml/information.ts";
import { rowsOf } from "../b2mml/information.ts";
import type { Noun } from "../b2mml/noun.ts";

export interface MasterNoun {
  /** The noun that carries several of them; its field has this noun's name. */
  readonly container: Noun;
  /** Two versions of one ID are two things. Elsewhere Version is a field like others. */
  readonly isVersioned: boolean;
  /** A thing of one plant is another one than that of the same ID elsewhere. */
  readonly isOfPlant: boolean;
  /** The field with the ID inside of which this one's ID is unique. */
  readonly within: string | null;
  /** Properties: each is a field of its own, with an owner of its own. */
  readonly properties: string | null;
  /** Things of the same noun inside of it that stand for themselves. */
  readonly parts: string | null;
  /** Fields that are not kept. */
  readonly leaves: readonly string[];
  /** Fields that are kept, where others are not. */
  readonly keeps: readonly string[] | null;
}

const plain: MasterNoun = {
  container: "MaterialInformation",
  isVersioned: false,
  isOfPlant: false,
  within: null,
  properties: null,
  parts: null,
  leaves: [],
  keeps: null,
};

export const masterNouns = {
  MaterialClass: { ...plain, properties: "MaterialClassProperty" },
  MaterialDefinition: { ...plain, isOfPlant: true, properties: "MaterialDefinitionProperty" },
  MaterialLot: { ...plain, isOfPlant: true, within: "MaterialDefinitionID", properties: "MaterialLotProperty" },
  MaterialSubLot: { ...plain, isOfPlant: true, within: "MaterialLotID", properties: "MaterialLotProperty" },
  Equipment: {
    ...plain,
    container: "EquipmentInformation",
    properties: "EquipmentProperty",
    parts: "EquipmentChild",
    // It says where the ID is unique, not what the equipment is part of: that is said by what it stands in.
    leaves: ["HierarchyScope"],
  },
  EquipmentClass: { ...plain, container: "EquipmentInformation", properties: "EquipmentClassProperty" },
  // As little of people as is of use, so that as little as possible must be erased.
  Person: {
    ...plain,
    container: "PersonnelInformation",
    keeps: ["PersonName", "PersonnelClassID", "Version", "EffectiveStartDate", "EffectiveEndDate"],
  },
  // It would list people by their numbers.
  PersonnelClass: {
    ...plain,
    container: "PersonnelInformation",
    properties: "PersonnelClassProperty",
    leaves: ["PersonSourceID"],
  },
  PhysicalAsset: { ...plain, container: "PhysicalAssetInformation", properties: "PhysicalAssetProperty" },
  PhysicalAssetClass: { ...plain, container: "PhysicalAssetInformation", properties: "PhysicalAssetClassProperty" },
  ProcessSegment: { ...plain, container: "ProcessSegmentInformation", isVersioned: true, isOfPlant: true },
  OperationsDefinition: {
    ...plain,
    container: "OperationsDefinitionInformation",
    isVersioned: true,
    isOfPlant: true,
  },
  OperationsSegment: { ...plain, container: "OperationsDefinitionInformation", isVersioned: true, isOfPlant: true },
  OperationsMaterialBill: {
    ...plain,
    container: "OperationsDefinitionInformation",
    isVersioned: true,
    isOfPlant: true,
  },
  WorkCalendar: { ...plain, container: "WorkCalendarInformation", properties: "WorkCalendarProperty" },
  WorkCalendarDefinition: {
    ...plain,
    container: "WorkCalendarInformation",
    properties: "WorkCalendarDefinitionProperty",
  },
} as const satisfies { readonly [N in Noun]?: MasterNoun };

export type MasterNounName = keyof typeof masterNouns;

/** All nouns of master data. */
// the keys of the table are its type's own
export const masterNounNames = Object.keys(masterNouns) as readonly MasterNounName[];

export function isMasterNoun(noun: string): noun is MasterNounName {
  return Object.hasOwn(masterNouns, noun);
}

/** The rule of a noun, with the type that all share. */
export function masterNoun(noun: MasterNounName): MasterNoun {
  return masterNouns[noun];
}

/** What a noun that carries others carries; none for one that is no such noun. */
export function carriedBy(noun: Noun): readonly MasterNounName[] {
  return masterNounNames.filter((name) => masterNouns[name].container === noun);
}

/** The fields of a noun that may be kept, in the order of the schema, without the ID. Properties count as one. */
export function fieldsOf(noun: MasterNounName): readonly string[] {
  const { keeps, leaves, within, isVersioned, parts }: MasterNoun = masterNouns[noun];
  const names = (rowsOf(noun) ?? []).map(({ field }) => field);
  const key = ["ID", within, parts, ...(isVersioned ? ["Version"] : []), ...leaves];
  return names.filter((name) => !key.includes(name) && (keeps === null || keeps.includes(name)));
}

/** The site (plant) in a scope, at whatever depth it stands; empty when it names none. */
export function plantIn(scope: Information<"HierarchyScope"> | undefined): string {
  for (let at = scope; at; at = at.HierarchyScopeChild) {
    if ((at.EquipmentLevel ?? at.EquipmentElementLevel) === "Site") return at.EquipmentID;
  }
  return "";
}
