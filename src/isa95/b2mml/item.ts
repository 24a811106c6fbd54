/**
 * The parts of a document that stand or fall alone: the requests of a schedule, the lots of a list. One that is wrong
 * is taken out and named; the others are read.
 */
import type { XmlTree } from "./tree.ts";

/** Nouns whose members are judged one by one, with what those are called, in every version. Other nouns are one item. */
const containers: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    OperationsSchedule: ["OperationsRequest"],
    OperationsPerformance: ["OperationsResponse"],
    WorkSchedule: ["WorkRequest"],
    WorkPerformance: ["WorkResponse"],
    JobList: ["JobOrder"],
    JobResponseList: ["JobResponse"],
    ProductionSchedule: ["ProductionRequest"],
    ProductionPerformance: ["ProductionResponse"],
    ProductInformation: ["ProductDefinition"],
    EquipmentInformation: ["Equipment", "EquipmentClass"],
    PersonnelInformation: ["Person", "PersonnelClass"],
    PhysicalAssetInformation: ["PhysicalAsset", "PhysicalAssetClass"],
    MaterialInformation: ["MaterialClass", "MaterialDefinition", "MaterialLot", "MaterialSubLot"],
    ProcessSegmentInformation: ["ProcessSegment"],
    OperationsDefinitionInformation: ["OperationsDefinition", "OperationsSegment", "OperationsMaterialBill"],
    OperationsCapabilityInformation: ["OperationsCapability"],
    OperationsEventInformation: ["OperationsEventClass", "OperationsEventDefinition", "OperationsEvent"],
    OperationsTestInformation: ["TestSpecification", "TestResult"],
    WorkCalendarInformation: ["WorkCalendar", "WorkCalendarDefinition"],
  }),
);

/** The elements of a document that stand or fall alone; none when there is only the document. */
export function itemsOf(root: XmlTree): readonly XmlTree[] {
  const area = root.children.find((child) => child.name === "DataArea");
  const nouns = area ? area.children.slice(1) : [root];
  return nouns.flatMap((noun) => {
    const members = containers.get(noun.name);
    if (members) return noun.children.filter((child) => members.includes(child.name));
    return area ? [noun] : [];
  });
}

/** What members of a noun are called that are judged one by one. */
export function itemNamesOf(noun: string): readonly string[] {
  return containers.get(noun) ?? [];
}

/** The item that an element belongs to; undefined when it belongs to the document as a whole. */
export function itemAround(element: XmlTree, items: ReadonlySet<XmlTree>): XmlTree | undefined {
  for (let at: XmlTree | null = element; at; at = at.parent) if (items.has(at)) return at;
  return undefined;
}

/**
 * The document without some of its items. Elements keep their places; a container that had items and has none left is
 * taken out with them.
 *
 * @returns null when nothing is left that a document could carry
 */
export function without(root: XmlTree, dropped: ReadonlySet<XmlTree>): XmlTree | null {
  const area = root.children.find((child) => child.name === "DataArea");
  if (!area) return emptied(root, dropped);
  const [verb, ...nouns] = area.children;
  const left = nouns.flatMap((noun) => (isDropped(noun, dropped) ? [] : (emptied(noun, dropped) ?? [])));
  if (left.length === 0 && nouns.length > 0) return null;
  const children = verb ? [verb, ...left] : left;
  const whole: XmlTree = { ...area, children, origin: area.origin ?? area };
  const around = root.children.map((child) => (child === area ? whole : child));
  return { ...root, children: around, origin: root.origin ?? root };
}

function emptied(noun: XmlTree, dropped: ReadonlySet<XmlTree>): XmlTree | null {
  const children = noun.children.filter((child) => !isDropped(child, dropped));
  if (children.length === noun.children.length) return noun;
  const members = containers.get(noun.name) ?? [];
  const isLeft = children.some((child) => members.includes(child.name));
  return isLeft ? { ...noun, children, origin: noun.origin ?? noun } : null;
}

function isDropped(element: XmlTree, dropped: ReadonlySet<XmlTree>): boolean {
  return dropped.has(element) || (element.origin !== undefined && dropped.has(element.origin));
}
