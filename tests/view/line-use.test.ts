/** What lines of one order have used stands where it is posted, also where several lines ask for one material. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { requirementOf, segmentOf } from "../../src/operations/testing/order.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { ask } from "./asking.ts";
import { at, openScene, orderOf, type Scene } from "./scene.ts";

const place = { plant: "PL01", location: "101C" } as const;

describe("lines of one material", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  /** Ten pieces and 100 MMT of wire, then one piece fewer. */
  const make = async (job: string, seconds: number): Promise<void> => {
    const nothing = { "Pieces/Good": 0, "Pieces/Scrap": 0, "Wire/Used": 0, "Run/Ended": 0, "Run/LastEnded": 0 };
    const begin = { "Run/Job": job, "Run/Active": seconds, "Run/Result": "", State: "run", ...nothing };
    await scene.say("cutter-1", at(seconds), begin);
    await scene.say("cutter-1", at(seconds + 10), { "Pieces/Good": 10, "Wire/Used": 100 });
    const end = { "Run/Ended": 1, "Run/LastEnded": seconds, "Run/Result": "Done", "Run/Active": 0, "Run/Job": "" };
    await scene.say("cutter-1", at(seconds + 20), end);
    await scene.deliver();
  };
  const shown = async (order: string): Promise<readonly (readonly (readonly string[])[])[]> => {
    const { steps } = await ask(scene, "GET /api/v1/orders/:order", { params: { order } });
    return steps.map(({ materials }) => materials.map((m) => [m.id, m.material, m.used.value, m.posted.value]));
  };
  const line = (id: string, mode: "bill" | "measured", material: string, micro: bigint, uom: string) =>
    requirementOf({ id, material, mode, at: place, quantity: { micro: micro * 1_000_000n, uom } });

  test("two lines by bill: each has used its own part, though the first one asks for enough", async () => {
    const [segment] = orderOf("500").segments;
    assert.ok(segment);
    const materials = [
      line("500/1", "bill", "T-1", 200n, "C62"),
      line("500/2", "bill", "T-1", 100n, "C62"),
      line("500/3", "measured", "W-1", 30n, "MMT"),
      line("500/4", "measured", "W-1", 300n, "MMT"),
    ];
    await scene.accept(orderOf("500", { segments: [{ ...segment, materials }] }));
    await make("500-0010", 100);
    assert.deepEqual(await shown("s4//500"), [
      [
        ["500/1", "T-1", "20", "20"],
        ["500/2", "T-1", "10", "10"],
        ["500/3", "W-1", "30", "30"],
        ["500/4", "W-1", "70", "70"],
      ],
    ]);
  });

  test("what an operation has used that a line of another one asks for stands at that line", async () => {
    const [cut] = orderOf("600").segments;
    assert.ok(cut);
    const segments = [
      { ...cut, materials: [line("600/1", "bill", "T-1", 100n, "C62")] },
      segmentOf({
        id: "0020",
        workCenter: "PACK",
        materials: [line("600/2", "measured", "W-1", 500n, "MMT"), line("600/3", "bill", "T-1", 100n, "C62")],
      }),
    ];
    await scene.accept(orderOf("600", { segments }));
    await make("600-0010", 200);
    assert.deepEqual(await shown("s4//600"), [
      [["600/1", "T-1", "10", "10"]],
      [
        ["600/2", "W-1", "100", "100"],
        ["600/3", "T-1", "0", "0"],
      ],
    ]);
  });

  test("two operations that call their lines the same: each shows its own", async () => {
    const [cut] = orderOf("700").segments;
    assert.ok(cut);
    const own = [line("M1", "bill", "T-1", 100n, "C62"), line("M2", "measured", "W-1", 500n, "MMT")];
    const segments = [{ ...cut, materials: own }, segmentOf({ id: "0020", workCenter: "PACK", materials: own })];
    await scene.accept(orderOf("700", { segments }));
    await make("700-0010", 300);
    assert.deepEqual(await shown("s4//700"), [
      [
        ["M1", "T-1", "10", "10"],
        ["M2", "W-1", "100", "100"],
      ],
      [
        ["M1", "T-1", "0", "0"],
        ["M2", "W-1", "0", "0"],
      ],
    ]);
  });
});
