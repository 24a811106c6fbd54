/** What `millrace reconcile` asks the running process for: what the site wants, and documents as the ERP lists them. */
import { withExactNumbers } from "../base/json.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { FoundDocument } from "../operations/reconciliation/books.ts";
import { ask } from "./ask.ts";
import { documentsPath, reconcilePath, type ReconcileSetting } from "./reconcile-door.ts";

/** An order of a busy year has some thousand documents, and an ERP takes its time. */
const documentsTimeoutMs = 120_000;

export async function askReconcileSettings(dataDir: string): Promise<Result<ReconcileSetting>> {
  const asked = await ask(dataDir, reconcilePath, {});
  if (!asked.ok) return asked;
  const { pid, isGood, body } = asked.value;
  if (!isGood) {
    const text = `Millrace (process ${pid}) cannot be asked for what is compared: is it of an older version?`;
    return fail("transient", "app/status", text, body);
  }
  // The door of our own process, whose answer holds exact numbers as text.
  return ok(withExactNumbers<ReconcileSetting>(body));
}

/** @fault transient app/command  the process could not ask the ERP; further faults: the connector's */
export async function askDocuments(dataDir: string, request: string): Promise<Result<readonly FoundDocument[]>> {
  const body = JSON.stringify({ request });
  const asked = await ask(dataDir, documentsPath, { method: "POST", body, timeoutMs: documentsTimeoutMs });
  if (!asked.ok) return asked;
  const { pid, isGood, body: answer } = asked.value;
  // The door of our own process answers with what the connector has said.
  if (isGood) return withExactNumbers<Result<readonly FoundDocument[]>>(answer);
  return fail("transient", "app/command", `Millrace (process ${pid}) could not ask the ERP now.`, answer);
}
