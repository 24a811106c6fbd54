/** An entry of the time line in words: our text for its code with its values; what has no text shows its values as they are. */
import type { TimelineEntry } from "../../../api/contract/order.ts";
import { instructionWord } from "../../parts/instruction-word.ts";
import type { Texts } from "../../text/text.tsx";

export interface EntryWords {
  readonly title: string;
  /** Values that the title does not name. */
  readonly rest: readonly (readonly [name: string, value: string])[];
}

/** Values that are words of the program: documents, states, grades. */
const worded: ReadonlySet<string> = new Set(["kind", "state", "grade", "result"]);
const times: ReadonlySet<string> = new Set(["since", "lastAt"]);
/** Parts of an amount, and what the entry's own kind says already. */
const inner: ReadonlySet<string> = new Set(["value", "uom", "micros", "facts", "outside"]);

function readable(entry: TimelineEntry, text: Texts): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(entry.values)) {
    if (name === "kind" && value === entry.code) continue; // a fact's kind is its code
    // the machine's code for the state beside it, or its very name
    if (name === "raw" && (/^-?\d+$/.test(value) || value === entry.values["state"])) continue;
    if (worded.has(name)) values[name] = text.look(`word.${instructionWord(entry.code, value)}`) ?? value;
    else if (times.has(name)) values[name] = text.dateTime(/^\d+$/.test(value) ? Number(value) : value);
    else values[name] = value;
  }
  const { value, uom } = entry.values;
  if (value !== undefined && uom !== undefined) values["amount"] = text.amount({ value, uom });
  return values;
}

export function entryWords(entry: TimelineEntry, text: Texts): EntryWords {
  const values = readable(entry, text);
  const said = text.look(`timeline.${entry.kind}.${entry.code}`) ?? text.look(`timeline.${entry.code}`);
  const known =
    said ?? `${text.look(`timeline.${entry.kind}`) ?? entry.kind}: ${text.look(`word.${entry.code}`) ?? entry.code}`;
  const named = new Set([...known.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name));
  // what the entry does not say is left out of the sentence, not shown as a gap; in brackets, with the words around it
  const title = known
    .replace(/\[([^\]]*\{(\w+)\}[^\]]*)\]/g, (_, part: string, name: string) => (values[name] ? part : ""))
    .replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "")
    .replace(/\s+([,.;:])/g, "$1")
    .replace(/\s{2,}/g, " ")
    .trim();
  const rest = Object.entries(values).filter(([name]) => !named.has(name) && !inner.has(name));
  // a sentence of ours says enough; what the ERP or a machine answered is added to it
  return { title, rest: said === undefined ? rest : rest.filter(([name]) => name === "message") };
}

export interface EntryGroup {
  readonly first: TimelineEntry;
  readonly more: readonly TimelineEntry[];
}

const groupMin = 4;

function isAlike(a: TimelineEntry, b: TimelineEntry): boolean {
  const same = (["kind", "code", "level"] as const).every((name) => a[name] === b[name]);
  return same && a.values["grade"] === b.values["grade"];
}

/** Entries of one code in a row, such as counts, stand together from four on; every other entry by itself. */
export function groupEntries(entries: readonly TimelineEntry[]): EntryGroup[] {
  const runs: TimelineEntry[][] = [];
  for (const entry of entries) {
    const last = runs.at(-1);
    const before = last?.[0];
    if (last && before && isAlike(before, entry)) last.push(entry);
    else runs.push([entry]);
  }
  return runs.flatMap((run) => {
    const [first, ...more] = run;
    if (!first) return [];
    return run.length >= groupMin ? [{ first, more }] : run.map((one) => ({ first: one, more: [] }));
  });
}
