/**
 * What a schema cannot see in `site.yaml`: that names exist, are unique and stand where they may. Returns every problem.
 */
import { timeZone } from "../base/site-time.ts";
import { parseInstant } from "../base/instant.ts";
import { checkCalendars, versionFault } from "./calendar-check.ts";
import { problem, type ContentPath, type Problem } from "./finding.ts";
import { checkNotices } from "./notice-check.ts";
import { checkHierarchy, isWorkCenterLevel, isWorkUnitLevel } from "./hierarchy.ts";
import { checkOwnership } from "./ownership-check.ts";
import type { EquipmentContent, SiteContent } from "./schema.ts";
import { didYouMean, listed } from "./spelling.ts";
import { checkTerminal } from "./terminal-check.ts";

/** @param mapNames  names of all maps in `maps/`, also of those that have problems of their own */
export function checkSiteContent(site: SiteContent, mapNames: readonly string[]): readonly Problem[] {
  const zone = timeZone(site.site.timeZone);
  return [
    ...(zone.ok ? [] : [problem(["site", "timeZone"], zone.fault.message)]),
    ...unique(site.equipment, "equipment"),
    ...unique(site.erps, "erps"),
    ...unique(site.machines, "machines"),
    ...checkHierarchy(site.equipment, site.site.id),
    ...site.equipment.flatMap((element, index) => checkEquipment(element, ["equipment", index], site, mapNames)),
    ...checkConnectionUse(site.equipment),
    ...checkErpCodes(site),
    ...checkCalendars(site.calendars),
    ...checkCalendarVersions(site),
    ...checkPosting(site),
    ...checkTerminal(site.terminal),
    ...checkNotices(site),
    ...checkOwnership(site),
  ];
}

function unique(all: readonly { readonly id: string }[], list: string): readonly Problem[] {
  return all.flatMap(({ id }, index) =>
    all.findIndex((other) => other.id === id) === index
      ? []
      : [problem([list, index, "id"], `${id} is already there; write another id`)],
  );
}

/** What may stand at which level, and that every name it refers to exists. */
function checkEquipment(
  element: EquipmentContent,
  at: ContentPath,
  site: SiteContent,
  maps: readonly string[],
): readonly Problem[] {
  const { id, level } = element;
  const problems: Problem[] = [];
  const only = (
    key: "erpCodes" | "materialFrom" | "splitAbove" | "connection" | "map" | "positions",
    allowed: boolean,
    where: string,
  ): void => {
    if (element[key] === undefined || allowed) return;
    problems.push(
      problem([...at, key], `\`${key}\` belongs to a ${where}, and ${id} is of level ${level}; write it there`),
    );
  };
  only("erpCodes", isWorkCenterLevel(level), "work center");
  only("materialFrom", isWorkCenterLevel(level), "work center");
  only("splitAbove", isWorkCenterLevel(level), "work center");
  only("connection", isWorkUnitLevel(level), "work unit");
  only("map", isWorkUnitLevel(level), "work unit");
  only("positions", isWorkUnitLevel(level), "work unit");
  problems.push(...twicePositions(element, at));
  const exists = (key: "calendar" | "connection" | "map", known: readonly string[], where: string): void => {
    const name = element[key];
    if (name === undefined || known.includes(name)) return;
    problems.push(
      problem(
        [...at, key],
        `there is no ${key} ${name}${didYouMean(name, known)}; write ${listed(new Set(known), `it into ${where} first`)}`,
      ),
    );
  };
  exists(
    "calendar",
    site.calendars.map((calendar) => calendar.id),
    "calendars",
  );
  exists(
    "connection",
    site.machines.map((machine) => machine.id),
    "machines",
  );
  exists("map", maps, "maps/");
  if (element.map !== undefined && element.connection === undefined) {
    problems.push(
      problem(
        [...at, "map"],
        "a map without a connection has nothing to read; write `connection` as well, or remove it",
      ),
    );
  }
  if (element.connection !== undefined && element.map === undefined) {
    problems.push(
      problem([...at, "connection"], "nobody knows what the samples of the connection mean; write `map` as well"),
    );
  }
  return problems;
}

function twicePositions({ id, positions = [] }: EquipmentContent, at: ContentPath): readonly Problem[] {
  return positions.flatMap((position, index) =>
    positions.findIndex((other) => other.id === position.id) === index
      ? []
      : [problem([...at, "positions", index, "id"], `${id} has a place ${position.id} already; write another id`)],
  );
}

/** One connection is one source, and one source is read by one map for one work unit. */
function checkConnectionUse(equipment: readonly EquipmentContent[]): readonly Problem[] {
  return equipment.flatMap(({ connection }, index) => {
    if (connection === undefined) return [];
    const first = equipment.findIndex((other) => other.connection === connection);
    if (first === index) return [];
    return [
      problem(
        ["equipment", index, "connection"],
        `connection ${connection} already serves ${equipment[first]?.id}; write a connection of its own`,
      ),
    ];
  });
}

function checkErpCodes(site: SiteContent): readonly Problem[] {
  const known = site.erps.map(({ id }) => id);
  const seen = new Map<string, string>();
  return site.equipment.flatMap((element, index) =>
    Object.entries(element.erpCodes ?? {}).flatMap(([erp, code]) => {
      const at = ["equipment", index, "erpCodes", erp];
      if (!known.includes(erp)) {
        return [
          {
            ...problem(
              at,
              `there is no ERP ${erp}${didYouMean(erp, known)}; write ${listed(known, "it into erps first")}`,
            ),
            about: "key" as const,
          },
        ];
      }
      const key = `${erp}\u001f${code}`;
      const other = seen.get(key);
      seen.set(key, element.id);
      return other === undefined
        ? []
        : [problem(at, `${code} of ${erp} is already ${other}; write a code that only this work center has`)];
    }),
  );
}

function checkCalendarVersions(site: SiteContent): readonly Problem[] {
  const versions = site.calendars.map((calendar) => {
    const from = calendar.validFrom === undefined ? null : parseInstant(calendar.validFrom);
    return {
      name: calendar.id,
      version: calendar.version ?? 1,
      from: from?.ok ? from.value : Number.NEGATIVE_INFINITY,
    };
  });
  return versions.flatMap((_, index) => {
    const wrong = versionFault(versions, index);
    return wrong === null ? [] : [problem(["calendars", index], wrong)];
  });
}

function checkPosting(site: SiteContent): readonly Problem[] {
  const known = site.erps.map(({ id }) => id);
  const policies = site.policies.posting;
  return policies.flatMap(({ erp }, index) => {
    const at = ["policies", "posting", index, "erp"];
    if (!known.includes(erp))
      return [
        problem(at, `there is no ERP ${erp}${didYouMean(erp, known)}; write ${listed(known, "it into erps first")}`),
      ];
    const isFirst = policies.findIndex((other) => other.erp === erp) === index;
    return isFirst ? [] : [problem(at, `${erp} already has a posting policy; write one per ERP`)];
  });
}
