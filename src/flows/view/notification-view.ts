/** Notices as a screen lists them. Implemented in `store/view/notification-view.ts`. */
import type { Instant } from "../../base/instant.ts";
import type { DeliveryStage, DeliveryState, Notice } from "../../record/notice.ts";

/** A role that the asker holds, and where; null: everywhere. */
export interface HeldRole {
  readonly role: string;
  readonly equipment: readonly string[] | null;
}

/**
 * Whether a notice is told to a role that is held at its place: from the beginning, or by escalation. List and count say the same
 * in SQL, because they go over many; `tests/view/notice-role.test.ts` holds both together.
 *
 * @param held  null: told whatever goes to any role
 */
export function isToldTo(
  held: readonly HeldRole[] | null,
  { role, equipment, escalate, escalatedAt }: Pick<Notice, "role" | "equipment" | "escalate" | "escalatedAt">,
): boolean {
  if (held === null) return true;
  const told: readonly (string | undefined)[] = [role, escalatedAt === null ? undefined : escalate?.role];
  return held.some((one) => told.includes(one.role) && (one.equipment?.includes(equipment) ?? true));
}

/** Of whom it is asked what he is told. */
export interface Told {
  /** What the asker may see at all; null: the whole site. */
  readonly visible: readonly string[] | null;
  /** To one of these, from the beginning or by escalation; null: to any role. */
  readonly roles: readonly HeldRole[] | null;
}

export interface NotificationQuery extends Told {
  /** Not resolved: something is still to be done or known. */
  readonly isOpen: boolean;
  /** Only of these; null: of all. */
  readonly equipment: readonly string[] | null;
  /** The last one of the page before. */
  readonly after: { readonly raisedAt: Instant; readonly id: string } | null;
  readonly limit: number;
}

export interface ListedNotice {
  readonly notice: Notice;
  readonly deliveries: readonly {
    readonly channel: string;
    readonly stage: DeliveryStage;
    readonly state: DeliveryState;
    /** Why the last attempt failed. */
    readonly problem: string | null;
  }[];
}

export interface OpenCount {
  readonly equipment: string;
  readonly count: number;
  readonly urgent: number;
}

export interface NotificationView {
  /** Newest first. */
  list(query: NotificationQuery): Promise<readonly ListedNotice[]>;
  /** How many are open and taken over by nobody, by equipment; none for equipment without any. */
  open(told: Told): Promise<readonly OpenCount[]>;
}
