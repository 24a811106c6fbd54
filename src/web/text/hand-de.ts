/** German: what was keyed by hand in the ERP, and for which of ours. */
import type { handEn } from "./hand-en.ts";

export const handDe: Readonly<Record<keyof typeof handEn, string>> = {
  "hand.title": "Von Hand im ERP gebucht",
  "hand.title.ours": "Von uns gebucht, durch eine Wiederherstellung verloren",
  "hand.kept-at": "Erfasst",
  "hand.posted-at": "Gebucht",
  "hand.says": "Er sagt",
  "hand.says.unknown": "Nicht aufbewahrt: im ERP nachsehen",
  "hand.waits": "Wartet auf dasselbe und wird erst nach der Antwort gesendet",
  "hand.none": "Von uns wartet noch nichts darauf. Es wird geplant, wenn der Lauf beendet ist: dann entscheiden.",
  "hand.more-wait": "Es warten mehr, als hier stehen. Sie werden nach der Antwort gesendet.",
  "hand.head.run": "Lauf",
  "hand.head.state": "Zustand",
  "hand.run": "{unit}, {from} bis {to}",
  "hand.run.goes-on": "{unit}, seit {from}",
  "hand.run.none": "Von keinem Lauf",
  "hand.lot": "Charge {lot}",
  "hand.posting-date": "Buchungsdatum {day}",
  "hand.which": "Für welche von unseren wurde er gebucht?",
  "hand.doubt": "Noch weiß niemand, ob das ERP sie hat: Sie kann nicht zurückstehen.",
  "hand.choose": "Mindestens eine wählen.",
  "hand.same": "Ihre Auswahl und der Beleg sagen dasselbe.",
  "hand.more": "Ihre Auswahl sagt mehr als der Beleg: {amount}",
  "hand.less": "Ihre Auswahl sagt weniger als der Beleg: {amount}",
  "hand.compare": "Was der Beleg sagt, wurde nicht aufbewahrt: Ihre Auswahl mit dem ERP vergleichen.",
  "hand.sent.one": "{count} nicht gewählte wird gesendet.",
  "hand.sent.other": "{count} nicht gewählte werden gesendet.",
  "act.answer-hand": "Beantworten",
  "act.answer-hand.text":
    "Was Sie wählen, steht für den Beleg zurück und wird nie gesendet. Was daneben wartet, wird sofort gesendet, wenn keine andere Frage den Auftrag aufhält.",
};
