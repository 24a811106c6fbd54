/**
 * What must hold after every commit and after every document of the ERP, whatever else is going on. Written apart from
 * the code that it checks: the life cycle below is stated anew, from `docs/spec/posting.md`.
 */
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import type { TableOf } from "../../store/table.ts";
import type { Change } from "../../store/transaction.ts";
import { posting, postingLine, type PostingColumns } from "../../store/schema/posting.ts";
import { balance, collector, fact, movement, type MovementColumns } from "../../store/schema/shop-floor.ts";
import type { Happened } from "../happened.ts";
import type { Complain } from "./finding.ts";

/**
 * From each state, where a posting may be after one commit. What was parked is planned again and sent in one transaction.
 */
const mayFollow: Readonly<Record<string, readonly string[]>> = {
  planned: ["sending", "refused", "in-doubt", "dismissed"],
  sending: ["confirmed", "refused", "in-doubt", "planned"],
  "in-doubt": ["confirmed", "refused", "planned", "needs-person"],
  refused: ["planned", "sending", "in-doubt", "needs-person", "dismissed"],
  "needs-person": ["confirmed", "in-doubt", "planned", "dismissed"],
  confirmed: ["reversing"],
  reversing: ["reversed", "confirmed", "needs-person"],
  dismissed: [],
  reversed: [],
};

export class StepChecker {
  readonly #complain: Complain;
  /** Fact and kind to the posting that speaks for it. */
  readonly #speaks = new Map<string, string>();
  readonly #sums = new Map<string, bigint>();
  /** Order, or material in a plant, to the posting that is under way for it. */
  readonly #underWay = new Map<string, string>();
  /** Postings that have left and are not settled since. In doubt alone, they are only asked about. */
  readonly #left = new Set<string>();
  #confirmations = 0;
  #documents = 0;
  readonly #keys = new Map<string, number>();

  readonly #doubled: Happened["doubled"];

  /** @param doubled  what the line has brought to the ERP more than once; it goes on to change */
  constructor(complain: Complain, doubled: Happened["doubled"]) {
    this.#complain = complain;
    this.#doubled = doubled;
  }

  committed(changes: readonly Change[]): void {
    for (const { table, was, is } of changes) {
      if (table === posting) this.#posting(rowOf(posting, was), rowOf(posting, is));
      else if (table === postingLine) this.#line(rowOf(postingLine, was), rowOf(postingLine, is));
      else if (table === fact && (was !== null || is === null)) this.#complain("facts-immutable", "a fact was changed");
      else if (table === movement) this.#movement(rowOf(movement, is), was);
      else if (table === collector) this.#cursor(rowOf(collector, was), rowOf(collector, is));
      else if (table === balance) this.#balance(rowOf(balance, is));
    }
  }

