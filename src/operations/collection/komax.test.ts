/**
 * Five real days of a wire machine, read by the machine peer's own readers and fed straight to collection: what comes
 * out is what an independent reader of the same files has found.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Fact } from "../../record/fact.ts";
import { collectAs, contextOf, effective, inOrder, type Arrival } from "./testing/arrival.ts";
import { noRecordedDays as skip, readRecordedDays, recordedDays } from "./testing/komax-days.ts";
import { wireMap } from "./testing/map.ts";

interface Expected {
  readonly job: string;
  readonly article: string;
  readonly good: number;
  readonly consumed: Readonly<Record<string, { readonly total: number; readonly unit: string }>>;
  readonly ambiguous: readonly string[];
}

interface Made {
  good: number;
  readonly used: Record<string, number>;
}

/** What the facts say per job and article. */
function madeOf(stated: readonly Fact[]): ReadonlyMap<string, Made> {
  const takenBack = new Set(stated.flatMap((f) => (f.body.kind === "Corrected" ? [f.body.corrects] : [])));
  const holding = stated.filter((f) => f.body.kind !== "Corrected" && !takenBack.has(f.id));
  const jobOf = new Map<string | null, string>();
  for (const { run, body } of holding) {
    if (body.kind === "JobStarted" && !body.outside) jobOf.set(run, `${body.job}|${body.article}`);
  }
  const made = new Map<string, Made>();
  for (const { run, body } of holding) {
    const job = jobOf.get(run);
    if (job === undefined) continue;
    const sum = made.get(job) ?? { good: 0, used: {} };
    made.set(job, sum);
    if (body.kind === "UnitsCounted") sum.good += Number(body.quantity.micro) / 1e6;
    if (body.kind !== "MaterialConsumed") continue;
    const key = `${body.material} ${body.quantity.uom}`;
    sum.used[key] = (sum.used[key] ?? 0) + Number(body.quantity.micro) / 1e6;
  }
  return made;
}

/** Lines for people: what differs from what was expected. */
function differences(stated: readonly Fact[], expected: readonly Expected[]): string[] {
  const made = madeOf(stated);
  return expected.flatMap(({ job, article, good, consumed }) => {
    const found = made.get(`${job}|${article}`) ?? { good: 0, used: {} };
    const wanted = Object.entries(consumed).map(
      ([material, { total, unit }]) => [`${material} ${unit}`, total] as const,
    );
    const name = `${job} ${article}`;
    return [
      ...(found.good === good ? [] : [`${name}: ${found.good} good, not ${good}`]),
      ...wanted.flatMap(([m, total]) =>
        found.used[m] === total || total === 0 ? [] : [`${name}: ${found.used[m]} of ${m}, not ${total}`],
      ),
      ...Object.keys(found.used).flatMap((m) => (wanted.some(([w]) => w === m) ? [] : [`${name}: ${m} was not used`])),
    ];
  });
}

describe("five real days", { skip }, () => {
  const context = contextOf([wireMap()]);
  const read = skip ? Promise.resolve([]) : readRecordedDays();
  const file = skip
    ? { orders: [], withoutErpOrder: [] }
    : JSON.parse(readFileSync(join(recordedDays, "expected.json"), "utf8"));
  const expected = [...file.orders, ...file.withoutErpOrder].filter((order: Expected) => order.ambiguous.length === 0);

  test("in order: no difference, no question", async () => {
    const { stated, questions } = collectAs(context, await read, inOrder);
    assert.ok(expected.length > 250 && stated.length > 4000, "the files hold what they should");
    assert.deepEqual(differences(stated, expected), []);
    assert.deepEqual(questions, []);
  });

  test("in pieces, late, twice, with restarts: the same statements hold", async () => {
    const samples = await read;
    const arrival: Arrival = {
      limits: { samples: 400, lateMs: 10_000 },
      delays: [0, 0, 0, 9_000, 0, 120, 0, 0, 4_000],
      sizes: [97, 3, 211, 1, 40],
      doubleEvery: 5,
      restarts: [11, 3, 29],
    };
    const { stated, batches } = collectAs(context, samples, arrival);
    assert.ok(batches > 200);
    assert.deepEqual(differences(stated, expected), []);
    assert.deepEqual(effective(stated), effective(collectAs(context, samples, inOrder).stated));
  });

  test("one counted sample less is noticed", async () => {
    const samples = await read;
    const last = samples.findLastIndex((s) => s.item === "Production/GoodPieces" && s.value === 100);
    const fewer = samples.filter((s, i) => i !== last && !(s.item === "Production/GoodPieces" && s.value === 100));
    assert.notDeepEqual(differences(collectAs(context, fewer, inOrder).stated, expected), []);
  });
});
