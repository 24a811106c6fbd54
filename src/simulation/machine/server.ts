/** One OPC UA server with the machines of a line: endpoints, users, and the timer that lets the machines work. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import {
  makeRoles,
  MessageSecurityMode,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  WellKnownRoles,
  type AddressSpace,
} from "node-opcua";
import { systemClock, type Clock } from "../../base/clock.ts";
import { assert } from "../../base/result.ts";
import { random } from "../random.ts";
import { MachineNodes, openNamespace } from "./address-space.ts";
import { addJobControl } from "./job-control.ts";
import { JobList } from "./job-list.ts";
import { Machine, type Frame } from "./machine.ts";
import type { MachineProfile } from "./profile.ts";
import { addRecipeNodes } from "./recipe-nodes.ts";
import { Setpoints, type SetpointFault } from "./setpoints.ts";

export interface MachineServerSettings {
  readonly machines: readonly MachineProfile[];
  readonly seed?: number;
  /** How many times faster than their profiles the machines work; 1 when left out. */
  readonly speed?: number;
  readonly clock?: Clock;
  /** Folder for certificates; a temporary one, removed at the end, when left out. */
  readonly pkiFolder?: string;
}

export interface MachineServer {
  /** `opc.tcp://127.0.0.1:<port>` */
  readonly endpointUrl: string;
  /** The user who may write and call; anonymous reads. */
  readonly login: { readonly user: string; readonly password: string };
  machine(name: string): SimulatedMachine;
  readonly machines: readonly SimulatedMachine[];
  /** The network cable is out: connections break and new ones are refused, until `plugIn`. The machines work on. */
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
  readonly isPluggedIn: boolean;
  close(): Promise<void>;
}

export interface SimulatedMachine {
  readonly machine: Machine;
  /** The operator starts an order that may start. False when the machine is busy or the order is not ready. */
  start(jobOrderId: string): boolean;
  /** The operator ends the open run short. */
  stop(): void;
  /** Stops dead without saying why, until `goOn`; see `Machine`. */
  halt(): void;
  goOn(): void;
  /** Somebody sets the piece counters to zero. */
  zeroCounters(): void;
  /** The next set-up goes wrong, once. False for a machine without setpoints. */
  breakNextSetup(fault: SetpointFault): boolean;
  /** Value of an item as its node has it. */
  value(path: string): number | string | undefined;
}

const login = { user: "mes", password: "mes" } as const;
const applicationUri = "urn:millrace:simulation";
const certificateAgeMs = 365 * 86_400_000;
/** The timer never sleeps longer: a job order may come at any time. */
const idleMs = 20;

