/** Versions of a site's files, over a list in memory; over the database in `tests/e2e/apply.test.ts`. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { systemClock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import { applySite, compareSite, rollbackSite, siteHistory, type ConfigPorts } from "./apply-site.ts";
import type { ConfigVersion } from "./config-port.ts";

let kept: ConfigVersion[] = [];
let ports: ConfigPorts;

beforeEach(() => {
  kept = [];
  ports = {
    clock: { ...systemClock, now: () => instant(1_000 * (kept.length + 1)) },
    configs: {
      transaction: (work) =>
        work({
          lock: () => Promise.resolve(),
          newest: () => Promise.resolve(kept.at(-1) ?? null),
          get: (number) => Promise.resolve(kept.find((v) => v.number === number) ?? null),
          list: (limit) => Promise.resolve(kept.toReversed().slice(0, limit)),
          holds: (site) => Promise.resolve(kept.some((v) => v.site === site)),
          append: (version) => Promise.resolve(void kept.push(version)),
        }),
    },
  };
});

const files = (every: number, ...more: readonly [string, string][]): ReadonlyMap<string, string> =>
  new Map([["site.yaml", `policies:\n  pull: { everySeconds: ${every} }\n`], ...more]);

describe("applying", () => {
  test("the first version adds every file; the same again is no version; a change is told in words", async () => {
    const first = await applySite(ports, files(10, ["maps/m.yaml", "name: m\n"]));
    assert.deepEqual(
      [first.version.number, first.isNew, first.changes.map((c) => c.file)],
      [1, true, ["site.yaml", "maps/m.yaml"]],
    );
    const same = await applySite(ports, files(10, ["maps/m.yaml", "name: m\r\n"]));
    assert.deepEqual([same.version.number, same.isNew, same.changes], [1, false, []]);
    assert.deepEqual(await compareSite(ports, files(10)), [
      { file: "maps/m.yaml", kind: "removed", path: "", before: null, after: null },
    ]);
    const second = await applySite(ports, files(5, ["maps/m.yaml", "name: m\n"]));
    assert.deepEqual(second.changes, [
      { file: "site.yaml", kind: "changed", path: "policies.pull.everySeconds", before: "10", after: "5" },
    ]);
    assert.equal(kept.length, 2);
  });

  test("what would be applied is shown without being applied", async () => {
    assert.equal((await compareSite(ports, files(10))).length, 1);
    assert.equal(kept.length, 0);
  });
});

describe("going back", () => {
  test("makes the older files the newest version, says from where, and rewrites nothing", async () => {
    await applySite(ports, files(10));
    await applySite(ports, files(5));
    const before = structuredClone(kept);
    const back = await rollbackSite(ports, 1, files(5));
    assert.ok(back.ok);
    assert.deepEqual([back.value.version.number, back.value.version.from, back.value.isNew], [3, 1, true]);
    assert.equal(back.value.version.files["site.yaml"], files(10).get("site.yaml"));
    assert.deepEqual(kept.slice(0, 2), before);
    const again = await rollbackSite(ports, 1, files(10));
    assert.ok(again.ok && !again.value.isNew);
    assert.equal(kept.length, 3);
  });

  test("never loses files that no version holds; an empty folder has none to lose", async () => {
    await applySite(ports, files(10));
    await applySite(ports, files(5));
    const refused = await rollbackSite(ports, 1, files(7));
    assert.equal(!refused.ok && refused.fault.code, "config/not-applied");
    assert.equal(kept.length, 2);
    assert.equal((await rollbackSite(ports, 1, new Map())).ok, true);
  });

  test("to a version that does not exist is refused", async () => {
    const refused = await rollbackSite(ports, 4, new Map());
    assert.equal(!refused.ok && refused.fault.code, "config/unknown-version");
  });
});

test("history is newest first, each version with what it changed, cut where it is asked to be", async () => {
  for (const every of [10, 5, 7]) await applySite(ports, files(every));
  await rollbackSite(ports, 1, files(7));
  const all = await siteHistory(ports, 10);
  assert.deepEqual(
    all.map(({ version, changes }) => [version.number, version.from, changes[0]?.after ?? null]),
    [
      [4, 1, "10"],
      [3, null, "7"],
      [2, null, "5"],
      [1, null, null],
    ],
  );
  const newest = await siteHistory(ports, 2);
  assert.deepEqual(
    newest.map(({ changes }) => changes[0]?.before),
    ["7", "5"],
  );
});
