/**
 * Which nouns there are, which verbs each may come with, and how their messages are called: `ProcessOperationsSchedule`.
 * @source MESA B2MML 7.0.1 and Part 5; the schema's own slips of the pen are rows of data here
 */
import type { Information, TableName } from "./information.ts";

export const verbs = [
  "Get",
  "Show",
  "Process",
  "Acknowledge",
  "Change",
  "Respond",
  "Cancel",
  "Sync",
  "Notify",
] as const;
export type Verb = (typeof verbs)[number];

const all = ["Get", "Show", "Process", "Acknowledge", "Change", "Respond", "Cancel", "Sync"] as const;
const announced = [...all, "Notify"] as const;
const none = [] as const;

/** Every noun that may stand at the root of a document, alone or under one of its verbs. */
export const nouns = {
  ConfirmBOD: none,
  EquipmentInformation: all,
  Equipment: all,
  EquipmentClass: all,
  ErrorMessage: all,
  InformationObject: none,
  MaterialInformation: all,
  MaterialClass: all,
  MaterialDefinition: all,
  MaterialLot: all,
  MaterialSubLot: all,
  OperationalLocationInformation: all,
  OperationalLocationClass: ["Get", "Show", "Process", "Acknowledge", "Change", "Respond", "Cancel"],
  OperationalLocation: all,
  OperationsCapabilityInformation: all,
  OperationsCapability: all,
  OperationsDefinitionInformation: all,
  OperationsDefinition: all,
  OperationsSegment: none,
  OperationsMaterialBill: all,
  OperationsEventInformation: announced,
  OperationsEventClass: announced,
  OperationsEventDefinition: announced,
  OperationsEvent: ["Notify"],
  OperationsPerformance: all,
  OperationsResponse: none,
  OperationsSchedule: all,
  OperationsRequest: none,
  OperationsTestInformation: all,
  TestSpecification: all,
  TestResult: all,
  PersonnelInformation: all,
  PersonnelClass: all,
  Person: all,
  PhysicalAssetInformation: all,
  PhysicalAsset: all,
  PhysicalAssetClass: all,
  ProcessSegmentInformation: all,
  ProcessSegment: all,
  ResourceRelationshipNetwork: all,
  ResourceRelationshipNetworkInformation: all,
  ResourceNetworkConnectionType: all,
  TransactionProfile: ["Get", "Show"],
  WorkAlertInformation: all,
  WorkAlertDefinition: all,
  WorkAlert: all,
  WorkCalendarInformation: all,
  WorkCalendar: all,
  WorkCalendarDefinition: all,
  WorkCapabilityInformation: all,
  WorkCapability: all,
  WorkMasterCapability: all,
  WorkDefinitionInformation: all,
  WorkMaster: all,
  WorkDirective: all,
  WorkPerformance: all,
  WorkResponse: all,
  JobResponse: all,
  JobResponseList: all,
  WorkRecord: all,
  WorkRecordSpecification: all,
  WorkSchedule: all,
  WorkRequest: none,
  JobList: all,
  JobOrder: none,
  WorkflowSpecificationInformation: all,
  WorkflowSpecification: all,
  WorkflowSpecificationNodeType: all,
  WorkflowSpecificationConnectionType: all,
} as const satisfies Readonly<Partial<Record<TableName, readonly Verb[]>>>;

export type Noun = keyof typeof nouns;

/** Roots that the schema spells otherwise than verb and noun say. `SyncOperationalLocationClass` carries another noun there and is none of ours. */
const spelled: Readonly<Record<string, string>> = { SyncWorkMasterCapability: "SyncWorkMasaterCapability" };

/** Roots whose type has no `releaseID`; it must not be written there. */
const unreleased: readonly string[] = ["ConfirmBOD", "CancelPersonnelInformation"];

export interface Root {
  /** Null for a noun that stands alone. */
  readonly verb: Verb | null;
  readonly noun: Noun;
}

export function rootName({ verb, noun }: Root): string {
  const name = `${verb ?? ""}${noun}`;
  return spelled[name] ?? name;
}

const roots = new Map<string, Root>(
  // the keys of `nouns` are its type's own
  (Object.entries(nouns) as [Noun, readonly Verb[]][]).flatMap(([noun, allowed]) =>
    [null, ...allowed].map((verb): [string, Root] => [rootName({ verb, noun }), { verb, noun }]),
  ),
);

/** What a root element is called in 7.0.1; undefined when it is none of the standard's that we know. */
export function rootOf(name: string): Root | undefined {
  return roots.get(name);
}

/** The element in the DataArea that carries the verb: an event is notified under `Sync`. */
export function verbElement(verb: Verb): Exclude<Verb, "Notify"> {
  return verb === "Notify" ? "Sync" : verb;
}

export function needsRelease(root: Root): boolean {
  return root.verb !== null && !unreleased.includes(rootName(root));
}

/** What a verb's element may say; each verb uses some of it. */
export type Action = Information<"Get"> &
  Information<"Process"> &
  Information<"Change"> &
  Information<"Sync"> &
  Information<"Acknowledge">;
