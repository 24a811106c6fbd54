/**
 * The browser's clock, corrected by what the server says its own is, and a tick that everything on the page shares.
 * The only file of the screens that asks what time it is.
 */
import { useSyncExternalStore } from "react";

let offsetMs = 0;
let tickAt = Date.now();
let tickUpMs = performance.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** @param serverTime RFC 3339; a tablet's clock that is minutes off must not make every sample look old */
export function learnServerTime(serverTime: string): void {
  const parsed = Date.parse(serverTime);
  const offered = parsed - Date.now();
  // a Date header knows only whole seconds: what it says within that is noise
  if (Number.isNaN(parsed) || Math.abs(offered - offsetMs) <= 1500) return;
  offsetMs = offered;
  tick();
}

function tick(): void {
  tickAt = nowMs();
  tickUpMs = performance.now();
  for (const one of listeners) one();
}

/** Milliseconds since 1970 by the server's clock. */
export function nowMs(): number {
  return Date.now() + offsetMs;
}

/** Milliseconds since the page began, which no clock that is put right moves; a device that sleeps may not count them. */
export function upMs(): number {
  return performance.now();
}

/** Of the site's present moment, as the interface writes it. */
export function nowText(): string {
  return new Date(nowMs()).toISOString();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Now, renewed once a second. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => tickAt);
}

/** `upMs`, renewed once a second. */
export function useUpMs(): number {
  return useSyncExternalStore(listen, () => tickUpMs);
}
