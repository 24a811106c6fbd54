/** What people tell Millrace to do, and what became of it. Claiming and deciding is `flows/command.ts`. */
import type { Result } from "../base/result.ts";
import type { PersonKey } from "../isa95/resource/person.ts";

/** Who decides, and why. */
export interface Actor {
  readonly person: PersonKey;
  /** In the person's own words; kept with the decision. */
  readonly reason: string;
}

export interface Command {
  /** Given by whoever asks, once for each decision; the same id again is the same decision. */
  readonly id: string;
  /** e.g. `operation/finalise`. */
  readonly name: string;
  /** JSON: everything that the decision is about. */
  readonly content: unknown;
  readonly actor: Actor;
  /** Id of what is decided about, as the HTTP interface names it: the audit is searched by it. Left out: the command's. */
  readonly about?: string;
}

/** JSON. A refusal is an outcome too. */
export type CommandOutcome = Result<unknown>;
