/**
 * A small OPC UA machine inside the test's own process: items with history, nodes that come and go, structures, a
 * method, job orders, users, and handles to make it misbehave. Only for tests; nothing of the product imports it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AddressSpace,
  ContinuationPointManager,
  DataType,
  DataValue,
  LogLevel,
  makeRoles,
  MessageSecurityMode,
  type Namespace,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  setLogLevel,
  type StatusCode,
  StatusCodes,
  type UAMethod,
  type UAObject,
  type UAVariable,
  Variant,
  VariantArrayType,
  WellKnownRoles,
} from "node-opcua";
import { Timeline } from "./timeline.ts";

setLogLevel(LogLevel.Critic);

export const machineUri = "urn:millrace-test:machine";
export const root = "Objects/Plant/M1";
export const jobControlUri = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/";

export interface ItemOptions {
  readonly dataType?: DataType;
  readonly arrayType?: VariantArrayType;
  readonly value: unknown;
  readonly history?: boolean;
  readonly writable?: boolean;
  readonly dimensions?: readonly number[];
  /** The server looks at it so often; 0, and left out: it hears of every change. */
  readonly samplingMs?: number;
  /** Its node id is the path, where this is left out. */
  readonly id?: string;
}

export interface ServerOptions {
  /** Keeps port, certificates and identity of a server that was stopped. */
  readonly port?: number;
  readonly folder?: string;
  /** Whether certificates of clients are taken unseen; true when it is left out. */
  readonly trustsClients?: boolean;
  readonly maxNodesPerBrowse?: number;
  readonly maxMonitoredItemsPerCall?: number;
}

export class TestServer {
  readonly server: OPCUAServer;
  readonly port: number;
  readonly folder: string;
  readonly space: AddressSpace;
  readonly namespace: Namespace;
  readonly machine: UAObject;
  readonly #items = new Map<string, UAVariable>();

