/**
 * Decisions of people, each made once: a command's id is claimed before anything is decided, and its outcome commits
 * with what it changed. A double click, a lost reply or a second process gets the first one's outcome; a refusal is an
 * outcome too. What a command decides is the business of its flow; who may give it is the door's.
 */
import { canonicalJson } from "../base/json.ts";
import { contentId } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import { makeFault, type Fault, type Result } from "../base/result.ts";
import type { Command, CommandOutcome } from "../record/command.ts";
import type { Tx } from "./ports.ts";

export type Claim =
  /** Ours to decide, and to settle before the transaction ends. */
  | { readonly kind: "new" }
  /** Decided before: nothing may be done again. */
  | { readonly kind: "done"; readonly outcome: CommandOutcome }
  | { readonly kind: "fault"; readonly fault: Fault };

/** Longest id that a door may give: a GUID or a digest fits. */
const idLengthMax = 100;

/**
 * Claims a command. Waits for another transaction that has claimed the same id, and then knows its outcome.
 *
 * @fault invalid  flows/command-incomplete  no id, no person or no reason
 * @fault conflict flows/command-reused      the id stands for another command
 */
export async function claimCommand(tx: Tx, command: Command, at: Instant): Promise<Claim> {
  const incomplete = whatIsMissing(command);
  if (incomplete) return { kind: "fault", fault: incomplete };
  const { id } = command;
  const hash = digestOf(command);
  if (await tx.commands.claim({ ...command, hash }, at)) return { kind: "new" };
  const held = await tx.commands.get(id);
  if (held?.hash === hash && held.outcome) return { kind: "done", outcome: held.outcome };
  const text = `The command ${id} was given before with another content. Give a new decision an id of its own.`;
  return { kind: "fault", fault: makeFault("conflict", "flows/command-reused", text) };
}

/**
 * Decides once: claims, decides, keeps the outcome and its entry in the audit, in the same transaction. The way in for
 * every flow that a person starts. The audit names the command and what it is about; who asked for what and why stays in
 * the command's row, whose digest the entry holds, because reasons are free text.
 *
 * @param decide  runs only when the command is new; its value must be JSON
 */
export async function decideOnce<T>(
  tx: Tx,
  command: Command,
  at: Instant,
  decide: () => Promise<Result<T>>,
): Promise<Result<T>> {
  return decideWithOwnAudit(tx, command, at, decide, async (outcome) => {
    const { id, name, actor, about = id } = command;
    const digest = digestOf(command);
    const detail = {
      outcome: outcome.ok ? "done" : outcome.fault.code,
      digest,
      ...(about === id ? {} : { command: id }),
    };
    await tx.audit.append({ at, who: actor.person, what: name, about, detail });
  });
}

/** The same, where the flow says in the audit more than that a command was decided. `afterwards` comes last. */
export async function decideWithOwnAudit<T>(
  tx: Tx,
  command: Command,
  at: Instant,
  decide: () => Promise<Result<T>>,
  afterwards: (outcome: Result<T>) => Promise<void>,
): Promise<Result<T>> {
  const claim = await claimCommand(tx, command, at);
  if (claim.kind === "fault") return { ok: false, fault: claim.fault };
  // The hash holds the command's name: the outcome is one that the same flow has kept.
  if (claim.kind === "done") return claim.outcome as Result<T>;
  const outcome = await decide();
  await tx.commands.settle(command.id, outcome);
  // One transaction at a time adds to the audit: nothing may be waited for after it.
  await afterwards(outcome);
  return outcome;
}

function digestOf({ name, content, actor }: Command): string {
  return contentId("command", name, actor.person, actor.reason, canonicalJson(content));
}

function whatIsMissing({ id, actor }: Command): Fault | null {
  const missing =
    id === "" || id.length > idLengthMax
      ? `an id of at most ${idLengthMax} signs`
      : actor.person.trim() === ""
        ? "the person who decides"
        : actor.reason.trim() === ""
          ? "a reason"
          : null;
  return missing && makeFault("invalid", "flows/command-incomplete", `A decision needs ${missing}.`);
}
