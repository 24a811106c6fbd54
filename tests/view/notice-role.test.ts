/** Who is told of a notice: the list says it in SQL and taking over in code, and both say the same of every combination. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isToldTo, type HeldRole } from "../../src/flows/view/notification-view.ts";
import type { Notice } from "../../src/record/notice.ts";
import { notificationView } from "../../src/store/view/notification-view.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { at, openScene, type Scene } from "./scene.ts";

const roles = ["operator", "supervisor"] as const;
const places = ["CUT", "PACK"] as const;
const escalations = [
  { to: null, isEscalated: false },
  ...roles.flatMap((to) => [false, true].map((isEscalated) => ({ to, isEscalated }))),
];
const skip = clusterUnavailable({ major: 18 });

let cluster: TestCluster;
let scene: Scene;
before(async () => {
  if (skip !== false) return;
  cluster = await withCluster({ major: 18 });
  scene = await openScene(cluster);
});
after(async () => {
  await scene?.close();
  await cluster?.close();
});

/** Nothing, one role or both, each at no place, one, both or everywhere. */
function holdings(): readonly (readonly HeldRole[] | null)[] {
  const where = [null, [], ["CUT"], ["PACK"], ["CUT", "PACK"]] as const;
  const one = (role: string): readonly (HeldRole | null)[] => [
    null,
    ...where.map((equipment): HeldRole => ({ role, equipment })),
  ];
  const [first, second] = roles;
  return [null, ...one(first).flatMap((a) => one(second).map((b) => [a, b].filter((held) => held !== null)))];
}

test(
  "the list shows a notice to exactly those who may take it over, and the count says how many nobody has yet",
  { skip },
  async () => {
    const notices: Pick<Notice, "id" | "role" | "equipment" | "escalate" | "escalatedAt">[] = [];
    for (const role of roles)
      for (const equipment of places)
        for (const { to, isEscalated } of escalations) {
          const id = `${role} at ${equipment} to ${to} ${isEscalated}`;
          const escalate = to && { afterMinutes: 1, role: to, by: [] };
          await scene.store.transaction((tx) =>
            tx.notices.raise(
              id,
              {
                kind: "question",
                subject: id,
                occurrence: id,
                isAnew: false,
                severity: "info",
                role,
                equipment,
                values: {},
                text: "?",
                request: null,
                jobOrder: null,
                posting: null,
                by: [],
                escalate,
              },
              at(0),
            ),
          );
          if (isEscalated) await scene.store.transaction((tx) => tx.notices.escalate(id, at(60)));
          notices.push({ id, role, equipment, escalate, escalatedAt: isEscalated ? at(60) : null });
        }
    const [taken = assert.fail("none"), over = assert.fail("only one")] = notices.map(({ id }) => id);
    await scene.store.transaction((tx) => tx.notices.acknowledge(taken, "person:p-1", at(60)));
    await scene.sql("update notice set resolved_at = now() where id = $1", [over]);
    const view = notificationView(scene.database);
    for (const held of holdings()) {
      const asked = { isOpen: false, visible: null, roles: held, equipment: null, after: null, limit: 1_000 } as const;
      const listed = (await view.list(asked)).map(({ notice }) => notice.id).toSorted();
      const told = notices.filter((notice) => isToldTo(held, notice));
      assert.deepEqual(listed, told.map(({ id }) => id).toSorted(), JSON.stringify(held));
      const open = told.filter(({ id }) => id !== taken && id !== over);
      const counted = new Map((await view.open(asked)).map(({ equipment, count }) => [equipment, count]));
      for (const place of places)
        assert.equal(
          counted.get(place) ?? 0,
          open.filter((one) => one.equipment === place).length,
          JSON.stringify(held),
        );
    }
  },
);
