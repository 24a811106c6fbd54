/**
 * What a person decides about an order that was not taken over: read the kept message again, now that the site or the
 * rules fit, or do nothing more with it. Spec: docs/spec/decision.md
 */
import { fail, ok, type Result } from "../base/result.ts";
import type { InboundMessage } from "../erp/connector.ts";
import { effectOf, orderTable, type OrderDecision } from "../record/decision.ts";
import { judgeMessage, refusedOrder, takeUp, type JudgedMessage } from "./accept-order.ts";
import type { QuarantinedOrder } from "./decision-ports.ts";
import { changedSince, decideMend, unknown, type MendCommand, type MendPorts } from "./mend-ports.ts";
import type { Tx } from "./ports.ts";

export interface DecideOrder extends MendCommand {
  /** Id in quarantine. */
  readonly quarantine: number;
}

export interface DecidedOrder {
  /** `erp/number`. */
  readonly subject: string;
  readonly verdict: "accepted" | "unchanged" | "dismissed";
}

/**
 * Reads the original bytes again with the site as it is now.
 *
 * @fault …         why it is still not taken over: it stays in quarantine with this reason
 * @fault transient decision/erp-away      the connector that understands the message is not open
 * @fault transient decision/not-judged    it could not be judged for a cause that goes away
 * @fault conflict  decision/changed, decision/not-possible
 * @fault invalid   decision/unknown
 */
export async function acceptOrderAgain(ports: MendPorts, command: DecideOrder): Promise<Result<DecidedOrder>> {
  const kept = await ports.store.transaction(async (tx) => {
    const order = await tx.decisions.order(command.quarantine);
    return order && tx.decisions.message(order.message);
  });
  const judged = kept ? await judgeAgain(ports, kept.erp, kept.message) : null;
  return decideOrder(ports, "accept-again", command, async (tx, order, now) => {
    if (!kept || !judged) return unknown(`The message of ${order.subject}`);
    if (!judged.ok) return judged;
    const { verdict, fault, decision } = await takeUp(
      tx,
      { site: ports.site, erp: kept.erp },
      judged.value,
      kept.message,
      now,
    );
    await tx.decisions.settleMessage(order.message, fault ? "quarantined" : verdict, fault, decision);
    if (fault) {
      const detail = refusedOrder(judged.value, kept.message, order.message);
      await tx.decisions.settleOrder(order.id, "open", command.id, now);
      await tx.attention.quarantine("order", order.subject, fault, detail, now);
      return { ok: false, fault };
    }
    await tx.decisions.settleOrder(order.id, "resolved", command.id, now);
    return ok({ subject: order.subject, verdict });
  });
}

/** Nothing more is done with it. @fault conflict decision/changed, decision/not-possible */
export function dismissOrder(ports: MendPorts, command: DecideOrder): Promise<Result<DecidedOrder>> {
  return decideOrder(ports, "dismiss", command, async (tx, order, now) => {
    await tx.decisions.settleOrder(order.id, "dismissed", command.id, now);
    return ok({ subject: order.subject, verdict: "dismissed" });
  });
}

function decideOrder(
  ports: MendPorts,
  decision: OrderDecision,
  command: DecideOrder,
  act: (tx: Tx, order: QuarantinedOrder, now: ReturnType<MendPorts["clock"]["now"]>) => Promise<Result<DecidedOrder>>,
): Promise<Result<DecidedOrder>> {
  return decideMend(ports, `order/${decision}`, { ...command, about: command.quarantine }, async (tx, now) => {
    const order = await tx.decisions.order(command.quarantine);
    if (!order) return unknown(`Quarantined order ${command.quarantine}`);
    const changed = changedSince(command.version, order.version);
    if (changed) return { ok: false, fault: changed };
    const effect = effectOf(orderTable, order.state, decision);
    return effect.ok ? act(tx, order, now) : effect;
  });
}

async function judgeAgain(ports: MendPorts, erp: string, message: InboundMessage): Promise<Result<JudgedMessage>> {
  const session = ports.session(erp);
  if (!session) {
    return fail("transient", "decision/erp-away", `The connector of ${erp} is not open. Try again when it is.`);
  }
  try {
    return ok(await judgeMessage({ ...ports, session }, message));
  } catch (error) {
    const text = "The order could not be judged now; nothing was changed. Try again in a minute.";
    return fail("transient", "decision/not-judged", text, error);
  }
}
