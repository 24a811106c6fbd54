/**
 * The queue of reports, joined to the browser: kept in local storage, sent by `call`, one window at a time, woken when
 * the network or the person comes back. It lives as long as the page, also while another screen is shown.
 */
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { Report, ReportOutcome } from "../../../api/contract/terminal.ts";
import type { Session } from "../../../api/contract/session.ts";
import { call } from "../../api/call.ts";
import { newIntent } from "../../api/intent.ts";
import { CallProblem } from "../../api/problem.ts";
import { keyOf, queryClient, sessionKey } from "../../api/query.ts";
import { Device, type BookedReport } from "./device.ts";
import { ReportQueue, type QueuedReport, type SendOutcome } from "./queue.ts";

const answerMs = 15_000;

/** A report that was booked after the terminal on the screen was read: it still counts as on its way. */
export interface FreshReport extends QueuedReport {
  readonly mark: number;
}

export interface ReportsShown {
  readonly entries: readonly QueuedReport[];
  readonly fresh: readonly FreshReport[];
  /** Oldest first. */
  readonly booked: readonly BookedReport[];
}

let mark = 0;

/** For a reading of a terminal: how many reports were booked when it began. */
export function reportMark(): number {
  return mark;
}

export class Reports {
  readonly person: string;
  readonly queue: ReportQueue;
  readonly #device: Device;
  readonly #client: QueryClient;
  readonly #listeners = new Set<() => void>();
  #shown: ReportsShown;
  #endWait: () => void = () => undefined;

  constructor(site: string, person: string, client: QueryClient) {
    this.person = person;
    this.#client = client;
    this.#device = new Device(site);
    this.#shown = { entries: this.#device.queued(), fresh: [], booked: this.#device.booked() };
    this.queue = new ReportQueue(person, {
      load: () => this.#device.queued(),
      save: (entries) => this.#device.keepQueued(entries),
      send: (entry) => this.#send(entry),
      alone: (work) => alone(this.#device.queueKey, work),
      wait: (ms) => this.#wait(ms),
      changed: (entries) => this.#show({ ...this.#shown, entries }),
      booked: (entry, outcome) => this.#took(entry, outcome),
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly shown = (): ReportsShown => this.#shown;

  /** Kept first, then sent. @throws when the device cannot keep it: then nothing was reported */
  say(unit: string, report: Report): void {
    this.queue.add({ intent: newIntent(), unit, report });
    this.#endWait();
  }

  readonly wake = (): void => {
    this.#endWait();
    this.queue.wake();
  };

  /** Another window of this device has changed what is kept. */
  readonly look = (): void => {
    this.#show({ ...this.#shown, entries: this.#device.queued(), booked: this.#device.booked() });
  };

  close(): void {
    this.queue.close();
    this.#endWait();
  }

  async #send(entry: QueuedReport): Promise<SendOutcome> {
    const session = this.#client.getQueryData<Session | null>(sessionKey);
    if (session?.person !== entry.person) return { is: "signed-out" };
    const input = { params: { unit: entry.unit }, body: entry.report, intent: entry.intent };
    try {
      const signal = AbortSignal.timeout(answerMs);
      return { is: "booked", outcome: await call("POST /api/v1/units/:unit/reports", input, signal) };
    } catch (error) {
      return this.#whyNot(error);
    }
  }

  #whyNot(error: unknown): SendOutcome {
    if (!(error instanceof CallProblem) || error.mayRetry) return { is: "later" };
    const { status, code, detail } = error.problem;
    if (status === 401) {
      this.#client.setQueryData(sessionKey, null);
      return { is: "signed-out" };
    }
    if (code === "access/csrf") {
      // somebody has signed in anew in another window: with what the session says now it may go out
      void this.#client.invalidateQueries({ queryKey: sessionKey });
      return { is: "later" };
    }
    return { is: "refused", code, detail };
  }

  #took(entry: QueuedReport, { statement }: ReportOutcome): void {
    mark += 1;
    const { intent, person, unit, report } = entry;
    const takenBack = report.corrects;
    const others = this.#device.booked().filter((one) => one.intent !== intent && one.statement !== takenBack);
    const booked =
      report.statement.kind === "take-back" ? others : [...others, { intent, person, unit, report, statement }];
    this.#device.keepBooked(booked);
    const fresh = [...this.#shown.fresh.slice(-20), { ...entry, mark }];
    this.#show({ entries: this.#device.queued(), fresh, booked });
    void this.#client.invalidateQueries({
      queryKey: keyOf("GET /api/v1/units/:unit/terminal", { params: { unit } }),
    });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #show(shown: ReportsShown): void {
    this.#shown = shown;
    for (const listener of this.#listeners) listener();
  }
}

/** Without locks (a page over plain HTTP has none) two windows may both send: the key makes the server book it once. */
function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  // absent where the page is not a secure context, whatever the type says
  const locks = navigator.locks as LockManager | undefined;
  return locks ? locks.request(name, work) : work();
}

let current: { readonly key: string; readonly reports: Reports; readonly leave: () => void } | null = null;

function reportsOf(site: string, person: string): Reports {
  const key = `${site} ${person}`;
  if (current?.key === key) return current.reports;
  current?.leave();
  const reports = new Reports(site, person, queryClient);
  const onVisible = (): void => {
    if (document.visibilityState === "visible") reports.wake();
  };
  window.addEventListener("online", reports.wake);
  window.addEventListener("storage", reports.look);
  document.addEventListener("visibilitychange", onVisible);
  const leave = (): void => {
    window.removeEventListener("online", reports.wake);
    window.removeEventListener("storage", reports.look);
    document.removeEventListener("visibilitychange", onVisible);
    reports.close();
  };
  current = { key, reports, leave };
  return reports;
}

export function useReports(site: string, person: string): { readonly reports: Reports; readonly state: ReportsShown } {
  const reports = useMemo(() => reportsOf(site, person), [site, person]);
  const state = useSyncExternalStore(reports.subscribe, reports.shown);
  useEffect(() => reports.wake(), [reports]);
  return { reports, state };
}
