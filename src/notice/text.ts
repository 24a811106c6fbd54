/**
 * Notices in words, English and German, for e-mail, webhooks and whoever reads no screen. Each is one line; what it says
 * comes from the notice's values and nothing else.
 */
import type { NoticeKind, NoticeLanguage, NoticeValues } from "../record/notice.ts";

type Words = Readonly<Record<NoticeKind, (v: (name: string) => string, has: (name: string) => boolean) => string>>;

const english: Words = {
  "order-new": (v) => `New order ${v("order")}: ${v("quantity")} of ${v("material")}.`,
  "order-priority": (v) => `Order ${v("order")}: priority ${v("was")} → ${v("now")}.`,
  "order-change": (v, has) => `Order ${v("order")} has changed: ${changes(v, has, partsEnglish)}.`,
  "setup-ready": (v) => `${v("unit")} is set up for order ${v("order")}.`,
  "setup-failed": (v, has) =>
    has("parameter")
      ? `Set-up of ${v("unit")} for order ${v("order")} failed: ${v("parameter")} should be ${v("wanted")} and is ${v("got")}. What was written was taken back.`
      : `Set-up of ${v("unit")} for order ${v("order")} failed: ${v("why")}`,
  "stop-without-reason": (v) =>
    `${v("unit")} stands (${v("state")}) since ${v("since")} during ${v("job")}; nobody has given a reason.`,
  "posting-refused": (v) =>
    `The ERP did not take the ${v("document")} of order ${v("order")} (${v("state")}): ${v("why")}`,
  quarantine: (v) => `In quarantine: ${v("what")} ${v("subject")}. ${v("why")}`,
  question: (v) => `A question waits for an answer: ${v("why")}`,
  "machine-stale": (v) => `${v("unit")} has sent nothing since ${v("since")}: connection ${v("connection")} is lost.`,
};

const german: Words = {
  "order-new": (v) => `Neuer Auftrag ${v("order")}: ${v("quantity")} von ${v("material")}.`,
  "order-priority": (v) => `Auftrag ${v("order")}: Priorität ${v("was")} → ${v("now")}.`,
  "order-change": (v, has) => `Auftrag ${v("order")} wurde geändert: ${changes(v, has, partsGerman)}.`,
  "setup-ready": (v) => `${v("unit")} ist für Auftrag ${v("order")} gerüstet.`,
  "setup-failed": (v, has) =>
    has("parameter")
      ? `Rüsten von ${v("unit")} für Auftrag ${v("order")} fehlgeschlagen: ${v("parameter")} soll ${v("wanted")} sein und ist ${v("got")}. Das Geschriebene wurde zurückgenommen.`
      : `Rüsten von ${v("unit")} für Auftrag ${v("order")} fehlgeschlagen: ${v("why")}`,
  "stop-without-reason": (v) =>
    `${v("unit")} steht (${v("state")}) seit ${v("since")} während ${v("job")}; niemand hat einen Grund genannt.`,
  "posting-refused": (v) =>
    `Das ERP hat ${v("document")} zu Auftrag ${v("order")} nicht angenommen (${v("state")}): ${v("why")}`,
  quarantine: (v) => `In Quarantäne: ${v("what")} ${v("subject")}. ${v("why")}`,
  question: (v) => `Eine Frage wartet auf Antwort: ${v("why")}`,
  "machine-stale": (v) => `${v("unit")} hat seit ${v("since")} nichts gesendet: Verbindung ${v("connection")} ist weg.`,
};

const parts = ["quantity", "state", "material", "start", "end", "operations"] as const;
type Parts = Readonly<Record<(typeof parts)[number], string>>;
const partsEnglish: Parts = {
  quantity: "quantity",
  state: "state",
  material: "material",
  start: "start",
  end: "end",
  operations: "operations",
};
const partsGerman: Parts = {
  quantity: "Menge",
  state: "Status",
  material: "Material",
  start: "Start",
  end: "Ende",
  operations: "Vorgänge",
};

/** Values that are words of the program, in German. */
const wordsGerman: Readonly<Record<string, string>> = {
  order: "Auftrag",
  production: "Produktion",
  held: "angehalten",
  fault: "Störung",
  idle: "Leerlauf",
  parked: "geparkt",
  refused: "abgelehnt",
  "needs-person": "braucht eine Person",
  "order-accepted": "Auftragsannahme",
  confirmation: "Rückmeldung",
  "goods-receipt": "Wareneingang",
  "goods-issue": "Warenausgang",
  "final-confirmation": "Endrückmeldung",
  "confirmation-reversal": "Storno der Rückmeldung",
  "movement-reversal": "Storno der Warenbewegung",
};
const wordsEnglish: Readonly<Record<string, string>> = {
  "needs-person": "needs a person",
  "order-accepted": "order acceptance",
  "goods-receipt": "goods receipt",
  "goods-issue": "goods issue",
  "final-confirmation": "final confirmation",
  "confirmation-reversal": "reversal of the confirmation",
  "movement-reversal": "reversal of the goods movement",
};
/** Names of values that hold such words. */
const worded: ReadonlySet<string> = new Set(["what", "state", "document"]);

export function noticeText(language: NoticeLanguage, kind: NoticeKind, values: NoticeValues): string {
  const [words, said] = language === "de" ? [wordsGerman, german] : [wordsEnglish, english];
  const value = (name: string): string => {
    const held = values[name] ?? "";
    return worded.has(name) ? (words[held] ?? held) : held;
  };
  return said[kind](value, (name) => Object.hasOwn(values, name));
}

/** `material` stands in every order's values: it has changed when it says from what to what. */
function changes(v: (name: string) => string, has: (name: string) => boolean, names: Parts): string {
  const changed = parts.filter((part) => has(part) && v(part).includes(" → "));
  return changed.map((part) => `${names[part]} ${v(part)}`).join(", ");
}
