/** Answers about the health of connections: what the running process knows, beside what waits in the database. */
import type { Clock } from "../../base/clock.ts";
import { instant } from "../../base/instant.ts";
import { ok } from "../../base/result.ts";
import type { ErpOutbox, UnreadValues } from "../../flows/view/connection-view.ts";
import type { ErpHealth, FaultSince, Health, MachineHealth } from "../../flows/view/health-view.ts";
import type { ViewStore } from "../../flows/view/store-view.ts";
import type { Site } from "../../site/site.ts";
import type { Connections } from "../contract/connection.ts";
import type { HandlersOf } from "../handler.ts";
import { timeOf, timeOrNull } from "./answer.ts";

export interface ConnectionHandlerPorts {
  readonly views: ViewStore;
  readonly site: Site;
  readonly health: Health;
  readonly clock: Clock;
}

/** What is not read is shown so long. */
const unreadMs = 24 * 3_600_000;

/** ERPs belong to the whole site: everybody who may read connections sees them; machines are those of one's equipment. */
export function connectionHandlers(ports: ConnectionHandlerPorts): HandlersOf<"GET /api/v1/connections"> {
  const { site, health, clock } = ports;
  return {
    "GET /api/v1/connections": async ({ caller }) => {
      const visible = caller.visible("connection.read");
      const now = clock.now();
      const { outboxes, recovering, refused, unread } = await ports.views.read(async (views) => ({
        outboxes: new Map((await views.connections.erps()).map((erp) => [erp.erp, erp])),
        recovering: await views.connections.isRecovering(),
        refused: await views.refusedFields.counts(),
        unread: await views.connections.unread(instant(now - unreadMs)),
      }));
      const machines = new Map(health.machines().map((machine) => [machine.id, machine]));
      const erps = new Map(health.erps().map((erp) => [erp.id, erp]));
      const seen = site.machines.filter(({ id }) => {
        const unit = site.workUnitByConnection(id);
        return visible === null || (unit !== null && visible.has(unit.id));
      });
      return ok({
        asOf: timeOf(now),
        machines: seen.map(({ id, protocol }) =>
          machineOf(
            { id, protocol, workUnit: site.workUnitByConnection(id)?.id ?? null },
            machines.get(id),
            unread.get(id),
          ),
        ),
        erps: site.erps.map(({ id, product }) =>
          erpOf({ id, product, refusedFields: refused.get(id) ?? 0 }, erps.get(id), outboxes.get(id)),
        ),
        buffer: { waitingBatches: health.waitingBatches() },
        recovering,
      });
    },
  };
}

/** A machine that no feed serves is not connected. */
function machineOf(
  about: Pick<Connections["machines"][number], "id" | "protocol" | "workUnit">,
  machine: MachineHealth | undefined,
  unread: UnreadValues | undefined,
): Connections["machines"][number] {
  return {
    ...about,
    connected: machine?.connected ?? false,
    backfilling: machine?.backfilling ?? false,
    lastSampleAt: timeOrNull(machine?.lastSampleAt ?? null),
    samplesPerSecond: machine?.samplesPerSecond ?? 0,
    waitingSamples: machine?.waitingSamples ?? 0,
    lagMs: machine?.lagMs ?? null,
    unread: unread ? { count: unread.count, at: timeOf(unread.recordedAt), item: unread.item, why: unread.why } : null,
    fault: faultOf(machine?.fault ?? null),
  };
}

function erpOf(
  about: Pick<Connections["erps"][number], "id" | "product" | "refusedFields">,
  erp: ErpHealth | undefined,
  outbox: ErpOutbox | undefined,
): Connections["erps"][number] {
  return {
    ...about,
    ready: erp?.ready ?? false,
    lastPullAt: timeOrNull(outbox?.lastPullAt ?? null),
    pending: outbox?.pending ?? 0,
    inDoubt: outbox?.inDoubt ?? 0,
    parked: outbox?.parked ?? 0,
    refused: outbox?.refused ?? 0,
    oldestPendingAt: timeOrNull(outbox?.oldestPendingAt ?? null),
    fault: faultOf(erp?.fault ?? null),
  };
}

function faultOf(since: FaultSince | null): Connections["erps"][number]["fault"] {
  return since && { at: timeOf(since.at), code: since.fault.code, message: since.fault.message };
}
