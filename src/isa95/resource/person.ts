/**
 * People, known by pseudonymous keys only. The name that belongs to a key lives in one table, which can be erased
 * without touching a fact, a movement or the audit.
 */

/** Opaque key of a person at this site; never a name, a badge number or anything derived from them without a secret. */
export type PersonKey = string & { readonly __personKey: unique symbol };
