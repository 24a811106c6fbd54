/**
 * Node-RED, as a peer: its OPC UA and HTTP nodes with a function node between them that makes pieces of a counter's
 * values, in a process of its own. It is installed once, into `.cache/peers/node-red`, from `bench/node-red`.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const place = join(root, ".cache/peers/node-red");
const recipe = join(root, "bench/node-red");
const installMsMax = 600_000;

/** Installs Node-RED unless this very version is there. Takes minutes the first time. */
export function prepareNodeRed(): void {
  const lock = readFileSync(join(recipe, "package-lock.json"), "utf8");
  const kept = join(place, "package-lock.json");
  if (existsSync(join(place, "node_modules/.package-lock.json")) && readFileSync(kept, "utf8") === lock) return;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  cpSync(recipe, place, { recursive: true });
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: place,
    stdio: ["ignore", "ignore", "inherit"],
    timeout: installMsMax,
  });
}

/** What the function node passes on of a piece. */
export interface PieceMessage {
  readonly pieces: number;
  /** The machine's time of the value, milliseconds. */
  readonly at: number;
}

/** The other end of Node-RED's HTTP request node: what an ERP would have been told. */
export class Collector {
  readonly #server: Server;
  pieces = 0;
  /** Values that have reached the function node, as it says twenty times a second. */
  seen = 0;
  onPiece: (message: PieceMessage) => void = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Collector> {
    const collector = new Collector(
      createServer((request, response) => {
        let body = "";
        request.setEncoding("utf8").on("data", (part: string) => (body += part));
        request.on("end", () => {
          collector.#take(body);
          response.end();
        });
      }),
    );
    collector.#server.listen(0, "127.0.0.1");
    await once(collector.#server, "listening");
    return collector;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/`;
  }

  #take(body: string): void {
    // what the function node below writes
    const message = JSON.parse(body) as PieceMessage | { readonly seen: number };
    if ("seen" in message) {
      this.seen = message.seen;
      return;
    }
    this.pieces += message.pieces;
    this.onPiece(message);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

export interface NodeRedFlow {
  readonly endpointUrl: string;
  /** Node ids of the variables that are subscribed to; the one that ends in `Pieces/Good` counts. */
  readonly nodeIds: readonly string[];
  readonly publishMs: number;
  readonly collector: string;
  /** "every change", or "as published": the machine looks at a variable once in a publishing interval. */
  readonly sampling: "every change" | "as published";
  /** Where the function node's memory is: lost with the process, or written to a file every second. */
  readonly context: "memory" | "file";
}

/** One installation with a folder of its own, in which it can be started again after it was killed. */
export class NodeRed {
  readonly #folder: string;
  #child: ChildProcess | null = null;

  constructor(flow: NodeRedFlow) {
    this.#folder = mkdtempSync(join(tmpdir(), "millrace-node-red-"));
    // nodes are looked for in the folder's own packages
    cpSync(join(recipe, "package.json"), join(this.#folder, "package.json"));
    symlinkSync(join(place, "node_modules"), join(this.#folder, "node_modules"));
    writeFileSync(join(this.#folder, "flows.json"), JSON.stringify(nodesOf(flow)));
    writeFileSync(join(this.#folder, "settings.js"), settingsOf(flow));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  start(): void {
    const program = join(place, "node_modules/node-red/red.js");
    const args = [program, "--userDir", this.#folder, "--settings", join(this.#folder, "settings.js")];
    this.#child = spawn(process.execPath, [...args, join(this.#folder, "flows.json")], {
      cwd: this.#folder,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, HOME: this.#folder },
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function settingsOf({ context }: NodeRedFlow): string {
  const storage =
    context === "memory" ? { module: "memory" } : { module: "localfilesystem", config: { flushInterval: 1 } };
  const settings = {
    // neither editor nor HTTP nodes: it listens nowhere
    httpAdminRoot: false,
    httpNodeRoot: false,
    contextStorage: { default: storage },
    logging: { console: { level: "error", metrics: false, audit: false } },
    telemetry: { enabled: false },
  };
  return `module.exports = ${JSON.stringify(settings)};\n`;
}

/**
 * Deltas of the counter; a counter that fell has begun again. The first value of all is where it begins. The client's
 * first message only names its subscription.
 */
const countPieces = `
  if (msg.topic === "subscriptionId") return null;
  context.set("seen", (context.get("seen") || 0) + 1);
  const last = context.get("last") || {};
  const before = last[msg.topic];
  last[msg.topic] = msg.payload;
  context.set("last", last);
  if (!msg.topic.endsWith("Pieces/Good") || before === undefined) return null;
  const pieces = msg.payload >= before ? msg.payload - before : msg.payload;
  if (pieces === 0) return null;
  return { payload: { pieces, at: new Date(msg.sourceTimestamp).getTime() } };`;
const tellSeen = `setInterval(() => node.send({ payload: { seen: context.get("seen") || 0 } }), 50);`;

/** As many values as the machine of the bench keeps for one variable; it would keep no more if it were asked to. */
const queueSize = 5_000;

/**
 * The client makes its subscription with the first item, at that item's interval; the others follow when it stands. The
 * items themselves are sampled at the client node's own interval, because it takes none of up to 100 ms from a message.
 */
function subscribeAll({ nodeIds, publishMs: interval }: NodeRedFlow): string {
  const items = nodeIds.map((topic) => ({ topic, queueSize, interval }));
  return `
  const items = ${JSON.stringify(items)};
  node.send(items[0]);
  setTimeout(() => { for (const item of items.slice(1)) node.send(item); }, 1500);
  return null;`;
}

function nodesOf(flow: NodeRedFlow): readonly object[] {
  const { endpointUrl, publishMs, collector, sampling } = flow;
  const z = "flow";
  const func = { type: "function", z, outputs: 1, timeout: 0, noerr: 0, initialize: "", finalize: "", libs: [] };
  return [
    { id: z, type: "tab", label: "bench" },
    { id: "endpoint", type: "OpcUa-Endpoint", endpoint: endpointUrl, secpol: "None", secmode: "None", none: true },
    { id: "start", type: "inject", z, props: [], repeat: "", once: true, onceDelay: 0.5, wires: [["items"]] },
    { ...func, id: "items", func: subscribeAll(flow), wires: [["client"]] },
    {
      id: "client",
      type: "OpcUa-Client",
      z,
      endpoint: "endpoint",
      action: "subscribe",
      time: sampling === "every change" ? 0 : publishMs,
      timeUnit: "ms",
      certificate: "n",
      securitymode: "None",
      securitypolicy: "None",
      useTransport: false,
      keepsessionalive: false,
      wires: [["count"], [], []],
    },
    { ...func, id: "count", func: countPieces, initialize: tellSeen, wires: [["erp"]] },
    { id: "erp", type: "http request", z, method: "POST", ret: "txt", url: collector, persist: true, wires: [[]] },
  ];
}
