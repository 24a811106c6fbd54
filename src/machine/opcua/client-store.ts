/**
 * The certificate store of OPC UA connections: our own certificate, which servers are trusted, and which one was
 * refused last. Connections with one folder share one store.
 */
import { hash, X509Certificate } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync, type Dirent } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { OPCUACertificateManager } from "node-opcua";
import { contentId } from "../../base/id.ts";
import type { OpcuaSettings } from "./config.ts";

/** A certificate that was not accepted, and what to do about it. */
export interface RefusedCertificate {
  readonly thumbprint: string;
  /** Full path of the file to move. */
  readonly file: string;
  readonly trustedFolder: string;
}

export interface CertificateStore {
  readonly manager: OPCUACertificateManager;
  /** The certificate that the store refused since the last call; null when it refused none. */
  takeRefused(): RefusedCertificate | null;
  /** Resolves when what the store has made outlives a power cut; to be called when a connection has been made with it. */
  keep(): Promise<void>;
  /** Idempotent. */
  release(): Promise<void>;
}

interface Shared {
  readonly manager: RecordingManager;
  readonly ready: Promise<void>;
  /** Not before the first connection: the client makes the certificate itself. */
  kept: Promise<void> | null;
  users: number;
}

const open = new Map<string, Shared>();

/** Opens the store, with a key and folders of its own when it is new. Throws what the file system throws. */
export async function openStore(settings: OpcuaSettings): Promise<CertificateStore> {
  const folder = resolve(settings.pkiFolder);
  const accept = settings.trust === "accept-unknown";
  const id = contentId(folder, accept ? 1 : 0);
  let shared = open.get(id);
  if (!shared) {
    mkdirSync(folder, { recursive: true });
    dropEmpty(folder);
    const manager = new RecordingManager({
      rootFolder: folder,
      automaticallyAcceptUnknownCertificate: accept,
      // They patch the whole process's file watching; the folders are read before each verdict instead.
      disableFileWatchers: true,
    });
    shared = { manager, ready: manager.initialize(), kept: null, users: 0 };
    open.set(id, shared);
  }
  shared.users += 1;
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    shared.users -= 1;
    if (shared.users > 0) return;
    open.delete(id);
    await shared.manager.release();
  };
  try {
    await shared.ready;
  } catch (error) {
    await release();
    throw error;
  }
  return {
    manager: shared.manager,
    takeRefused: () => takeRefused(shared.manager, folder),
    // A person moves files here meanwhile: what could not be seen through is tried again with the next connection.
    keep: () => (shared.kept ??= syncAll(folder).catch(() => void (shared.kept = null))),
    release,
  };
}

/**
 * A file without a byte was being written when the power went. It holds nothing, and the library would stumble over it for
 * ever: it is made anew. A certificate without its key is of no use either.
 */
function dropEmpty(folder: string): void {
  const files = pathsIn(folder, (entry) => entry.isFile());
  const empty = files.filter((file) => !basename(file).endsWith("mutex") && statSync(file).size === 0);
  for (const file of empty) rmSync(file);
  if (empty.some((file) => basename(file) === "private_key.pem"))
    rmSync(join(folder, "own", "certs"), { recursive: true, force: true });
}

async function syncAll(folder: string): Promise<void> {
  for (const path of [...pathsIn(folder, (entry) => entry.isFile() || entry.isDirectory()), folder]) {
    await using handle = await openFile(path, "r");
    await handle.sync();
  }
}

function pathsIn(folder: string, isWanted: (entry: Dirent) => boolean): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(isWanted)
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Looks at the folders anew before each verdict, because a person may have moved a certificate, and remembers what it
 * refused: the error of the vendor's client does not name it. One verdict at a time: while the folders are read
 * nothing is known to be trusted.
 */
class RecordingManager extends OPCUACertificateManager {
  refused: Buffer | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  /** Called by each client that disconnects; others may still use the store, so it stays open until `release`. */
  override async dispose(): Promise<void> {}

  async release(): Promise<void> {
    this.referenceCounter = 0;
    await super.dispose();
  }

  override verifyCertificate(
    ...args: Parameters<OPCUACertificateManager["verifyCertificate"]>
  ): ReturnType<OPCUACertificateManager["verifyCertificate"]> {
    const verdict = this.#turn.then(async () => {
      await this.reloadCertificates();
      const status = await super.verifyCertificate(...args);
      const [certificate] = args;
      this.refused = status === "Good" || !Buffer.isBuffer(certificate) ? null : certificate;
      return status;
    });
    this.#turn = verdict.catch(() => {});
    return verdict;
  }
}

function takeRefused(manager: RecordingManager, folder: string): RefusedCertificate | null {
  if (!manager.refused) return null;
  // A chain begins with the certificate of the server itself.
  const thumbprint = hash("sha1", new X509Certificate(manager.refused).raw, "hex");
  manager.refused = null;
  const rejected = resolve(folder, "rejected");
  const file = readdirSync(rejected).find((name) => name.toLowerCase().includes(thumbprint));
  return {
    thumbprint,
    file: resolve(rejected, file ?? `<certificate with thumbprint ${thumbprint}>`),
    trustedFolder: resolve(folder, "trusted", "certs"),
  };
}
