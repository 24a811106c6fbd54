/** What outcomes and answers mean for a posting, for every state it can be in. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { instant } from "../base/instant.ts";
import { makeFault, type FaultKind } from "../base/result.ts";
import { forAll } from "../base/testing/chance.ts";
import type { ErpTraits, PushOutcome, ResolveOutcome } from "../erp/connector.ts";
import {
  postingStates,
  postingTable,
  sentAgainCode,
  type PostingCommand,
  type PostingState,
} from "../record/posting.ts";
import { backoffMs, deliveryBackoff, parkedBackoff, shareOf } from "./retry.ts";
import {
  afterAsking,
  afterAskingBeside,
  afterPush,
  askFailed,
  mayResend,
  resendDecision,
  type Decision,
  type Sent,
} from "./settlement.ts";

const now = instant(1_738_566_000_000);
const fault = makeFault("refused", "erp/test", "no");
const document = { number: "4900000101/2026", kind: "confirmation" } as const;
const traits: ErpTraits = { settleMs: 4_000, idempotent: new Set(["order-accepted"]), concurrency: 4 };

function sent(change: Partial<Sent> = {}): Sent {
  return {
    id: "p1",
    key: "AAAABBBBCCCCDDDD",
    kind: "confirmation",
    state: "sending",
    attempts: 1,
    askedAbsent: 0,
    fault: null,
    ...change,
  };
}

const pushed: readonly (readonly [PushOutcome, PostingCommand])[] = [
  [{ outcome: "confirmed", document }, "confirm"],
  [{ outcome: "refused", fault, parked: false }, "refuse"],
  [{ outcome: "refused", fault, parked: true }, "refuse"],
  [{ outcome: "not-applied", fault, retryAfterMs: null }, "absent"],
  [{ outcome: "not-applied", fault, retryAfterMs: 7_000 }, "absent"],
  [{ outcome: "in-doubt", fault }, "doubt"],
];
const answered: readonly (readonly [ResolveOutcome, PostingCommand])[] = [
  [{ outcome: "applied", document }, "confirm"],
  [{ outcome: "differs", fault }, "escalate"],
  [{ outcome: "unknown", fault }, "doubt"],
  [{ outcome: "absent" }, "doubt"],
  [{ outcome: "refused", fault, parked: false }, "doubt"],
  [{ outcome: "refused", fault, parked: true }, "doubt"],
  [{ outcome: "unanswerable" }, "doubt"],
];
/** The settle time is over. */
const answeredLate: readonly (readonly [ResolveOutcome, PostingCommand])[] = [
  [{ outcome: "refused", fault, parked: false }, "refuse"],
  [{ outcome: "refused", fault, parked: true }, "refuse"],
  [{ outcome: "unanswerable" }, "escalate"],
];

/** Every outcome in every state: the table decides, and what it forbids is a bug that is not passed over. */
function checkAgainstTable(state: PostingState, command: PostingCommand, decide: () => Decision): void {
  const next = postingTable[state][command];
  if (next === "refuse-command") {
    assert.throws(decide, /Assertion failed/);
    return;
  }
  const decision = decide();
  assert.equal(decision.from, state);
  assert.equal(decision.to, next === "ignore" ? state : next);
  assert.equal(decision.attempt, 1);
  const isCertain = ["planned", "confirmed", "refused", "needs-person", "dismissed", "reversed"].includes(decision.to);
  assert.equal(decision.releasesLanes, isCertain, "lanes are held until it is certain what became of it");
}

for (const state of postingStates) {
  for (const [outcome, command] of pushed) {
    test(`${state}, push: ${outcome.outcome}${"parked" in outcome && outcome.parked ? ", parked" : ""}`, () =>
      checkAgainstTable(state, command, () => afterPush(sent({ state }), outcome, now)));
  }
  for (const [answer, command] of answered) {
    test(`${state}, asked: ${answer.outcome}`, () =>
      checkAgainstTable(state, command, () => afterAsking(sent({ state }), answer, traits, { now, waitedMs: 0 })));
  }
  for (const [answer, command] of answeredLate) {
    test(`${state}, asked late: ${answer.outcome}`, () =>
      checkAgainstTable(state, command, () => afterAsking(sent({ state }), answer, traits, { now, waitedMs: 4_000 })));
  }
}

