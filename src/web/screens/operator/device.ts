/**
 * What a tablet keeps of reports: those that wait, of everybody who has worked at it, and what was booked last, so that
 * it can be taken back. Nothing is ever thrown away because it cannot be read.
 */
import type { Report } from "../../../api/contract/terminal.ts";
import type { QueuedReport } from "./queue.ts";

/** A report that the server has booked. */
export interface BookedReport {
  readonly intent: string;
  readonly person: string;
  readonly unit: string;
  readonly report: Report;
  /** The server's id of it: what a correction names. */
  readonly statement: string;
}

const bookedMax = 60;

export class Device {
  readonly #site: string;

  constructor(site: string) {
    this.#site = site;
  }

  get queueKey(): string {
    return `millrace.reports.${this.#site}`;
  }

  get #bookedKey(): string {
    return `millrace.booked.${this.#site}`;
  }

  /** Empty when the device keeps nothing, or forbids keeping. */
  queued(): readonly QueuedReport[] {
    // written by `keepQueued` alone; what somebody else has put there is not a list of entries
    return readList(this.queueKey).filter(isEntry) as QueuedReport[];
  }

  /** @throws when the device has no room or forbids it */
  keepQueued(entries: readonly QueuedReport[]): void {
    localStorage.setItem(this.queueKey, JSON.stringify(entries));
  }

  booked(): readonly BookedReport[] {
    return readList(this.#bookedKey).filter(isEntry) as BookedReport[]; // written by `keepBooked` alone
  }

  /** Only for taking back: without room it is forgotten. */
  keepBooked(booked: readonly BookedReport[]): void {
    try {
      localStorage.setItem(this.#bookedKey, JSON.stringify(booked.slice(-bookedMax)));
    } catch {
      return;
    }
  }
}

function readList(key: string): unknown[] {
  const text = textAt(key);
  if (text === null) return [];
  try {
    const read: unknown = JSON.parse(text);
    if (Array.isArray(read)) return read;
  } catch {
    setAside(key, text);
  }
  return [];
}

function textAt(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is forbidden: saving will say so
  }
}

/** A broken text stays on the device under another name: somebody can still read it. */
function setAside(key: string, text: string): void {
  try {
    localStorage.setItem(`${key}.broken`, text);
    localStorage.removeItem(key);
  } catch {
    return;
  }
}

function isEntry(value: unknown): boolean {
  return typeof value === "object" && value !== null && "intent" in value && "unit" in value && "report" in value;
}
