/**
 * What went wrong, in our words: failures of OPC UA services and logins → faults with a kind. Pure.
 * Status codes by number, as in OPC 10000-6 annex A.2.
 */
import { makeFault, type Fault } from "../../base/result.ts";

/** A service call that brought no good answer. */
export interface ServiceFailure {
  /** False: the request provably never left. */
  readonly sent: boolean;
  /** Status code of the answer; null when there was no answer. */
  readonly status: number | null;
  /** Name of the status, or the words of the transport. */
  readonly text: string;
}

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: ServiceFailure };

/** Bits that carry the meaning of a status; the others are flags about the value. */
const meaningMask = 0xffff_0000;

export const badNodeIdUnknown = 0x8034_0000;
/** What some servers tell of an item whose node was deleted. */
export const badNodeIdInvalid = 0x8033_0000;
/** The object has no such method, or not any more. */
export const badMethodInvalid = 0x8075_0000;
export const badNoContinuationPoints = 0x804b_0000;
export const badContinuationPointInvalid = 0x804a_0000;
export const badMessageNotAvailable = 0x807b_0000;
export const badTooManyPublishRequests = 0x8078_0000;
export const badTimeout = 0x800a_0000;
export const badHistoryOperationUnsupported = 0x8072_0000;
export const badHistoryOperationInvalid = 0x8071_0000;
export const badNotReadable = 0x803a_0000;
export const badUserAccessDenied = 0x801f_0000;
export const badTooManyOperations = 0x8010_0000;
export const badTooManyMonitoredItems = 0x80db_0000;

const badRefusals: ReadonlySet<number> = new Set([
  badUserAccessDenied,
  0x8021_0000, // BadIdentityTokenRejected
  0x8020_0000, // BadIdentityTokenInvalid
  0x8057_0000, // BadUserSignatureInvalid
]);

/** The machine is there and says that it has too much to do now. */
const busy: ReadonlySet<number> = new Set([
  0x8056_0000, // BadTooManySessions
  0x800e_0000, // BadServerHalted
  0x800c_0000, // BadShutdown
  0x8003_0000, // BadOutOfMemory
  0x8004_0000, // BadResourceUnavailable
  0x8008_0000, // BadEncodingLimitsExceeded
  0x80ee_0000, // BadServerTooBusy
  badTimeout,
  badTooManyOperations,
]);

/** Session or channel are gone on the machine's side: everything has to be built anew. */
const sessionGone: ReadonlySet<number> = new Set([
  0x8025_0000, // BadSessionIdInvalid
  0x8026_0000, // BadSessionClosed
  0x8027_0000, // BadSessionNotActivated
  0x8022_0000, // BadSecureChannelIdInvalid
  0x8086_0000, // BadSecureChannelClosed
  0x80ae_0000, // BadConnectionClosed
  0x8028_0000, // BadSubscriptionIdInvalid
  0x8079_0000, // BadNoSubscription
]);

export function sameMeaning(status: number, code: number): boolean {
  return (status & meaningMask) >>> 0 === code;
}

/** The node behind an item is no longer there. */
export function isNodeGone(status: number): boolean {
  return sameMeaning(status, badNodeIdUnknown) || sameMeaning(status, badNodeIdInvalid);
}

export function isSessionGone(status: number | null): boolean {
  return status !== null && sessionGone.has((status & meaningMask) >>> 0);
}

export function isLoginRefusal(status: number | null): boolean {
  return status !== null && badRefusals.has((status & meaningMask) >>> 0);
}

/**
 * A reading service that failed.
 *
 * @fault transient machine/unreachable  nothing left, or no answer came: nothing was changed
 * @fault transient machine/busy         the machine has no room for the request now
 * @fault refused   machine/access-denied the account lacks a right
 * @fault refused   machine/service      any other bad status
 */
export function readingFault(failure: ServiceFailure, what: string): Fault {
  const { status, text } = failure;
  if (status === null || isSessionGone(status)) {
    return makeFault("transient", "machine/unreachable", `${what}: the machine gave no answer (${text}).`, failure);
  }
  if (busy.has((status & meaningMask) >>> 0)) {
    return makeFault("transient", "machine/busy", `${what}: the machine has no room for it now (${text}).`, failure);
  }
  if (isLoginRefusal(status)) return accessDenied(what, text, failure);
  return makeFault("refused", "machine/service", `${what}: the machine answered ${text}.`, failure);
}

/**
 * A service that changes something at the machine and failed.
 *
 * @fault transient machine/unreachable      the request provably never left
 * @fault ambiguous machine/call-unanswered  it left and no answer came: read the machine before doing it again
 */
export function changingFault(failure: ServiceFailure, what: string): Fault {
  if (!failure.sent || failure.status !== null) return readingFault(failure, what);
  return makeFault(
    "ambiguous",
    "machine/call-unanswered",
    `${what}: it was sent and no answer came (${failure.text}). Look at the machine before doing it again.`,
    failure,
  );
}

export function accessDenied(what: string, text: string, cause: unknown): Fault {
  return makeFault(
    "refused",
    "machine/access-denied",
    `${what}: the machine does not allow it (${text}). Give the account the right, or use another account.`,
    cause,
  );
}
