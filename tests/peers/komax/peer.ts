/**
 * Starts the wire-processing machine that replays its own production files, as a process of its own. What is tested
 * against it stands in the tests beside.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DataType, OPCUACertificateManager, OPCUAClient, UserTokenType, Variant } from "node-opcua";

const root = resolve(import.meta.dirname, "../../..");
const shared = process.env["MILLRACE_SHARED"] ?? resolve(root, "../shared");
const source = join(shared, "peers/komax-opcua");
const data = join(shared, "data/machines/komax-alpha-565");
const copy = join(root, ".cache/peers/komax-opcua");

/** Why the machine cannot be started here; null when it can. */
export function peerMissing(): string | null {
  return existsSync(join(source, "package.json")) && existsSync(data) ? null : `no machine peer in ${shared}`;
}

export interface KomaxPeer {
  readonly endpointUrl: string;
  /** Calls a method of the replay (`Run`, `Step`, `Fault`, `Reset`) over a connection of its own. */
  command(method: string, ...inputs: readonly [type: DataType, value: unknown][]): Promise<void>;
  /** A folder of this run alone, e.g. for certificates; gone after `stop`. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Loads all days and waits for commands. */
export async function startPeer(flags: readonly string[] = []): Promise<KomaxPeer> {
  install();
  const folder = mkdtempSync(join(tmpdir(), "komax-"));
  const port = await freePort();
  const days = readdirSync(data)
    .filter((name) => /^\d{4}-\d\d-\d\d$/.test(name))
    .map((name) => join(data, name));
  const child = spawn(
    process.execPath,
    ["start.mjs", "--port", String(port), "--step", "--state", folder, ...flags, "--days", ...days],
    { cwd: copy, stdio: ["ignore", "pipe", "inherit"] },
  );
  await ready(child);
  const certificates = new OPCUACertificateManager({ rootFolder: join(folder, "control-pki"), disableFileWatchers: true });
  await certificates.initialize();
  return {
    endpointUrl: `opc.tcp://127.0.0.1:${port}`,
    folder,
    command: (method, ...inputs) => command(`opc.tcp://127.0.0.1:${port}`, certificates, method, inputs),
    stop: async () => {
      const ended = new Promise<void>((done) => void child.once("exit", () => done()));
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await ended;
      clearTimeout(patience);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function command(
  endpointUrl: string,
  clientCertificateManager: OPCUACertificateManager,
  method: string,
  inputs: readonly [type: DataType, value: unknown][],
): Promise<void> {
  clientCertificateManager.referenceCounter += 1;
  const client = OPCUAClient.create({
    endpointMustExist: false,
    clientCertificateManager,
    connectionStrategy: { maxRetry: 20, initialDelay: 100, maxDelay: 200 },
  });
  await client.connect(endpointUrl);
  try {
    const session = await client.createSession({ type: UserTokenType.UserName, userName: "mes", password: "mes" });
    const namespace = (await session.readNamespaceArray()).indexOf("urn:komax-peer:machine");
    const node = (path: string): string => `ns=${namespace};s=${path}`;
    const { statusCode } = await session.call({
      objectId: node("Replay"),
      methodId: node(`Replay/${method}`),
      inputArguments: inputs.map(([dataType, value]) => new Variant({ dataType, value })),
    });
    if (!statusCode.isGood()) throw new Error(`${method}: ${statusCode.name}`);
    await session.close();
  } finally {
    await client.disconnect();
  }
}

function install(): void {
  if (existsSync(join(copy, "node_modules"))) return;
  cpSync(source, copy, { recursive: true });
  const done = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: copy, stdio: "inherit" });
  if (done.status !== 0) throw new Error("npm ci of the machine peer failed");
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((done, reject) => {
    const patience = setTimeout(() => reject(new Error("the machine peer did not get ready")), 60_000);
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2_000);
      if (!/^ready /m.test(said)) return;
      clearTimeout(patience);
      done();
    });
    child.once("exit", (code) => {
      clearTimeout(patience);
      reject(new Error(`the machine peer ended with ${String(code)}`));
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? done(address.port) : reject(new Error("no port"))));
    });
  });
}
