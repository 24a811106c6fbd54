/**
 * A database that a version has begun whose identities had no time: what it has stated is named the same when it is read
 * again, and what comes later is named anew. A reader that does not know of it states the pieces of before once more.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { collect } from "../../../src/flows/collect.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { Sample, SampleValue } from "../../../src/record/sample.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

const source = "cutter-1";
const updatedAt = at(60);

interface Stated {
  readonly id: string;
  readonly kind: unknown;
  readonly isBefore: boolean;
}

describe("identities of an older version", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  afterEach(() => scene?.close());
  after(async () => {
    await cluster?.close();
  });

  /** @param timedSince  what the new version knows of the old one; null: nothing */
  async function update(timedSince: Instant | null): Promise<readonly Stated[]> {
    scene = await openScene(cluster);
    await scene.accept(orderOf("1000001"));
    const isMissed = ({ at: time }: Sample): boolean => time === at(20);
    const heard = piecesFrom(1, 50).filter((one) => !isMissed(one));
    await read(since(scene.store, instant(8_000_000_000_000)), "old", [begin, ...heard]);
    // A gateway that is made anew tells some of it once more, and one that was missed: all since then is read again.
    await read(since(scene.store, timedSince), "new", [begin, ...piecesFrom(15, 90)]);
    const rows = await scene.sql(
      "select id, kind, event_at < $1 as is_before from fact where kind in ('UnitsCounted', 'Corrected')",
      [new Date(updatedAt)],
    );
    return rows.map(({ id, kind, is_before: isBefore }) => ({ id: String(id), kind, isBefore: isBefore === true }));
  }

  async function read(store: Store, buffer: string, samples: readonly Sample[]): Promise<void> {
    const { site, clock } = scene;
    const ports = { store, site, clock, book: collectorBook(site), dispatched: { whyNotStored: () => null } };
    await collect(ports, buffer, [{ source, seq: 1, samples, complete: true, gaps: [] }]);
  }

  const takenBack = (facts: readonly Stated[]): number => facts.filter(({ kind }) => kind === "Corrected").length;

  test("what is read again has the name that it had, and what comes later has one with its time", async () => {
    const facts = await update(updatedAt);
    assert.equal(facts.length, 90 + 2, "ninety pieces; of one fact about two of them, which is taken back");
    assert.equal(takenBack(facts), 1);
    for (const { id, isBefore } of facts) assert.match(id, isBefore ? /^[0-9a-f]{32}$/ : /^t[0-9a-f]{31}$/);
  });

  test("a reader that does not know of it takes back all that was stated, and states it anew", async () => {
    assert.equal(takenBack(await update(null)), 1 + 49, "the begin of the run and 49 counts");
  });
});

function since(store: Store, timedSince: Instant | null): Store {
  return {
    transaction: (work) =>
      store.transaction((tx) =>
        work({ ...tx, collectors: { ...tx.collectors, timedSince: () => Promise.resolve(timedSince) } }),
      ),
  };
}

const begin = said("Run/Active", 1, 0);

function piecesFrom(first: number, last: number): readonly Sample[] {
  return [
    said("Run/Job", "1000001-0010", 0),
    ...Array.from({ length: last - first + 1 }, (_, n) => said("Pieces/Good", first + n, first + n)),
  ];
}

function said(item: string, value: SampleValue, second: number): Sample {
  const time = at(second);
  return { item, at: time, receivedAt: instant(time + 20), status: 0, value, mark: "" };
}
