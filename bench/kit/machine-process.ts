/**
 * A machine on OPC UA in a process of its own, with as many variables as are asked for. It says the mix of `load.ts` as
 * fast as its reader follows or, by the clock, whether anybody follows or not; or single pieces by the clock.
 */
import { DataType, StatusCodes, Subscription, type UAVariable } from "node-opcua";
import type { Sample, SampleValue } from "../../src/record/sample.ts";
import { TestServer } from "../../src/machine/opcua/testing/server.ts";
import { BenchChild, isChild, serveChild } from "./child.ts";
import { frameSamples, MachineLoad, type Said } from "./load.ts";
import type { SaidAt } from "./missing.ts";

export interface MachineProcess {
  readonly pid: number;
  /** For the OPC UA connector, without the folder of certificates. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** How a client that takes node ids names one of its variables, `Pieces/Good` for instance. */
  nodeId(path: string): string;
  /** So many samples of this machine have reached the end: it may go on. */
  reached(samples: number): void;
  /** Its first run begins. Before that it stands still. */
  begin(): Promise<Said>;
  /** Says so many frames; resolves when the last one is said. */
  frames(count: number): Promise<Said>;
  /**
   * The mix by the clock, whether anybody follows or not. It gives up when it needs a fifth more time than it was given:
   * so many values this computer does not let it say.
   */
  steady(pace: Pace): Promise<Paced>;
  /** One piece every `everyMs`, each with the time of the clock as its source time. */
  pieces(count: number, everyMs: number): Promise<Said>;
  /** Ends its run. */
  last(): Promise<Said>;
  /** When it has said how many values, all that it said so far. */
  times(): Promise<readonly SaidAt[]>;
  close(): Promise<void>;
}

export interface MachineShape {
  readonly machine: number;
  readonly telemetry: number;
  readonly piecesPerRun: number;
  readonly publishingIntervalMs: number;
}

export interface Pace {
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Paced {
  /** All that it has said so far. */
  readonly said: Said;
  /** Of this stretch. */
  readonly samples: number;
  readonly seconds: number;
}

type Order =
  | ({ readonly order: "start" } & MachineShape)
  | { readonly order: "reached"; readonly samples: number }
  | { readonly order: "begin" }
  | { readonly order: "frames"; readonly count: number }
  | ({ readonly order: "steady" } & Pace)
  | { readonly order: "pieces"; readonly count: number; readonly everyMs: number }
  | { readonly order: "last" }
  | { readonly order: "times" };

interface Started {
  readonly settings: Record<string, unknown>;
  /** Index of the namespace in which all its variables are. */
  readonly namespace: number;
}

/** Samples that may be on their way: far less than the queues of a machine hold, so that none is lost. */
const windowSamples = 20_000;
const framesAtOnce = 20;

export async function startMachineProcess(shape: MachineShape): Promise<MachineProcess> {
  const child = new BenchChild(import.meta.url);
  const ask = <T>(order: Order): Promise<T> => child.ask<T>(order);
  const { settings, namespace } = await ask<Started>({ order: "start", ...shape });
  return {
    pid: child.pid,
    settings,
    nodeId: (path) => `ns=${namespace};s=${path}`,
    reached: (samples) => child.tell({ order: "reached", samples }),
    begin: () => ask<Said>({ order: "begin" }),
    frames: (count) => ask<Said>({ order: "frames", count }),
    steady: (pace) => ask<Paced>({ order: "steady", ...pace }),
    pieces: (count, everyMs) => ask<Said>({ order: "pieces", count, everyMs }),
    last: () => ask<Said>({ order: "last" }),
    times: async () => (await ask<{ times: readonly SaidAt[] }>({ order: "times" })).times,
    close: () => child.close(),
  };
}

interface Shown {
  readonly node: UAVariable;
  readonly dataType: DataType;
  value: SampleValue;
}

class Machine {
  readonly #server: TestServer;
  readonly #load: MachineLoad;
  readonly #nodes = new Map<string, Shown>();
  readonly times: [at: number, samples: number][] = [];
  #isClosed = false;
  /** Said again as they were shown already, which no subscription tells. */
  #untold = 0;
  /** What its reader has of it; what is said before anybody looks is told at the first look. */
  reached = 0;

