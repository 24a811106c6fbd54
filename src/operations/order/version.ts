/**
 * Which of two versions of an order is older. ERPs number them as they like, so they are kept as they were sent and only
 * compared by meaning: as text "10" would come before "9", and what the ERP asked last would be lost without a word.
 * Spec: docs/spec/order-change.md
 */

/** A run of digits without leading zeros, or what stands between two of them. */
interface Piece {
  readonly isNumber: boolean;
  readonly text: string;
}

type Version =
  | { readonly kind: "none" }
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "label"; readonly pieces: readonly Piece[] };

/**
 * Times with an offset are compared as instants, everything else piece by piece: runs of digits as numbers, the rest as
 * text. Of different kinds none is older: an ERP that begins to number its orders, or sends one without a version, is
 * heard rather than silently passed over.
 *
 * Transitive, and a total preorder among versions of one kind.
 */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [read(version), read(than)];
  if (a.kind === "time" && b.kind === "time") return a.ms < b.ms;
  if (a.kind === "label" && b.kind === "label") return comparePieces(a.pieces, b.pieces) < 0;
  return false;
}

/** Stricter than `Date.parse`, which finds a time in "4711-0100" too. */
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

function read(version: string): Version {
  if (version === "") return { kind: "none" };
  const ms = timePattern.test(version) ? Date.parse(version) : Number.NaN;
  if (Number.isFinite(ms)) return { kind: "time", ms };
  const pieces = version.match(/\d+|\D+/g) ?? [];
  return { kind: "label", pieces: pieces.map(pieceOf) };
}

function pieceOf(text: string): Piece {
  const isNumber = /^\d/.test(text);
  return { isNumber, text: isNumber ? text.replace(/^0+(?=\d)/, "") : text };
}

/** What goes on where the other one ends is newer: 1.2 before 1.2.1. */
function comparePieces(a: readonly Piece[], b: readonly Piece[]): number {
  for (const [i, piece] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    const compared = comparePiece(piece, other);
    if (compared !== 0) return compared;
  }
  return a.length - b.length;
}

function comparePiece(a: Piece, b: Piece): number {
  // Without leading zeros the longer number is the larger one, however many digits there are.
  if (a.isNumber && b.isNumber && a.text.length !== b.text.length) return a.text.length - b.text.length;
  if (a.text === b.text) return 0;
  return a.text < b.text ? -1 : 1;
}