  private constructor(server: OPCUAServer, port: number, folder: string) {
    this.server = server;
    this.port = port;
    this.folder = folder;
    const space = server.engine.addressSpace;
    if (!space) throw new Error("the server has no address space");
    this.space = space;
    this.namespace = space.registerNamespace(machineUri);
    const plant = this.namespace.addFolder(space.rootFolder.objects, { browseName: "Plant" });
    this.machine = this.namespace.addObject({ browseName: "M1", componentOf: plant, nodeVersion: "1", nodeId: "s=M1" });
  }

  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), "opcua-test-"));
    const port = options.port ?? (await freePort());
    const certificates = new OPCUACertificateManager({
      rootFolder: join(folder, "server-pki"),
      automaticallyAcceptUnknownCertificate: options.trustsClients ?? true,
      disableFileWatchers: true,
    });
    const users = new OPCUACertificateManager({ rootFolder: join(folder, "user-pki"), disableFileWatchers: true });
    await certificates.initialize();
    await users.initialize();
    const server = new OPCUAServer({
      port,
      hostname: "127.0.0.1",
      host: "127.0.0.1",
      serverInfo: { applicationUri: "urn:millrace-test:server" },
      nodeset_filename: [nodesets.standard, nodesets.isa95JobControl],
      securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
      securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
      serverCertificateManager: certificates,
      userCertificateManager: users,
      userManager: {
        isValidUser: (name: string, password: string) => name === "mes" && password === "secret",
        getUserRoles: () => makeRoles([WellKnownRoles.AuthenticatedUser, WellKnownRoles.Operator]),
      },
      serverCapabilities: {
        minSupportedSampleRate: 0,
        maxSessions: 20,
        operationLimits: {
          maxNodesPerBrowse: options.maxNodesPerBrowse ?? 100,
          maxMonitoredItemsPerCall: options.maxMonitoredItemsPerCall ?? 50,
          maxNodesPerHistoryReadData: 10,
        },
      },
    });
    await server.initialize();
    const started = new TestServer(server, port, folder);
    await server.start();
    return started;
  }

  get endpointUrl(): string {
    return `opc.tcp://127.0.0.1:${this.port}`;
  }

  /** Settings of a connection without security; the store is the server's own folder. */
  settings(more: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      endpointUrl: this.endpointUrl,
      security: { mode: "None", policy: "None" },
      pkiFolder: join(this.folder, "client-pki"),
      trust: "accept-unknown",
      root,
      publishingIntervalMs: 20,
      requestTimeoutMs: 3_000,
      watchdogMs: 2_000,
      ...more,
    };
  }

  async stop(keepFolder = false): Promise<void> {
    await this.server.shutdown(0);
    if (!keepFolder) rmSync(this.folder, { recursive: true, force: true });
  }

  folderAt(path: string): UAObject {
    let at = this.machine;
    const names = path === "" ? [] : path.split("/");
    for (const [depth, name] of names.entries()) {
      const known = at.getFolderElementByName(name) ?? at.getComponentByName(name);
      // Folders are objects; a variable of that name would be a mistake of the test.
      at =
        (known as UAObject | null) ??
        this.namespace.addObject({
          browseName: name,
          componentOf: at,
          nodeId: `s=${names.slice(0, depth + 1).join("/")}`,
          nodeVersion: "1",
        });
    }
    return at;
  }

  /** Adds an item, with the model change event that tells of it. `name` may hold signs that a path escapes. */
  add(folder: string, name: string, options: ItemOptions): UAVariable {
    let made: UAVariable | undefined;
    this.space.modelChangeTransaction(() => {
      made = this.addSilently(folder, name, options);
    });
    if (!made) throw new Error("nothing was made");
    return made;
  }

  addSilently(folder: string, name: string, options: ItemOptions): UAVariable {
    const {
      dataType = DataType.Int32,
      arrayType = VariantArrayType.Scalar,
      value,
      history,
      writable,
      dimensions,
      samplingMs = 0,
      id = `${folder}/${name}`,
    } = options;
    const access = ["CurrentRead", writable && "CurrentWrite", history && "HistoryRead"].filter(Boolean).join(" | ");
    const key = `${folder}/${name}`;
    const item = this.namespace.addVariable({
      browseName: name,
      nodeId: `s=${id}`,
      componentOf: this.folderAt(folder),
      dataType: dataType === DataType.ExtensionObject ? "Structure" : DataType[dataType],
      valueRank: arrayType === VariantArrayType.Scalar ? -1 : arrayType === VariantArrayType.Array ? 1 : 2,
      ...(dimensions ? { arrayDimensions: [...dimensions] } : {}),
      accessLevel: access,
      userAccessLevel: access,
      minimumSamplingInterval: samplingMs,
      value: new Variant({ dataType, arrayType, value, ...(dimensions ? { dimensions: [...dimensions] } : {}) }),
    });
    if (history) this.space.installHistoricalDataNode(item, { maxOnlineValues: 1_000_000 });
    this.#items.set(key, item);
    return item;
  }

  remove(key: string): void {
    const item = this.item(key);
    this.space.modelChangeTransaction(() => this.namespace.deleteNode(item));
    this.#items.delete(key);
  }

  item(key: string): UAVariable {
    const item = this.#items.get(key);
    if (!item) throw new Error(`no item ${key}`);
    return item;
  }

  /** Writes with a source time of the test's choice. */
  set(key: string, value: unknown, atMs: number = Date.now(), status: StatusCode = StatusCodes.Good): void {
    const item = this.item(key);
    const { dataType, arrayType } = item.readValue().value;
    item.setValueFromSource({ dataType, arrayType, value }, status, new Date(atMs));
  }

  /** The whole memory of an item, in this order. */
  setHistory(key: string, values: readonly { at: number; value: number; status?: StatusCode }[]): void {
    const held = values.map(
      ({ at, value, status }) =>
        new DataValue({
          value: { dataType: DataType.Int32, value },
          statusCode: status ?? StatusCodes.Good,
          sourceTimestamp: new Date(at),
          serverTimestamp: new Date(),
        }),
    );
    this.historyOf(key)._timeline = new Timeline(held);
  }

  historyOf(key: string): { _timeline: Timeline } {
    // The historian is a property that the library's interface does not show.
    return (this.item(key) as unknown as { varHistorian: { _timeline: Timeline } }).varHistorian;
  }

  /** A structure with optional fields, of the job control types. */
  structure(name: string, fields: Record<string, unknown>): unknown {
    const type = this.space.findDataType(name, this.space.getNamespaceIndex(jobControlUri));
    if (!type) throw new Error(`no type ${name}`);
    return this.space.constructExtensionObject(type, fields);
  }

  addMethod(folder: string, name: string, run: () => StatusCode, id = `${folder}/${name}`): UAMethod {
    const method = this.namespace.addMethod(this.folderAt(folder), {
      browseName: name,
      nodeId: `s=${id}`,
      inputArguments: [],
      outputArguments: [],
    });
    method.bindMethod(async (_inputs: Variant[], _context: unknown) => ({ statusCode: run() }));
    return method;
  }

  get sessions(): number {
    return this.server.engine.currentSessionCount;
  }

  get subscriptions(): number {
    return this.server.engine.currentSubscriptionCount;
  }

  /** Ends every session, subscriptions included, and leaves the lines. */
  dropSessions(): void {
    for (const session of this.#sessions())
      this.server.engine.closeSession(session.authenticationToken, true, "Terminated");
  }

  /** From now on requests to publish are taken and never answered; everything else works. */
  goSilent(): void {
    for (const session of this.#sessions()) {
      session.publishEngine._on_PublishRequest = () => {};
      session.publishEngine._publish_request_queue.length = 0;
    }
  }

  /** Ends subscriptions and leaves their sessions. */
  deleteSubscriptions(): void {
    for (const session of this.#sessions()) {
      for (const subscription of session.publishEngine.subscriptions.slice())
        session.deleteSubscription(subscription.id);
    }
  }

  /** The next messages with values get lost on the way; `kept`: the machine can send them again. */
  loseMessages(count: number, kept: boolean): void {
    let left = count;
    for (const session of this.#sessions()) {
      const engine = session.publishEngine;
      const send = engine._send_response;
      engine._send_response = (subscription, response) => {
        const values = response.notificationMessage.notificationData?.length ?? 0;
        if (left <= 0 || values === 0) return send.call(engine, subscription, response);
        left -= 1;
        if (!kept) subscription.acknowledgeNotification(response.notificationMessage.sequenceNumber);
      };
    }
  }

  /** As small controllers do: of each item that is watched from now on one value is kept, whatever is asked. @returns ends it */
  queueNothing(): () => void {
    // A service handler of the server, by its name.
    const server = this.server as unknown as {
      _on_CreateMonitoredItemsRequest: (message: WatchMessage, channel: unknown) => unknown;
    };
    const before = server._on_CreateMonitoredItemsRequest;
    server._on_CreateMonitoredItemsRequest = function (message, channel) {
      for (const item of message.request.itemsToCreate) item.requestedParameters.queueSize = 1;
      return before.call(this, message, channel);
    };
    return () => {
      server._on_CreateMonitoredItemsRequest = before;
    };
  }

  /** Takes writes and says nothing. */
  answerNoWrites(): void {
    // A service handler of the server, by its name.
    const server = this.server as unknown as { _on_WriteRequest: () => void };
    server._on_WriteRequest = () => {};
  }

  /** History pages that the machine keeps open for clients. */
  get continuationPoints(): number {
    return this.#sessions().reduce((count, session) => count + session.continuationPointManager._map.size, 0);
  }

  /** From now on no node gets a continuation point. @returns ends it */
  withoutContinuationPoints(): () => void {
    const manager = ContinuationPointManager.prototype;
    const before = manager.registerHistoryReadRaw;
    manager.registerHistoryReadRaw = (most, values, data) => {
      const answer = before.call(new ContinuationPointManager(), most, values, data);
      return answer.continuationPoint
        ? { continuationPoint: undefined, values: null, statusCode: StatusCodes.BadNoContinuationPoints }
        : answer;
    };
    return () => {
      manager.registerHistoryReadRaw = before;
    };
  }

  #sessions(): TestSession[] {
    // Sessions are kept in a table that the library's interface does not show.
    const engine = this.server.engine as unknown as { _sessions: Record<string, TestSession> };
    return Object.values(engine._sessions);
  }
}

interface TestSession {
  readonly authenticationToken: Parameters<OPCUAServer["engine"]["closeSession"]>[0];
  readonly publishEngine: {
    _on_PublishRequest: () => void;
    readonly _publish_request_queue: unknown[];
    readonly subscriptions: readonly TestSubscription[];
    _send_response(subscription: TestSubscription, response: TestMessage): void;
  };
  deleteSubscription(id: number): void;
  readonly continuationPointManager: { readonly _map: ReadonlyMap<string, unknown> };
}

interface TestSubscription {
  readonly id: number;
  acknowledgeNotification(sequenceNumber: number): void;
}

interface WatchMessage {
  readonly request: { readonly itemsToCreate: readonly { readonly requestedParameters: { queueSize: number } }[] };
}

interface TestMessage {
  readonly notificationMessage: {
    readonly sequenceNumber: number;
    readonly notificationData: readonly unknown[] | null;
  };
}

export function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? done(address.port) : reject(new Error("no port"))));
    });
  });
}
