/**
 * `millrace reconcile` beside a running process: the database is read on a connection of its own that cannot write, the
 * ERP through the session that the process has open. The evidence is written and signed as the orders come.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Clock } from "../base/clock.ts";
import { formatInstant, isLocalDate, type LocalDate } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { startOfDay, timeZone, type TimeZone } from "../base/site-time.ts";
import { recentOrders, reconcile, type ReconcilePorts } from "../flows/reconcile.ts";
import {
  EvidenceSum,
  evidenceOf,
  findingsIn,
  type EvidenceOrder,
  type EvidenceSummary,
  type Finding,
} from "../flows/reconcile-evidence.ts";
import type { BooksStore, OrderScope } from "../flows/view/books-view.ts";
import { openDatabase } from "../store/connection.ts";
import { postgresBooks } from "../store/view/books-view.ts";
import { askDocuments, askReconcileSettings } from "./ask-reconcile.ts";
import { EvidenceFile, signedLines, type EvidenceFormat } from "./evidence-file.ts";
import { evidenceSigner, type Signer } from "./evidence-key.ts";
import { isDifferent, pageHead, pageOrder, pageSection } from "./evidence-page.ts";
import type { ReconcileSetting } from "./reconcile-door.ts";
import { readRuntime } from "./runtime-file.ts";

/** What is asked for; null: not restricted by it. */
export interface ReconcileQuestion {
  readonly order: string | null;
  readonly day: string | null;
  readonly material: string | null;
}

export interface ReconcileAnswer {
  readonly at: string;
  readonly scope: string;
  readonly summary: EvidenceSummary;
  /** The first unexplained differences. */
  readonly findings: readonly Finding[];
  readonly files: readonly string[];
  readonly fingerprint: string;
  /** The key was made for it. */
  readonly isNewKey: boolean;
}

export interface ReconcileOptions {
  readonly data: string;
  readonly question: ReconcileQuestion;
  /** Path of the evidence without its ending; in the data directory when null. */
  readonly out: string | null;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

const factsMost = 100;
const findingsMost = 50;

/**
 * @fault transient app/not-running      no process runs on the data directory
 * @fault invalid   app/unknown-order, app/day   the question names nothing
 * @fault refused   app/evidence-file, app/evidence-key
 * @fault transient app/reconcile        the database gave way, or the disk of the evidence
 * @fault transient flows/reconcile-erp  the ERP cannot be asked now
 */
export async function reconcileRunning(options: ReconcileOptions): Promise<Result<ReconcileAnswer>> {
  const dataDir = resolve(options.data);
  const settings = await askReconcileSettings(dataDir);
  if (!settings.ok) return settings;
  const record = await readRuntime(dataDir);
  if (!record.ok) return record;
  const signer = await evidenceSigner(dataDir);
  if (!signer.ok) return signer;
  const { connectionString } = record.value;
  const database = openDatabase({ connectionString, connectionsMax: 3, readOnly: true, log: options.progress });
  try {
    const books = postgresBooks(database);
    const scope = await scopeOf(books, options, settings.value);
    if (!scope.ok) return scope;
    return await write(options, { dataDir, books, settings: settings.value, signer: signer.value, scope: scope.value });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = `The comparison did not come to its end (${why}). Check the database and the disk, then ask again.`;
    return fail("transient", "app/reconcile", text, error);
  } finally {
    await database.close();
  }
}

async function scopeOf(
  books: BooksStore,
  { question, clock }: ReconcileOptions,
  { policy, zone }: ReconcileSetting,
): Promise<Result<OrderScope>> {
  const { order, day, material } = question;
  const orders = order === null ? null : await books.read((view) => view.find(order));
  if (orders?.length === 0)
    return fail("invalid", "app/unknown-order", `No order ${order} is known here. Give the ERP's number of an order.`);
  const zoned = timeZone(zone);
  if (!zoned.ok) return zoned;
  const date = day === null ? null : dayOf(day, zoned.value);
  if (day !== null && date === null) return fail("invalid", "app/day", `"${day}" is no day. Write it as 2025-02-03.`);
  const isRestricted = orders !== null || date !== null || material !== null;
  const since = isRestricted ? null : recentOrders(policy, clock.now()).since;
  return ok({ orders, day: date, material, since });
}

function dayOf(text: string, zone: TimeZone): OrderScope["day"] {
  if (!isLocalDate(text)) return null;
  const from = startOfDay(text, zone);
  return { date: text, from, to: startOfDay(dayAfter(text), zone) };
}

export function dayAfter(date: LocalDate): LocalDate {
  // A calendar day is counted on, whatever clocks do on it.
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10) as LocalDate;
}

interface Place {
  readonly dataDir: string;
  readonly books: BooksStore;
  readonly settings: ReconcileSetting;
  readonly signer: Signer;
  readonly scope: OrderScope;
}

