/** The handlers of every part, put together with what each needs. A route without one is not served. */
import { auditHandlers } from "../api/handlers/audit.ts";
import { connectionHandlers } from "../api/handlers/connection.ts";
import { refusedFieldHandlers } from "../api/handlers/refused-field.ts";
import { documentHandlers } from "../api/handlers/document.ts";
import { evidenceHandlers } from "../api/handlers/evidence.ts";
import { finalHandlers } from "../api/handlers/final.ts";
import { floorHandlers, floorUnitOf } from "../api/handlers/floor.ts";
import { materialHandlers } from "../api/handlers/material.ts";
import { mendDecisionHandlers, type MendDecisionPorts } from "../api/handlers/mend-decision.ts";
import { mendHandlers } from "../api/handlers/mend.ts";
import { notificationHandlers } from "../api/handlers/notification.ts";
import { orderHandlers } from "../api/handlers/order.ts";
import { peopleHandlers } from "../api/handlers/people.ts";
import { sessionHandlers } from "../api/handlers/session.ts";
import { terminalHandlers } from "../api/handlers/terminal.ts";
import { timelineHandlers } from "../api/handlers/timeline.ts";
import type { ServedHandlers } from "../api/server/server.ts";
import { topOf } from "../access/grant.ts";
import type { Caller } from "../access/caller.ts";
import type { Clock } from "../base/clock.ts";
import type { AccessPorts } from "../flows/access-ports.ts";
import type { AnnounceNotices } from "../flows/notify.ts";
import type { Store } from "../flows/ports.ts";
import { unitsOnFloor } from "../flows/view/floor.ts";
import type { Health } from "../flows/view/health-view.ts";
import type { HeldRole, NotificationView } from "../flows/view/notification-view.ts";
import type { ViewStore } from "../flows/view/store-view.ts";
import type { Site } from "../site/site.ts";

export interface HandlerSources {
  readonly site: Site;
  readonly store: Store;
  readonly clock: Clock;
  readonly views: ViewStore;
  readonly notifications: NotificationView;
  readonly health: Health;
  readonly mend: Pick<MendDecisionPorts, "session" | "evaluate" | "onBegunAnew">;
  readonly announceNotices: AnnounceNotices;
  /** To be called after a person's decision: postings were planned, or job orders have changed. */
  readonly onDecided: () => void;
}

export function handlersOf(
  sources: HandlerSources,
  access: AccessPorts,
  onRefused: (code: string) => void,
): ServedHandlers {
  const { site, store, mend, notifications, announceNotices, onDecided } = sources;
  return {
    ...sessionHandlers({ ...access, site, onRefused }),
    ...peopleHandlers(access),
    ...auditHandlers({ store }),
    ...floorHandlers(sources),
    ...terminalHandlers({
      ...sources,
      onReported: ({ postings, moved }) => {
        if (postings > 0 || moved) onDecided();
      },
      floorUnit: async (id) => {
        const [unit] = await unitsOnFloor(sources, new Set([id]));
        return unit ? floorUnitOf(unit) : null;
      },
    }),
    ...orderHandlers(sources),
    ...timelineHandlers(sources),
    ...evidenceHandlers(sources),
    ...documentHandlers(sources),
    ...materialHandlers(sources),
    ...connectionHandlers(sources),
    ...refusedFieldHandlers(sources),
    ...finalHandlers(sources),
    ...mendHandlers(sources),
    ...mendDecisionHandlers({ ...sources, ...mend }),
    ...notificationHandlers({
      ...sources,
      view: notifications,
      announce: announceNotices,
      rolesOf: (caller) => rolesOf(sources, caller),
      below: (equipment) => (site.equipmentById(equipment) ? site.below(equipment) : null),
    }),
  };
}

/** Null for a key, which has scopes and no roles. */
async function rolesOf({ store, site }: HandlerSources, { person }: Caller): Promise<readonly HeldRole[] | null> {
  if (person === null) return null;
  const account = await store.transaction((tx) => tx.accounts.get(person));
  const top = topOf(site);
  return (account?.grants ?? []).map(({ role, equipment }) => ({
    role,
    equipment: equipment === top ? null : site.below(equipment),
  }));
}
