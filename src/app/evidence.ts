/** Checks a signed file, and whether this installation has signed it. */
import { resolve } from "node:path";
import { ok, type Result } from "../base/result.ts";
import { verifyEvidence } from "./evidence-file.ts";
import { ownFingerprint } from "./evidence-key.ts";

export interface CheckedEvidence {
  readonly fingerprint: string;
  /** Null when no data directory was named. */
  readonly isOwn: boolean | null;
}

/** @fault invalid app/evidence-changed, app/evidence-read  see `verifyEvidence` */
export async function checkEvidence(file: string, data: string | null): Promise<Result<CheckedEvidence>> {
  const checked = await verifyEvidence(resolve(file));
  if (!checked.ok) return checked;
  const { fingerprint } = checked.value;
  return ok({ fingerprint, isOwn: data === null ? null : (await ownFingerprint(resolve(data))) === fingerprint });
}
