import type { Fact } from "../../../record/fact.ts";

/** Pieces that hold of what was stated, in millionths. */
export function heldPieces(facts: readonly Fact[]): bigint {
  return facts.reduce((sum, { body }) => {
    if (body.kind === "UnitsCounted") return sum + body.quantity.micro;
    return body.kind === "Corrected" && body.was.kind === "UnitsCounted" ? sum - body.was.quantity.micro : sum;
  }, 0n);
}
