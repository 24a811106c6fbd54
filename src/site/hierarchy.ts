/**
 * The tree that `partOf` spans over the equipment of a site: its check, and the questions that others ask of it.
 */
import type { Equipment, EquipmentLevel } from "../isa95/resource/equipment.ts";
import { problem, type Problem } from "./finding.ts";
import type { EquipmentContent } from "./schema.ts";
import { didYouMean, listed } from "./spelling.ts";

/** How far down a level stands; work centers and work units have several names at one height. */
const heights: Readonly<Record<EquipmentLevel, number>> = {
  Enterprise: 0,
  Site: 1,
  Area: 2,
  WorkCenter: 3,
  ProcessCell: 3,
  ProductionLine: 3,
  ProductionUnit: 3,
  StorageZone: 3,
  WorkUnit: 4,
  Unit: 4,
  WorkCell: 4,
  StorageUnit: 4,
  EquipmentModule: 5,
  ControlModule: 6,
};

export function isWorkCenterLevel(level: EquipmentLevel): boolean {
  return heights[level] === 3;
}

export function isWorkUnitLevel(level: EquipmentLevel): boolean {
  return heights[level] === 4;
}

/** The ids from an equipment itself up to the top; only itself when it is unknown. Knows each equipment's parent once. */
export function climber(equipment: readonly Pick<Equipment, "id" | "partOf">[]): (id: string) => readonly string[] {
  const parents = new Map(equipment.map((element) => [element.id, element.partOf]));
  return (id) => {
    const chain: string[] = [];
    for (let at: string | null = id; at !== null && !chain.includes(at); at = parents.get(at) ?? null) chain.push(at);
    return chain;
  };
}

/** As `climber`, for one look. */
export function upwards(equipment: readonly Pick<Equipment, "id" | "partOf">[], id: string): readonly string[] {
  return climber(equipment)(id);
}

/** True for the equipment itself and everything below it. */
export function isWithin(
  equipment: readonly Pick<Equipment, "id" | "partOf">[],
  id: string,
  ancestor: string,
): boolean {
  return upwards(equipment, id).includes(ancestor);
}

/** One top, no cycles, parents that exist and stand higher, and exactly one equipment that is the site. */
export function checkHierarchy(equipment: readonly EquipmentContent[], siteId: string): readonly Problem[] {
  const byId = new Map(equipment.map((element) => [element.id, element]));
  const tops = equipment.filter(({ partOf }) => partOf === undefined);
  return [
    ...checkTops(equipment, tops),
    ...checkSiteEquipment(equipment, siteId),
    ...equipment.flatMap((element, index) => checkParent(element, index, byId)),
  ];
}

function checkTops(equipment: readonly EquipmentContent[], tops: readonly EquipmentContent[]): readonly Problem[] {
  const [first, ...others] = tops;
  if (!first) return [problem(["equipment"], "no equipment is the top; remove `partOf` from the site or enterprise")];
  return others.map((top) =>
    problem(
      ["equipment", equipment.indexOf(top)],
      `${top.id} has no \`partOf\`, but ${first.id} is already the top; write what ${top.id} is part of`,
    ),
  );
}

function checkSiteEquipment(equipment: readonly EquipmentContent[], siteId: string): readonly Problem[] {
  const sites = equipment.filter(({ level }) => level === "Site").map(({ id }) => id);
  if (!sites.includes(siteId)) {
    return [
      problem(
        ["site", "id"],
        `no equipment of level Site has the id ${siteId}; write ${listed(sites, "it into equipment")}`,
      ),
    ];
  }
  return equipment.flatMap(({ id, level }, index) =>
    level === "Site" && id !== siteId
      ? [
          problem(
            ["equipment", index, "level"],
            `${id} is a second site; write one site.yaml per site, and another level here`,
          ),
        ]
      : [],
  );
}

function checkParent(
  element: EquipmentContent,
  index: number,
  byId: ReadonlyMap<string, EquipmentContent>,
): readonly Problem[] {
  const { id, level, partOf } = element;
  const at = ["equipment", index, "partOf"];
  if (partOf === undefined) return [];
  const parent = byId.get(partOf);
  if (!parent) {
    return [
      problem(
        at,
        `there is no equipment ${partOf}${didYouMean(partOf, byId.keys())}; write the id of an entry in equipment`,
      ),
    ];
  }
  const cycle = cycleOf(id, byId);
  if (cycle.length > 0) {
    // One finding per cycle, at its first member in the file.
    const isFirst = [...byId.keys()].find((key) => cycle.includes(key)) === id;
    return isFirst ? [problem(at, `${id} is part of itself by way of ${partOf}; write what it really stands in`)] : [];
  }
  const height = heights[level];
  const mayNest = height >= 5 && height === heights[parent.level];
  if (height <= heights[parent.level] && !mayNest) {
    return [
      problem(
        at,
        `a ${level} cannot be part of ${partOf}, which is a ${parent.level}; write equipment of a higher level`,
      ),
    ];
  }
  if (isWorkUnitLevel(level) && !isWorkCenterLevel(parent.level)) {
    return [
      problem(
        at,
        `${id} is a ${level} and must be part of a work center, but ${partOf} is of level ${parent.level}; write its work center`,
      ),
    ];
  }
  return [];
}

/** The ids of the equipment that is part of itself by way of this one; empty when it is not. */
function cycleOf(id: string, byId: ReadonlyMap<string, EquipmentContent>): readonly string[] {
  const chain = [id];
  let at = byId.get(id)?.partOf;
  while (at !== undefined && !chain.includes(at)) {
    chain.push(at);
    at = byId.get(at)?.partOf;
  }
  return at === id ? chain : [];
}
