/** What a mistyped ERP is answered with: no sender has said it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Result } from "../base/result.ts";
import type { ConversePorts } from "../flows/converse.ts";
import { documentCommands, exportPath, importPath } from "./document-command.ts";

const never = (): Promise<never> => Promise.reject(new Error("it is refused before"));

async function said(erps: readonly string[], path: string, erp: string | null): Promise<string> {
  const site = { erps: [{ id: "s4", product: "sap" }, ...erps.map((id) => ({ id, product: "b2mml" }))] };
  // Nothing else is asked before the name is judged.
  const commands = documentCommands({ site } as unknown as ConversePorts, never);
  const asked = { noun: "OperationsSchedule", like: "*", erp, form: "xml" };
  const given = path === exportPath ? asked : { file: "/nowhere", erp };
  // Every command answers with a result.
  const answer = (await commands[path]?.(given)) as Result<unknown> | undefined;
  return answer && !answer.ok ? `${answer.fault.code} ${answer.fault.message}` : "";
}

test("an ERP that is mistyped, or not named where it must be, is answered with those that there are", async () => {
  for (const path of [exportPath, importPath])
    assert.match(
      await said(["infor"], path, "nope"),
      /unknown-sender nope is no ERP .* Choose one with --erp: infor\./,
    );
  assert.match(await said(["a", "b"], exportPath, null), /Several ERPs .* --erp: a, b\./);
  assert.match(await said([], exportPath, null), /No ERP of this site speaks B2MML/);
  assert.match(
    await said(["infor"], importPath, null),
    /unreadable \/nowhere is not there/,
    "whose it is, it says itself",
  );
});
