/** Which cause makes which notice: rules, defaults, words. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../base/instant.ts";
import { makeFault } from "../base/result.ts";
import { forAll } from "../base/testing/chance.ts";
import { requestOf } from "../operations/testing/order.ts";
import { noticeKinds, noticeLanguages, type NoticePolicy, type NoticeRule } from "../record/notice.ts";
import { noticesOf, plain, type Cause, type NoticeScope } from "./cause.ts";
import { recipientsAmong, type Account } from "./channel.ts";
import { mailOf, messageBody } from "./message.ts";
import { noticeDefaults, toldBy } from "./rule.ts";
import { noticeText } from "./text.ts";

const parents: Readonly<Record<string, readonly string[]>> = {
  PL01: ["PL01"],
  A565: ["A565", "PL01"],
  "A565-0026": ["A565-0026", "A565", "PL01"],
};
const rule = (change: Partial<NoticeRule>): NoticeRule => ({
  kinds: ["question"],
  equipment: "PL01",
  role: "quality",
  by: [],
  afterSeconds: null,
  ...change,
});
function scopeOf(rules: readonly NoticeRule[], language: NoticePolicy["language"] = "en"): NoticeScope {
  const policy: NoticePolicy = { language, rules, channels: [], giveUpAfterHours: 24 };
  return { policy, upwards: (id) => parents[id] ?? [] };
}
const question: Extract<Cause, { cause: "question" }> = {
  cause: "question",
  askedAt: instant(0),
  subject: "s",
  text: "Where from?",
  place: "A565-0026",
};

test("the nearest rule holds alone, and leaves what it does not say to the kind", () => {
  const rules = [
    rule({ role: "planner", by: ["mail"], escalate: null }),
    rule({ equipment: "A565", role: "quality" }),
    rule({ equipment: "A565", kinds: ["quarantine"], role: "engineer" }),
  ];
  const near = toldBy(rules, "question", parents["A565-0026"] ?? []);
  assert.deepEqual([near.role, near.by, near.escalate?.role], ["quality", [], "controller"]);
  const far = toldBy(rules, "question", ["PL01"]);
  assert.deepEqual([far.role, far.by, far.escalate], ["planner", ["mail"], null]);
  assert.equal(toldBy(rules, "question", []).role, noticeDefaults.question.role);
});

test("without any rule everything is told on screen alone, and nothing goes further up to the same role", () => {
  for (const kind of noticeKinds) {
    const told = toldBy([], kind, ["PL01"]);
    assert.deepEqual(told.by, []);
    assert.deepEqual(told.escalate?.by ?? [], []);
    assert.notEqual(told.escalate?.role, told.role, kind);
  }
});

test("the guide shows the defaults as they are", () => {
  const guide = readFileSync(new URL("../../docs/guide/notification.md", import.meta.url), "utf8");
  for (const kind of noticeKinds) {
    const { role, severity, afterSeconds, escalate } = noticeDefaults[kind];
    const up = escalate ? `${escalate.role} after ${escalate.afterMinutes} min` : "–";
    const after = afterSeconds === null ? "at once" : `after ${afterSeconds} s`;
    const row = `| \`${kind}\` | ${severity} | ${role} | ${after} | ${up} |`;
    assert.ok(guide.includes(row), row);
  }
});

test("an order is told at each of its work centers; what has not changed is not told", () => {
  const now = requestOf({ version: "2" });
  const cause = (before: typeof now | null): Cause => ({ cause: "order", before, now, places: ["A565", "PL01"] });
  assert.deepEqual(
    noticesOf(scopeOf([]), cause(null)).map(({ kind, equipment }) => [kind, equipment]),
    [
      ["order-new", "A565"],
      ["order-new", "PL01"],
    ],
  );
  assert.deepEqual(noticesOf(scopeOf([]), cause({ ...now, version: "1" })), []);
  for (const state of ["Running", "Completed", "Closed"] as const)
    assert.deepEqual(
      noticesOf(scopeOf([]), { cause: "order", before: requestOf(), now: { ...now, state }, places: ["A565"] }),
      [],
    );
  const [held] = noticesOf(scopeOf([]), {
    cause: "order",
    before: requestOf(),
    now: { ...now, state: "Held", latestEnd: instant(0) },
    places: ["A565"],
  });
  assert.equal(held?.text, "Order 1000001 has changed: state Released → Held, end – → 1970-01-01T00:00:00.000Z.");
});

test("a set-up that failed twice over says what differed, in both languages", () => {
  const first = makeFault("refused", "gateway/setup-mismatch", "Otherwise.", {
    parameter: "force",
    wanted: 12,
    got: null,
  });
  const fault = makeFault("refused", "gateway/setup-not-restored", "Not back.", [
    first,
    makeFault("refused", "a/b", "x"),
  ]);
  const cause = {
    cause: "instruction",
    instruction: { id: "i", jobOrder: "j", connection: "komax", workUnit: "A565-0026" },
    to: "rolled-back",
    fault,
    order: "4711",
    request: "r",
  } as unknown as Cause; // the rest of an instruction says nothing here
  const [english] = noticesOf(scopeOf([]), cause);
  assert.match(english?.text ?? "", /force should be 12 and is null/);
  const [german] = noticesOf(scopeOf([], "de"), cause);
  assert.match(
    german?.text ?? "",
    /Rüsten von A565-0026 für Auftrag 4711 fehlgeschlagen: force soll 12 sein und ist null/,
  );
});

test("every kind has words in every language, also when a value is missing", () => {
  for (const language of noticeLanguages) {
    const texts = noticeKinds.map((kind) => noticeText(language, kind, {}));
    assert.equal(new Set(texts).size, noticeKinds.length);
    for (const text of texts) assert.doesNotMatch(text, /undefined|null|\[object/);
  }
});

test("whatever machines and ERPs write becomes one line of visible signs, of bounded length", () => {
  forAll(
    fc.property(
      fc.string({ unit: "binary", maxLength: 3_000 }),
      fc.constantFrom("\r\n", "\u2028", "\u202e", "\0", "\u0085"),
      (text, sign) => {
        const value = plain(`${text}${sign}${text}`);
        assert.doesNotMatch(value, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        assert.ok(value.length <= 1_000);
        const [notice] = noticesOf(scopeOf([]), { ...question, text: `${text}${sign}` });
        const of = { id: "i", stage: "raised", role: "operator", site: "S", language: "en", at: instant(0) } as const;
        assert.ok(notice);
        const { subject } = mailOf(messageBody(notice, of));
        assert.ok(subject.length <= 150);
        assert.doesNotMatch(subject, /[\r\n]/);
      },
    ),
  );
});

test("e-mail goes to active accounts that hold the role there or above, and have an address", () => {
  const grants = (equipment: string, role = "operator"): Account["grants"] => [{ role, equipment }];
  const account = (person: string, change: Partial<Account>): Account => ({
    person,
    email: `${person}@plant.example`,
    isActive: true,
    grants: grants("A565"),
    ...change,
  });
  const accounts = [
    account("here", {}),
    account("above", { grants: grants("PL01") }),
    account("below", { grants: grants("A565-0026") }),
    account("other", { grants: grants("A565", "quality") }),
    account("left", { isActive: false }),
    account("silent", { email: null }),
  ];
  const found = recipientsAmong(accounts, "operator", parents["A565"] ?? []);
  assert.deepEqual(found, [
    { key: "here", address: "here@plant.example" },
    { key: "above", address: "above@plant.example" },
  ]);
});

test("the same cause always gives the same notice", () => {
  assert.deepEqual(noticesOf(scopeOf([]), question), noticesOf(scopeOf([]), question));
  const stop = (state: string): Cause => ({
    cause: "stop",
    workUnit: "A565-0026",
    state,
    since: instant(5),
    job: "J",
    request: null,
    jobOrder: null,
  });
  const key = (cause: Cause): unknown =>
    noticesOf(scopeOf([]), cause).map(({ subject, occurrence }) => [subject, occurrence]);
  assert.deepEqual(key(stop("held")), key(stop("fault")));
});
