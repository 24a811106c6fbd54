/**
 * A map made ready for folding: which item a path belongs to, which rules listen to it, and counter limits in
 * millionths. Built once per map version.
 */
import type { Instant } from "../../base/instant.ts";
import { concretePath, itemPattern } from "../../record/item-path.ts";
import {
  stationPlaceholder,
  type ConsumptionRule,
  type CounterRule,
  type CounterType,
  type EnergyRule,
  type Fraction,
  type ItemKey,
  type MachineMap,
  type PackingRule,
} from "../../record/machine-map.ts";

/** An item of the map at one concrete path. */
export interface ItemPlace {
  readonly key: ItemKey;
  /** What the placeholders stand for, e.g. `{ slot: "1" }`. */
  readonly placeholders: Readonly<Record<string, string>>;
}

export interface CompiledMap {
  readonly map: MachineMap;
  readonly counters: readonly CounterRule[];
  readonly packing: PackingRule | null;
  readonly consumption: readonly ConsumptionRule[];
  readonly energy: EnergyRule | null;
  /** Name of the placeholder whose values are the unit's stations; null for a unit that runs one job at a time. */
  readonly station: string | null;
  readonly shares: Shares;
  /** Items that show counts. */
  readonly amounts: ReadonlySet<ItemKey>;
  /** Items that say what a count is of: how many pieces it makes, which material it is, in which unit, packed into what. */
  readonly meanings: ReadonlySet<ItemKey>;
  /** Null for a path that no rule of the map listens to: its samples are kept and mean nothing. */
  place(path: string): ItemPlace | null;
  /** The concrete path of an item beside another one with the same placeholders. */
  path(key: ItemKey, placeholders: Readonly<Record<string, string>>): string;
}

/** The stations' parts of a count, over one denominator. */
export interface Shares {
  readonly denominator: number;
  /** Null for a station that the map gives no part. */
  numerator(station: string): number | null;
}

export const microPerUnit = 1_000_000;

export function compileMap(map: MachineMap): CompiledMap {
  const read = readItems(map);
  const patterns = Object.entries(map.items)
    .filter(([key]) => read.has(key))
    .map(([key, item]) => ({ key, ...itemPattern(item.path) }));
  const exact = new Map(patterns.filter((p) => p.names.length === 0).map((p) => [map.items[p.key]?.path ?? "", p.key]));
  const known = new Map<string, ItemPlace | null>();
  const find = (path: string): ItemPlace | null => {
    const key = exact.get(path);
    if (key !== undefined) return { key, placeholders: {} };
    for (const { key: candidate, names, match } of patterns) {
      const placeholders = names.length > 0 ? match(path) : null;
      if (placeholders) return { key: candidate, placeholders };
    }
    return null;
  };
  return {
    map,
    counters: map.counters.map((rule) => ({ ...rule, type: inMicro(rule.type) })),
    packing: map.packing ? { ...map.packing, type: inMicro(map.packing.type) } : null,
    consumption: map.consumption.map((rule) => ({ ...rule, type: inMicro(rule.type) })),
    energy: map.energy && { ...map.energy, type: inMicro(map.energy.type) },
    station: stationPlaceholder(map),
    shares: sharesOf(map.stations?.shares ?? {}),
    amounts: amountsIn(map),
    meanings: meaningsIn(map),
    place(path) {
      let place = known.get(path);
      if (place === undefined) {
        place = find(path);
        known.set(path, place);
      }
      return place;
    },
    path(key, placeholders) {
      const path = map.items[key]?.path ?? "";
      return exact.has(path) ? path : concretePath(path, placeholders);
    },
  };
}

/** The items that some rule listens to. */
function readItems(map: MachineMap): ReadonlySet<ItemKey> {
  const { run, state, alarm } = map;
  const ended = run?.by === "number" ? [run.number, run.ended.count, run.ended.number, run.ended.result] : [];
  const keys = [
    ...(run ? [run.job, run.article, ...ended] : []),
    ...amountsIn(map),
    ...meaningsIn(map),
    ...map.consumption.map(({ snapshot }) => snapshot),
    ...(alarm ? [alarm.code, alarm.text, alarm.trigger] : []),
    state?.item ?? null,
  ];
  return new Set(keys.filter((key) => key !== null));
}

function amountsIn({ counters, packing, consumption, energy }: MachineMap): ReadonlySet<ItemKey> {
  const rules = [...counters, ...(packing ? [packing] : []), ...(energy ? [energy] : [])];
  return new Set([...rules.map(({ item }) => item), ...consumption.map(({ amount }) => amount)]);
}

/** Where a run has a number, what names it says what it is of; else that begins it, and what also says a material says that first. */
function meaningsIn({ run, stations, packing, consumption }: MachineMap): ReadonlySet<ItemKey> {
  const keys = [
    stations?.pieces.from === "item" ? stations.pieces.item : null,
    packing?.handlingUnit ?? null,
    ...consumption.flatMap(({ material, uom }) => [
      material.from === "item" ? material.item : null,
      uom.from === "item" ? uom.item : null,
    ]),
  ];
  const named = run ? [run.job, run.article] : [];
  const all = run?.by === "number" ? [...keys, ...named] : keys.filter((key) => !named.includes(key));
  return new Set(all.filter((key) => key !== null));
}

/** The map that is valid for an event time: the latest that began before it, else the first. */
export function mapAt(maps: readonly CompiledMap[], at: Instant): CompiledMap | undefined {
  return maps.findLast((m) => m.map.validFrom <= at) ?? maps[0];
}

function sharesOf(shares: Readonly<Record<string, Fraction>>): Shares {
  const all = Object.values(shares);
  const denominator = all.reduce((common, share) => leastCommonMultiple(common, share.denominator), 1);
  return {
    denominator,
    numerator(station) {
      if (all.length === 0) return 1;
      const share = Object.hasOwn(shares, station) ? shares[station] : undefined;
      return share ? share.numerator * (denominator / share.denominator) : null;
    },
  };
}

function leastCommonMultiple(a: number, b: number): number {
  return (a / greatestCommonDivisor(a, b)) * b;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function inMicro(type: CounterType): CounterType {
  return {
    ...type,
    modulus: type.modulus === null ? null : type.modulus * microPerUnit,
    stepMax: type.stepMax * microPerUnit,
  };
}
