/** State of the installation: recovery after a restore, and who holds which role. */
import type { SiteRepository } from "../flows/ports.ts";
import { at, int, type Query } from "./connection.ts";

export function siteRepository(query: Query): SiteRepository {
  return {
    async isRecovering() {
      const rows = await query.run("site.recovering", "select 1 from site_state where recovering_since is not null");
      return rows.length > 0;
    },

    async endRecovery() {
      query.post("site.recovered", "update site_state set recovering_since = null");
    },

    async takeLease(role, holder, takenAt) {
      const [row] = await query.run(
        "site.take-lease",
        `insert into lease (role, epoch, holder, renewed_at) values ($1, 1, $2, $3)
         on conflict (role) do update set epoch = lease.epoch + 1, holder = $2, renewed_at = $3 returning epoch`,
        [role, holder, at(takenAt)],
      );
      return int(row?.["epoch"]);
    },

    async renewLease(role, epoch, renewedAt) {
      const rows = await query.run(
        "site.renew-lease",
        "update lease set renewed_at = $3 where role = $1 and epoch = $2 returning role",
        [role, epoch, at(renewedAt)],
      );
      return rows.length > 0;
    },

    async takeSilentLease(role, holder, silentSince, takenAt) {
      const [row] = await query.run(
        "site.take-silent-lease",
        "update lease set epoch = epoch + 1, holder = $2, renewed_at = $4 where role = $1 and renewed_at < $3 returning epoch",
        [role, holder, at(silentSince), at(takenAt)],
      );
      return row ? int(row["epoch"]) : null;
    },

    async holdsLease(role, epoch) {
      const rows = await query.run("site.holds-lease", "select 1 from lease where role = $1 and epoch = $2 for share", [
        role,
        epoch,
      ]);
      return rows.length > 0;
    },
  };
}
