/** The gateway role: one feed and one instruction lane per machine connection. */
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { fail } from "../base/result.ts";
import { dispatchTo, instructionSteps, type DispatchViews } from "../flows/dispatch.ts";
import type { Store } from "../flows/ports.ts";
import { startFeed, type Feed } from "../gateway/feed.ts";
import type { FeedStatus } from "../gateway/feed-status.ts";
import { startLane, type Lane } from "../gateway/instruction-lane.ts";
import type { SampleBuffer } from "../gateway/sample-buffer.ts";
import type { JobControlPlace, MachineConnector } from "../machine/connector.ts";
import type { MachineMap } from "../record/machine-map.ts";
import type { Probe } from "../record/probe.ts";
import type { MachineConnection, Site } from "../site/site.ts";
import type { LeaseHolder } from "../flows/lease.ts";
import type { Log } from "./log.ts";
import { keepMachineLeases, type MachineLeases } from "./machine-lease.ts";
import { withFolder } from "./registry.ts";

export interface GatewaySettings {
  readonly site: Site;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly buffer: SampleBuffer;
  readonly probe: Probe;
  readonly views: DispatchViews;
  readonly dataDir: string;
  readonly connectors: readonly MachineConnector[];
  /** Under which name this process writes to machines. */
  readonly holder: LeaseHolder;
}

export interface Gateway {
  feeds(): readonly FeedStatus[];
  /** Orders or job orders have changed: look again what the machines should hold. */
  dispatch(): void;
  close(): Promise<void>;
}

export function startGateway(settings: GatewaySettings): Gateway {
  const connections = settings.site.machines.map(({ id }) => id);
  const onGained = (id: string): void => machines.find(({ feed }) => feed.source === id)?.lane?.wake();
  const leases = keepMachineLeases({ ...settings, connections, onGained });
  const machines = settings.site.machines.flatMap((connection) => machineOf(settings, leases, connection) ?? []);
  return {
    feeds: () => machines.map(({ feed }) => feed.status()),
    dispatch: () => {
      for (const { lane } of machines) lane?.wake();
    },
    close: async () => {
      await Promise.all(machines.flatMap(({ lane }) => lane?.close() ?? []));
      await leases.close();
      await Promise.all(machines.map(({ feed }) => feed.close()));
    },
  };
}

interface Machine {
  readonly feed: Feed;
  /** Null for a machine that is only listened to. */
  readonly lane: Lane | null;
}

function machineOf(settings: GatewaySettings, leases: MachineLeases, connection: MachineConnection): Machine | null {
  const { site } = settings;
  const unit = site.workUnitByConnection(connection.id);
  const map = unit ? site.mapOf(unit.id) : null;
  if (!map) return null; // the site's check names connections without a map
  const feed = feedOf(settings, connection, map);
  const place = map.job?.jobControl ?? null;
  return { feed, lane: place && laneOf(settings, leases, feed, map, place) };
}

function laneOf(
  settings: GatewaySettings,
  leases: MachineLeases,
  feed: Feed,
  map: MachineMap,
  place: JobControlPlace,
): Lane {
  const { clock, log, probe, views } = settings;
  const connection = feed.source;
  const lease = (): ReturnType<MachineLeases["held"]> => leases.held(connection);
  return startLane({
    connection,
    place,
    setup: { path: (item) => map.items[item]?.path ?? item, apply: map.job?.apply ?? null },
    onSession: feed.onSession,
    port: instructionSteps(settings, lease),
    onList: async (list) => {
      // Whoever writes to the machine decides what it should hold.
      if (!lease()) return;
      const { view } = await dispatchTo(settings, connection, list);
      views.see(connection, view);
    },
    mayWrite: () => lease() !== null,
    clock,
    log,
    probe,
  });
}

function feedOf(settings: GatewaySettings, connection: MachineConnection, map: MachineMap): Feed {
  const { buffer, clock, log, probe, dataDir, connectors } = settings;
  const connector = connectors.find((c) => c.protocol === connection.protocol);
  const own = withFolder(connection.settings, join(dataDir, "pki", connection.id));
  return startFeed({
    source: connection.id,
    open: (signal) =>
      connector
        ? connector.open(own, signal)
        : Promise.resolve(fail("invalid", "app/protocol", `Nobody here speaks ${connection.protocol}.`)),
    paths: Object.values(map.items).map(({ path, history }) => ({ path, history })),
    clockRule: map.clock,
    buffer,
    clock,
    log,
    probe,
  });
}