describe("after a push", () => {
  test("a confirmed one has its document; the fault of others is kept", () => {
    assert.deepEqual(afterPush(sent(), { outcome: "confirmed", document }, now).document, document);
    for (const [outcome] of pushed.slice(1)) assert.equal(afterPush(sent(), outcome, now).fault, fault);
  });

  test("a refused one is not due again; a parked one is, later each time and never later than the longest", () => {
    assert.equal(afterPush(sent(), { outcome: "refused", fault, parked: false }, now).dueAt, null);
    const waits = [1, 2, 3, 8, 50].map((attempts) => {
      const { dueAt, parked } = afterPush(sent({ attempts }), { outcome: "refused", fault, parked: true }, now);
      assert.equal(parked, true);
      return (dueAt ?? now) - now;
    });
    assert.deepEqual(
      waits,
      waits.toSorted((a, b) => a - b),
    );
    assert.ok(waits[0] && waits[0] >= parkedBackoff.firstMs / 2 && waits.every((ms) => ms <= parkedBackoff.longestMs));
  });

  test("the time that the ERP names is kept", () => {
    const { dueAt, to } = afterPush(sent(), { outcome: "not-applied", fault, retryAfterMs: 7_000 }, now);
    assert.deepEqual([dueAt, to], [now + 7_000, "planned"]);
  });

  test("an ERP that names no time at all is not called without a pause", () => {
    const { dueAt } = afterPush(sent({ attempts: 12 }), { outcome: "not-applied", fault, retryAfterMs: 0 }, now);
    assert.ok((dueAt ?? 0) >= now + deliveryBackoff.firstMs / 2);
  });

  test("one in doubt is asked about at once", () => {
    assert.equal(afterPush(sent(), { outcome: "in-doubt", fault }, now).dueAt, now);
  });
});

describe("an ERP that does not say whether it has it", () => {
  const ask = (kind: FaultKind, ms: number): Decision =>
    afterAsking(sent({ state: "in-doubt" }), { outcome: "unknown", fault: makeFault(kind, "erp/test", "no") }, traits, {
      now,
      waitedMs: ms,
    });
  const minutes = 60_000;

  for (const kind of ["refused", "invalid"] as const)
    test(`because it will not (${kind}) is asked for a while, and then a person is`, () => {
      assert.deepEqual([ask(kind, 10 * minutes).to, ask(kind, 11 * minutes).to], ["in-doubt", "needs-person"]);
      assert.equal(ask(kind, 11 * minutes).fault?.kind, kind, "who is told hears why");
    });

  test("because it is away is asked for as long as it is", () => {
    assert.deepEqual([ask("transient", 1e9).to, ask("ambiguous", 1e9).to], ["in-doubt", "in-doubt"]);
  });
});

