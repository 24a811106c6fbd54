/** Recovery, roles, and how much is waiting; see `store/site-` and `status-repository`. */
import type { SiteRepository, StatusRepository } from "../../flows/ports.ts";
import { isOpen } from "../../record/instruction.ts";
import type { Query } from "./database.ts";
import { notSimulated } from "./absent.ts";
import { lease, siteState } from "./schema/order.ts";
import { posting } from "./schema/posting.ts";
import { instruction, quarantine, question } from "./schema/shop-floor.ts";

const onlySite = "true";

export function siteRepository(query: Query): SiteRepository {
  return {
    isRecovering: () => query.run((s) => (s.get(siteState, onlySite)?.recovering_since ?? null) !== null),

    async endRecovery() {
      query.post(async (s) => void (await s.update(siteState, onlySite, () => ({ recovering_since: null }))));
    },

    takeLease: (role, holder, at) =>
      query.run(async (s) => {
        const row = { role, epoch: 1, holder, renewed_at: at };
        if (!(await s.insertOrFind(lease, row))) return 1;
        const taken = await s.update(lease, role, (was) => ({ epoch: was.epoch + 1 }));
        return taken?.epoch ?? 1;
      }),

    renewLease: (role, epoch, at) =>
      query.run(
        async (s) => (await s.update(lease, role, (was) => (was.epoch === epoch ? { renewed_at: at } : null))) !== null,
      ),

    takeSilentLease: (role, holder, silentSince, at) =>
      query.run(async (s) => {
        const taken = await s.update(lease, role, (was) =>
          was.renewed_at < silentSince ? { epoch: was.epoch + 1, holder, renewed_at: at } : null,
        );
        return taken?.epoch ?? null;
      }),

    holdsLease: (role, epoch) => query.run(async (s) => (await s.lock(lease, role, "share"))?.epoch === epoch),
  };
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
