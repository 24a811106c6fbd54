/**
 * The durable store-and-forward buffer between the machines and the database: an append resolves when its batch is on
 * the disk, never before. It takes samples while the database is away, and hands them on in the order of `seq`.
 * The file is owned by `buffer-worker.ts`; what the samples mean and which of them are doubles is not known here.
 */
import { existsSync, renameSync } from "node:fs";
import { systemClock } from "../base/clock.ts";
import { randomId } from "../base/id.ts";
import { instant } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { GapMark } from "../record/sample-batch.ts";
import { groupCommit, type GroupCommit } from "./buffer-commit.ts";
import type { Opened, ReleaseRequest, StoredSource } from "./buffer-message.ts";
import { bufferReader } from "./buffer-reader.ts";
import { startBufferThread, type BufferThread } from "./buffer-thread.ts";
import type { BufferCursor, BufferSettings, BufferStats, SampleBuffer } from "./sample-buffer.ts";

const MIB = 1024 * 1024;
/** Rows deleted in one transaction: appends wait for it. */
const RELEASE_ROWS = 200;
/** What sources that are held may fill. */
const HELD_SHARE = 3 / 4;
const defaults = {
  bytesMax: 32 * 1024 * MIB,
  checkBytesMax: 256 * MIB,
  recentSamplesMax: 50_000,
  waitingSamplesMax: 500_000,
} as const;

/**
 * @fault conflict  gateway/buffer-locked   another process uses the file
 * @fault invalid   gateway/buffer-damaged  refused unless `onDamage` is `move-aside`
 * @fault invalid   gateway/buffer-file     cannot be opened, or written by a newer version
 * @fault transient gateway/buffer-full, gateway/buffer-io
 */
export async function openBuffer(settings: BufferSettings): Promise<Result<SampleBuffer>> {
  const opened = await openFile(settings);
  const damage = opened.ok ? opened.value.damage() : opened.fault;
  if (damage?.code !== "gateway/buffer-damaged" || settings.onDamage !== "move-aside") return opened;
  if (opened.ok) await opened.value.close();
  const aside = `${settings.file}.damaged-${(settings.clock ?? systemClock).now()}`;
  settings.log.warn(`The damaged buffer is moved to ${aside} and a new one is begun.`, damage);
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(settings.file + suffix)) renameSync(settings.file + suffix, aside + suffix);
  }
  return openFile(settings);
}

async function openFile(settings: BufferSettings): Promise<Result<SampleBuffer>> {
  const thread = startBufferThread(settings.file);
  const bytesMax = settings.bytesMax ?? defaults.bytesMax;
  const state = await thread.ask({
    kind: "open",
    file: settings.file,
    freshId: randomId(),
    bytesMax,
    heldBytesMax: settings.heldBytesMax ?? bytesMax * HELD_SHARE,
    checkBytesMax: settings.checkBytesMax ?? defaults.checkBytesMax,
  });
  if (state.ok) return ok(createBuffer(settings, thread, state.value));
  await thread.ask({ kind: "close" });
  await thread.ended;
  return state;
}

function createBuffer(settings: BufferSettings, thread: BufferThread, state: Opened): SampleBuffer {
  const clock = settings.clock ?? systemClock;
  const { log } = settings;
  const sources = new Map<string, StoredSource>(state.sources.map((source) => [source.name, source]));
  const items = new Map<string, Set<string>>();
  for (const { source, path } of state.items) itemsOf(items, source).add(path);
  let sacrificed = 0;
  const reader = bufferReader({
    thread,
    clock,
    log,
    head: state.head,
    recentSamplesMax: settings.recentSamplesMax ?? defaults.recentSamplesMax,
    file: settings.file,
    isDamaged: state.isDamaged,
  });
  const commits = groupCommit({
    file: settings.file,
    thread,
    clock,
    probe: settings.probe ?? null,
    waitingSamplesMax: settings.waitingSamplesMax ?? defaults.waitingSamplesMax,
    published: (batches, changed, given) => {
      for (const source of changed) sources.set(source.name, source);
      if (given > 0) log.warn(`The buffer is full: ${given} rows that are committed elsewhere were deleted.`);
      sacrificed += given;
      reader.publish(batches);
    },
  });
  return {
    id: state.id,
    ended: thread.ended,
    append: commits.append,
    knownItems: (source) => itemsOf(items, source),
    addItems: async (source, paths) => {
      const added = await commits.addItems(source, paths);
      if (added.ok) for (const path of paths) itemsOf(items, source).add(path);
      return added;
    },
    read: reader.read,
    consume: reader.consume,
    head: reader.head,
    damage: reader.damage,
    resume: (cursor) => resumeAt(settings.file, { buffer: state.id, seq: reader.head() }, cursor),
    through: (source) => {
      const known = sources.get(source);
      return known && known.at !== null ? { at: instant(known.at), seq: known.seq } : null;
    },
    openGap: (source) => openGapOf(sources.get(source)),
    release: (upto, keepMs, held = new Map()) => {
      const now = clock.now();
      // Further ahead than rows are kept: a row that says so would keep all that came after it.
      const times = { before: now - keepMs, ahead: now + keepMs };
      return releaseRows(thread, { upto: Math.min(upto, reader.head()), held, ...times });
    },
    stats: () => bufferStats(thread, { head: reader.head(), waiting: commits.waiting(), sacrificed }),
    close: () => closeBuffer(thread, commits),
  };
}

function itemsOf(items: Map<string, Set<string>>, source: string): Set<string> {
  const known = items.get(source) ?? new Set();
  items.set(source, known);
  return known;
}

function openGapOf(source: StoredSource | undefined): GapMark | null {
  // Written by `groupCommit` from a GapMark.
  return source?.gap ? (JSON.parse(source.gap) as GapMark) : null;
}

function resumeAt(file: string, head: BufferCursor, cursor: BufferCursor | null): Result<number> {
  if (!cursor || cursor.buffer !== head.buffer) return ok(0);
  if (cursor.seq <= head.seq) return ok(cursor.seq);
  return fail(
    "conflict",
    "gateway/buffer-cursor",
    `The database has taken ${cursor.seq} rows of the buffer ${file}, which holds only ${head.seq}: the file is an older copy. Move it away and start again; what the machines remember is read again.`,
  );
}

async function releaseRows(
  thread: BufferThread,
  rows: Pick<ReleaseRequest, "upto" | "held" | "before" | "ahead">,
): Promise<Result<number>> {
  let deleted = 0;
  for (;;) {
    const step = await thread.ask({ kind: "release", ...rows, rowsMax: RELEASE_ROWS });
    if (!step.ok) return step;
    deleted += step.value.deleted;
    if (!step.value.more) return ok(deleted);
  }
}

async function bufferStats(
  thread: BufferThread,
  live: Pick<BufferStats, "head" | "waiting" | "sacrificed">,
): Promise<Result<BufferStats>> {
  const kept = await thread.ask({ kind: "stats" });
  if (!kept.ok) return kept;
  const oldest = kept.value.oldestUnreleasedAt;
  return ok({ ...kept.value, ...live, oldestUnreleasedAt: oldest === null ? null : instant(oldest) });
}

async function closeBuffer(thread: BufferThread, commits: GroupCommit): Promise<void> {
  await commits.drain();
  await thread.ask({ kind: "close" });
  await thread.ended;
}
