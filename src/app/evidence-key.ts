/**
 * The key with which this installation signs what it says about itself. It is made when it is first needed, stays in the
 * data directory and is readable by its owner only; whoever checks a file knows it by its fingerprint.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";

const name = "evidence-key.pem";

export interface Signer {
  /** It was made by this call: nobody can know it yet. */
  readonly isNew: boolean;
  /** Base64 of the public key as SubjectPublicKeyInfo. */
  readonly publicKey: string;
  /** SHA-256 of the same bytes, in hexadecimal digits. */
  readonly fingerprint: string;
  /** Ed25519 over the bytes, as base64. */
  sign(bytes: Uint8Array): string;
}

/** @fault refused app/evidence-key  the key cannot be read or made */
export async function evidenceSigner(dataDir: string): Promise<Result<Signer>> {
  const file = join(dataDir, name);
  try {
    const held = await readIfThere(file);
    const key = createPrivateKey(held ?? (await makeKey(file)));
    if (key.asymmetricKeyType !== "ed25519") return broken(file, null);
    return ok({ ...signerOf(key), isNew: held === null });
  } catch (error) {
    return broken(file, error);
  }
}

/** The fingerprint of this installation's key; null when it has none yet. */
export async function ownFingerprint(dataDir: string): Promise<string | null> {
  const held = await readIfThere(join(dataDir, name));
  return held === null ? null : signerOf(createPrivateKey(held)).fingerprint;
}

export function fingerprintOf(publicKey: Uint8Array): string {
  return createHash("sha256").update(publicKey).digest("hex");
}

function signerOf(key: KeyObject): Omit<Signer, "isNew"> {
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    publicKey: der.toString("base64"),
    fingerprint: fingerprintOf(der),
    sign: (bytes) => sign(null, bytes, key).toString("base64"),
  };
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Of two commands that make it at once, one does, and both use that one. */
async function makeKey(file: string): Promise<string> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  try {
    await writeFile(file, pem, { mode: 0o600, flag: "wx" });
    return pem;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return readFile(file, "utf8");
    throw error;
  }
}

function broken(file: string, cause: unknown): Result<never> {
  const text = `The key in ${file} can neither be read nor made. Check the rights of the data directory, or put the file back.`;
  return fail("refused", "app/evidence-key", text, cause);
}
