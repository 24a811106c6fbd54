/** Who asks: a signed-in person or an API key, and what they may do where. Made by the doors, asked by every handler. */
import type { PersonKey } from "../isa95/resource/person.ts";
import type { Permission } from "./permission.ts";

export interface Caller {
  /** Null for an API key. */
  readonly person: PersonKey | null;
  /** Id of the API key; null for a person. */
  readonly key: string | null;
  /** As it stands in audit and decisions: the person's key, or `key:ID`. */
  readonly actor: string;
  /** Whether it holds the permission for this equipment: granted there or anywhere above it. */
  may(permission: Permission, equipment: string): boolean;
  /**
   * The equipment for which it holds the permission, as the ids of all work units, work centers and what is above them
   * that are visible; null when it holds it for the whole site, so that lists need no filter.
   */
  visible(permission: Permission): ReadonlySet<string> | null;
}
