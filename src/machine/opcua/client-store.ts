/**
 * The certificate store of OPC UA connections: our own certificate, which servers are trusted, and which one was
 * refused last. Connections with one folder share one store.
 */
import { hash, X509Certificate } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
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
  /** Idempotent. */
  release(): Promise<void>;
}

interface Shared {
  readonly manager: RecordingManager;
  readonly ready: Promise<void>;
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
    const manager = new RecordingManager({
      rootFolder: folder,
      automaticallyAcceptUnknownCertificate: accept,
    });
    // One reference of ours: clients that disconnect must not close a store that others use.
    manager.referenceCounter += 1;
    shared = { manager, ready: manager.initialize(), users: 0 };
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
    shared.manager.referenceCounter = 0;
    await shared.manager.dispose();
  };
  try {
    await shared.ready;
  } catch (error) {
    await release();
    throw error;
  }
  return { manager: shared.manager, takeRefused: () => takeRefused(shared.manager, folder), release };
}

/** Remembers the certificate it refused: the error of the vendor's client does not name it. */
class RecordingManager extends OPCUACertificateManager {
  refused: Buffer | null = null;

  override async verifyCertificate(
    ...args: Parameters<OPCUACertificateManager["verifyCertificate"]>
  ): ReturnType<OPCUACertificateManager["verifyCertificate"]> {
    const verdict = await super.verifyCertificate(...args);
    const [certificate] = args;
    this.refused = verdict === "Good" ? null : Buffer.isBuffer(certificate) ? certificate : null;
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