  /** The database is as it was at a backup; the ERP is not. */
  restored(database: MemoryDatabase): void {
    for (const known of [this.#speaks, this.#sums, this.#underWay, this.#left]) known.clear();
    for (const row of database.rows(postingLine)) this.#line(null, row);
    for (const row of database.rows(movement)) this.#movement(row, null);
  }

  /** The ERP's books are as they were at a backup. What it had confirmed to us is not posted anew. */
  erpRestored(books: Books, unconfirmed: ReadonlySet<string>): void {
    this.#confirmations = books.confirmations.length;
    this.#documents = books.materialDocuments.length;
    for (const name of this.#keys.keys()) {
      const [, key = ""] = /^(?:confirmation|material document) (.*)$/.exec(name) ?? [];
      // Numbers are given again, so what takes a document back is told by it no longer.
      if (unconfirmed.has(key) || name.startsWith("the reversal of")) this.#keys.delete(name);
    }
  }

  /** Looks at what the ERP has booked since the last time. */
  booked(books: Books): void {
    for (; this.#confirmations < books.confirmations.length; this.#confirmations += 1) {
      const one = books.confirmations[this.#confirmations];
      if (one?.isReversal) this.#document(`the reversal of confirmation ${one.group}/${one.reverses}`);
      else if (one?.externalKey) this.#document(`confirmation ${one.externalKey}`);
    }
    for (; this.#documents < books.materialDocuments.length; this.#documents += 1) {
      const one = books.materialDocuments[this.#documents];
      const reversed = one?.items[0]?.reverses;
      // SAP copies the reference of what is taken back.
      if (reversed) this.#document(`the reversal of material document ${reversed.document}/${reversed.year}`);
      else if (one?.reference) this.#document(`material document ${one.reference}`);
    }
  }

  #document(key: string): void {
    const count = (this.#keys.get(key) ?? 0) + 1;
    this.#keys.set(key, count);
    const [, name = ""] = /^(?:confirmation|material document) (.*)$/.exec(key) ?? [];
    if (count > 1 + (this.#doubled.get(name)?.times ?? 0))
      this.#complain("documents-once", `the ERP has ${key} ${count} times`);
  }

  #posting(was: PostingColumns | null, is: PostingColumns | null): void {
    if (!is) return this.#complain("life-cycle", `posting ${was?.id} was deleted`);
    this.#flight(is);
    if (!was || was.state === is.state) return;
    if (!mayFollow[was.state]?.includes(is.state))
      this.#complain("life-cycle", `${is.kind} ${is.key} went from ${was.state} to ${is.state}`);
  }

  /** Never two on their way, or in doubt, that touch one order or one material in a plant. */
  #flight(is: PostingColumns): void {
    const hasLeft = is.state === "sending" || (is.state === "in-doubt" && this.#left.has(is.id));
    if (hasLeft) this.#left.add(is.id);
    else if (this.#left.delete(is.id))
      for (const [place, holder] of this.#underWay) if (holder === is.id) this.#underWay.delete(place);
    if (!hasLeft) return;
    for (const place of placesOf(is)) {
      const holder = this.#underWay.get(place);
      if (holder !== undefined && holder !== is.id)
        this.#complain("lanes-alone", `${is.kind} ${is.key} and posting ${holder} are under way for ${place} at once`);
      this.#underWay.set(place, is.id);
    }
  }

  #line(was: Line | null, is: Line | null): void {
    if (was?.active && !is?.active) this.#speaks.delete(`${was.fact} ${was.kind}`);
    if (!is?.active || was?.active) return;
    const key = `${is.fact} ${is.kind}`;
    const other = this.#speaks.get(key);
    if (other !== undefined && other !== is.posting)
      this.#complain("facts-posted-once", `fact ${is.fact} is in ${is.kind} ${other} and ${is.posting}`);
    this.#speaks.set(key, is.posting);
  }

  #movement(is: MovementColumns | null, was: object | null): void {
    if (was !== null || !is) return this.#complain("facts-immutable", "a movement was changed");
    for (const [account, by] of [
      [is.from_account, -is.micro],
      [is.to_account, is.micro],
    ] as const) {
      const key = [account, is.material, is.lot ?? "", is.uom].join("|");
      this.#sums.set(key, (this.#sums.get(key) ?? 0n) + by);
    }
  }

  #balance(is: Balance | null): void {
    if (!is) return this.#complain("books-balance", "a balance was deleted");
    const key = [is.account, is.material, is.lot, is.uom].join("|");
    const isWorld = is.account.startsWith("world:");
    if (is.micro < 0n && !isWorld) this.#complain("nothing-real-below-zero", `${key} holds ${is.micro}`);
  }

  /** After a commit: what the balances say is what all movements add up to, per lot. */
  balances(rows: Iterable<Balance>): void {
    const held = new Map<string, bigint>();
    for (const row of rows) held.set([row.account, row.material, row.lot, row.uom].join("|"), row.micro);
    for (const [key, sum] of this.#sums) {
      if ((held.get(key) ?? 0n) !== sum) this.#complain("books-balance", `${key} holds ${held.get(key)}, not ${sum}`);
    }
    const total = [...held.values()].reduce((sum, micro) => sum + micro, 0n);
    if (total !== 0n) this.#complain("books-balance", `all accounts together hold ${total}`);
  }

  #cursor(was: Cursor | null, is: Cursor | null): void {
    if (!is) return this.#complain("cursor-forward", "a cursor was deleted");
    if (!was) return;
    const isBack = is.buffer === was.buffer ? is.seq < was.seq || is.ordinal < was.ordinal : is.ordinal <= was.ordinal;
    if (isBack) this.#complain("cursor-forward", `the cursor of ${is.source} went back`);
  }
}

function rowOf<R extends object>(_: TableOf<R>, row: object | null): R | null {
  return row as R | null; // a change names the table whose row it is
}

function placesOf({ request, content }: PostingColumns): readonly string[] {
  const materials = "response" in content ? (content.response?.segment.materials ?? []) : [];
  return [request, ...materials.map(({ stock }) => `${stock.material} in ${stock.at.plant}`)];
}

type Line = RowOf<typeof postingLine>;
type Cursor = RowOf<typeof collector>;
type Balance = RowOf<typeof balance>;
type RowOf<T> = T extends { readonly key: (row: infer R) => string } ? R : never;
