/** What the site's files state of master data: its equipment and its calendars, as B2MML spells them. Pure. */
import type { Shift, WorkCalendar } from "../isa95/schedule/work-calendar.ts";
import type { MasterNounName } from "../isa95/master-data/noun.ts";
import type { FieldValue, Fields, ThingKey } from "../isa95/master-data/thing.ts";
import type { Site } from "./site.ts";

/** A thing of the site's files. */
export interface SiteThing {
  readonly key: ThingKey;
  readonly fields: Fields;
  readonly partOf: string | null;
}

/** Nouns of which the site's files state things. */
export const siteNouns: ReadonlySet<MasterNounName> = new Set<MasterNounName>(["Equipment", "WorkCalendarDefinition"]);

/** Every thing that the files state of a noun. */
export function siteThings(site: Site, noun: MasterNounName): readonly SiteThing[] {
  if (noun === "Equipment") return site.equipment.map((element) => equipmentThing(site, element));
  return noun === "WorkCalendarDefinition" ? newestOf(site.calendars).map(calendarThing) : [];
}

function equipmentThing(site: Site, { id, level, description, partOf }: Site["equipment"][number]): SiteThing {
  const children = site.equipment.filter((other) => other.partOf === id);
  return thing("Equipment", id, partOf, {
    Description: [description],
    EquipmentLevel: level,
    ...(children.length > 0 && { EquipmentChild: children.map((child) => ({ ID: child.id })) }),
  });
}

/** A calendar of several versions is the one that holds last. */
function newestOf(calendars: readonly WorkCalendar[]): readonly WorkCalendar[] {
  const sorted = calendars.toSorted((a, b) => a.validFrom - b.validFrom);
  return [...new Map(sorted.map((calendar) => [calendar.id, calendar])).values()];
}

/** Each shift comes every day at the same local time. */
function calendarThing({ id, version, shifts }: WorkCalendar): SiteThing {
  const entries = shifts.map((shift) => ({
    ID: shift.id,
    RecurrenceTime: `R/T${shift.start}:00/P1D`,
    DurationRule: durationOf(shift),
    EntryType: "Shift",
  }));
  return thing("WorkCalendarDefinition", id, null, {
    Version: String(version),
    // the standard demands one
    WorkCalendarDefinitionEntry: entries.length > 0 ? entries : [{ ID: "none" }],
  });
}

/** An end that is not after the start is on the next day. */
function durationOf({ start, end }: Shift): string {
  const minutes = (minuteOf(end) - minuteOf(start) + 1440) % 1440 || 1440;
  return `PT${Math.floor(minutes / 60)}H${minutes % 60 === 0 ? "" : `${minutes % 60}M`}`;
}

function minuteOf(clock: string): number {
  const [hour = 0, minute = 0] = clock.split(":").map(Number);
  return hour * 60 + minute;
}

function thing(
  noun: MasterNounName,
  id: string,
  partOf: string | null,
  told: Readonly<Record<string, unknown>>,
): SiteThing {
  const fields = Object.entries(told).map(([field, value]): [string, FieldValue] => [field, { value }]);
  return {
    key: { noun, plant: "", within: "", id, version: "" },
    fields: new Map([["ID", { value: id }], ...fields]),
    partOf,
  };
}
