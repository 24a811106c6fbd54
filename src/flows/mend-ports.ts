/** What decisions of people need from outside, what each one names, and how all of them are decided once. */
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import { fail, type Fault, type Result } from "../base/result.ts";
import { contentId } from "../base/id.ts";
import type { ErpSession } from "../erp/connector.ts";
import type { Actor } from "../record/command.ts";
import type { Fact, FactBody } from "../record/fact.ts";
import type { Site } from "../site/site.ts";
import { decideOnce } from "./command.ts";
import type { HeldRun, Store, Tx } from "./ports.ts";
import type { Evaluate } from "./segment-place.ts";

export interface MendPorts {
  readonly store: Store;
  readonly site: Site;
  readonly clock: Clock;
  /** The open session of an ERP; null when there is none now. */
  session(erp: string): Pick<ErpSession, "resolve" | "compose" | "interpret" | "conversation"> | null;
  readonly evaluate: Evaluate;
}

/** What every decision names. */
export interface MendCommand {
  /** The same id again is the same decision, with the same outcome. */
  readonly id: string;
  readonly actor: Actor;
  /** Of what is decided, as the person saw it (If-Match). */
  readonly version: number;
}

/**
 * Decides in one transaction, once for each command id; a refusal commits too.
 *
 * @param command  `about`: id of the order, posting, run or question, as the HTTP interface names it
 * @fault invalid  flows/command-incomplete, conflict flows/command-reused  see `claimCommand`
 */
export function decideMend<T>(
  ports: Pick<MendPorts, "store" | "clock">,
  name: string,
  { id, actor, about, ...content }: MendCommand & { readonly about: string | number },
  decide: (tx: Tx, now: Instant) => Promise<Result<T>>,
): Promise<Result<T>> {
  return ports.store.transaction((tx) => {
    const now = ports.clock.now();
    return decideOnce(tx, { id, name, actor, content, about: String(about) }, now, () => decide(tx, now));
  });
}

/**
 * Whether what was read is still what the person saw.
 *
 * @fault conflict decision/changed  somebody, or the machine, was first
 */
export function changedSince(seen: number, now: number): Fault | null {
  if (seen === now) return null;
  const text = "It has changed since you looked: somebody else was first, or news has come. Look again, then decide.";
  return fail("conflict", "decision/changed", text).fault;
}

/** @fault invalid decision/unknown  nothing has this id */
export function unknown(what: string): { ok: false; fault: Fault } {
  return fail("invalid", "decision/unknown", `${what} is not known. Look again: it may have been a mistake in the id.`);
}

/** What a person says about a run, as a fact: its identity follows from the command. */
export function saidFact(command: MendCommand, run: HeldRun, rule: string, body: FactBody, eventAt: Instant): Fact {
  const { person, reason } = command.actor;
  return {
    id: contentId("said", command.id, rule),
    source: run.source,
    workUnit: run.workUnit,
    run: run.id,
    eventAt,
    rule,
    mapVersion: 0,
    revision: 0,
    saidBy: { by: "person", person, reason },
    evidence: [],
    body,
  };
}