describe("absent", () => {
  const ask = (ms: number, askedAbsent: number, wall = now + ms): Decision =>
    afterAsking(sent({ state: "in-doubt", askedAbsent }), { outcome: "absent" }, traits, {
      now: instant(wall),
      waitedMs: ms,
    });

  test("counts only after the settle time, and when asked twice", () => {
    assert.deepEqual([ask(0, 0).to, ask(0, 0).askedAbsent, ask(0, 0).dueAt], ["in-doubt", 0, now + 4_000]);
    assert.deepEqual([ask(3_999, 0).to, ask(3_999, 0).askedAbsent], ["in-doubt", 0]);
    assert.deepEqual([ask(4_000, 0).to, ask(4_000, 0).askedAbsent], ["in-doubt", 1]);
    assert.ok((ask(4_000, 0).dueAt ?? 0) > now + 4_000, "not in the same breath");
    assert.deepEqual([ask(5_000, 1).to, ask(5_000, 1).askedAbsent], ["planned", 0]);
  });

  test("said before the settle time it does not count, however often", () => {
    forAll(
      fc.property(fc.nat(3_999), fc.nat(10), (ms, asked) => {
        assert.equal(ask(ms, asked).to, "in-doubt");
        assert.equal(ask(ms, asked).askedAbsent, 0);
      }),
    );
  });

  test("what the clock on the wall shows has no say", () => {
    for (const day of [-86_400_000, 86_400_000]) {
      assert.deepEqual([ask(3_999, 1, now + day).to, ask(3_999, 1, now + day).askedAbsent], ["in-doubt", 0]);
      assert.equal(ask(4_000, 1, now + day).to, "planned");
    }
  });

  test("what cannot be asked is a person's when it can no longer arrive, and not before", () => {
    const asked = (waitedMs: number): Decision =>
      afterAsking(sent({ state: "in-doubt" }), { outcome: "unanswerable" }, traits, { now, waitedMs });
    assert.deepEqual([asked(3_999).to, asked(3_999).dueAt, asked(3_999).releasesLanes], ["in-doubt", now + 1, false]);
    assert.deepEqual([asked(4_000).to, asked(4_000).fault?.code], ["needs-person", "exchange/unanswerable"]);
  });

  test("a refusal may be that of an earlier attempt as long as this one can still arrive", () => {
    const asked = (waitedMs: number): Decision =>
      afterAsking(sent({ state: "in-doubt", attempts: 2 }), { outcome: "refused", fault, parked: true }, traits, {
        now,
        waitedMs,
      });
    assert.deepEqual([asked(3_999).to, asked(3_999).dueAt, asked(3_999).releasesLanes], ["in-doubt", now + 1, false]);
    assert.deepEqual([asked(3_999).fault, asked(3_999).askedAbsent, asked(3_999).parked], [fault, 0, false]);
    assert.deepEqual([asked(4_000).to, asked(4_000).parked, asked(4_000).releasesLanes], ["refused", true, true]);
  });

  test("unknown, and a question that fails, leave what was known and are asked again", () => {
    const doubtful = sent({ state: "in-doubt", askedAbsent: 1 });
    for (const decision of [
      afterAsking(doubtful, { outcome: "unknown", fault }, traits, { now, waitedMs: 0 }),
      askFailed(doubtful, new Error("x"), traits, { now, waitedMs: 0 }),
    ]) {
      assert.deepEqual([decision.to, decision.askedAbsent, decision.releasesLanes], ["in-doubt", 1, false]);
      assert.ok((decision.dueAt ?? 0) > now && (decision.dueAt ?? 0) <= now + 30_000);
    }
  });
});

describe("an ERP that answers as one that has it, and has it not", () => {
  const known = makeFault("conflict", "erp/known", "Order 4711 is closed, says ABCD.");
  const answer = (outcome: ResolveOutcome, change: Partial<Sent> = {}, waitedMs = 4_000): Decision =>
    afterAsking(sent({ state: "in-doubt", attempts: 3, fault: known, ...change }), outcome, traits, { now, waitedMs });
  const absent = (change: Partial<Sent>, waitedMs?: number): Decision =>
    answer({ outcome: "absent" }, change, waitedMs);

  test("is a person's at the third attempt, once absent counts, with what it says", () => {
    assert.equal(absent({ askedAbsent: 1, attempts: 1 }).to, "planned");
    assert.equal(absent({ askedAbsent: 1, attempts: 2 }).to, "planned");
    const { to, fault: told, releasesLanes } = absent({ askedAbsent: 1 });
    assert.deepEqual([to, told?.kind, told?.code, releasesLanes], ["needs-person", "conflict", "erp/known", true]);
    assert.match(told?.message ?? "", /^Order 4711 is closed, says ABCD\. .*has nothing/);
  });

  test("is none before absent counts: not before the settle time, nor the first time", () => {
    for (const early of [absent({ askedAbsent: 1 }, 3_999), absent({ askedAbsent: 0 })])
      assert.deepEqual([early.to, early.releasesLanes], ["in-doubt", false]);
  });

  test("is remembered while it is asked", () => {
    assert.equal(absent({ askedAbsent: 0 }).fault, known);
    assert.equal(answer({ outcome: "unknown", fault: makeFault("transient", "erp/away", "away") }).fault, known);
    assert.equal(absent({ askedAbsent: 1, attempts: 2 }).fault, null, "what is sent again answers anew");
  });

  test("is told apart from one that does not answer", () => {
    assert.equal(absent({ askedAbsent: 1, attempts: 50, fault }).to, "planned");
    assert.equal(absent({ askedAbsent: 1, attempts: 50, fault: null }).to, "planned");
  });

  test("is a person's too where a repeat does nothing, and where it cannot be asked", () => {
    const kind = "order-accepted";
    assert.equal(absent({ kind, askedAbsent: 1 }).to, "needs-person");
    const told = answer({ outcome: "unanswerable" }, { kind });
    assert.deepEqual([told.to, told.fault?.code], ["needs-person", "exchange/unanswerable"]);
    assert.match(told.fault?.message ?? "", /Order 4711 is closed/);
  });
});

