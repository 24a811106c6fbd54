/**
 * What a counter of each run showed last lies in a gap, over a real database: it is asked at the run over restarts, what is
 * answered is posted behind what was counted, and what is read back after all withdraws the question.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { unwrap } from "../../../src/base/result.ts";
import { collect } from "../../../src/flows/collect.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import { countByPerson } from "../../../src/flows/decide-question.ts";
import type { MendPorts } from "../../../src/flows/mend-ports.ts";
import { at } from "../../../src/operations/testing/order.ts";
import type { GapMark, SampleBatch } from "../../../src/record/sample-batch.ts";
import { checkSite } from "../../../src/site/load.ts";
import { changed, mapYaml, rules } from "../../../src/site/testing/example.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { openScene, type Scene } from "../../view/scene.ts";
import { by, clock, codeOf, made, orderFor, portsOf as portsOfExample, samplesAt } from "../store/mend-scene.ts";

/** The example, whose machine counts scrap as well. */
const site = unwrap(
  checkSite(
    changed(
      [mapYaml, "  state: {", "  scrapPieces: { path: Production/ScrapPieces, history: true }\n  state: {"],
      [
        mapYaml,
        "consumption:",
        "  - { rule: scrap-pieces, item: scrapPieces, grade: scrap, uom: C62, reset: per-run, baseline: zero, drop: stale, stepMax: 100000, because: The machine restarts counters only with a job run. }\n\nconsumption:",
      ],
    ),
    rules,
  ).site,
);
const portsOf = (store: Scene["store"]): MendPorts => portsOfExample(store, { site });

const source = "komax";
const good = "Production/GoodPieces";
const scrap = "Production/ScrapPieces";
const begun = {
  "Production/ActiveRun": 7,
  "Production/JobNumber": "JOB-L",
  "Production/Article": "P-1",
  [good]: 0,
};
const ended = {
  "Production/ActiveRun": 0,
  "Production/JobNumber": "",
  "Production/RunsEnded": 1,
  "Production/LastEndedRun": 7,
  "Production/LastJobResult": "Terminated",
};

describe("a count that lies in a gap before its run ended", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  let order: { readonly request: string; readonly jobOrder: string };
  let seq = 0;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  beforeEach(async () => {
    await scene?.close();
    scene = await openScene(cluster);
    order = await orderFor(scene.store, "last", "JOB-L");
    seq = 0;
    await hear({ samples: [...samplesAt(0, begun), ...samplesAt(1_000, { [good]: 3 })] });
    await hear({ gaps: [mark("opened", 1_000)] });
    await hear({ samples: samplesAt(90_000, ended) });
    assert.equal(await question(), null, "it may be read back");
    const missing = { from: at(1_000), items: { [good]: at(90_000) } };
    await hear({ gaps: [{ ...mark("closed", 90_000), missing }] });
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  /** Each batch by a process of its own. */
  const hear = async (batch: Partial<SampleBatch>): Promise<void> => {
    const ports = {
      store: scene.store,
      site,
      clock,
      book: collectorBook(site),
      dispatched: { whyNotStored: () => null },
    };
    seq += 1;
    await collect(ports, "buffer-l", [{ source, seq, samples: [], gaps: [], complete: true, ...batch }]);
  };
  const question = async (): Promise<{ readonly id: number; readonly version: number } | null> => {
    const [row] = await scene.sql(
      "select id, version from question where state = 'open' and starts_with(subject, $1)",
      [`${source}/run/`],
    );
    return row ? { id: Number(row["id"]), version: Number(row["version"]) } : null;
  };

  test("what is answered is counted, and posted behind what was", async () => {
    const asked = await question();
    assert.ok(asked);
    const units = [{ grade: "good", quantity: whole(11, "C62") }] as const;
    const answer = { ...by(asked.version), question: asked.id, units };
    assert.equal(codeOf(await countByPerson(portsOf(scene.store), answer)), "ok");
    assert.match(await made(scene.store, order.jobOrder), /^14 good, 0 scrap, 1 runs/);
    const posted = await scene.sql(
      "select content #>> '{response,segment,good,micro}' as good from posting where request = $1 and kind = 'confirmation' order by ordinal",
      [order.request],
    );
    assert.deepEqual(
      posted.map((row) => row["good"]),
      ["3000000", "11000000"],
    );
    await hear({ samples: samplesAt(95_000, { [good]: 0 }) });
    assert.equal(await question(), null, "once");
  });

  test("what another counter counts is not said with it: when that one is asked about, it would be counted twice", async () => {
    const asked = await question();
    assert.ok(asked);
    const say = async (
      of: { id: number; version: number },
      grade: "good" | "scrap",
      pieces: number,
    ): Promise<string> => {
      const units = [{ grade, quantity: whole(pieces, "C62") }] as const;
      return codeOf(await countByPerson(portsOf(scene.store), { ...by(of.version), question: of.id, units }));
    };
    assert.equal(await say(asked, "scrap", 2), "decision/units");
    assert.equal(await say(asked, "good", 11), "ok");
    // Another line tells only now that its scrap was not heard either.
    await hear({ gaps: [mark("opened", 1_000)] });
    const missing = { from: at(1_000), items: { [scrap]: at(90_000) } };
    await hear({ gaps: [{ ...mark("closed", 90_000), missing }] });
    const later = await question();
    assert.ok(later);
    assert.equal(await say(later, "good", 11), "decision/units");
    assert.equal(await say(later, "scrap", 2), "ok");
    assert.match(await made(scene.store, order.jobOrder), /^14 good, 2 scrap, 1 runs/);
  });

  test("it is withdrawn when it is read back after all", async () => {
    assert.ok(await question());
    await hear({ samples: samplesAt(89_000, { [good]: 14 }), fromHistory: true });
    assert.equal(await question(), null);
    assert.match(await made(scene.store, order.jobOrder), /^14 good, 0 scrap, 1 runs/);
    // It broke off: what is missing behind is marked anew.
    await hear({ gaps: [mark("opened", 89_000)] });
    const missing = { from: at(89_000), items: { [good]: at(90_000) } };
    await hear({ gaps: [{ ...mark("closed", 90_000), missing }] });
    const asked = await question();
    assert.ok(asked, "asked once more");
    const units = [{ grade: "good", quantity: whole(2, "C62") }] as const;
    const answer = { ...by(asked.version), question: asked.id, units };
    assert.equal(codeOf(await countByPerson(portsOf(scene.store), answer)), "ok");
    assert.match(await made(scene.store, order.jobOrder), /^16 good, 0 scrap, 1 runs/);
  });
});

function mark(state: GapMark["state"], ms: number): GapMark {
  return { state, at: at(ms), cause: "cut", filled: false };
}
