/** State of the installation: recovery after a restore, and who holds which role. */
import type { SiteRepository } from "../flows/ports.ts";
import { int, text, whenOrNull, type Query } from "./connection.ts";

export function siteRepository(query: Query): SiteRepository {
  return {
    async isRecovering() {
      const rows = await query.run("site.recovering", "select 1 from site_state where recovering_since is not null");
      return rows.length > 0;
    },

    async restoredAt() {
      const [row] = await query.run("site.restored-at", "select restored_at from site_state");
      return whenOrNull(row?.["restored_at"] ?? null);
    },

    async endRecovery() {
      query.post("site.recovered", "update site_state set recovering_since = null");
    },

    async holdsLease(role, epoch) {
      const rows = await query.run("site.holds-lease", "select 1 from lease where role = $1 and epoch = $2 for share", [
        role,
        epoch,
      ]);
      return rows.length > 0;
    },

    keepLeases: (roles, holder, leaseMs) => keepLeases(query, roles, holder, leaseMs),

    async endLeases(roles, { installation, process }) {
      query.post(
        "site.end-leases",
        "update lease set renewed_at = '-infinity' where role = any ($1::text[]) and holder = $2",
        [roles, `${installation}/${process}`],
      );
    },
  };
}

/** The database's clock decides, because those of two computers differ; roles in order, so that two cannot lock each other out. */
async function keepLeases(
  query: Query,
  ...[roles, { installation, process }, leaseMs]: Parameters<SiteRepository["keepLeases"]>
): Promise<ReadonlyMap<string, number>> {
  const rows = await query.run(
    "site.keep-leases",
    `insert into lease (role, epoch, holder, renewed_at)
     select r, 1, $2::text || '/' || $3::text, clock_timestamp() from unnest($1::text[]) as r order by r
     on conflict (role) do update set holder = excluded.holder, renewed_at = clock_timestamp(),
       epoch = lease.epoch + case when lease.holder = excluded.holder then 0 else 1 end
     where lease.holder = excluded.holder or starts_with(lease.holder, $2::text || '/')
       or lease.renewed_at < clock_timestamp() - interval '1 millisecond' * $4
     returning role, epoch`,
    [[...roles], installation, process, leaseMs],
  );
  return new Map(rows.map((row) => [text(row["role"]), int(row["epoch"])]));
}
