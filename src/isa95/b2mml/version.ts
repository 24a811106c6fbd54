/** The versions of B2MML that are read, told apart by namespace, and the ways in which real senders write those. */

export const versions = ["7.0.1", "V0600", "V0401"] as const;
export type Version = (typeof versions)[number];

export const namespaces: Readonly<Record<Version, string>> = {
  "7.0.1": "http://www.mesa.org/xml/B2MML",
  V0600: "http://www.mesa.org/xml/B2MML-V0600",
  V0401: "http://www.wbf.org/xml/B2MML-V0401",
};

/** Where a site's own elements live in each version. */
export const extensionNamespaces: Readonly<Record<Version, string>> = {
  "7.0.1": "http://www.mesa.org/xml/B2MML-AllExtensions",
  V0600: "http://www.mesa.org/xml/B2MML-V0600-AllExtensions",
  V0401: "http://www.wbf.org/xml/B2MML-V0401-AllExtensions",
};

export interface Recognised {
  readonly version: Version;
  /** False when the namespace is not the one of the schema: its version is missing, or its case differs. */
  readonly exact: boolean;
}

/**
 * The version of a root element.
 *
 * @param isOlderRoot whether the name is a root only before 7.0.1, `ProcessProductionSchedule` for instance: under the
 *                    namespace without a version that is an older document whose sender left the version out
 */
export function versionOf(namespace: string, isOlderRoot: boolean): Recognised | undefined {
  const exact = versions.find((version) => namespaces[version] === namespace);
  if (exact !== undefined && !(exact === "7.0.1" && isOlderRoot)) return { version: exact, exact: true };
  const lower = namespace.toLowerCase();
  const alike = versions.find((version) => namespaces[version].toLowerCase() === lower);
  if (alike !== undefined && !(alike === "7.0.1" && isOlderRoot)) return { version: alike, exact: false };
  if (lower === namespaces["7.0.1"].toLowerCase()) return { version: "V0600", exact: false };
  return lower === "http://www.wbf.org/xml/b2mml" ? { version: "V0401", exact: false } : undefined;
}
