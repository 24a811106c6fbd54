/** Recovery, roles, and how much is waiting; see `store/site-` and `status-repository`. */
import { instant } from "../../base/instant.ts";
import type { SiteRepository, StatusRepository } from "../../flows/ports.ts";
import { isOpen } from "../../record/instruction.ts";
import type { Query } from "./database.ts";
import { notSimulated } from "./absent.ts";
import { lease, siteState } from "./schema/order.ts";
import { posting } from "./schema/posting.ts";
import { instruction, quarantine, question } from "./schema/shop-floor.ts";
import type { Statement } from "./transaction.ts";

const onlySite = "true";

export function siteRepository(query: Query): SiteRepository {
  return {
    isRecovering: () => query.run((s) => (s.get(siteState, onlySite)?.recovering_since ?? null) !== null),

    restoredAt: () => query.run((s) => s.get(siteState, onlySite)?.restored_at ?? null),

    async endRecovery() {
      query.post(async (s) => void (await s.update(siteState, onlySite, () => ({ recovering_since: null }))));
    },

    holdsLease: (role, epoch) => query.run(async (s) => (await s.lock(lease, role, "share"))?.epoch === epoch),

    keepLeases: (roles, holder, leaseMs) => query.run((s) => keepLeases(s, roles, holder, leaseMs)),

    async endLeases(roles, { installation, process }) {
      query.post(async (s) => {
        for (const role of roles.toSorted())
          await s.update(lease, role, (was) =>
            was.holder === `${installation}/${process}` ? { renewed_at: longAgo } : null,
          );
      });
    },
  };
}

const longAgo = instant(0);

async function keepLeases(
  s: Statement,
  ...[roles, { installation, process }, leaseMs]: Parameters<SiteRepository["keepLeases"]>
): Promise<ReadonlyMap<string, number>> {
  const holder = `${installation}/${process}`;
  const kept = new Map<string, number>();
  for (const role of roles.toSorted()) {
    const isNew = (await s.insertOrFind(lease, { role, epoch: 1, holder, renewed_at: s.now() })) === null;
    const held = isNew
      ? s.get(lease, role)
      : await s.update(lease, role, (was) => {
          const isEnded = was.renewed_at < s.now() - leaseMs;
          if (!isEnded && was.holder !== holder && !was.holder.startsWith(`${installation}/`)) return null;
          return { holder, renewed_at: s.now(), epoch: was.holder === holder ? was.epoch : was.epoch + 1 };
        });
    if (held) kept.set(role, held.epoch);
  }
  return kept;
}

export function statusRepository(query: Query): StatusRepository {
  return {
    outbox: () =>
      query.run((s) => {
        const counts = { pending: 0, inDoubt: 0, refused: 0, parked: 0 };
        for (const { state, parked } of s.all(posting)) {
          if (state === "planned" || state === "sending") counts.pending += 1;
          else if (state === "in-doubt") counts.inDoubt += 1;
          else if (state === "refused" && parked) counts.parked += 1;
          else if (state === "refused" || state === "needs-person") counts.refused += 1;
        }
        return counts;
      }),

    finals: () => notSimulated("status.finals"),

    attention: () =>
      query.run((s) => ({
        quarantine: s.all(quarantine).filter((row) => row.state === "open").length,
        questions: s.all(question).filter((row) => row.answered_at === null).length,
        instructions: s.all(instruction).filter((row) => isOpen(row.state)).length,
      })),
  };
}