async function write(options: ReconcileOptions, place: Place): Promise<Result<ReconcileAnswer>> {
  const { clock } = options;
  const at = formatInstant(clock.now());
  const base = resolve(options.out ?? join(place.dataDir, "evidence", `reconcile-${at.replaceAll(/[:.]/g, "")}`));
  await mkdir(dirname(base), { recursive: true }).catch(() => undefined); // a folder that is not there is told below
  const scope = scopeText(options.question, place.settings);
  const compared = await signedFile({ path: `${base}.json`, format: "json", signer: place.signer }, (file) =>
    compareInto(file, options, place, { at, scope }),
  );
  if (!compared.ok) return compared;
  const { summary, findings } = compared.value;
  const page = await writePage(`${base}.json`, `${base}.html`, place.signer, {
    site: place.settings.name,
    at,
    scope,
    summary,
  });
  if (!page.ok) return page;
  const { fingerprint, isNew: isNewKey } = place.signer;
  const files = [`${base}.json`, `${base}.html`];
  return ok({ at, scope, summary, findings, files, fingerprint, isNewKey });
}

/** One line for the head, one for each order, one for the sums. */
async function compareInto(
  file: EvidenceFile,
  { question, progress, clock }: ReconcileOptions,
  { dataDir, books, settings, scope }: Place,
  head: { readonly at: string; readonly scope: string },
): Promise<Result<{ readonly summary: EvidenceSummary; readonly findings: readonly Finding[] }>> {
  const ports: ReconcilePorts = {
    books,
    clock,
    policy: settings.policy,
    receipt: (erp) => settings.receipts[erp] ?? true,
    packs: (workUnit) => settings.packing.includes(workUnit),
    documents: ({ id }) => askDocuments(dataDir, id),
  };
  const { site, name, zone } = settings;
  const sum = new EvidenceSum();
  const findings: Finding[] = [];
  const limits = limitsShown(settings);
  await file.write(
    `${JSON.stringify({ format: "millrace-reconciliation-1", site, name, zone, ...head, limits }).slice(0, -1)},"orders":[`,
  );
  let orders = 0;
  let held: string | null = null;
  const wish = { scope, material: question.material, factsMost };
  for await (const one of reconcile(ports, wish, new AbortController().signal)) {
    if (!one.ok) return one;
    const order = evidenceOf(one.value);
    sum.add(order);
    if (findings.length < findingsMost) findings.push(...findingsIn(order).slice(0, findingsMost - findings.length));
    if (held !== null) await file.write(`${held},`);
    held = JSON.stringify(order);
    orders += 1;
    if (orders % 500 === 0) progress(`${orders} orders compared`);
  }
  if (held !== null) await file.write(held);
  const summary = sum.summary();
  await file.write(`],"summary":${JSON.stringify(summary)},`);
  return ok({ summary, findings });
}

function limitsShown({ policy }: ReconcileSetting): unknown {
  return Object.fromEntries(
    Object.entries(policy.limits).map(([name, { hours, micro }]) => [
      name,
      { hours, micro: micro?.toString() ?? null },
    ]),
  );
}

function scopeText({ order, day, material }: ReconcileQuestion, { policy }: ReconcileSetting): string {
  const parts = [
    order === null ? "" : `order ${order}`,
    day === null ? "" : `orders of ${day}`,
    material === null ? "" : `material ${material}`,
  ].filter((part) => part !== "");
  return parts.length > 0 ? parts.join(", ") : `orders of the last ${policy.days} days, and all with open documents`;
}

/** What differs first, then the rest: the signed JSON is read twice, line by line. */
async function writePage(
  from: string,
  to: string,
  signer: Signer,
  head: Parameters<typeof pageHead>[0],
): Promise<Result<void>> {
  return signedFile({ path: to, format: "page", signer }, async (file) => {
    await file.write(pageHead(head));
    for (const different of [true, false]) {
      await file.write(pageSection(different ? "Orders with differences" : "Orders without"));
      for await (const order of ordersIn(from))
        if (isDifferent(order) === different) await file.write(pageOrder(order));
    }
    return ok(undefined);
  });
}

/** A file with what the work writes, signed when it succeeds; nothing is left of it otherwise, thrown or not. */
async function signedFile<T>(
  { path, format, signer }: { readonly path: string; readonly format: EvidenceFormat; readonly signer: Signer },
  work: (file: EvidenceFile) => Promise<Result<T>>,
): Promise<Result<T>> {
  const file = await EvidenceFile.create(path);
  if (!file.ok) return file;
  let isWhole = false;
  try {
    const done = await work(file.value);
    if (!done.ok) return done;
    await file.value.end(signer, format);
    isWhole = true;
    return done;
  } finally {
    if (!isWhole) await file.value.discard();
  }
}

async function* ordersIn(path: string): AsyncGenerator<EvidenceOrder> {
  for await (const line of signedLines(path)) {
    // The head and the sums are lines of their own.
    if (!line.startsWith('{"request":')) continue;
    // Written by ourselves just now.
    yield JSON.parse(line.endsWith(",") ? line.slice(0, -1) : line) as EvidenceOrder;
  }
}
