/**
 * A site as the rest of the program uses it: typed, checked, immutable, with its look-ups. Built from files by `load.ts`;
 * nothing here knows about files.
 */
import type { Instant } from "../base/instant.ts";
import { instant } from "../base/instant.ts";
import type { TimeZone } from "../base/site-time.ts";
import type { Equipment, WorkCenter, WorkUnit } from "../isa95/resource/equipment.ts";
import { ownershipOf, type Ownership, type OwnershipRule } from "../isa95/master-data/ownership.ts";
import type { StorageLocation } from "../isa95/resource/material.ts";
import type { WorkCalendar } from "../isa95/schedule/work-calendar.ts";
import type { MachineMap } from "../record/machine-map.ts";
import type { NoticePolicy } from "../record/notice.ts";
import type { ReconcilePolicy } from "../record/reconciliation.ts";
import { climber } from "./hierarchy.ts";
import { plainReconcile } from "./reconcile-schema.ts";

export interface SiteWorkCenter extends WorkCenter {
  /** Where material is drawn from that an order does not list; null: ask. */
  readonly materialFrom: StorageLocation | null;
  /** An operation that asks for more than this (in the order's unit) is split over all work units; null: never. */
  readonly splitAbove: number | null;
}

export interface SiteWorkUnit extends WorkUnit {
  /** Name of the map that says what its samples mean; null for a work unit without a controller. */
  readonly map: string | null;
  /** Places at which material is loaded; none: loading is not kept there. */
  readonly positions?: readonly LoadPosition[];
}

export interface ErpConnection {
  readonly id: string;
  /** Which connector speaks to it, e.g. `sap`. */
  readonly product: string;
  /** Client or company; empty when the ERP has only one. */
  readonly company: string;
  /** As written, references unresolved: may be shown. */
  readonly written: unknown;
  /** References resolved: for the connector's `open` alone. Not enumerable, so that it is not logged or copied by accident. */
  readonly settings: unknown;
}

export interface MachineConnection {
  readonly id: string;
  /** Which connector speaks to it, e.g. `opcua`. */
  readonly protocol: string;
  /** As written, references unresolved: may be shown. */
  readonly written: unknown;
  /** References resolved: for the connector's `open` alone. Not enumerable, so that it is not logged or copied by accident. */
  readonly settings: unknown;
}

/** A place of a work unit at which material is loaded. */
export interface LoadPosition {
  readonly id: string;
  readonly description: string;
  /** Material ids begin so; empty: anything may be loaded there. */
  readonly materialPrefix: string;
}

/** A reason that people choose; with children it is only a heading. */
export interface ReasonNode {
  readonly code: string;
  readonly text: Readonly<Record<string, string>>;
  readonly children: readonly ReasonNode[];
}

/** How a label or the number of an operation is read: the pattern's named groups say what stands where. */
export interface ScanFormat {
  readonly name: string;
  readonly pattern: string;
  /** Unit of the group `quantity`; null: the order line's. */
  readonly uom: string | null;
}

/** What the site wants where people report. */
export interface TerminalPolicy {
  readonly reasons: { readonly stop: readonly ReasonNode[]; readonly scrap: readonly ReasonNode[] };
  readonly scans: readonly ScanFormat[];
  /** The time of one person at several work units: shared out, or full at each. */
  readonly people: "split" | "full";
  /** Materials of which the lot must be named: their ids begin so. */
  readonly lotControlled: readonly string[];
  readonly clock: {
    /** A terminal's clock may be so far ahead of ours. */
    readonly aheadSeconds: number;
    /** What a terminal has kept longer must be entered by a supervisor. */
    readonly offlineHours: number;
  };
}

export interface PostingPolicy {
  readonly erp: string;
  readonly unplannedConsumption: "post" | "ask";
  readonly receipt: boolean;
  readonly announceRelease: boolean;
  /** A rule makes operations final so long after their last run, when what is ordered is made; else only people do. */
  readonly final: "never" | { readonly afterMinutes: number };
}

export interface Policies {
  readonly posting: readonly PostingPolicy[];
  readonly dispatch: { readonly keepStored: number | "capacity" };
  readonly samples: { readonly retentionDays: number };
  readonly buffer: { readonly retentionDays: number };
  readonly pull: { readonly everySeconds: number };
  /** Where the defaults are not right; left out: they are. */
  readonly ownership?: readonly OwnershipRule[];
}

export interface SiteData {
  readonly id: string;
  readonly name: string;
  readonly zone: TimeZone;
  /** Hash of all files: the same content always has the same version. */
  readonly version: string;
  readonly equipment: readonly Equipment[];
  readonly workCenters: readonly SiteWorkCenter[];
  readonly workUnits: readonly SiteWorkUnit[];
  readonly calendars: readonly WorkCalendar[];
  /** Equipment id → id of the calendar that it names itself. */
  readonly calendarOf: Readonly<Record<string, string>>;
  readonly erps: readonly ErpConnection[];
  readonly machines: readonly MachineConnection[];
  readonly maps: readonly MachineMap[];
  readonly policies: Policies;
  /** Left out: nothing is asked of people that the site has not written down. */
  readonly terminal?: TerminalPolicy;
  /** Left out: everything on screen alone, by the defaults of each kind, in English. */
  readonly notices?: NoticePolicy;
  /** Left out: every night, with the limits of a careful site. */
  readonly reconcile?: ReconcilePolicy;
}

