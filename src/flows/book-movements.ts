/** Facts that move material, booked in the ledger. A shortage is drawn from what is unexplained and becomes a question. */
import type { Instant } from "../base/instant.ts";
import type { StorageLocation } from "../isa95/resource/material.ts";
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
  const held = [...(await tx.ledger.ofFacts(corrected))];
  const wanted: Movement[] = [];
  for (const fact of facts) {
    const moved = movementsOf(fact, placesOf(site, book, fact), held);
    wanted.push(...moved);
    // A fact may be stated and taken back in one batch.
    held.push(...moved);
  }
  const real = wanted.filter((m) => !mayBeNegative(m.from));
  if (real.length === 0) return tx.ledger.append(wanted, now);
  await tx.ledger.append(await coverShortages(tx, wanted, now), now);
}

async function coverShortages(tx: Tx, wanted: readonly Movement[], now: Instant): Promise<Movement[]> {
  const place = (m: Movement, account: Account) => ({ account, material: m.material, lot: m.lot, uom: m.quantity.uom });
  const places = wanted.flatMap((m) => [place(m, m.from), place(m, m.to)]);
  const balances = new Map(await tx.ledger.lockBalances(places));
  const key = (m: Movement, account: Account): string =>
    [account, m.material, m.lot ?? "", m.quantity.uom].join("\u001f");
  const booked: Movement[] = [];
  for (const movement of wanted) {
    const available = balances.get(key(movement, movement.from)) ?? 0n;
    const parts = mayBeNegative(movement.from) ? [movement] : drawShortage(movement, available);
    for (const part of parts) {
      balances.set(key(part, part.from), (balances.get(key(part, part.from)) ?? 0n) - part.quantity.micro);
      balances.set(key(part, part.to), (balances.get(key(part, part.to)) ?? 0n) + part.quantity.micro);
      if (part.from.startsWith("world:unexplained")) await askWhereFrom(tx, part, now);
    }
    booked.push(...parts);
  }
  return booked;
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
  };
}
