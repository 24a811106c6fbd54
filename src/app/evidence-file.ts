/**
 * Files that are signed as they are written: every line but the last one is hashed, the last one holds the signature. So a
 * file of any size is written and checked in little memory, and openssl alone can check it. Recipe: docs/guide/reconcile.md
 */
import { createHash, createPublicKey, verify, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { fail, ok, type Result } from "../base/result.ts";
import { fingerprintOf, type Signer } from "./evidence-key.ts";

interface Signature {
  readonly algorithm: "Ed25519";
  readonly over: string;
  readonly fingerprint: string;
  readonly publicKey: string;
  readonly value: string;
}

const over = "the SHA-256 digest (32 bytes) of every byte before this line";

/** What stands around the signature in the last line. Nothing signs that line, so nothing else may stand in it. */
const around = {
  json: { before: `"signature":`, after: "}" },
  page: { before: `<script type="application/json" id="signature">`, after: "</script></body></html>" },
} as const;

export type EvidenceFormat = keyof typeof around;

/** Line by line; the file has its name only when it is whole. */
export class EvidenceFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash("sha256");

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** @fault refused app/evidence-file  the file cannot be written there */
  static async create(path: string): Promise<Result<EvidenceFile>> {
    try {
      return ok(new EvidenceFile(path, await open(`${path}.part`, "w", 0o600)));
    } catch (error) {
      const text = `${path} cannot be written. Check the folder and its rights, or name another file with --out.`;
      return fail("refused", "app/evidence-file", text, error);
    }
  }

  /** @param line without an end of line in it */
  async write(line: string): Promise<void> {
    const bytes = Buffer.from(`${line}\n`);
    this.#hash.update(bytes);
    await this.#handle.write(bytes);
  }

  /** Adds the signature, which ends a file of this format. */
  async end(signer: Signer, format: EvidenceFormat): Promise<void> {
    const { publicKey, fingerprint } = signer;
    const value = signer.sign(this.#hash.digest());
    await this.#handle.write(`${lastLine(format, { algorithm: "Ed25519", over, fingerprint, publicKey, value })}\n`);
    await this.#handle.sync();
    await this.#handle.close();
    await rename(`${this.#path}.part`, this.#path);
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(`${this.#path}.part`, { force: true });
  }
}

function lastLine(format: EvidenceFormat, signature: Signature): string {
  const { before, after } = around[format];
  return `${before}${JSON.stringify(signature)}${after}`;
}

/**
 * Whether the file is as it was signed, its last line included. By whom, the fingerprint says: it is for the reader to know it.
 *
 * @fault invalid app/evidence-changed  the signature does not fit: the file was changed, or is not whole
 * @fault invalid app/evidence-read     there is no such file, or it has no signature
 */
export async function verifyEvidence(path: string): Promise<Result<{ readonly fingerprint: string }>> {
  const hash = createHash("sha256");
  let last: string | null = null;
  try {
    // Byte by byte as they stand there: what is no text in UTF-8 must not look like what was written.
    for await (const line of linesOf(path, "latin1")) {
      if (last !== null) hash.update(`${last}\n`, "latin1");
      last = line;
    }
  } catch (error) {
    return fail("invalid", "app/evidence-read", `${path} cannot be read. Check its name.`, error);
  }
  const said = signatureIn(last ?? "");
  if (!said) {
    const text = `${path} has no signature in its last line: it is no evidence of Millrace, or its end is missing.`;
    return fail("invalid", "app/evidence-read", text);
  }
  const [der, value] = [Buffer.from(said.publicKey, "base64"), Buffer.from(said.value, "base64")];
  const fingerprint = fingerprintOf(der);
  // Written anew from its bytes: base64 is read kindly, and would pass over what somebody has put between its letters.
  const own: Signature = {
    algorithm: "Ed25519",
    over,
    fingerprint,
    publicKey: der.toString("base64"),
    value: value.toString("base64"),
  };
  const isAlone = last === lastLine("json", own) || last === lastLine("page", own);
  const changed = `${path} is not as it was signed: it was changed, or a part of it is missing. Do not rely on it.`;
  try {
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    const isWhole = isAlone && verify(null, hash.digest(), key, value);
    return isWhole ? ok({ fingerprint }) : fail("invalid", "app/evidence-changed", changed);
  } catch (error) {
    return fail("invalid", "app/evidence-changed", changed, error);
  }
}

/** Only \n ends a line. */
async function* linesOf(path: string, encoding: "utf8" | "latin1"): AsyncGenerator<string> {
  let held = "";
  // A stream with an encoding gives text.
  for await (const chunk of createReadStream(path, encoding) as AsyncIterable<string>) {
    const lines = `${held}${chunk}`.split("\n");
    held = lines.pop() ?? "";
    yield* lines;
  }
  if (held !== "") yield held;
}

/** As it stands there, not judged yet. */
function signatureIn(line: string): Pick<Signature, "publicKey" | "value"> | null {
  const text = /\{"algorithm":"Ed25519"[^{}]*\}/.exec(line)?.[0];
  if (text === undefined) return null;
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== "object" || read === null) return null;
    const { publicKey, value } = { publicKey: null, value: null, ...read };
    if (typeof publicKey !== "string" || typeof value !== "string") return null;
    return { publicKey, value };
  } catch {
    return null;
  }
}

/** Lines of a file that was written here, without its last one. */
export async function* signedLines(path: string): AsyncGenerator<string> {
  let last: string | null = null;
  for await (const line of linesOf(path, "utf8")) {
    if (last !== null) yield last;
    last = line;
  }
}