/** Every look-up answers null for what the site does not have. */
export interface Site extends Omit<SiteData, "calendarOf" | "terminal" | "notices" | "reconcile"> {
  readonly terminal: TerminalPolicy;
  readonly notices: NoticePolicy;
  readonly reconcile: ReconcilePolicy;
  /** Who owns which field of master data. */
  readonly ownership: Ownership;
  equipmentById(id: string): Equipment | null;
  workCenter(id: string): SiteWorkCenter | null;
  /** The work center that an ERP calls by this code. */
  workCenterByErpCode(erp: string, code: string): SiteWorkCenter | null;
  workUnit(id: string): SiteWorkUnit | null;
  /** The work unit whose samples a machine connection delivers; a connection serves one. */
  workUnitByConnection(connection: string): SiteWorkUnit | null;
  /** All versions of a work unit's map, by `validFrom`. */
  mapsOf(workUnit: string): readonly MachineMap[];
  /** The map of a work unit that is right for an event time; without a time, the newest. */
  mapOf(workUnit: string, at?: Instant): MachineMap | null;
  erp(id: string): ErpConnection | null;
  machine(id: string): MachineConnection | null;
  /** The calendar of the equipment, or of the nearest above it that names one; calendar days without shifts when none does. */
  calendarFor(equipment: string, at: Instant): WorkCalendar;
  /** The posting policy of an ERP; the careful defaults when the site states none. */
  posting(erp: string): PostingPolicy;
  /** The ids from the equipment up to the top. */
  upwards(equipment: string): readonly string[];
  /** The ids of an equipment and of everything below it. */
  below(equipment: string): readonly string[];
}

export function buildSite(data: SiteData): Site {
  const { calendarOf, ...shownData } = deepFreeze(data);
  const upwards = climber(data.equipment);
  const equipment = byId(data.equipment);
  const workCenters = byId(data.workCenters);
  const workUnits = byId(data.workUnits);
  const erps = byId(data.erps);
  const machines = byId(data.machines);
  const codes = new Map(
    data.workCenters.flatMap((center) =>
      Object.entries(center.erpCodes).map(([erp, code]) => [codeKey(erp, code), center]),
    ),
  );
  const connections = new Map(
    data.workUnits.flatMap((unit) => (unit.connection === null ? [] : [[unit.connection, unit] as const])),
  );
  const posting = new Map(data.policies.posting.map((policy) => [policy.erp, policy]));
  const mapsOf = (workUnit: string): readonly MachineMap[] => {
    const name = workUnits.get(workUnit)?.map ?? null;
    return name === null
      ? []
      : data.maps.filter((map) => map.name === name).toSorted((a, b) => a.validFrom - b.validFrom);
  };
  return Object.freeze<Site>({
    ...shownData,
    terminal: data.terminal ?? plainTerminal,
    notices: data.notices ?? carefulNotices,
    reconcile: data.reconcile ?? plainReconcile,
    ownership: ownershipOf(
      data.policies.ownership ?? [],
      data.erps.map(({ id }) => id),
    ),
    equipmentById: (id) => equipment.get(id) ?? null,
    workCenter: (id) => workCenters.get(id) ?? null,
    workCenterByErpCode: (erp, code) => codes.get(codeKey(erp, code)) ?? null,
    workUnit: (id) => workUnits.get(id) ?? null,
    workUnitByConnection: (connection) => connections.get(connection) ?? null,
    mapsOf,
    mapOf: (workUnit, at) => mapsOf(workUnit).findLast((map) => at === undefined || map.validFrom <= at) ?? null,
    erp: (id) => erps.get(id) ?? null,
    machine: (id) => machines.get(id) ?? null,
    calendarFor: (id, at) =>
      findCalendar(
        data,
        upwards(id).map((step) => calendarOf[step]),
        at,
      ),
    posting: (erp) => posting.get(erp) ?? carefulPosting(erp),
    upwards,
    below: (id) => data.equipment.filter((element) => upwards(element.id).includes(id)).map((element) => element.id),
  });
}

/** What holds for a site that says nothing about terminals. */
export const plainTerminal: TerminalPolicy = {
  reasons: { stop: [], scrap: [] },
  scans: [],
  people: "split",
  lotControlled: [],
  clock: { aheadSeconds: 120, offlineHours: 24 },
};

const carefulNotices: NoticePolicy = { language: "en", rules: [], channels: [], giveUpAfterHours: 24 };

/** What holds for an ERP without a policy: a person decides, nothing unasked. */
export function carefulPosting(erp: string): PostingPolicy {
  return {
    erp,
    unplannedConsumption: "ask",
    receipt: true,
    announceRelease: false,
    final: "never",
  };
}

function findCalendar(data: SiteData, names: readonly (string | undefined)[], at: Instant): WorkCalendar {
  const name = names.find((candidate) => candidate !== undefined);
  const versions = data.calendars.filter(({ id }) => id === name).toSorted((a, b) => a.validFrom - b.validFrom);
  return versions.findLast(({ validFrom }) => validFrom <= at) ?? calendarDays(data.zone);
}

/** No shifts: the production day is the calendar day. */
function calendarDays(zone: TimeZone): WorkCalendar {
  return { id: "calendar-days", version: 1, zone, validFrom: sinceEver, shifts: [] };
}

/** Before every event that a machine has reported; an instant that every database can keep. */
export const sinceEver: Instant = instant(0);

/** A connection whose resolved settings do not show when it is printed, copied or sent as JSON. */
export function withSettings<T extends { readonly written: unknown }>(
  connection: T,
  settings: unknown,
): T & { readonly settings: unknown } {
  return Object.defineProperty({ ...connection, settings: undefined }, "settings", {
    value: settings,
    enumerable: false,
  });
}

function codeKey(erp: string, code: string): string {
  return `${erp}\u001f${code}`;
}

function byId<T extends { readonly id: string }>(all: readonly T[]): ReadonlyMap<string, T> {
  return new Map(all.map((element) => [element.id, element]));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
