/**
 * How people click: once, twice in a hurry, at two screens at once, or on what was on the screen a while ago; and again when
 * nobody has answered. Whatever they do, a decision is taken once: that is checked here, by the answers alone.
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../../base/clock.ts";
import type { Result } from "../../../base/result.ts";
import type { MendCommand } from "../../../flows/mend-ports.ts";
import type { Store } from "../../../flows/ports.ts";
import type { PersonKey } from "../../../isa95/resource/person.ts";
import type { Random } from "../../random.ts";
import type { Deed } from "../act.ts";
import type { Complain } from "../checker/finding.ts";

export interface ClickPorts {
  readonly clock: Clock;
  /** Two screens, each with a connection of its own. */
  readonly stores: readonly [Store, Store];
  readonly chance: Random;
  readonly complain: Complain;
  readonly did: (deed: Deed) => void;
  readonly log: (line: string, cause?: unknown) => void;
}

export interface Seen {
  /** Of the click: the same again is the same decision. */
  readonly id: string;
  /** As it was on the screen; null: of what is decided by its state alone, and may be decided again. */
  readonly version: number | null;
  readonly reason: string;
}

type Decide<T> = (store: Store, command: MendCommand) => Promise<Result<T>>;

const againAfterMs = 45_000;
// Longer than any disk is full: what nobody says any more, nobody knows.
const triesMax = 40;

/** @returns whether it was carried out */
export async function click<T>(ports: ClickPorts, seen: Seen, decide: Decide<T>): Promise<boolean> {
  const { stores, chance, complain, did } = ports;
  // A key of the simulation.
  const actor = { person: "office" as PersonKey, reason: seen.reason };
  const command: MendCommand = { id: seen.id, actor, version: seen.version ?? 0 };
  const [here, there] = stores;
  const how = chance.fork(seen.id).whole(0, 7);
  if (how === 0 && (seen.version ?? 0) > 0) {
    did("stale-version");
    const stale = await insist(ports, () =>
      decide(here, { ...command, id: `${seen.id}/old`, version: command.version - 1 }),
    );
    if (stale?.ok) complain("decided-once", `${seen.id} was carried out for a version that is gone`);
  }
  const clicks =
    how === 1 || how === 2
      ? [() => decide(here, command), () => decide(here, command)]
      : how === 3 || how === 4
        ? [() => decide(here, command), () => decide(there, { ...command, id: `${seen.id}/other` })]
        : [() => decide(here, command)];
  const verdicts = await Promise.all(clicks.map((one) => insist(ports, one)));
  const [first, second] = verdicts;
  if (how === 1 || how === 2) {
    did("double-click");
    if (first && second && !isDeepStrictEqual(first, second))
      complain("decided-once", `${seen.id} was clicked twice and answered in two ways`);
  } else if (clicks.length > 1) {
    did("two-tablets");
    if (seen.version !== null && first?.ok && second?.ok)
      complain("decided-once", `${seen.id} was decided at two screens at once`);
  }
  return verdicts.some((verdict) => verdict?.ok);
}

/** Clicks again while nobody answers: what was decided and not told is told then. Null: nobody ever answers. */
export async function insist<T>(
  ports: Pick<ClickPorts, "clock" | "did" | "log">,
  once: () => Promise<Result<T>>,
): Promise<Result<T> | null> {
  const { clock, did, log } = ports;
  for (let tries = 0; tries < triesMax; tries += 1) {
    try {
      return await once();
    } catch (error) {
      did("clicked-again");
      log("A decision was not taken.", error);
      await clock.sleep(againAfterMs);
    }
  }
  return null;
}
