/** Turns checked content into a `Site`. Pure; whatever could be wrong has been found before. */
import { parseInstant } from "../base/instant.ts";
import { unwrap } from "../base/result.ts";
import { timeZone } from "../base/site-time.ts";
import type { Equipment, WorkCenter, WorkUnit } from "../isa95/resource/equipment.ts";
import type { MachineMap } from "../record/machine-map.ts";
import type { NoticePolicy } from "../record/notice.ts";
import { isWorkCenterLevel, isWorkUnitLevel } from "./hierarchy.ts";
import { reconcilePolicyFrom } from "./reconcile-schema.ts";
import type { EquipmentContent, SiteContent } from "./schema.ts";
import {
  buildSite,
  sinceEver,
  withSettings,
  type ReasonNode,
  type Site,
  type SiteWorkCenter,
  type SiteWorkUnit,
  type TerminalPolicy,
} from "./site.ts";
import type { TerminalContent } from "./terminal-schema.ts";

/** Gives the settings of a connection as its connector will get them. */
export type Resolve = (settings: unknown) => unknown;

export function siteFrom(content: SiteContent, maps: readonly MachineMap[], version: string, resolve: Resolve): Site {
  const zone = unwrap(timeZone(content.site.timeZone));
  return buildSite({
    id: content.site.id,
    name: content.site.name,
    zone,
    version,
    equipment: content.equipment.map(equipment),
    workCenters: content.equipment.flatMap((element) => workCenter(element, content.equipment)),
    workUnits: content.equipment.flatMap(workUnit),
    calendars: content.calendars.map((calendar) => ({
      id: calendar.id,
      version: calendar.version ?? 1,
      zone: calendar.timeZone === undefined ? zone : unwrap(timeZone(calendar.timeZone)),
      validFrom: calendar.validFrom === undefined ? sinceEver : unwrap(parseInstant(calendar.validFrom)),
      shifts: calendar.shifts,
    })),
    calendarOf: Object.fromEntries(
      content.equipment.flatMap(({ id, calendar }) => (calendar === undefined ? [] : [[id, calendar]])),
    ),
    erps: content.erps.map(({ id, product, company, settings }) =>
      withSettings({ id, product, company: company ?? "", written: settings }, resolve(settings)),
    ),
    machines: content.machines.map(({ id, protocol, settings }) =>
      withSettings({ id, protocol, written: settings }, resolve(settings)),
    ),
    maps,
    policies: {
      ...content.policies,
      ownership: content.policies.ownership.map(({ noun, fields = [], owner }) => ({ noun, fields, owner })),
    },
    terminal: terminal(content.terminal),
    notices: notices(content, resolve),
    reconcile: reconcilePolicyFrom(content.policies.reconcile),
  });
}

/** A rule without equipment holds for the whole site. */
function notices(
  { site, notices: { channels, rules, giveUpAfterHours } }: SiteContent,
  resolve: Resolve,
): NoticePolicy {
  return {
    language: site.language,
    giveUpAfterHours,
    channels: channels.map(({ id, kind, settings }) =>
      withSettings({ id, kind, written: settings }, resolve(settings)),
    ),
    rules: rules.map(({ kinds, equipment: place, role, by, afterSeconds, escalate }) => ({
      kinds,
      equipment: place ?? site.id,
      role,
      by,
      afterSeconds: afterSeconds ?? null,
      ...(escalate === undefined ? {} : { escalate: escalate === "never" ? null : escalate }),
    })),
  };
}

function equipment({ id, level, description, partOf }: EquipmentContent): Equipment {
  return { id, level, description, partOf: partOf ?? null };
}

function workCenter(element: EquipmentContent, all: readonly EquipmentContent[]): readonly SiteWorkCenter[] {
  if (!isWorkCenterLevel(element.level)) return [];
  const workUnits = all
    .filter((other) => other.partOf === element.id && isWorkUnitLevel(other.level))
    .map(({ id }) => id);
  return [
    {
      ...equipment(element),
      // The level has just been checked.
      level: element.level as WorkCenter["level"],
      erpCodes: element.erpCodes ?? {},
      workUnits,
      materialFrom: element.materialFrom ?? null,
      splitAbove: element.splitAbove ?? null,
    },
  ];
}

function workUnit(element: EquipmentContent): readonly SiteWorkUnit[] {
  if (!isWorkUnitLevel(element.level) || element.partOf === undefined) return [];
  return [
    {
      ...equipment(element),
      // The level has just been checked.
      level: element.level as WorkUnit["level"],
      partOf: element.partOf,
      connection: element.connection ?? null,
      map: element.map ?? null,
      positions: element.positions ?? [],
    },
  ];
}

function terminal({ reasons, scans, ...rest }: TerminalContent): TerminalPolicy {
  return {
    ...rest,
    reasons: { stop: reasons.stop.map(reasonNode), scrap: reasons.scrap.map(reasonNode) },
    scans: scans.map(({ name, pattern, uom }) => ({ name, pattern, uom: uom ?? null })),
  };
}

function reasonNode({ code, text, children = [] }: TerminalContent["reasons"]["stop"][number]): ReasonNode {
  const texts = { en: text.en, ...(text.de !== undefined && { de: text.de }) };
  return { code, text: texts, children: children.map(reasonNode) };
}
