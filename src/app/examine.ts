/**
 * What `doctor` looks at: does this machine, this site and this data directory fit together? Changes nothing, but that certificates
 * of ours are made in the data directory, where they are to be trusted from; without one they are gone afterwards.
 */
import { constants } from "node:fs";
import { access, mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Fault } from "../base/result.ts";
import { knock } from "../store/schema.ts";
import { databaseAddress } from "./database.ts";
import { databaseTrouble } from "./database-trouble.ts";
import { withErp, withFolder } from "./registry.ts";
import { erpConnectors, machineConnectors } from "./registry.ts";
import type { LoadedSite } from "../site/load.ts";
import type { Site } from "../site/site.ts";
import { openSite } from "./site.ts";

export interface Examined {
  readonly what: string;
  /** Null when it is in order. */
  readonly problem: string | null;
}

const timeoutMs = 15_000;
const freeBytesMin = 1024 ** 3;

export async function examine(siteDir: string, dataDir: string | null): Promise<readonly Examined[]> {
  const found: Examined[] = [nodeVersion()];
  if (dataDir !== null) found.push(await disk(resolve(dataDir)));
  found.push(...(await database()));
  const loaded = await openSite(resolve(siteDir), process.env);
  found.push({ what: "site files", problem: filesProblem(loaded) });
  if (!loaded.site.ok) return found;
  const site = loaded.site.value;
  for (const erp of site.erps) {
    const connector = erpConnectors.find((c) => c.product === erp.product);
    const settings = withErp(erp.settings, erp.id, erp.company);
    const opened = await connector?.open(settings, AbortSignal.timeout(timeoutMs), site.zone);
    const fault = opened?.ok ? await opened.value.check(AbortSignal.timeout(timeoutMs)) : (opened?.fault ?? null);
    if (opened?.ok) await opened.value.close();
    found.push({ what: `ERP ${erp.id}`, problem: said(fault) });
  }
  const passing = dataDir === null ? await mkdtemp(join(tmpdir(), "millrace-doctor-")) : null;
  try {
    for (const machine of site.machines)
      found.push(await examineMachine(machine, passing ?? resolve(dataDir ?? "."), passing));
  } finally {
    if (passing !== null) await rm(passing, { recursive: true, force: true });
  }
  return found;
}

/** A line for each finding; a folder that cannot be read has none. */
function filesProblem({ site, findings }: LoadedSite): string | null {
  if (site.ok) return null;
  return findings.length === 0
    ? site.fault.message
    : findings.map((f) => `${f.file}:${f.line}: ${f.message}`).join("\n");
}

/** @param passing the folder, when it is gone afterwards: nobody is to move a certificate there */
async function examineMachine(
  machine: Site["machines"][number],
  folder: string,
  passing: string | null,
): Promise<Examined> {
  const what = `machine ${machine.id}`;
  const connector = machineConnectors.find((c) => c.protocol === machine.protocol);
  const settings = withFolder(machine.settings, join(folder, "pki", machine.id));
  const opened = await connector?.open(settings, AbortSignal.timeout(timeoutMs));
  const fault = opened?.ok ? await opened.value.check(AbortSignal.timeout(timeoutMs)) : (opened?.fault ?? null);
  if (opened?.ok) await opened.value.close();
  if (passing === null || !fault?.message.includes(passing)) return { what, problem: said(fault) };
  return {
    what,
    problem: "Whether certificates are trusted cannot be told without the data directory: name it with --data.",
  };
}

function nodeVersion(): Examined {
  const major = Number(process.versions.node.split(".")[0]);
  const problem =
    major >= 24
      ? null
      : `Node ${process.versions.node} runs; Millrace needs 24. Start it through npm: npm run millrace -- …`;
  return { what: "Node", problem };
}

/** The one that the environment names; that of the data directory is started when it is needed, and not looked at. */
async function database(): Promise<readonly Examined[]> {
  const what = "database";
  const address = databaseAddress(process.env);
  if (!address.ok) return [{ what, problem: address.fault.message }];
  if (address.value === null) return [];
  const error = await knock(address.value);
  return [{ what, problem: error === null ? null : databaseTrouble(error) }];
}

async function disk(dataDir: string): Promise<Examined> {
  const what = "data directory";
  try {
    const place = await nearest(dataDir);
    await access(place, constants.W_OK);
    const { bavail, bsize } = await statfs(place);
    const free = bavail * bsize;
    return {
      what,
      problem: free >= freeBytesMin ? null : `Only ${Math.round(free / 1024 ** 2)} MiB are free at ${place}.`,
    };
  } catch (error) {
    return { what, problem: `${dataDir} cannot be written: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** The directory itself, or the nearest above it that exists. */
async function nearest(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const isThere = await access(at).then(
      () => true,
      () => false,
    );
    if (isThere || at === dirname(at)) return at;
  }
}

function said(fault: Fault | null): string | null {
  return fault?.message ?? null;
}
