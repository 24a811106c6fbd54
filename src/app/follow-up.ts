/**
 * Follows up what takes several answers of an ERP: corrections of what was posted, and final decisions that are taken back;
 * and lets the site's rule decide what is final. Whatever it does follows from the database, so it may stop and begin at any
 * time.
 */
import type { ErpConnector } from "../erp/connector.ts";
import { goOnCorrecting } from "../flows/correct.ts";
import { finaliseByRule, type LeftToPeople } from "../flows/finalise.ts";
import type { DecisionPorts } from "../flows/operation-view.ts";
import { goOnReopening } from "../flows/reopen.ts";
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
  let failures = 0;
  while (!signal.aborted) {
    try {
      let decided = 0;
      for (const { id, product } of site.erps) {
        const corrections = connectors.find((connector) => connector.product === product)?.corrections;
        if (corrections) decided += await goOnCorrecting(settings, id, corrections);
        decided += (await goOnReopening(settings, id)) + (await finaliseByRule(settings, id, left));
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
