/** Where reading goes on: far enough back for what was under way, and for what nobody has read yet. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../base/instant.ts";
import { ok, unwrap } from "../base/result.ts";
import type { AppendOptions, SampleBuffer } from "../gateway/sample-buffer.ts";
import { checkSite } from "../site/load.ts";
import { example, rules } from "../site/testing/example.ts";
import type { Store } from "./ports.ts";
import { resumeReading } from "./resume-reading.ts";

const site = unwrap(checkSite(example, rules).site);
const [unit] = site.workUnits.filter(({ id }) => site.mapOf(id) !== null);
const source = unit?.connection ?? "";
const lateMs = (unit && site.mapOf(unit.id)?.clock.lateMs) ?? 0;
/** Every source that has a connection. */
const sources = site.workUnits.flatMap(({ connection }) => connection ?? []);
const newest = instant(Date.parse("2026-03-02T08:00:00Z"));

function storeWith(cursors: ReadonlyMap<string, object>, isRecovering = false): Store {
  const tx = {
    collectors: { cursors: () => Promise.resolve(cursors) },
    site: { isRecovering: () => Promise.resolve(isRecovering) },
  };
  // all that is asked of it
  return { transaction: (work) => work(tx as unknown as Parameters<typeof work>[0]) };
}

test("a new buffer is told a time before which nothing of the source can still come", async () => {
  const told: AppendOptions[] = [];
  const buffer = {
    id: "new",
    through: () => null,
    append: (_source: string, _content: unknown, options: AppendOptions = {}) => {
      told.push(options);
      return Promise.resolve(ok(1));
    },
  } as unknown as SampleBuffer; // all that is asked of it
  const cursors = new Map([[source, { buffer: "old", seq: 7, ordinal: 7, position: newest }]]);
  assert.equal(unwrap(await resumeReading(storeWith(cursors), buffer, site)), 0);
  assert.ok(lateMs > 0, "the example's values may come late");
  assert.deepEqual(told, [{ through: newest - lateMs }]);
});

test("a buffer that knows its sources is told nothing", async () => {
  assert.equal(unwrap(await resumeReading(storeWith(cursorsOf(sources)), releasedUpTo(9), site)), 7);
});

test("rows that are not known to be committed are read, whoever sent them", async () => {
  assert.equal(unwrap(await resumeReading(storeWith(cursorsOf(sources)), releasedUpTo(5), site)), 5);
});

test("a restored database knows less than the buffer: of a source without a place in it everything is read", async () => {
  assert.equal(unwrap(await resumeReading(storeWith(cursorsOf(sources), true), releasedUpTo(9), site)), 7);
  const others = cursorsOf(["another"]);
  assert.equal(unwrap(await resumeReading(storeWith(others, true), releasedUpTo(9), site)), 0);
  const elsewhere = { buffer: "other", seq: 3, ordinal: 3, position: null };
  const removed = new Map([...cursorsOf(sources), ["removed", elsewhere]]);
  assert.equal(unwrap(await resumeReading(storeWith(removed, true), releasedUpTo(9), site)), 0);
});

function cursorsOf(known: readonly string[]): ReadonlyMap<string, object> {
  return new Map(known.map((name) => [name, { buffer: "own", seq: 7, ordinal: 7, position: newest }]));
}

function releasedUpTo(released: number): SampleBuffer {
  return {
    id: "own",
    through: () => newest,
    resume: ({ seq }: { readonly seq: number }) => ok(seq),
    stats: () => Promise.resolve(ok({ released })),
  } as unknown as SampleBuffer; // all that is asked of it
}
