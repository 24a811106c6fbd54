/**
 * A site's files become a version: what differs from the last one, a new row when something does, and the way back to an
 * older one. The files are checked before they come here; writing them to a folder is done by whoever called.
 */
import type { Clock } from "../base/clock.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { SiteFiles } from "../site/folder.ts";
import { differences, siteVersion, type Change } from "../site/version.ts";
import type { ConfigRepository, ConfigStore, ConfigVersion } from "./config-port.ts";

export interface ConfigPorts {
  readonly configs: ConfigStore;
  readonly clock: Clock;
}

export interface Applied {
  readonly version: ConfigVersion;
  /** False when the last version holds these very files: no further one is made. */
  readonly isNew: boolean;
  /** Against the version before; every file is added in the first one. */
  readonly changes: readonly Change[];
}

/** What `apply` would do. Writes nothing. */
export function compareSite(ports: ConfigPorts, files: SiteFiles): Promise<readonly Change[]> {
  return ports.configs.transaction(async (versions) => differences(filesOf(await versions.newest()), files));
}

export function applySite(ports: ConfigPorts, files: SiteFiles): Promise<Applied> {
  return ports.configs.transaction(async (versions) => {
    await versions.lock();
    return append(ports, versions, files, null);
  });
}

/**
 * Goes back to the files of an older version, as a new one: history is never rewritten.
 *
 * @param folder  the files as they lie in the site's folder now, which are about to be replaced
 * @fault invalid  config/unknown-version  no version has this number
 * @fault refused  config/not-applied      the folder holds what no version holds: it would be lost
 */
export function rollbackSite(ports: ConfigPorts, to: number, folder: SiteFiles): Promise<Result<Applied>> {
  return ports.configs.transaction(async (versions) => {
    await versions.lock();
    const older = await versions.get(to);
    if (!older) {
      return fail("invalid", "config/unknown-version", `There is no version ${to}. See: millrace config history.`);
    }
    if (folder.size > 0 && !(await versions.holds(siteVersion(folder)))) {
      const text =
        "The site's folder holds changes that were never applied, and going back would lose them. Apply them first, or undo them.";
      return fail("refused", "config/not-applied", text);
    }
    return ok(await append(ports, versions, filesOf(older), to));
  });
}

/** Newest first, each with what it changed; the oldest shown one against the one before it. */
export function siteHistory(ports: ConfigPorts, limit: number): Promise<readonly Applied[]> {
  return ports.configs.transaction(async (versions) => {
    const list = await versions.list(limit + 1);
    return list.slice(0, limit).map((version, i) => ({
      version,
      isNew: true,
      changes: differences(filesOf(list[i + 1] ?? null), filesOf(version)),
    }));
  });
}

export function filesOf(version: ConfigVersion | null): SiteFiles {
  return new Map(Object.entries(version?.files ?? {}));
}

async function append(
  ports: ConfigPorts,
  versions: ConfigRepository,
  files: SiteFiles,
  from: number | null,
): Promise<Applied> {
  const before = await versions.newest();
  const site = siteVersion(files);
  const changes = differences(filesOf(before), files);
  if (before?.site === site) return { version: before, isNew: false, changes };
  const version: ConfigVersion = {
    number: (before?.number ?? 0) + 1,
    appliedAt: ports.clock.now(),
    site,
    files: Object.fromEntries(files),
    from,
  };
  await versions.append(version);
  return { version, isNew: true, changes };
}
