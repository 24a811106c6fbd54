/** The gateway role: one feed and one instruction lane per machine connection. */
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { fail } from "../base/result.ts";
import { dispatchTo, instructionSteps, type DispatchViews, type MachineList } from "../flows/dispatch.ts";
import type { Store } from "../flows/ports.ts";
import { startFeed, type Feed } from "../gateway/feed.ts";
import type { FeedStatus } from "../gateway/feed-status.ts";
import type { SampleBuffer } from "../gateway/sample-buffer.ts";
import type { MachineConnector } from "../machine/connector.ts";
import type { Probe } from "../record/probe.ts";
import type { MachineConnection, Site } from "../site/site.ts";
import type { Log } from "./log.ts";
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
}

export interface Gateway {
  feeds(): readonly FeedStatus[];
  /** Orders or job orders have changed: look again what the machines should hold. */
  dispatch(): void;
  close(): Promise<void>;
}

export function startGateway(settings: GatewaySettings): Gateway {
  const feeds = settings.site.machines.flatMap((connection) => feedOf(settings, connection) ?? []);
  return {
    feeds: () => feeds.map((feed) => feed.status()),
    dispatch: () => undefined,
    close: async () => void (await Promise.all(feeds.map((feed) => feed.close()))),
  };
}

function feedOf(settings: GatewaySettings, connection: MachineConnection): Feed | null {
  const { site, buffer, clock, log, probe, dataDir, connectors } = settings;
  const unit = site.workUnitByConnection(connection.id);
  const map = unit ? site.mapOf(unit.id) : null;
  const connector = connectors.find((c) => c.protocol === connection.protocol);
  if (!map) return null; // the site's check names connections without a map
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
