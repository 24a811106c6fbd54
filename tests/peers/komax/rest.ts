/** Waiting for the process under test: until the days may begin, and until it has nothing left to do. */
import type { Line, LineStatus } from "./line-process.ts";
import type { Lives } from "./life.ts";
import type { Stage } from "./stage.ts";

export interface Waiting {
  readonly line: Line;
  readonly lives: Lives;
  readonly data: string;
  readonly stage: Stage;
}

const readySeconds = 120;
/** The machine is let run when its list of job orders has not changed for so long. */
const settledMs = 1_500;

/** Ready, orders read, nothing waiting, and the machine's list quiet: then the day may begin. */
export async function untilReady({ line, lives, data, stage }: Waiting): Promise<void> {
  const start = await stage.replay.progress();
  for (const from = Date.now(); ; await lives.doze(500)) {
    await lives.tend(start);
    const status = await line.status(data);
    const lastChange = stage.observer.changes().at(-1)?.at ?? from;
    const isRead = (stage.proxy.passed.get("order-read") ?? 0) > 0;
    if (status?.ready === true && status.idle && isRead && Date.now() - lastChange > settledMs) return;
    if (Date.now() - from > readySeconds * 1000)
      throw new Error(`Millrace was not ready after ${readySeconds} s: ${statusWords(status)}`);
  }
}

/** At rest twice in a row. Null, or what was still waiting when the time was over. */
export async function untilRest({ line, lives, data, stage }: Waiting, seconds: number): Promise<string | null> {
  const progress = await stage.replay.progress();
  let rests = 0;
  for (const from = Date.now(); ; await lives.doze(1_000)) {
    await lives.tend(progress);
    const status = await line.status(data);
    rests = status?.ready === true && status.idle ? rests + 1 : 0;
    if (rests === 2) return null;
    if (Date.now() - from > seconds * 1000) return statusWords(status);
  }
}

function statusWords(status: LineStatus | null): string {
  if (status === null) return "its status cannot be read";
  const waiting = Object.entries(status.outbox).map(([name, count]) => `${count} ${name}`);
  return `ready ${status.ready}, idle ${status.idle}, outbox ${waiting.join(", ")}, quarantine ${status.quarantine}`;
}
