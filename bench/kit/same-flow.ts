/**
 * The same machine on OPC UA, and one of three at its other end: Node-RED, Millrace, or a client that only counts. Each is
 * started with a machine of its own, has read all variables once before the machine begins, and is gone when the work is.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Status } from "../../src/app/status.ts";
import { systemClock } from "../../src/base/clock.ts";
import { unwrap } from "../../src/base/result.ts";
import type { MachineListener } from "../../src/machine/connector.ts";
import { opcuaConnector } from "../../src/machine/opcua/index.ts";
import { openBenchDatabase, type BenchDatabase } from "./database.ts";
import { startLine } from "./line.ts";
import { startMachineProcess, type MachineProcess } from "./machine-process.ts";
import { Collector, NodeRed, type NodeRedFlow } from "./node-red.ts";
import { benchRequest, benchSite, seedOrders } from "./plant.ts";
import type { Taker } from "./rising-load.ts";

export interface FlowShape {
  /** Variables beside the seven of run, job, pieces and energy. */
  readonly telemetry: number;
  readonly publishMs: number;
  readonly piecesPerRun: number;
}

export interface NodeRedScene {
  readonly machine: MachineProcess;
  readonly collector: Collector;
  readonly nodeRed: NodeRed;
  readonly taker: Taker;
}

export interface MillraceScene {
  readonly machine: MachineProcess;
  readonly database: BenchDatabase;
  readonly taker: Taker;
  readonly status: () => Promise<Status>;
}

/** Millrace's name for it. */
export const benchMachine = "machine-0";

const startMsMax = 60_000;

export async function withNodeRed<T>(
  shape: FlowShape & Pick<NodeRedFlow, "context" | "sampling">,
  work: (scene: NodeRedScene) => Promise<T>,
): Promise<T> {
  const machine = await startMachine(shape);
  const collector = await Collector.start();
  const nodeRed = new NodeRed({
    ...shape,
    endpointUrl: String(machine.settings["endpointUrl"]),
    nodeIds: pathsOf(shape).map((path) => machine.nodeId(path)),
    collector: collector.url,
  });
  nodeRed.start();
  const taker: Taker = { arrived: () => collector.seen, onPiece: () => undefined, pid: () => nodeRed.pid };
  collector.onPiece = ({ at }) => taker.onPiece(systemClock.now() - at);
  try {
    await begin(machine, shape, taker, "Node-RED");
    return await work({ machine, collector, nodeRed, taker });
  } finally {
    await nodeRed.close();
    await collector.close();
    await machine.close();
  }
}

export async function withMillrace<T>(shape: FlowShape, work: (scene: MillraceScene) => Promise<T>): Promise<T> {
  const database = await openBenchDatabase();
  const machine = await startMachine(shape);
  await seedOrders(database.store, [benchRequest(0)]);
  let committed = 0;
  const taker: Taker = {
    arrived: () => committed,
    onPiece: () => undefined,
    pid: () => process.pid,
    postgres: database.pid,
  };
  const line = await startLine({
    site: benchSite({ machines: [{ id: benchMachine, settings: machine.settings }], erp: null }),
    database,
    onCommit: ({ batches, facts }) => {
      const now = systemClock.now();
      for (const { samples } of batches) committed += samples.length;
      for (const { body, eventAt } of facts) if (body.kind === "UnitsCounted") taker.onPiece(now - eventAt);
    },
    onWarning: (text) => process.stderr.write(`${text}\n`),
  });
  try {
    await begin(machine, shape, taker, "Millrace");
    return await work({ machine, database, taker, status: line.status });
  } finally {
    await line.stop();
    await machine.close();
    await database.close();
  }
}

/** The floor: Millrace's OPC UA client, and nothing behind it. */
export async function withClient<T>(
  shape: FlowShape,
  work: (scene: { readonly machine: MachineProcess; readonly taker: Taker }) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const machine = await startMachine(shape);
  const { signal } = new AbortController();
  const session = unwrap(await opcuaConnector.open({ ...machine.settings, pkiFolder: join(folder, "pki") }, signal));
  let counted = 0;
  const taker: Taker = { arrived: () => counted, onPiece: () => undefined, pid: () => process.pid };
  const ignored = (): void => undefined;
  const samples: MachineListener["samples"] = (told) => {
    counted += told.length;
    for (const { item, value, at, receivedAt } of told) {
      if (item === "Pieces/Good" && value !== 0) taker.onPiece(receivedAt - at);
    }
  };
  const paths = Object.values(benchSite({ machines: [{ id: "any", settings: {} }], erp: null }).maps[0]?.items ?? {});
  const listener = { samples, interrupted: ignored, resumed: ignored, appeared: ignored };
  unwrap(await session.watch([...paths], listener, signal));
  try {
    await begin(machine, shape, taker, "the client that only counts");
    return await work({ machine, taker });
  } finally {
    await session.close();
    await machine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits no longer than this. @returns whether it has come to be so */
export async function until(isSo: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const limit = systemClock.monotonicMs() + limitMs;
  while (!(await isSo())) {
    if (systemClock.monotonicMs() > limit) return false;
    await systemClock.sleep(20);
  }
  return true;
}

export function startMachine({ publishMs, ...shape }: FlowShape): Promise<MachineProcess> {
  return startMachineProcess({ machine: 0, publishingIntervalMs: publishMs, ...shape });
}

/** As the machine of the bench names them, the counter of pieces first: it is read again as soon as anything is. */
function pathsOf({ telemetry }: FlowShape): readonly string[] {
  const own = ["Pieces/Good", "Run/Ended", "Run/LastEnded", "Run/Result", "Run/Job", "Run/Active", "Energy/Total"];
  return [...own, ...Array.from({ length: telemetry }, (_, i) => `Telemetry/T${i}`)];
}

async function begin(machine: MachineProcess, shape: FlowShape, taker: Taker, name: string): Promise<void> {
  const variables = pathsOf(shape).length;
  const hasRead = (count: number): Promise<boolean> => until(() => taker.arrived() >= count, startMsMax);
  if (!(await hasRead(variables))) throw new Error(`${name} has read ${taker.arrived()} of ${variables} variables`);
  const { samples } = await machine.begin();
  if (!(await hasRead(samples))) throw new Error(`${name} has not read that the first run began`);
}
