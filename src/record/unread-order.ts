/**
 * An order whose documents cannot be read in the ERP after an outage: what the question about it is called. It is about one
 * outage: what a person has seen in the ERP says nothing of a later one. Spec: docs/spec/reconcile.md, "After an outage"
 */

/** The number stands first: what follows it is the ERP's, and may hold anything. */
export const unreadOrderPrefix = "unread-order/";
export const unreadErpPrefix = "unread-erp/";

/** About one order. */
export function unreadOrderSubject(request: string, outage: number): string {
  return `${unreadOrderPrefix}${outage}/${request}`;
}

/** About every order of an ERP. */
export function unreadErpSubject(erp: string, outage: number): string {
  return `${unreadErpPrefix}${outage}/${erp}`;
}
