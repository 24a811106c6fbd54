/** What every decision of a person hands to its flow, and whether it was made before. */
import type { Caller } from "../../access/caller.ts";
import type { ViewStore } from "../../flows/view/store-view.ts";
import type { PersonKey } from "../../isa95/resource/person.ts";
import type { Actor } from "../../record/command.ts";

export interface Decision {
  readonly command: string;
  readonly caller: Caller;
  readonly body: { readonly because: string };
}

/** A key decides under its own name: who holds it is known to the audit. */
export function decided({ command, caller, body }: Decision): { readonly id: string; readonly actor: Actor } {
  return { id: command, actor: { person: caller.actor as PersonKey, reason: body.because } }; // opaque in either case
}

/**
 * Which decision was made under this command before; null: none. Asked before it is made: the same command again has the
 * same outcome, and nothing happens twice.
 */
export function madeBefore(store: ViewStore, command: string): Promise<string | null> {
  return store.read((views) => views.mend.decisionOf(command));
}
