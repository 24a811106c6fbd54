/**
 * Follows up what takes several answers of an ERP: corrections of what was posted, and final decisions that are taken back;
 * and lets the site's rule decide what is final. Whatever it does follows from the database, so it may stop and begin at any
 * time.
 */
import type { ErpConnector } from "../erp/connector.ts";
import { goOnCorrecting } from "../flows/correct.ts";
import { finaliseByRule, type LeftToPeople } from "../flows/finalise.ts";
import { oneByOne } from "../flows/one-by-one.ts";
import type { DecisionPorts } from "../flows/operation-view.ts";
import { goOnReopening } from "../flows/reopen.ts";
import { databaseTrouble } from "./database-trouble.ts";
import type { Log } from "./log.ts";

export interface FollowUp {
  wake(): void;
  close(): Promise<void>;
}

export interface FollowUpSettings extends DecisionPorts {
  readonly log: Log;
  readonly connectors: readonly ErpConnector[];
  /** Postings were planned, or job orders have changed. */
  readonly onDecided: () => void;
}

const everyMs = 1_000;

export function startFollowUp(settings: FollowUpSettings): FollowUp {
  const stop = new AbortController();
  const nap = { end: (): void => undefined };
  const running = run(settings, nap, stop.signal);
  return {
    wake: () => nap.end(),
    close: async () => {
      stop.abort();
      nap.end();
      await running;
    },
  };
}

async function run(settings: FollowUpSettings, nap: { end: () => void }, signal: AbortSignal): Promise<void> {
  const { site, clock, log, connectors } = settings;
  const left: LeftToPeople = new Map();
  const each = oneByOne(clock, (what, error) =>
    log.warn(`${what}: this waits and is tried again; everything else goes on. ${databaseTrouble(error)}`, error),
  );
  const ports = { ...settings, each };
  let failures = 0;
  while (!signal.aborted) {
    try {
      let decided = 0;
      for (const { id, product } of site.erps) {
        const corrections = connectors.find((connector) => connector.product === product)?.corrections;
        const parts: Readonly<Record<string, () => Promise<number>>> = {
          Corrections: async () => (corrections ? goOnCorrecting(ports, id, corrections) : 0),
          "Reopened operations": () => goOnReopening(ports, id),
          "Final by rule": () => finaliseByRule(ports, id, left),
        };
        for (const [name, part] of Object.entries(parts)) decided += (await each(`${name} at ${id}`, part)) ?? 0;
      }
      if (decided > 0) settings.onDecided();
      failures = 0;
    } catch (error) {
      failures += 1;
      log.warn("Corrections and decisions on final operations wait; they are tried again.", error);
    }
    if (signal.aborted) return;
    const slept = new AbortController();
    nap.end = () => slept.abort();
    await clock.sleep(everyMs * 2 ** Math.min(failures, 4), slept.signal);
  }
}
