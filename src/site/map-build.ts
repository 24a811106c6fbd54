/** Turns a map as people write it into the `MachineMap` that collection reads. Pure; the content has its right shape. */
import { parseInstant } from "../base/instant.ts";
import { ok, type Result } from "../base/result.ts";
import type {
  ConsumptionRule,
  CounterType,
  EnergyRule,
  Fraction,
  ItemDefinition,
  JobRule,
  MachineMap,
  PackingRule,
  RunRule,
  StationRule,
} from "../record/machine-map.ts";
import type { CounterTypeContent, MapContent } from "./map-schema.ts";

/** @fault invalid base/instant   `validFrom` is no instant with an offset */
export function buildMap(content: MapContent): Result<MachineMap> {
  const validFrom = parseInstant(content.validFrom);
  if (!validFrom.ok) return validFrom;
  return ok({
    name: content.name,
    version: content.version,
    validFrom: validFrom.value,
    items: content.items satisfies Record<string, ItemDefinition>,
    frame: content.frame,
    clock: { trust: content.clock.trust, mode: content.clock.mode, lateMs: durationMs(content.clock.late) },
    run: content.run ? runRule(content.run) : null,
    ...(content.stations && { stations: stationRule(content.stations) }),
    counters: content.counters.map((rule) => ({
      rule: rule.rule,
      item: rule.item,
      grade: rule.grade,
      uom: rule.uom,
      type: counterType(rule),
    })),
    ...(content.counting && { counting: content.counting }),
    ...(content.packing && { packing: packingRule(content.packing) }),
    consumption: content.consumption.map(consumptionRule),
    state: content.state ?? null,
    energy: content.energy ? energyRule(content.energy) : null,
    alarm: content.alarm ?? null,
    job: content.job ? jobRule(content.job) : null,
  });
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a text such as `10s`; the schema has checked its form. */
export function durationMs(text: string): number {
  const [, amount = "0", unit = "ms"] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
  return Number(amount) * (unitMs[unit] ?? 1);
}

function runRule(run: NonNullable<MapContent["run"]>): RunRule {
  if (run.by === "job") return { by: "job", job: run.job, article: run.article ?? null };
  return {
    by: "number",
    number: run.number,
    none: run.none,
    job: run.job,
    article: run.article ?? null,
    ended: run.ended,
  };
}

function stationRule({ pieces, shares, because }: NonNullable<MapContent["stations"]>): StationRule {
  return {
    pieces: "item" in pieces ? { from: "item", item: pieces.item } : { from: "fixed", pieces: pieces.fixed },
    shares: Object.fromEntries(Object.entries(shares).map(([station, text]) => [station, fraction(text)])),
    because,
  };
}

/** A text such as `2/3`; the schema has checked its form. */
export function fraction(text: string): Fraction {
  const [numerator = "0", denominator = "1"] = text.split("/");
  return { numerator: Number(numerator), denominator: Number(denominator) };
}

export function counterType(content: CounterTypeContent): CounterType {
  return {
    drop: content.drop,
    modulus: content.bits !== undefined ? 2 ** content.bits : content.max !== undefined ? content.max + 1 : null,
    reset: content.reset,
    baseline: content.baseline,
    stepMax: content.stepMax,
    because: content.because,
  };
}

function consumptionRule(rule: MapContent["consumption"][number]): ConsumptionRule {
  return {
    rule: rule.rule,
    amount: rule.amount,
    material:
      "item" in rule.material
        ? { from: "item", item: rule.material.item }
        : "placeholder" in rule.material
          ? { from: "placeholder", placeholder: rule.material.placeholder }
          : { from: "fixed", material: rule.material.fixed },
    uom:
      "fixed" in rule.uom
        ? { from: "fixed", uom: rule.uom.fixed }
        : { from: "item", item: rule.uom.item, uoms: rule.uom.uoms },
    snapshot: rule.snapshot ?? null,
    type: counterType(rule),
  };
}

function packingRule(rule: NonNullable<MapContent["packing"]>): PackingRule {
  const { rule: name, item, handlingUnit = null, uom } = rule;
  return { rule: name, item, handlingUnit, uom, type: counterType(rule) };
}

function energyRule(rule: NonNullable<MapContent["energy"]>): EnergyRule {
  return { rule: rule.rule, item: rule.item, uom: rule.uom, type: counterType(rule) };
}

function jobRule(job: NonNullable<MapContent["job"]>): JobRule {
  return {
    jobOrderId: job.jobOrderId,
    job: job.job,
    article: job.article ?? null,
    jobControl: job.jobControl ?? null,
    setup: job.setup,
    apply: job.apply ?? null,
  };
}
