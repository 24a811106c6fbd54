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

/** Another time that is no further off than this is the same: a busy server writes the second before, a word is on its way. */
const noiseMs = 1500;

/** By the device's own clock. */
export function deviceMs(): number {
  return Date.now();
}

/**
 * A tablet's clock that is minutes off must not make every sample look old; nor may a reply that comes late put a right
 * one back. The server wrote its time after it was asked and before the reply came: what fits between is no news.
 * @param serverTime the reply's Date, which knows only whole seconds
 * @param askedMs    `deviceMs` when it was asked
 */
export function learnServerTime(serverTime: string, askedMs: number): void {
  const parsed = Date.parse(serverTime);
  if (Number.isNaN(parsed)) return;
  const least = parsed - deviceMs();
  const most = Math.max(least, parsed + 1000 - askedMs);
  if (offsetMs >= least - noiseMs && offsetMs <= most + noiseMs) return;
  offsetMs = (least + most) / 2;
  tick();
}

/** Whether a word of the stream says another time than ours. It may have come late: only a reply tells by how much. */
export function differs(serverTime: string): boolean {
  return Math.abs(Date.parse(serverTime) - nowMs()) > noiseMs;
}

function tick(): void {
  tickAt = nowMs();
  tickUpMs = performance.now();
  for (const one of listeners) one();
}

/** Milliseconds since 1970 by the server's clock. */
export function nowMs(): number {
  return serverMs(Date.now());
}

/** A time of `deviceMs`, by what is known of the server's clock now. */
export function serverMs(ofDevice: number): number {
  return ofDevice + offsetMs;
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
