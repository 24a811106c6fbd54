/**
 * The event stream: announcements of this process become numbered events, the last of which are kept for whoever comes
 * back, and go to every client that may see what they are about. A work unit is read once for all clients and said at
 * most four times a second, except when its state has changed. A client that does not read is let go.
 */
import { mayAnywhere } from "../../access/grant.ts";
import type { Caller } from "../../access/caller.ts";
import type { Permission } from "../../access/permission.ts";
import type { Clock } from "../../base/clock.ts";
import { formatInstant } from "../../base/instant.ts";
import type { Announce, Announcement } from "../../flows/announce.ts";
import type { FloorUnit } from "../contract/floor.ts";
import type { StreamEvent } from "../contract/stream.ts";

export interface StreamHubOptions {
  readonly clock: Clock;
  /** How a work unit is now; null when there is none. Without it units are not spoken of. */
  readonly readUnit?: (unit: string) => Promise<FloorUnit | null>;
  /** The ids from the equipment up to the top. */
  readonly upwards: (equipment: string) => readonly string[];
  readonly onFailure: (message: string, cause: unknown) => void;
  readonly limits?: Partial<StreamLimits>;
}

export interface StreamLimits {
  /** Events that are kept for whoever comes back. */
  readonly kept: number;
  /** Bytes that may wait for one client. */
  readonly waitingBytes: number;
  readonly unitEveryMs: number;
}

const standard: StreamLimits = { kept: 4_000, waitingBytes: 512 * 1024, unitEveryMs: 250 };

export interface StreamClient {
  readonly caller: Caller;
  /** Null: all. */
  readonly kinds: ReadonlySet<string> | null;
  /** Only what is done there or below; null: everywhere. */
  readonly under: string | null;
  /** The `Last-Event-ID` that it came back with. */
  readonly lastEventId: string | null;
  write(text: string): void;
  /** Bytes that it has not taken yet. */
  waiting(): number;
  /** Ends the connection. */
  drop(): void;
}

export interface StreamConnection {
  /** Says that the server is there. */
  beat(): void;
  /** With what the caller may now. */
  renew(caller: Caller): void;
  leave(): void;
}

export interface StreamHub {
  readonly announce: Announce;
  connect(client: StreamClient): StreamConnection;
  clients(): number;
  close(): void;
}

interface Kept {
  readonly id: number;
  readonly event: StreamEvent;
  readonly permission: Permission;
  /** Null: nowhere in particular. */
  readonly equipment: readonly string[] | null;
}

interface Member {
  readonly client: StreamClient;
  caller: Caller;
}

interface UnitTurn {
  saidAtMs: number;
  isBusy: boolean;
  /** Announced, and not read since. */
  isDue: boolean;
  isUrgent: boolean;
  /** Ends the waiting for its turn. */
  wake: AbortController;
}

export function streamHub(options: StreamHubOptions): StreamHub {
  const limits = { ...standard, ...options.limits };
  const { clock } = options;
  const era = clock.now().toString(36);
  const stop = new AbortController();
  const kept: Kept[] = [];
  const clients = new Set<Member>();
  let last = 0;

  const publish = (said: Omit<Kept, "id">): void => {
    const entry = { ...said, id: ++last };
    kept.push(entry);
    if (kept.length > limits.kept) kept.splice(0, kept.length - limits.kept);
    for (const one of clients) if (concerns(one, entry)) send(one, frame(entry.event, `${era}-${entry.id}`));
  };
  const send = (one: Member, text: string): void => {
    if (one.client.waiting() > limits.waitingBytes) {
      // It comes back and asks for what it missed, or for everything.
      clients.delete(one);
      one.client.drop();
      return;
    }
    one.client.write(text);
  };
  const concerns = ({ client, caller }: Member, entry: Kept): boolean => {
    if (client.kinds && !client.kinds.has(entry.event.kind)) return false;
    const { under } = client;
    if (entry.equipment === null) return mayAnywhere(caller, entry.permission);
    const there = under === null ? entry.equipment : entry.equipment.filter((e) => options.upwards(e).includes(under));
    if (caller.visible(entry.permission) === null) return under === null || there.length > 0;
    return there.some((equipment) => caller.may(entry.permission, equipment));
  };
  const units = unitTurns(options, limits.unitEveryMs, stop.signal, (unit) =>
    publish({ event: { kind: "unit", unit }, permission: "floor.read", equipment: [unit.id] }),
  );

  return {
    announce: (announcement) => {
      if (stop.signal.aborted) return;
      if (announcement.kind === "unit") units(announcement.unit, announcement.isNewState);
      else publish(saidOf(announcement));
    },
    connect: (client) => {
      const one: Member = { client, caller: client.caller };
      clients.add(one);
      const hello = (): StreamEvent => ({ kind: "hello", at: formatInstant(clock.now()) });
      const missed = missedSince(client.lastEventId, era, kept, last);
      // The id says from where to go on; it is told when there is nothing before it to be missed.
      send(one, frame(hello(), missed === null || missed.length === 0 ? `${era}-${last}` : null));
      if (missed === null && client.lastEventId !== null) send(one, frame({ kind: "reset" }, `${era}-${last}`));
      for (const entry of missed ?? []) {
        if (concerns(one, entry)) send(one, frame(entry.event, `${era}-${entry.id}`));
      }
      return {
        beat: () => send(one, frame(hello(), null)),
        renew: (caller) => void (one.caller = caller),
        leave: () => void clients.delete(one),
      };
    },
    clients: () => clients.size,
    close: () => {
      stop.abort();
      for (const { client } of clients) client.drop();
      clients.clear();
    },
  };
}

