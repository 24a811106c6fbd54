/** Checks a signed file, and whether this installation has signed it. */
import { resolve } from "node:path";
import { ok, type Result } from "../base/result.ts";
import { verifyEvidence } from "./evidence-file.ts";
import { ownFingerprint } from "./evidence-key.ts";

export interface CheckedEvidence {
  readonly fingerprint: string;
  /** Whose it is: of the installation of the data directory, or of another one; `none` when it has no key to compare with. */
  readonly key: "own" | "another" | "none" | "not-asked";
}

/** @fault invalid app/evidence-changed, app/evidence-read  see `verifyEvidence` */
export async function checkEvidence(file: string, data: string | null): Promise<Result<CheckedEvidence>> {
  const checked = await verifyEvidence(resolve(file));
  if (!checked.ok) return checked;
  const { fingerprint } = checked.value;
  if (data === null) return ok({ fingerprint, key: "not-asked" });
  const own = await ownFingerprint(resolve(data));
  return ok({ fingerprint, key: own === null ? "none" : own === fingerprint ? "own" : "another" });
}
