/**
 * A restore in the middle of a run: a backup is taken while everything runs, more is posted to the ERP after it, the
 * process is killed, and the backup is restored into a fresh data directory that then has to find out what happened.
 */
import { isPosted } from "../erp-call.ts";
import type { Line } from "./line-process.ts";
import type { Lives } from "./life.ts";
import type { Stage } from "./stage.ts";

export interface RestoreStory {
  /** Records that the machine had played when the backup was complete, and when the process was killed. */
  readonly backedUpAt: number;
  readonly killedAt: number;
  /** Documents that the ERP committed in between: the backup does not know them. */
  readonly documentsAfter: number;
}

/** So many documents have to be posted after the backup, so that forgetting them would show. */
const documentsAfterLeast = 10;
const waitSeconds = 60;

export interface RestoreSetting {
  readonly line: Line;
  readonly lives: Lives;
  readonly stage: Stage;
  readonly data: string;
  /** The data directory to restore into; not there yet. */
  readonly restored: string;
  /** File for the backup. */
  readonly backup: string;
  readonly say: (line: string) => void;
}

export async function restoreAtHalf(setting: RestoreSetting): Promise<RestoreStory> {
  const { line, lives, stage, data, restored, backup, say } = setting;
  await line.backup(data, backup);
  const posted = documentsThrough(stage);
  const backedUpAt = (await stage.replay.progress()).index;
  for (const from = Date.now(); documentsThrough(stage) - posted < documentsAfterLeast; await lives.doze(200)) {
    const progress = await stage.replay.progress();
    await lives.tend(progress);
    if (progress.done || Date.now() - from > waitSeconds * 1000) break;
  }
  const progress = await stage.replay.progress();
  await lives.halt("before the restore", progress);
  const documentsAfter = documentsThrough(stage) - posted;
  await line.sweep(data);
  await line.restore(backup, restored);
  await lives.begin(restored);
  say(`restored: backup at record ${backedUpAt}, ${documentsAfter} documents after it, killed at ${progress.index}`);
  return { backedUpAt, killedAt: progress.index, documentsAfter };
}

function documentsThrough(stage: Stage): number {
  return [...stage.proxy.passed].reduce((sum, [kind, count]) => (isPosted(kind) ? sum + count : sum), 0);
}
