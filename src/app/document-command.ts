/** What `millrace import` and `millrace export` ask of the running process through its control door. */
import { z } from "zod";
import type { GiveDocument } from "../api/document-door.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { ConversePorts } from "../flows/converse.ts";
import { exportDocument, exportedNouns } from "../flows/export-document.ts";
import { bytesOf } from "./b2mml.ts";
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
    [importPath]: (body) => importFile(ports, give, body),
    [exportPath]: async (body) => {
      const read = exportSchema.safeParse(body);
      if (!read.success) return unreadable();
      const known = isKnown(ports, read.data.erp);
      return known.ok ? exportDocument(ports, read.data) : known;
    },
  };
}

/** Whether there is such an ERP, or, where none is named, a single one. A person may have mistyped it: no sender has. */
function isKnown({ site }: Pick<ConversePorts, "site">, erp: string | null): Result<void> {
  const names = site.erps.filter(({ product }) => product === "b2mml").map(({ id }) => id);
  if (erp === null ? names.length === 1 : names.includes(erp)) return ok(undefined);
  const none = "No ERP of this site speaks B2MML.";
  const which = `Choose one with --erp: ${names.join(", ")}.`;
  const wrong = erp === null ? "Several ERPs of this site speak B2MML." : `${erp} is no ERP that speaks B2MML.`;
  return fail("refused", "b2mml/unknown-sender", names.length === 0 ? none : `${wrong} ${which}`);
}

/** The file is read here: both processes stand on one computer, and a body has a limit. */
async function importFile(
  ports: Pick<ConversePorts, "site">,
  give: GiveDocument,
  body: unknown,
): Promise<Result<Imported>> {
  const read = importSchema.safeParse(body);
  if (!read.success) return unreadable();
  const { file, erp } = read.data;
  const known = erp === null ? ok(undefined) : isKnown(ports, erp);
  if (!known.ok) return known;
  const bytes = await bytesOf(file);
  if (!bytes.ok) return bytes;
  const given = await give({ bytes: bytes.value, file, erp, givenBy: "console" });
  if (given.ok) return ok({ ...given.value });
  return ok({ verdict: "none", reasons: reasonsIn(given), answer: null, isRepeat: false });
}

function unreadable(): Result<never> {
  return fail("invalid", "app/command-body", "The command cannot be read: it is of another version of Millrace.");
}
