/**
 * A plain OPC UA client of the machine for tests, written on the vendor library alone and not on Millrace's connector,
 * so that it can bear witness about it. One session, addressed by the paths of the machine's README.
 */
import { join } from "node:path";
import {
  AttributeIds,
  ClientMonitoredItem,
  ClientSubscription,
  type DataType,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
  UserTokenType,
  type ClientSession,
  type DataValue,
} from "node-opcua";
import { repositoryRoot } from "../peer.ts";

export interface MachineClient {
  readonly session: ClientSession;
  /** Value of a variable below the machine. */
  read(path: string): Promise<DataValue>;
  /** Calls a method without output; throws when the machine refuses. */
  call(object: string, method: string, inputs?: readonly CallInput[]): Promise<void>;
  /** Every change of a variable, in order. Throws when it cannot be watched. */
  watch(path: string, onChange: (value: DataValue) => void): Promise<void>;
  /** How often the connection was lost since the start. */
  losses(): number;
  close(): Promise<void>;
}

export interface CallInput {
  readonly dataType: DataType;
  readonly value: unknown;
}

export interface MachineClientOptions {
  readonly url: string;
  readonly user: { readonly name: string; readonly password: string };
}

const machineNamespace = "urn:komax-peer:machine";

export async function connectMachine({ url, user }: MachineClientOptions): Promise<MachineClient> {
  const client = OPCUAClient.create({
    applicationName: "proof",
    clientCertificateManager: await certificates(),
    endpointMustExist: false,
    securityMode: MessageSecurityMode.None,
    securityPolicy: SecurityPolicy.None,
    requestedSessionTimeout: 600_000,
    connectionStrategy: { maxRetry: 20, initialDelay: 200, maxDelay: 1_000 },
  });
  let losses = 0;
  client.on("connection_lost", () => void (losses += 1));
  await client.connect(url);
  const session = await client.createSession({
    type: UserTokenType.UserName,
    userName: user.name,
    password: user.password,
  });
  const namespace = (await session.readNamespaceArray()).indexOf(machineNamespace);
  if (namespace < 0) throw new Error(`${url} is not the wire-processing machine: no namespace ${machineNamespace}`);
  const nodeId = async (path: string): Promise<string> => childId(session, namespace, path);
  let subscription: ClientSubscription | null = null;
  return {
    session,
    losses: () => losses,
    read: async (path) => session.read({ nodeId: await nodeId(path), attributeId: AttributeIds.Value }),
    call: async (object, method, inputs = []) => {
      const { statusCode } = await session.call({
        objectId: `ns=${namespace};s=${object}`,
        methodId: `ns=${namespace};s=${object}/${method}`,
        inputArguments: inputs.map((input) => ({ dataType: input.dataType, value: input.value })),
      });
      if (!statusCode.isGood()) throw new Error(`the machine refused ${object}/${method}: ${statusCode.toString()}`);
    },
    watch: async (path, onChange) => {
      subscription ??= await subscribe(session);
      await monitor(subscription, await nodeId(path), onChange);
    },
    close: async () => {
      await session.close().catch(() => undefined);
      await client.disconnect();
    },
  };
}

/** The library wants a certificate even where it is not used; without a place of its own it makes one in the home folder. */
async function certificates(): Promise<OPCUACertificateManager> {
  const manager = new OPCUACertificateManager({ rootFolder: join(repositoryRoot, ".cache", "peers", "client-pki") });
  await manager.initialize();
  return manager;
}

async function subscribe(session: ClientSession): Promise<ClientSubscription> {
  const subscription = ClientSubscription.create(session, {
    requestedPublishingInterval: 100,
    requestedMaxKeepAliveCount: 20,
    requestedLifetimeCount: 6_000,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 5,
  });
  await new Promise<void>((resolve, reject) => {
    subscription.once("started", () => resolve());
    subscription.once("internal_error", reject);
  });
  return subscription;
}

/** samplingInterval 0: the machine tells every change, not one per sampling window. */
async function monitor(
  subscription: ClientSubscription,
  nodeId: string,
  onChange: (value: DataValue) => void,
): Promise<void> {
  const item = ClientMonitoredItem.create(
    subscription,
    { nodeId, attributeId: AttributeIds.Value },
    { samplingInterval: 0, queueSize: 5_000, discardOldest: true },
    TimestampsToReturn.Both,
  );
  item.on("changed", onChange);
  await new Promise<void>((resolve, reject) => {
    item.once("initialized", () => resolve());
    item.once("err", (message: string) => reject(new Error(`${nodeId} cannot be watched: ${message}`)));
  });
}

/** Nodes of the machine itself are named by their path; those of Job Control inside it have to be browsed for. */
async function childId(session: ClientSession, namespace: number, path: string): Promise<string> {
  if (!path.startsWith("JobOrder")) return `ns=${namespace};s=${path}`;
  const [object, ...rest] = path.split("/");
  const found = await session.browse(`ns=${namespace};s=${object}`);
  const reference = (found.references ?? []).find((candidate) => candidate.browseName.name === rest.join("/"));
  if (reference === undefined) throw new Error(`the machine has no ${path}`);
  return reference.nodeId.toString();
}