export async function startMachines(settings: MachineServerSettings): Promise<MachineServer> {
  const clock = settings.clock ?? systemClock;
  const folder = settings.pkiFolder ?? (await mkdtemp(join(tmpdir(), "millrace-machine-")));
  const server = await createServer(folder);
  const { addressSpace } = server.engine;
  assert(addressSpace, "an initialised server has an address space");
  const machines = addMachines(addressSpace, settings, clock);
  await server.start();
  const pace = keepPace(machines, clock);
  const cable = cableOf(server);
  return {
    endpointUrl: server
      .getEndpointUrl()
      .replace(/\/\/[^:]+:/, "//127.0.0.1:")
      .replace(/\/$/, ""),
    login,
    machines,
    machine: (name) => {
      const found = machines.find(({ machine }) => machine.profile.name === name);
      assert(found, `${name} is a machine of this server`);
      return found;
    },
    ...cable,
    get isPluggedIn() {
      return cable.isPluggedIn();
    },
    close: async () => {
      await cable.plugIn();
      await pace.stop();
      await server.shutdown(0);
      if (settings.pkiFolder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Pulling and plugging in wait for each other; doing either twice is doing it once. */
function cableOf(server: OPCUAServer): Pick<MachineServer, "unplug" | "plugIn"> & { isPluggedIn(): boolean } {
  let isIn = true;
  let last: Promise<void> = Promise.resolve();
  const after = (wanted: boolean, work: () => Promise<void>): Promise<void> =>
    (last = last.then(async () => {
      if (isIn === wanted) return;
      isIn = wanted;
      await work();
    }));
  return {
    isPluggedIn: () => isIn,
    unplug: () =>
      after(false, async () => {
        // In this order: whoever comes back at once finds nobody.
        const gone = server.suspendEndPoints();
        for (const endpoint of server.endpoints) endpoint.abruptlyInterruptChannels();
        await gone;
      }),
    plugIn: () => after(true, () => server.resumeEndPoints()),
  };
}

async function createServer(folder: string): Promise<OPCUAServer> {
  const serverCertificateManager = new OPCUACertificateManager({
    rootFolder: join(folder, "pki"),
    automaticallyAcceptUnknownCertificate: true,
  });
  const userCertificateManager = new OPCUACertificateManager({
    rootFolder: join(folder, "user-pki"),
    name: "user-pki",
  });
  await serverCertificateManager.initialize();
  await userCertificateManager.initialize();
  const server = new OPCUAServer({
    port: 0,
    host: "127.0.0.1",
    hostname: "127.0.0.1",
    serverInfo: {
      applicationUri,
      productUri: "urn:millrace:simulation",
      applicationName: { text: "Simulated machines" },
    },
    nodeset_filename: [nodesets.standard, nodesets.di, nodesets.ia, nodesets.machinery, nodesets.isa95JobControl],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    allowAnonymous: true,
    serverCertificateManager,
    userCertificateManager,
    userManager: {
      isValidUser: (user: string, password: string) => user === login.user && password === login.password,
      getUserRoles: (user: string) =>
        makeRoles(
          user === login.user
            ? [WellKnownRoles.AuthenticatedUser, WellKnownRoles.Operator]
            : [WellKnownRoles.Anonymous],
        ),
    },
    // 0: a monitored item that asks for sampling interval 0 gets every change.
    serverCapabilities: { minSupportedSampleRate: 0, maxSessions: 50, maxSubscriptionsPerSession: 20 },
    maxConnectionsPerEndpoint: 50,
  });
  await certify(server, serverCertificateManager);
  await server.initialize();
  return server;
}

/** As a machine's, made when it was built: the library's own would begin now, and a client whose clock is behind refuses it. */
async function certify(server: OPCUAServer, store: OPCUACertificateManager): Promise<void> {
  if (existsSync(server.certificateFile)) return;
  await store.createSelfSignedCertificate({
    applicationUri,
    dns: ["localhost", hostname()],
    ip: ["127.0.0.1"],
    outputFile: server.certificateFile,
    subject: "/CN=Simulated machines",
    startDate: new Date(systemClock.now() - certificateAgeMs),
    validity: 365 * 10,
  });
}

interface Driven extends SimulatedMachine {
  /** Lets time pass, tells what the machine says, and when it wants to be asked next. */
  work(now: number): number | null;
}

function addMachines(addressSpace: AddressSpace, settings: MachineServerSettings, clock: Clock): readonly Driven[] {
  const namespace = openNamespace(addressSpace);
  const chance = random(settings.seed ?? 1);
  return settings.machines.map((profile): Driven => {
    const startAt = clock.now();
    const setpoints = new Setpoints(profile.setpoints);
    const jobs = new JobList(profile.capacity);
    const machine = new Machine(profile, jobs, {
      random: chance.fork(profile.name),
      speed: settings.speed ?? 1,
      startAt,
    });
    const nodes = new MachineNodes(addressSpace, namespace, machine);
    const said = (frames: readonly Frame[]): void => frames.forEach((frame) => nodes.write(frame));
    addRecipeNodes(nodes, { profile, setpoints, now: () => clock.now() });
    addJobControl(addressSpace, nodes, { machine, setpoints, now: () => clock.now(), said });
    return {
      machine,
      start: (id) => {
        const frames = machine.startByOperator(id, clock.now());
        said(frames ?? []);
        return frames !== null;
      },
      stop: () => said(machine.stop(clock.now(), "Stopped")),
      halt: () => said(machine.halt(clock.now())),
      goOn: () => said(machine.goOn(clock.now())),
      zeroCounters: () => said(machine.zeroCounters(clock.now())),
      breakNextSetup: (fault) => {
        setpoints.breakNext(fault);
        return profile.setpoints.length > 0;
      },
      value: (path) => nodes.value(path),
      work: (now) => {
        said(machine.advance(now));
        return machine.nextAt();
      },
    };
  });
}

/** Wakes when a machine has something to do, and often enough to notice what came over the wire. */
function keepPace(machines: readonly Driven[], clock: Clock): { stop(): Promise<void> } {
  const ended = new AbortController();
  const loop = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const now = clock.now();
      const wanted = machines.map((machine) => machine.work(now) ?? Number.POSITIVE_INFINITY);
      await clock.sleep(Math.max(1, Math.min(idleMs, ...wanted.map((at) => at - now))), ended.signal);
    }
  };
  const running = loop();
  return {
    stop: async () => {
      ended.abort();
      await running;
    },
  };
}
