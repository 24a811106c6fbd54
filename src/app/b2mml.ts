/** What `millrace b2mml` does: a document of any version read, and written as 7.0.1 in XML or JSON. */
import { readFile } from "node:fs/promises";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import { openB2mml } from "../document/b2mml.ts";
import type { Form } from "../document/received.ts";

export interface Conversion {
  readonly text: string;
  /** `file:line: what`, each of which a person should know. */
  readonly warnings: readonly string[];
}

/**
 * Reads a file and writes its document as 7.0.1. All or nothing: one wrong request refuses the file, because what is
 * written would say less than what was read.
 *
 * @fault refused b2mml/unreadable  there is no such file, or it cannot be read; also see `B2mml.read` and `B2mml.write`
 */
export async function convertFile(file: string, form: Form): Promise<Result<Conversion>> {
  const bytes = await bytesOf(file);
  if (!bytes.ok) return bytes;
  const b2mml = await openB2mml();
  const received = b2mml.read(bytes.value, file);
  if (!received.ok) return received;
  const { document, refused, warnings } = received.value;
  const [first] = refused;
  if (first) {
    const errors = refused.flatMap(({ fault }) => fault.errors ?? []);
    return { ok: false, fault: { ...first.fault, errors } };
  }
  const written = b2mml.write(document, { form });
  if (!written.ok) {
    return { ok: false, fault: { ...written.fault, message: `${file}:0: ${written.fault.message}` } };
  }
  const told = warnings.map(({ line, path, message }) => `${file}:${line}: ${message}${path && ` (${path})`}`);
  return { ok: true, value: { text: written.value, warnings: told } };
}

/** @fault refused b2mml/unreadable  there is no such file, or it cannot be read */
export async function bytesOf(file: string): Promise<Result<Uint8Array>> {
  try {
    return ok(await readFile(file));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return fail("refused", "b2mml/unreadable", `${file} ${unreadable[code] ?? "cannot be read"}.`, error);
  }
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: "is not there. Check its name",
  EISDIR: "is a folder. Name a file in it",
  EACCES: "may not be read by this user. Check its rights",
};

/** `file:line: reason`, a line for each reason. */
export function reasonsOf(fault: Fault): readonly string[] {
  const errors = fault.errors ?? [];
  if (errors.length === 0) return [fault.message];
  return errors.map(({ at, message }) => {
    const [place = "", path] = at.split(" /");
    return `${place}: ${message}${path === undefined ? "" : ` (/${path})`}`;
  });
}
