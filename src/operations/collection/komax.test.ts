/**
 * Five real days of a wire machine, read by the machine peer's own readers and fed straight to collection: what comes
 * out is what an independent reader of the same files has found.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { instant } from "../../base/instant.ts";
import type { Fact } from "../../record/fact.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { collectAs, contextOf, effective, inOrder, type Arrival } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";

const shared = resolve(process.env["MILLRACE_SHARED"] ?? join(import.meta.dirname, "../../../../shared"));
const days = join(shared, "data/machines/komax-alpha-565");
const peer = join(shared, "peers/komax-opcua");
const skip = existsSync(days) && existsSync(peer) ? false : `the machine's files are not in ${shared}`;

/** Of the peer's modules, what is used here. */
interface TimedRecord {
  readonly sourceMs: number;
  readonly settleMs?: number;
}

interface Update {
  readonly values: Readonly<Record<string, unknown>>;
  readonly force?: readonly string[];
}

interface PeerMachine {
  apply(record: TimedRecord): { readonly update: Update };
  settle(): Update;
}

interface Expected {
  readonly job: string;
  readonly article: string;
  readonly good: number;
  readonly consumed: Readonly<Record<string, { readonly total: number; readonly unit: string }>>;
  readonly ambiguous: readonly string[];
}

/** Every value that the machine shows, as a server tells it: changes and forced values, one source time per record. */
async function readSamples(): Promise<readonly Sample[]> {
  const load = (name: string): Promise<unknown> => import(pathToFileURL(join(peer, name)).href);
  // The peer's modules are plain JavaScript; their shape is stated above.
  const { buildTimeline } = (await load("timeline.mjs")) as { buildTimeline(folders: string[]): TimedRecord[] };
  const { Machine } = (await load("machine.mjs")) as { Machine: new () => PeerMachine };
  const folders = readdirSync(days).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name));
  const machine = new Machine();
  const shown = new Map<string, unknown>();
  const samples: Sample[] = [];
  const show = ({ values, force = [] }: Update, ms: number): void => {
    for (const [item, said] of Object.entries(values)) {
      const value = (said instanceof Date ? said.toISOString() : said) as SampleValue; // scalars otherwise
      if (!force.includes(item) && Object.is(shown.get(item), value)) continue;
      shown.set(item, value);
      samples.push({ item, at: instant(ms), receivedAt: instant(ms), status: 0, value, mark: "" });
    }
  };
  for (const record of buildTimeline(folders.map((name) => join(days, name)))) {
    show(machine.apply(record).update, record.sourceMs);
    if (record.settleMs !== undefined) show(machine.settle(), record.settleMs);
  }
  return samples;
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
  const read = skip ? Promise.resolve([]) : readSamples();
  const file = skip
    ? { orders: [], withoutErpOrder: [] }
    : JSON.parse(readFileSync(join(days, "expected.json"), "utf8"));
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
