/** What `millrace import` and `millrace export` ask of the running process through its control door. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { GiveDocument } from "../api/document-door.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { ConversePorts } from "../flows/converse.ts";
import { exportDocument, exportedNouns } from "../flows/export-document.ts";
import { reasonsIn } from "./document-folder.ts";
import type { ControlCommands } from "./control.ts";

export const importPath = "/import";
export const exportPath = "/export";

const importSchema = z.strictObject({ file: z.string().min(1), erp: z.string().nullable() });
const exportSchema = z.strictObject({
  noun: z.enum(exportedNouns),
  like: z.string().min(1),
  erp: z.string().nullable(),
  form: z.enum(["xml", "json"]),
});
export type ImportBody = z.input<typeof importSchema>;
export type ExportBody = z.input<typeof exportSchema>;

/** What became of a file. */
export interface Imported {
  readonly verdict: "whole" | "part" | "none";
  /** A sentence for each thing that was not done. */
  readonly reasons: readonly string[];
  readonly answer: string | null;
  readonly isRepeat: boolean;
}

export function documentCommands(ports: ConversePorts, give: GiveDocument): ControlCommands {
  return {
    [importPath]: (body) => importFile(give, body),
    [exportPath]: async (body) => {
      const read = exportSchema.safeParse(body);
      return read.success ? exportDocument(ports, read.data) : unreadable();
    },
  };
}

/** The file is read here: both processes stand on one computer, and a body has a limit. */
async function importFile(give: GiveDocument, body: unknown): Promise<Result<Imported>> {
  const read = importSchema.safeParse(body);
  if (!read.success) return unreadable();
  const { file, erp } = read.data;
  const bytes = await readFile(file).catch((error: unknown) => error);
  if (!(bytes instanceof Uint8Array))
    return fail("refused", "b2mml/unreadable", `${file}:0: It cannot be read.`, bytes);
  const given = await give({ bytes, file, erp, givenBy: "console" });
  if (given.ok) return ok({ ...given.value });
  return ok({ verdict: "none", reasons: reasonsIn(given), answer: null, isRepeat: false });
}

function unreadable(): Result<never> {
  return fail("invalid", "app/command-body", "The command cannot be read: it is of another version of Millrace.");
}
