/** A person takes a notice over. From then on it is not taken further up. */
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import type { CommandOutcome } from "../record/command.ts";
import type { Notice } from "../record/notice.ts";
import { claimCommand } from "./command.ts";
import type { AnnounceNotices } from "./notify.ts";
import type { Store, Tx } from "./ports.ts";

export interface AcknowledgePorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly announce: AnnounceNotices;
}

export interface Acknowledge {
  readonly command: string;
  readonly notice: string;
  /** Key of the person, or `key:ID` of a program that passes a person's button on. */
  readonly actor: string;
  /** Whether the caller may do this for the notice. */
  readonly may: (notice: Notice) => boolean;
}

export interface Acknowledged {
  readonly isNew: boolean;
  /** Who has it: the caller, or whoever was quicker. */
  readonly by: string;
}

/**
 * @fault invalid  notice/unknown    there is no such notice, or it is not the caller's to see
 * @fault as `claimCommand`
 */
export async function acknowledgeNotice(ports: AcknowledgePorts, asked: Acknowledge): Promise<Result<Acknowledged>> {
  const outcome = await ports.store.transaction((tx) => decide(tx, ports, asked));
  if (!outcome.ok) return outcome;
  const { isNew, by, equipment } = outcome.value;
  if (isNew) ports.announce([{ id: asked.notice, equipment }]);
  return ok({ isNew, by });
}

/** As it is kept with the command. */
interface Taken extends Acknowledged {
  readonly equipment: string;
}

async function decide(tx: Tx, { clock }: AcknowledgePorts, asked: Acknowledge): Promise<Result<Taken>> {
  const now = clock.now();
  const { command: id, notice, actor } = asked;
  // The actor's key; a program's stands in its place.
  const person = actor as PersonKey;
  const command = { id, name: "notice/acknowledge", content: { notice }, actor: { person, reason: "acknowledged" } };
  const claim = await claimCommand(tx, command, now);
  if (claim.kind === "fault") return { ok: false, fault: claim.fault };
  if (claim.kind === "done") return again(claim.outcome);
  const outcome = await take(tx, asked, now);
  await tx.commands.settle(id, outcome);
  return outcome;
}

async function take(tx: Tx, asked: Acknowledge, now: Instant): Promise<Result<Taken>> {
  const notice = await tx.notices.lock(asked.notice);
  if (!notice || !asked.may(notice))
    return fail("invalid", "notice/unknown", "There is no such notification for you. Look at the list again.");
  const { equipment, acknowledgedBy } = notice;
  if (acknowledgedBy !== null) return ok({ isNew: false, by: acknowledgedBy, equipment });
  await tx.notices.acknowledge(notice.id, asked.actor, now);
  return ok({ isNew: true, by: asked.actor, equipment });
}

function again(outcome: CommandOutcome): Result<Taken> {
  if (!outcome.ok) return outcome;
  // The command's hash holds its name: `take` has made it.
  return ok({ ...(outcome.value as Taken), isNew: false });
}
