/**
 * Whether every posting came as `model` foretold it: which there are, of which run and day, what each says by the ERP's own
 * document, and how it ended. What the model does not foretell is counted by its reason.
 */
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { posting, type PostingColumns } from "../../store/schema/posting.ts";
import { run } from "../../store/schema/shop-floor.ts";
import { runName, type Happened, type RunName } from "../happened.ts";
import type { Complain } from "./finding.ts";
import type { Decided } from "./decided.ts";
import type { Beyond, Foretold, Prediction } from "./model.ts";

/** How many postings the model has foretold, and how many it says nothing of. */
export interface Foresight {
  readonly foretold: number;
  /** Those of them of which it only said that all of a run is there or nothing, or a part of it. */
  readonly unsure: number;
  readonly beyond: Readonly<Partial<Record<Beyond, number>>>;
}

interface Scene {
  readonly database: MemoryDatabase;
  readonly books: Books;
  readonly happened: Happened;
  readonly complain: Complain;
  readonly decided: Decided;
  readonly say: (text: string) => void;
}

export function checkPrediction(world: Omit<Scene, "decided" | "say">, prediction: Prediction): Foresight {
  const { foretold, beyond, decided } = prediction;
  const scene: Scene = { ...world, decided, say: (text) => world.complain("as-predicted", text) };
  const expectedOf = finder(foretold);
  const there = new Map<Foretold, Found[]>();
  const left: Partial<Record<Beyond, number>> = {};
  const documents = documentsIn(world.books);
  let count = 0;
  for (const row of world.database.rows(posting)) {
    const why = beyond.get(numberOf(row));
    if (why !== undefined) {
      left[why] = (left[why] ?? 0) + 1;
      continue;
    }
    count += 1;
    const original = row.reverses === null ? undefined : world.database.row(posting, row.reverses);
    const found = foundOf(scene, original ?? row, documents);
    const one = expectedOf(found);
    // What was posted where a person has taken its run away from.
    const isLeft = !one && found.run !== null && decided.runs.has(found.run) && isUndone(found.row);
    if (!one && !isLeft)
      scene.say(`nobody foretold ${nameOf(row)} of ${found.good}+${found.scrap}, which is ${row.state}`);
    else if (original) checkReversal(scene, row, mayBeUndone(scene, found, one), one);
    else if (one) there.set(one, [...(there.get(one) ?? []), found]);
  }
  for (const [one, all] of there) for (const found of all) checkEnding(scene, one, found);
  for (const of of Map.groupBy(foretold, groupOf).values()) checkSums(scene, of, there);
  const unsure = [...there].filter(([one]) => one.extent !== "all").reduce((sum, [, all]) => sum + all.length, 0);
  return { foretold: count, unsure, beyond: left };
}

function finder(foretold: readonly Foretold[]): (found: Found) => Foretold | undefined {
  const index = Map.groupBy(foretold, ({ order, operation, kind }) => `${order} ${operation} ${kind}`);
  return ({ row, run: name, day }) =>
    index
      .get(`${numberOf(row)} ${row.segment} ${row.kind}`)
      ?.find((one) => (one.run === null || one.run === name) && (one.day === null || one.day === day));
}

function foundOf({ database }: Scene, row: PostingColumns, documents: ReadonlyMap<string, Document>): Found {
  const own = row.run === null ? undefined : database.row(run, row.run);
  const name = own ? runName({ machine: own.source, job: own.job, startedAt: own.started_at }) : null;
  return { row, run: name, ...said(row, documents) };
}

/** What stands or falls together: all of a run, or one kind of an operation. */
function groupOf({ order, operation, kind, run: of }: Foretold): string {
  return `${order} ${operation} ${of ?? kind}`;
}

/** What a posting says: by the ERP's document where it is confirmed, else by itself. In millionths. */
interface Said {
  readonly good: bigint;
  readonly scrap: bigint;
  readonly day: string;
  /** What the ERP has; null: nothing. */
  readonly document: Document | null;
}
type Found = Said & { readonly row: PostingColumns; readonly run: RunName | null };

interface Document {
  readonly what: string;
  readonly good: bigint;
  readonly scrap: bigint;
  readonly day: string;
  readonly enteredAt: number;
  readonly isReversed: boolean;
}

function said({ content, kind, document: number }: PostingColumns, documents: ReadonlyMap<string, Document>): Said {
  const book = kind.includes("confirmation") ? "confirmation" : "movement";
  const document = number === null ? null : (documents.get(`${book} ${number}`) ?? null);
  if (document) return { ...document, document };
  if (!content.response) return { good: 0n, scrap: 0n, day: "", document };
  const { segment, dates } = content.response;
  const moved = segment.materials.reduce((sum, { stock }) => sum + stock.quantity.micro, 0n);
  const isMoved = segment.materials.length > 0;
  return { good: isMoved ? moved : segment.good.micro, scrap: segment.scrap.micro, day: dates.postingDate, document };
}

const kindOfType: Readonly<Record<string, string>> = { "101": "goods-receipt", "261": "goods-issue" };