/** What came after an id; null when that is not known any more, or the id is none of this process. */
function missedSince(id: string | null, era: string, kept: readonly Kept[], last: number): readonly Kept[] | null {
  const match = /^([0-9a-z]+)-(\d+)$/.exec(id ?? "");
  const seen = Number(match?.[2]);
  if (!match || match[1] !== era || seen > last) return null;
  const oldest = kept[0]?.id ?? last + 1;
  return seen + 1 < oldest ? null : kept.filter((entry) => entry.id > seen);
}

function saidOf(announcement: Exclude<Announcement, { kind: "unit" }>): Omit<Kept, "id"> {
  switch (announcement.kind) {
    case "order": {
      const { kind, order, equipment } = announcement;
      return { event: { kind, order }, permission: "order.read", equipment };
    }
    case "posting": {
      const { kind, posting, order, equipment } = announcement;
      return { event: { kind, posting, order }, permission: "order.read", equipment };
    }
    case "notification": {
      const { kind, notification, equipment } = announcement;
      return { event: { kind, notification }, permission: "notification.read", equipment };
    }
    case "mend":
      return { event: { kind: "mend" }, permission: "mend.read", equipment: null };
    case "connections":
      return { event: { kind: "connections" }, permission: "connection.read", equipment: null };
  }
}

/**
 * Reads units when it is their turn: one reading of a unit at a time, so that none overtakes a later one. A new state
 * ends the waiting for a turn.
 *
 * @returns called with each announcement
 */
function unitTurns(
  { clock, readUnit, onFailure }: StreamHubOptions,
  everyMs: number,
  signal: AbortSignal,
  publish: (unit: FloorUnit) => void,
): (unit: string, isNewState: boolean) => void {
  const turns = new Map<string, UnitTurn>();
  const sayOnce = async (id: string, turn: UnitTurn): Promise<void> => {
    const waitMs = turn.saidAtMs + everyMs - clock.monotonicMs();
    if (waitMs > 0 && !turn.isUrgent) await clock.sleep(waitMs, AbortSignal.any([signal, turn.wake.signal]));
    if (signal.aborted) return;
    Object.assign(turn, { isDue: false, isUrgent: false, wake: new AbortController(), saidAtMs: clock.monotonicMs() });
    try {
      const unit = await readUnit?.(id);
      if (unit && !signal.aborted) publish(unit);
    } catch (error) {
      onFailure(`Work unit ${id} could not be read for the screens; they show it later.`, error);
    }
  };
  const run = async (id: string, turn: UnitTurn): Promise<void> => {
    turn.isBusy = true;
    while (turn.isDue && !signal.aborted) await sayOnce(id, turn);
    turn.isBusy = false;
  };
  return (id, isNewState) => {
    if (!readUnit) return;
    const turn = turns.get(id) ?? newTurn();
    turns.set(id, turn);
    turn.isDue = true;
    turn.isUrgent ||= isNewState;
    if (isNewState) turn.wake.abort();
    if (!turn.isBusy) void run(id, turn);
  };
}

function newTurn(): UnitTurn {
  const saidAtMs = Number.NEGATIVE_INFINITY;
  return { saidAtMs, isBusy: false, isDue: false, isUrgent: false, wake: new AbortController() };
}

function frame(event: StreamEvent, id: string | null): string {
  return `${id === null ? "" : `id: ${id}\n`}data: ${JSON.stringify(event)}\n\n`;
}
