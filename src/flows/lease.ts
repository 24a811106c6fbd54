/**
 * Roles that one process has at a time: delivering to an ERP, writing to a machine, looking after notices. A role is a
 * lease in the database that ends by itself, by the database's clock, and carries an epoch that fences what is written in
 * another transaction than the one that renews it (docs/adr/0019-one-lease.md).
 */

/** Who has a role that ends by itself. */
export interface LeaseHolder {
  /** Two processes of one installation never run at the same time: the next one need not wait for the end of a lease. */
  readonly installation: string;
  readonly process: string;
}

/** A role as it is held now; every write under it names its epoch. */
export interface Lease {
  readonly role: string;
  readonly epoch: number;
}

/** Others wait so long after the last renewal. */
export const leaseMs = 30_000;
/**
 * Nothing leaves us later than this after the last renewal, by a clock that nobody sets: what left last must have arrived
 * before somebody else begins.
 */
export const writingMs = 15_000;
export const renewMs = 5_000;
