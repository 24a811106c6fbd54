/** Which namespaces prefixes stand for where an element is. */

/** The prefixes that an element declares; those of the elements around it are its prototypes, as many as stand deep. */
export type XmlScope = Readonly<Record<string, string>>;

export interface XmlName {
  readonly namespace: string;
  readonly name: string;
}

/** Around the root element. */
export const top: XmlScope = below(null, { "": "", xml: "http://www.w3.org/XML/1998/namespace" });

/** Nothing is copied: whoever sends can declare many prefixes, and stand below them many elements that declare one. */
export function below(scope: XmlScope | null, declared: XmlScope): XmlScope {
  return Object.assign(Object.create(scope) as XmlScope, declared); // holds what is assigned to it, and its prototypes
}

/** A name as it was written; null when its prefix is declared nowhere around it. */
export function qualify(written: string, scope: XmlScope): XmlName | null {
  const colon = written.indexOf(":");
  const prefix = colon < 0 ? "" : written.slice(0, colon);
  const namespace = scope[prefix];
  if (namespace === undefined || (prefix !== "" && namespace === "")) return null;
  return { namespace, name: written.slice(colon + 1) };
}
