/**
 * Keeps decisions that operations are final going: carries reopening on as the ERP answers, and lets the site's rule
 * decide. Whatever it does follows from the database, so it may stop and begin at any time.
 */
import { finaliseByRule } from "../flows/finalise.ts";
import type { DecisionPorts } from "../flows/operation-view.ts";
import { goOnReopening } from "../flows/reopen.ts";
import type { Log } from "./log.ts";

export interface FinalityKeeper {
  wake(): void;
  close(): Promise<void>;
}

export interface FinalitySettings extends DecisionPorts {
  readonly log: Log;
  /** Postings were planned, or job orders have changed. */
  readonly onDecided: () => void;
}

const everyMs = 1_000;

export function keepFinality(settings: FinalitySettings): FinalityKeeper {
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

async function run(settings: FinalitySettings, nap: { end: () => void }, signal: AbortSignal): Promise<void> {
  const { site, clock, log } = settings;
  let failures = 0;
  while (!signal.aborted) {
    try {
      let decided = 0;
      for (const { id } of site.erps)
        decided += (await goOnReopening(settings, id)) + (await finaliseByRule(settings, id));
      if (decided > 0) settings.onDecided();
      failures = 0;
    } catch (error) {
      failures += 1;
      log.warn("Decisions on final operations wait; they are tried again.", error);
    }
    if (signal.aborted) return;
    const slept = new AbortController();
    nap.end = () => slept.abort();
    await clock.sleep(everyMs * 2 ** Math.min(failures, 4), slept.signal);
  }
}