test("only a kind of which a repeat does nothing may be sent again without asking", () => {
  assert.equal(mayResend(sent({ kind: "order-accepted" }), traits), true);
  for (const kind of ["confirmation", "goods-receipt", "goods-issue"] as const)
    assert.equal(mayResend(sent({ kind }), traits), false);
  const again = resendDecision(sent({ state: "in-doubt" }), now);
  assert.equal(again.to, "planned");
  assert.ok((again.dueAt ?? now) > now, "after a pause");
});

test("of such a kind nobody knows whether it arrived until the ERP has answered, and a no to a repeat is asked about", () => {
  const { fault: mark } = resendDecision(sent({ state: "in-doubt" }), now);
  assert.equal(mark?.code, sentAgainCode);
  const repeat = sent({ kind: "order-accepted", attempts: 2, fault: mark });
  const away = makeFault("transient", "erp/test", "It is away.");
  const kept = afterPush(repeat, { outcome: "not-applied", fault: away, retryAfterMs: null }, now);
  assert.deepEqual(
    [kept.to, kept.fault?.code],
    ["planned", sentAgainCode],
    "this one has not arrived; that one may have",
  );
  assert.match(kept.fault?.message ?? "", /It is away/);
  const no = afterPush(repeat, { outcome: "refused", fault, parked: false }, now);
  assert.deepEqual([no.to, no.fault?.kind, no.dueAt], ["in-doubt", "conflict", now]);
  const later = afterPush(repeat, { outcome: "refused", fault, parked: true }, now);
  assert.deepEqual(
    [later.to, later.fault?.code],
    ["planned", sentAgainCode],
    "a login that fails says nothing of the one before",
  );
  assert.ok((later.dueAt ?? now) >= now + parkedBackoff.firstMs / 2);
  const doubted = { ...repeat, state: "in-doubt", fault: no.fault } as const;
  assert.equal(mayResend(doubted, traits), false, "it is asked first");
  assert.equal(afterAsking(doubted, { outcome: "applied", document }, traits, { now, waitedMs: 0 }).to, "confirmed");
  assert.equal(afterPush(sent({ attempts: 2 }), { outcome: "refused", fault, parked: false }, now).to, "refused");
});

describe("a no to a repeat, of which the ERP has nothing", () => {
  const words = makeFault("refused", "erp/closed", "The period is closed.");
  const again = sent({
    kind: "order-accepted",
    attempts: 2,
    fault: resendDecision(sent({ state: "in-doubt" }), now).fault,
  });
  const no = afterPush(again, { outcome: "refused", fault: words, parked: false }, now);
  const answer = (outcome: ResolveOutcome, change: Partial<Sent> = {}, waitedMs = 4_000): Decision =>
    afterAsking({ ...again, state: "in-doubt", fault: no.fault, ...change }, outcome, traits, { now, waitedMs });

  test("is a refusal once absent counts, with what the ERP said", () => {
    for (const attempts of [2, 3, 50]) {
      const { to, fault: told, parked, releasesLanes } = answer({ outcome: "absent" }, { attempts, askedAbsent: 1 });
      assert.deepEqual(
        [to, told?.kind, told?.message, parked, releasesLanes],
        ["refused", "refused", words.message, false, true],
      );
    }
  });

  test("is none before: it is asked on, and not sent again", () => {
    for (const early of [answer({ outcome: "absent" }, { askedAbsent: 1 }, 3_999), answer({ outcome: "absent" })])
      assert.deepEqual([early.to, early.fault, early.releasesLanes], ["in-doubt", no.fault, false]);
    assert.equal(answer({ outcome: "absent" }).askedAbsent, 1);
  });

  test("is none of what it will not say: that is sent again, and a person's at the third attempt", () => {
    assert.equal(answer({ outcome: "unanswerable" }).fault?.code, sentAgainCode);
    assert.equal(answer({ outcome: "unanswerable" }, { attempts: 3 }).to, "needs-person");
  });
});

