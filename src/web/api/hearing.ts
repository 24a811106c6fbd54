/** Since when nothing was heard of the server: of the stream, and of calls that were not answered. */
import { useSyncExternalStore } from "react";
import { deviceMs, serverMs, upMs, useNow, useUpMs } from "../clock.ts";

/** After so long without a word what is shown counts as old; the server speaks every five seconds. */
const silenceMs = 10_000;

interface Hearing {
  /** When the server last said anything, by the device's clock: what is known of the server's may change. */
  readonly heardDeviceMs: number;
  /** The same by `upMs`. */
  readonly heardUpMs: number;
  /** A call had no answer, and nothing was heard since. */
  readonly isUnanswered: boolean;
}

let hearing: Hearing = { heardDeviceMs: deviceMs(), heardUpMs: upMs(), isUnanswered: false };
const listeners = new Set<() => void>();

function set(next: Hearing): void {
  hearing = next;
  for (const listener of listeners) listener();
}

export function heard(): void {
  set({ heardDeviceMs: deviceMs(), heardUpMs: upMs(), isUnanswered: false });
}

/** A call was answered: that says nothing of how old the rest is. */
export function answered(): void {
  if (hearing.isUnanswered) set({ ...hearing, isUnanswered: false });
}

export function unanswered(): void {
  if (!hearing.isUnanswered) set({ ...hearing, isUnanswered: true });
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** When the server was last heard, if that is too long ago or it has not answered since; null while all is well. */
export function useSilence(): number | null {
  const { heardDeviceMs, heardUpMs, isUnanswered } = useSyncExternalStore(listen, () => hearing);
  const now = useNow();
  const heardAt = serverMs(heardDeviceMs);
  // by both: the one counts while the device sleeps, the other when its clock is put back
  const silentMs = Math.max(now - heardAt, useUpMs() - heardUpMs);
  return isUnanswered || silentMs > silenceMs ? heardAt : null;
}
