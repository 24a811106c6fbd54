/**
 * Who is told of what, and how: the site's rule that is nearest to the equipment, else the careful default. Pure; the
 * defaults stand in docs/guide/notification.md as well, and a test compares them.
 */
import type { Escalation, NoticeKind, NoticeRole, NoticeRule, NoticeSeverity } from "../record/notice.ts";

interface KindDefault {
  readonly severity: NoticeSeverity;
  readonly role: NoticeRole;
  /** How long a state lasts before it is told; null for kinds that happen at once. */
  readonly afterSeconds: number | null;
  readonly escalate: { readonly afterMinutes: number; readonly role: NoticeRole } | null;
}

function row(
  severity: NoticeSeverity,
  role: NoticeRole,
  escalate: readonly [minutes: number, role: NoticeRole] | null = null,
  afterSeconds: number | null = null,
): KindDefault {
  return { severity, role, afterSeconds, escalate: escalate && { afterMinutes: escalate[0], role: escalate[1] } };
}

/** On screen alone. What stops production goes further up after minutes, what waits for a decision after hours. */
export const noticeDefaults: Readonly<Record<NoticeKind, KindDefault>> = {
  "order-new": row("info", "operator"),
  "order-priority": row("warning", "operator"),
  "order-change": row("warning", "operator"),
  "setup-ready": row("info", "operator"),
  "setup-failed": row("urgent", "operator", [10, "supervisor"]),
  "stop-without-reason": row("warning", "operator", [15, "supervisor"], 300),
  "posting-refused": row("urgent", "controller", [240, "supervisor"]),
  quarantine: row("warning", "supervisor", [240, "controller"]),
  question: row("warning", "supervisor", [240, "controller"]),
  "machine-stale": row("urgent", "engineer", [15, "supervisor"], 60),
};

/** What holds for one kind at one place, with nothing left open. */
export interface Told {
  readonly severity: NoticeSeverity;
  readonly role: NoticeRole;
  readonly by: readonly string[];
  readonly afterSeconds: number;
  readonly escalate: Escalation | null;
}

/**
 * @param upwards  ids from the equipment up to the top; the nearest rule holds alone
 */
export function toldBy(rules: readonly NoticeRule[], kind: NoticeKind, upwards: readonly string[]): Told {
  const own = rules.filter(({ kinds }) => kinds.includes(kind));
  const rule = upwards.flatMap((id) => own.find(({ equipment }) => equipment === id) ?? [])[0];
  const preset = noticeDefaults[kind];
  const escalate = rule?.escalate === undefined ? preset.escalate && { ...preset.escalate, by: [] } : rule.escalate;
  return {
    severity: preset.severity,
    role: rule?.role ?? preset.role,
    by: rule?.by ?? [],
    afterSeconds: rule?.afterSeconds ?? preset.afterSeconds ?? 0,
    escalate,
  };
}