test("what may not leave now is asked about, and not sent again without asking", () => {
  const held = sent({ kind: "order-accepted", state: "in-doubt", isHeld: true });
  assert.equal(mayResend(held, traits), false);
  const asked = (outcome: ResolveOutcome, change: Partial<Sent> = {}): Decision =>
    afterAsking({ ...held, ...change }, outcome, traits, { now, waitedMs: 4_000 });
  assert.deepEqual(
    [asked({ outcome: "unknown", fault }).to, asked({ outcome: "absent" }).to],
    ["in-doubt", "in-doubt"],
  );
  const absent = asked({ outcome: "absent" }, { askedAbsent: 1 });
  assert.deepEqual([absent.to, absent.fault], ["planned", null], "provably not there");
});

test("what may have been cut otherwise before a restore is asked about as if a repeat did something", () => {
  const recut = sent({ kind: "order-accepted", state: "in-doubt", attempts: 0, recut: {} });
  assert.equal(mayResend({ ...recut, attempts: 1 }, traits), false);
  const asked = (outcome: ResolveOutcome, waitedMs: number, askedAbsent = 0): string =>
    afterAsking({ ...recut, askedAbsent }, outcome, traits, { now, waitedMs }).to;
  for (const early of [{ outcome: "absent" }, { outcome: "unknown", fault }, { outcome: "unanswerable" }] as const)
    assert.equal(asked(early, 3_999, 1), "in-doubt");
  assert.equal(asked({ outcome: "absent" }, 4_000, 1), "planned");
  assert.equal(asked({ outcome: "unknown", fault }, 4_000, 1), "in-doubt");
  assert.equal(asked({ outcome: "unanswerable" }, 4_000), "needs-person");
});

test("of such a kind only an answer that says something is believed; else it is sent again", () => {
  const repeated = sent({ kind: "order-accepted", state: "in-doubt", attempts: 5 });
  assert.equal(mayResend(repeated, traits), false, "it is asked about now and then");
  const after = (answer: ResolveOutcome): string => afterAsking(repeated, answer, traits, { now, waitedMs: 0 }).to;
  assert.equal(after({ outcome: "absent" }), "planned");
  assert.equal(after({ outcome: "unknown", fault }), "planned");
  assert.equal(after({ outcome: "unanswerable" }), "planned");
  assert.equal(after({ outcome: "differs", fault }), "needs-person");
});

test("beside another document of its run it is a person's; while that is not known it is asked again", () => {
  const doubtful = sent({ state: "in-doubt", askedAbsent: 2 });
  const beside = (found: Parameters<typeof afterAskingBeside>[1]): string =>
    afterAskingBeside(doubtful, found, traits, now).to;
  const document = { number: "1", kind: "confirmation" } as const;
  for (const found of [{ outcome: "applied", document }, { outcome: "differs", fault }, "differs"] as const)
    assert.equal(beside(found), "needs-person");
  for (const found of [{ outcome: "unknown", fault }, { outcome: "unanswerable" }, "in-doubt"] as const)
    assert.equal(beside(found), "in-doubt");
});

test("pauses grow, are bounded, spread by the posting and always the same for it", () => {
  forAll(
    fc.property(fc.nat(5_000), fc.string({ minLength: 1, maxLength: 16 }), (attempt, key) => {
      const share = shareOf(key);
      assert.ok(share >= 0 && share <= 1);
      assert.equal(share, shareOf(key));
      for (const backoff of [deliveryBackoff, parkedBackoff]) {
        const ms = backoffMs(backoff, attempt, share);
        assert.ok(ms >= backoff.firstMs / 2 && ms <= backoff.longestMs && Number.isInteger(ms));
        assert.ok(backoffMs(backoff, attempt + 1, share) >= ms);
      }
    }),
  );
  const shares = new Set(Array.from({ length: 200 }, (_, i) => shareOf(`AAAABBBBCCCC${i}`)));
  assert.ok(shares.size > 150, "postings do not all come at once");
});