/** By number, as a person would type it. */
function documentsIn(books: Books): ReadonlyMap<string, Document> {
  const documents = new Map<string, Document>();
  for (const one of books.confirmations) {
    const kind = one.isFinal ? "final-confirmation" : "confirmation";
    documents.set(`confirmation ${Number(one.group)}/${Number(one.count)}`, {
      what: `${kind} ${one.order} ${one.operation}`,
      good: one.yield,
      scrap: one.scrap,
      day: dayOf(one.postingDate),
      enteredAt: one.enteredAt,
      isReversed: one.isReversed,
    });
  }
  for (const { items, document, year, postingDate, createdAt } of books.materialDocuments) {
    const [first] = items;
    documents.set(`movement ${document}/${year}`, {
      what: `${kindOfType[first?.movementType ?? ""] ?? ""} ${first?.order ?? ""}`,
      good: items.reduce((sum, { quantity }) => sum + quantity, 0n),
      scrap: 0n,
      day: dayOf(postingDate),
      enteredAt: createdAt,
      isReversed: items.some(({ isCancelled }) => isCancelled),
    });
  }
  return documents;
}

function dayOf(date: number): string {
  return new Date(date).toISOString().slice(0, 10);
}

function checkEnding(scene: Scene, one: Foretold, found: Found): void {
  const { row, document } = found;
  const must = `${nameOf(row)} of ${found.good}+${found.scrap} (${one.because})`;
  if (row.state === "confirmed") {
    const what = `${row.kind} ${one.order}${row.kind.includes("confirmation") ? ` ${one.operation}` : ""}`;
    if (document?.what !== what || document.isReversed)
      return scene.say(`${must} is confirmed as ${row.document}; the ERP has ${document?.what ?? "nothing"} there`);
    const end = scene.happened.ended.get(one.order);
    if (end && one.ending === "as-booked" && document.enteredAt > end.at && one.because !== "over the limit")
      scene.say(`${must} is confirmed, after the ERP had ended the order`);
    return;
  }
  if (isUndone(row)) {
    if (!mayBeUndone(scene, found, one) && !isWithdrawn(row))
      scene.say(`${must} is ${row.state}; nobody has decided so`);
    return;
  }
  const [reversal] = row.state === "reversing" ? scene.database.find(posting, "posting_reversed_once", row.id) : [];
  if (reversal && isBehindRefused(scene, reversal, one)) return;
  const isLeft = one.ending === "as-booked" && ((row.state === "refused" && !row.parked) || row.state === "planned");
  if (!isLeft) scene.say(`${must} is ${row.state}; it should be ${one.ending}`);
}

function checkReversal(scene: Scene, row: PostingColumns, isDecided: boolean, one: Foretold | undefined): void {
  const { decided, say } = scene;
  const isGivenUp = row.state === "dismissed" && decided.undone.has(row.id);
  if (!isDecided) say(`${nameOf(row)} takes back what nobody has decided to take back`);
  else if (row.state !== "confirmed" && !isGivenUp && !isBehindRefused(scene, row, one))
    say(`${nameOf(row)} is ${row.state}; it should be confirmed`);
}

/** What takes a confirmation back waits for its turn: before it stands one that the ERP has refused, until a person has judged that. */
function isBehindRefused({ database }: Scene, row: PostingColumns, one: Foretold | undefined): boolean {
  if (one?.ending !== "as-booked" || row.state !== "planned" || row.sequence_key === null) return false;
  return [...database.rows(posting)].some(
    (other) =>
      other.sequence_key === row.sequence_key &&
      other.state === "refused" &&
      (other.sequence_number ?? 0) < (row.sequence_number ?? 0),
  );
}

function mayBeUndone({ decided }: Scene, { row, run: name }: Found, one: Foretold | undefined): boolean {
  const isMoved = name !== null && decided.runs.has(name);
  return isMoved || decided.undone.has(row.id) || one?.mayBeReversed === true;
}

function checkSums(
  { decided, say }: Scene,
  foretold: readonly Foretold[],
  there: ReadonlyMap<Foretold, readonly Found[]>,
): void {
  const isEmpty = foretold.every((one) => !there.has(one));
  if (isEmpty && foretold.every(({ extent }) => extent !== "all")) return;
  for (const one of foretold) {
    const standing = (there.get(one) ?? []).filter(({ row }) => !isUndone(row) || decided.keptOut.has(row.id));
    const good = standing.reduce((sum, found) => sum + found.good, 0n);
    const scrap = standing.reduce((sum, found) => sum + found.scrap, 0n);
    const what = `${one.kind} of operation ${one.operation} of order ${one.order}, ${one.run ?? "all runs"}, ${one.day ?? "any day"}`;
    const isPart = one.extent === "part" && good <= one.good && scrap <= one.scrap;
    if (!isPart && (good !== one.good || scrap !== one.scrap))
      say(`${what}: ${one.good}+${one.scrap} were foretold (${one.because}); there are ${good}+${scrap}`);
    if (one.kind === "final-confirmation" && standing.length !== 1)
      say(`${what}: one was foretold; there are ${standing.length}`);
  }
}

/** Never sent, because what it was planned of was put right by values that came late: another one says it. */
function isWithdrawn({ state, attempts, command }: PostingColumns): boolean {
  return state === "dismissed" && attempts === 0 && command === null;
}

/** It says nothing any more. */
function isUndone({ state }: PostingColumns): boolean {
  return state === "reversed" || state === "dismissed";
}

function numberOf({ request }: PostingColumns): string {
  return request.split("/").at(-1) ?? "";
}

function nameOf(row: PostingColumns): string {
  return `${row.kind} ${row.key} of operation ${row.segment} of order ${numberOf(row)}`;
}
