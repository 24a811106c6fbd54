/** What the ERP has got of an order's material is shown for as long as it has it, whatever the order asks for by then. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { makeFault } from "../../src/base/result.ts";
import { requirementOf } from "../../src/operations/testing/order.ts";
import type { PostingState } from "../../src/record/posting.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { useOf } from "../../src/flows/view/order.ts";
import { ask } from "./asking.ts";
import { at, openScene, orderOf, type Scene } from "./scene.ts";

const place = { plant: "PL01", location: "101C" } as const;

describe("what was posted", { skip: clusterUnavailable({ major: 18 }) }, () => {
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

  /** Ten pieces and 100 MMT of wire. */
  const make = async (job: string, seconds: number): Promise<void> => {
    const nothing = { "Pieces/Good": 0, "Pieces/Scrap": 0, "Wire/Used": 0, "Run/Ended": 0, "Run/LastEnded": 0 };
    const begin = { "Run/Job": job, "Run/Active": seconds, "Run/Result": "", State: "run", ...nothing };
    await scene.say("cutter-1", at(seconds), begin);
    await scene.say("cutter-1", at(seconds + 10), { "Pieces/Good": 10, "Wire/Used": 100 });
    const end = { "Run/Ended": 1, "Run/LastEnded": seconds, "Run/Result": "Done", "Run/Active": 0, "Run/Job": "" };
    await scene.say("cutter-1", at(seconds + 20), end);
    await scene.deliver();
  };
  const shown = async (order: string): Promise<readonly (readonly string[])[]> => {
    const { steps } = await ask(scene, "GET /api/v1/orders/:order", { params: { order } });
    return steps.flatMap(({ materials }) => materials.map((m) => [m.id, m.material, m.used.value, m.posted.value]));
  };

  test("is there until the ERP has taken it back", async () => {
    const [cut] = orderOf("701").segments;
    assert.ok(cut);
    const line = requirementOf({ id: "701/1", at: place, quantity: { micro: 500_000_000n, uom: "MMT" } });
    await scene.accept(orderOf("701", { segments: [{ ...cut, materials: [line] }] }));
    await make("701-0010", 100);
    assert.deepEqual(await shown("s4//701"), [["701/1", "W-1", "100", "100"]]);
    const [row] = await scene.sql("select id from posting where request = 's4//701' and kind = 'goods-issue'");
    const move = (to: PostingState, seconds: number): Promise<void> =>
      scene.store.transaction(async (tx) => {
        const posting = await tx.postings.lock(String(row?.["id"]));
        assert.ok(posting);
        await tx.postings.move(posting, to, at(seconds));
      });
    await move("reversing", 300);
    assert.deepEqual(await shown("s4//701"), [["701/1", "W-1", "100", "100"]], "asked for, and not done yet");
    await move("needs-person", 310);
    assert.deepEqual(await shown("s4//701"), [["701/1", "W-1", "100", "100"]], "nobody knows whether it was done");
    await move("in-doubt", 320);
    assert.deepEqual(await shown("s4//701"), [["701/1", "W-1", "100", "100"]], "the ERP is asked");
    await move("planned", 330);
    assert.deepEqual(await shown("s4//701"), [["701/1", "W-1", "100", "0"]], "it does not have it");
    // nobody knows yet what became of what was sent anew
    await scene.deliver(() => ({ outcome: "in-doubt", fault: makeFault("ambiguous", "erp/lost-for-a-test", "Lost.") }));
    // the scene's clock stands still
    await scene.sql("update posting set sent_at = sent_at + interval '1 minute' where id = $1", [row?.["id"]]);
    await move("needs-person", 360);
    assert.deepEqual(await shown("s4//701"), [["701/1", "W-1", "100", "0"]], "it was sent anew");
  });
});

test("what was posted without a line is shown where nothing is used of it any more", () => {
  const request = orderOf("702");
  const amount = (micro: bigint, material = "W-9", segment = "0010") => ({
    segment,
    requirement: null,
    material,
    quantity: { micro, uom: "MTR" },
  });
  const shown = (used: Parameters<typeof useOf>[1]["used"]): unknown =>
    useOf(request, {
      used,
      counted: [],
      posted: [amount(7n), amount(2n), amount(5n, "W-8"), amount(3n, "W-9", "0020")],
    }).get("0010")?.unplanned;
  const [posted, none] = [
    { micro: 9n, uom: "MTR" },
    { micro: 0n, uom: "MTR" },
  ];
  const other = { material: "W-8", used: none, posted: { micro: 5n, uom: "MTR" } };
  // The run of it is another order's by now.
  assert.deepEqual(shown([]), [{ material: "W-9", used: none, posted }, other]);
  const used = { segment: "0010", material: "W-9", rule: null, quantity: { micro: 4n, uom: "MTR" } };
  assert.deepEqual(shown([used]), [{ material: "W-9", used: used.quantity, posted }, other]);
});
