/**
 * What is kept of a machine cannot be read: its memory cannot be made, and without it nobody knows from where its counters
 * go on. Read on without what is damaged, they would count again what was counted from it. So what the machine says waits.
 */
import type { Instant } from "../base/instant.ts";
import { makeFault, type Fault } from "../base/result.ts";
import { isDamage } from "../record/damage.ts";
import { beginningOfKept, keptSubject } from "../record/kept-subject.ts";
import type { Site } from "../site/site.ts";
import type { CollectorCursor } from "./collector-ports.ts";
import type { Store, Tx } from "./ports.ts";

export class KeptUnreadable extends Error {
  /** It has a code: no sample that is being read is its cause. */
  readonly code = "KEPT_UNREADABLE";
  readonly source: string;
  /** The place in all that it has said at which it stands still, see `CollectorCursor`. */
  readonly ordinal: number;

  constructor(source: string, ordinal: number, cause: Error) {
    super(cause.message, { cause });
    this.source = source;
    this.ordinal = ordinal;
  }
}

/** As the store names the statements that read what is kept of a machine. */
const reads: ReadonlySet<unknown> = new Set([
  "collector.checkpoint",
  "collector.checkpoint-ordinal",
  "collector.batches-after",
  "fact.after",
]);

/**
 * What is made of what is kept of a machine; `KeptUnreadable` is thrown where it cannot be made. Nothing of what the machine
 * says anew may have been looked at: where the program breaks, what is kept is the cause.
 */
export async function keptOf<T>(source: string, cursor: CollectorCursor | null, making: Promise<T>): Promise<T> {
  try {
    return await making;
  } catch (error) {
    throw error instanceof Error && isOfKept(error) ? new KeptUnreadable(source, cursor?.ordinal ?? 0, error) : error;
  }
}

function isOfKept(error: Error): boolean {
  if ("statement" in error) return isDamage(error) && reads.has(error.statement);
  return !("code" in error) || String(error.code).startsWith("ERR_") || isDamage(error);
}

export function keptFault({ source, message, cause }: KeptUnreadable): Fault {
  return makeFault(
    "invalid",
    "collection/kept-unreadable",
    `What is kept in the database of machine ${source} cannot be read: ${message} Nobody can tell without it from where its counters go on, so nothing of ${source} is counted or posted; what it says waits in the gateway's buffer, and other machines go on. Check the disk of the database, and put back from a backup what is damaged, or restore; delete nothing, and have no damaged pages zeroed. It is tried again by itself, at the latest after five minutes. If it cannot be put back, begin the machine anew at this question on the screen "To mend": what cannot be read is given up, nothing is counted twice, and you are asked about the counters that nobody can tell. Nothing is lost while the buffer has room: what waits of machines that are held may fill three quarters of its 32 GB, then what they say is refused until it can be read on, and what they do not remember meanwhile is a gap. Other machines have the rest.`,
    cause,
  );
}

interface AskPorts {
  readonly store: Store;
  readonly site: Site;
}

/**
 * Asks a person, once for each place at which a machine stands still, whichever process comes to it; again where the question
 * was settled, and the machine stands there still.
 */
export function askAboutKept(
  ports: AskPorts,
  { source, ordinal }: KeptUnreadable,
  text: string,
  now: Instant,
): Promise<void> {
  const workUnit = ports.site.workUnitByConnection(source)?.id;
  const about = workUnit === undefined ? {} : { workUnit };
  const question = { subject: keptSubject(source, ordinal), text, evidence: [], about };
  return ports.store.transaction((tx) => tx.attention.askStill(question, now));
}

/** What is kept of these can be read: nobody has to answer any more. */
export async function keptIsReadable(
  { attention }: Pick<Tx, "attention">,
  sources: readonly string[],
  now: Instant,
): Promise<void> {
  await attention.answerBeginning(sources.map(beginningOfKept), now);
}