  constructor(server: TestServer, shape: MachineShape) {
    this.#server = server;
    this.#load = new MachineLoad({ ...shape, startAt: Date.now() });
    const first = this.#load.first();
    for (const { item, value } of first) {
      const dataType = typeof value === "string" ? DataType.String : DataType.Double;
      const cut = item.lastIndexOf("/");
      const options = { dataType, value: dataType === DataType.String ? "?" : -2 };
      const node = server.addSilently(item.slice(0, cut), item.slice(cut + 1), options);
      this.#nodes.set(item, { node, dataType, value: options.value });
    }
    this.#say(first);
  }

  begin(): Said {
    this.#say(this.#load.begin());
    return this.#told();
  }

  async frames(count: number): Promise<Said> {
    for (let left = count; left > 0 && !this.#isClosed;) {
      const room = windowSamples - (this.#told().samples - this.reached);
      const now = Math.min(left, framesAtOnce, Math.floor(room / frameSamples));
      if (now > 0) this.#say(this.#load.next(now));
      left -= Math.max(0, now);
      // The server publishes in between; without room there is nothing to do but wait.
      await new Promise((done) => (now > 0 ? setImmediate(done) : setTimeout(done, 2)));
    }
    return this.#told();
  }

  async steady({ perSecond, seconds }: Pace): Promise<Paced> {
    const all = Math.round((perSecond * seconds) / frameSamples);
    const before = this.#told().samples;
    const from = performance.now();
    const passed = (): number => (performance.now() - from) / 1000;
    for (let told = 0; told < all && passed() < seconds * 1.2 && !this.#isClosed;) {
      const due = Math.min(all, Math.floor((passed() * perSecond) / frameSamples));
      const now = Math.min(due - told, framesAtOnce);
      for (let i = 0; i < now; i += 1) this.#say(this.#load.frameAt(Date.now()));
      told += now;
      await new Promise((done) => (told < due ? setImmediate(done) : setTimeout(done, 2)));
    }
    const said = this.#told();
    return { said, samples: said.samples - before, seconds: passed() };
  }

  async pieces(count: number, everyMs: number): Promise<Said> {
    for (let i = 0; i < count; i += 1) {
      this.#say(this.#load.piece(Date.now()));
      await new Promise((done) => setTimeout(done, everyMs));
    }
    return this.#told();
  }

  last(): Said {
    this.#say(this.#load.last());
    return this.#told();
  }

  #told(): Said {
    const said = this.#load.said();
    return { ...said, samples: said.samples - this.#untold };
  }

  #say(samples: readonly Sample[]): void {
    for (const { item, value, at } of samples) {
      const shown = this.#nodes.get(item);
      if (shown?.value === value) this.#untold += 1;
      if (!shown || shown.value === value) continue;
      shown.value = value;
      shown.node.setValueFromSource({ dataType: shown.dataType, value }, StatusCodes.Good, new Date(at));
      const newest = this.times.at(-1);
      if (newest?.[0] === at) newest[1] += 1;
      else this.times.push([at, 1]);
    }
  }

  /** Whoever read it is gone: what it was told to say and had no room for is never said. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#server.stop();
  }
}

async function start(shape: MachineShape): Promise<Started & { machine: Machine }> {
  // The library's servers publish every 50 ms at the fastest unless they are told otherwise; machines differ.
  Subscription.minimumPublishingInterval = 10;
  const server = await TestServer.start({ maxMonitoredItemsPerCall: 1000 });
  const { pkiFolder: _, ...settings } = server.settings({
    publishingIntervalMs: shape.publishingIntervalMs,
    requestTimeoutMs: 20_000,
    watchdogMs: 20_000,
  });
  return { machine: new Machine(server, shape), settings, namespace: server.namespace.index };
}

if (isChild) {
  let machine: Machine | null = null;
  const parent = serveChild<Order>(async () => {
    await machine?.close();
  });
  parent.onMessage((order) => {
    void perform(order).then((said) => said && parent.answer(said));
  });
  const perform = async (order: Order): Promise<object | null> => {
    if (order.order === "start") {
      const started = await start(order);
      machine = started.machine;
      return { settings: started.settings, namespace: started.namespace };
    }
    if (!machine) return null;
    if (order.order === "begin") return machine.begin();
    if (order.order === "frames") return machine.frames(order.count);
    if (order.order === "steady") return machine.steady(order);
    if (order.order === "pieces") return machine.pieces(order.count, order.everyMs);
    if (order.order === "last") return machine.last();
    if (order.order === "times") return { times: machine.times };
    machine.reached = order.samples;
    return null;
  };
}
