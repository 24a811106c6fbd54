/** Facts that move material, booked in the ledger. A shortage is drawn from what is unexplained and becomes a question. */
import { followingId } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import type { StorageLocation } from "../isa95/resource/material.ts";
import { isUse } from "../operations/execution/issue-line.ts";
import { isReceivedByUs, receiptSegment } from "../operations/order/operation.ts";
import { drawShortage, movementsOf, type MaterialPlaces } from "../operations/tracking/ledger.ts";
import { mayBeNegative, type Account, type Movement } from "../record/movement.ts";
import type { Fact } from "../record/fact.ts";
import type { Site } from "../site/site.ts";
import type { JobBook } from "./job-book.ts";
import type { Tx } from "./ports.ts";

export async function bookMovements(
  tx: Tx,
  site: Site,
  book: JobBook,
  facts: readonly Fact[],
  now: Instant,
): Promise<void> {
  const corrected = facts.flatMap((f) => (f.body.kind === "Corrected" ? [f.body.corrects] : []));
  const held = new HeldMovements(await tx.ledger.ofFacts(corrected));
  const balances = new Map(await tx.ledger.lockBalances(touched(site, book, facts, held.copy())));
  const booked: Movement[] = [];
  for (const fact of facts) {
    const assignment = (fact.run === null ? undefined : book.run(fact.run)?.assignment) ?? 0;
    // A fact may be stated and taken back in one batch: what was booked for it is taken back, part by part.
    for (const wanted of movementsOf(fact, placesOf(site, book, fact), held.takenBackBy(fact))) {
      const available = balances.get(placeKey(wanted, wanted.from)) ?? 0n;
      const parts = mayBeNegative(wanted.from) ? [wanted] : drawShortage(wanted, available);
      for (const part of parts.map((p) => bookedAgain(p, assignment))) {
        add(balances, part, part.from, -part.quantity.micro);
        add(balances, part, part.to, part.quantity.micro);
        if (part.from.startsWith("world:unexplained")) await askWhereFrom(tx, part, now);
        booked.push(part);
        held.add(part);
      }
    }
  }
  await tx.ledger.append(booked, now);
}

/**
 * Takes back what was booked for facts of a run that has got another order, or none. The decision is the fact that
 * causes it. What an earlier decision has taken back stays so: that is no movement of the run.
 */
export async function takeMovementsBack(
  tx: Tx,
  site: Site,
  book: JobBook,
  facts: readonly Fact[],
  because: Fact,
  now: Instant,
): Promise<void> {
  const back = facts
    .filter(({ body }) => body.kind !== "RunAssigned")
    .map((fact): Fact => ({ ...because, body: { kind: "Corrected", corrects: fact.id, was: fact.body } }));
  await bookMovements(tx, site, book, back, now);
}

/** Booked for an order before, taken back and booked again, it is a movement of its own. */
function bookedAgain(movement: Movement, assignment: number): Movement {
  if (assignment === 0 || movement.corrects !== null) return movement;
  return { ...movement, id: followingId(movement.id, "movement", movement.id, assignment) };
}

interface Place {
  readonly account: Account;
  readonly material: string;
  readonly lot: string | null;
  readonly uom: string;
}

/** Every account that the facts can draw from or fill. */
function touched(site: Site, book: JobBook, facts: readonly Fact[], wanted: HeldMovements): readonly Place[] {
  for (const fact of facts)
    for (const one of movementsOf(fact, placesOf(site, book, fact), wanted.takenBackBy(fact))) wanted.add(one);
  return wanted
    .all()
    .flatMap((m) => [placeOf(m, m.from), placeOf(m, m.to)])
    .filter((p) => !mayBeNegative(p.account));
}

/** Movements by the fact that they were booked for. */
class HeldMovements {
  readonly #ofFact = new Map<string, Movement[]>();

  constructor(movements: Iterable<Movement>) {
    for (const movement of movements) this.add(movement);
  }

  add(movement: Movement): void {
    const own = this.#ofFact.get(movement.fact);
    if (own) own.push(movement);
    else this.#ofFact.set(movement.fact, [movement]);
  }

  /** What a fact takes back; nothing for one that takes nothing back. */
  takenBackBy({ body }: Fact): readonly Movement[] {
    return body.kind === "Corrected" ? [...(this.#ofFact.get(body.corrects) ?? [])] : [];
  }

  all(): readonly Movement[] {
    return [...this.#ofFact.values()].flat();
  }

  copy(): HeldMovements {
    return new HeldMovements(this.all());
  }
}

function placeOf({ material, lot, quantity }: Movement, account: Account): Place {
  return { account, material, lot, uom: quantity.uom };
}

/** As the store names its balances. */
function placeKey(movement: Movement, account: Account): string {
  return [account, movement.material, movement.lot ?? "", movement.quantity.uom].join("\u001f");
}

function add(balances: Map<string, bigint>, movement: Movement, account: Account, micro: bigint): void {
  const key = placeKey(movement, account);
  balances.set(key, (balances.get(key) ?? 0n) + micro);
}

async function askWhereFrom(tx: Tx, part: Movement, now: Instant): Promise<void> {
  const where = part.from.slice("world:unexplained@".length);
  const text = `${part.material} was used at ${where} although the ledger holds none there. Book the missing receipt or a difference.`;
  await tx.attention.ask(
    [{ subject: `shortage/${where}/${part.material}/${part.lot ?? ""}`, text, evidence: [part.fact] }],
    now,
  );
}

function placesOf(site: Site, book: JobBook, fact: Fact): MaterialPlaces {
  const jobOrder = fact.run === null ? null : (book.run(fact.run)?.jobOrder ?? null);
  const request = jobOrder === null ? undefined : book.requestOf(jobOrder);
  const segment = jobOrder === null ? undefined : book.segmentOf(jobOrder);
  const workCenter = site.workUnit(fact.workUnit)?.partOf ?? "";
  const supply = site.workCenter(workCenter)?.materialFrom ?? null;
  const isReceiving = request && segment && (isReceivedByUs(request, segment) || receiptSegment(request) === segment);
  return {
    sourceOf(material): StorageLocation | null {
      const own = segment?.materials.find((m) => m.material === material);
      const any = own ?? request?.segments.flatMap((s) => s.materials).find((m) => m.material === material);
      return any?.at ?? supply;
    },
    productTo: isReceiving ? (request.receiptLocation ?? null) : null,
    product: request?.material ?? null,
    isOurs: () => false,
    isUse: (used) => !request || isUse(request, segment ?? { materials: [] }, used),
  };
}
