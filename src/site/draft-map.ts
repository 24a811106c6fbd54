/**
 * A first map of a machine nobody has described yet: its items under keys of their own, and the parts of a map that
 * say what they mean as comments to be filled in. Guesses nothing that would become a fact. Pure.
 */
import { pathFault } from "./item-path.ts";

export interface DraftItem {
  /** Path inside the machine. */
  readonly path: string;
  readonly type: string;
  /** The present value in a line, as a person reads it. */
  readonly shown: string;
  readonly hasHistory: boolean;
  readonly isWritable: boolean;
  readonly description: string;
}

export interface Draft {
  readonly name: string;
  /** Instant with offset from which the map is right. */
  readonly validFrom: string;
  /** Where the items stand, for the reader. */
  readonly source: string;
  readonly items: readonly DraftItem[];
}

/** YAML that `check` accepts as it is. Items whose names no map can write are left out, with a comment. */
export function draftMap(draft: Draft): string {
  const keys = keysOf(draft.items);
  // Of two items with one path the first is the one that the path finds.
  const items = draft.items.filter(({ path }, i, all) => all.findIndex((other) => other.path === path) === i);
  const lines = items.flatMap((item) => itemLines(item, keys.get(item.path) ?? ""));
  return `# A draft of a map, made by browsing ${oneLine(draft.source)}.
# The items are what the machine has; take out what nobody needs. What they mean is for you to say below.
# Every key: docs/guide/site.md. Check it with: millrace check DIR
name: ${text(draft.name)}
version: 1 # plus 1 with every change of meaning
validFrom: ${text(draft.validFrom)}

frame: sample # source-time: when all values of one moment bear one source time and belong together
clock: { trust: device, mode: live, late: 10s } # trust gateway: when the machine's clock is not to be believed

items:${keys.size === 0 ? " {}" : ""}
${lines.join("\n")}
${meaning(draft.items, keys)}`;
}

function itemLines(item: DraftItem, key: string): readonly string[] {
  const about = [item.description, `${item.type}, now ${item.shown}`, item.isWritable ? "may be written" : ""];
  const comment = `  # ${oneLine(about.filter(Boolean).join("; "))}`;
  if (key === "") return [`  # left out: ${oneLine(item.path)} ${oneLine(pathFault(item.path) ?? "")}`];
  return [comment, `  ${key}: { path: ${text(item.path)}, history: ${item.hasHistory} }`];
}

/** The last two names of a path make a key; a number tells equal ones apart. */
function keysOf(items: readonly DraftItem[]): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const taken = new Set<string>();
  for (const { path } of items) {
    if (pathFault(path) !== null || /[&{]/.test(path) || keys.has(path)) continue;
    const wanted = keyOf(path);
    let key = wanted;
    for (let n = 2; taken.has(key); n++) key = `${wanted}${n}`;
    taken.add(key);
    keys.set(path, key);
  }
  return keys;
}

function keyOf(path: string): string {
  const words = path
    .split("/")
    .slice(-2)
    .flatMap((name) => name.split(/[^A-Za-z0-9]+/))
    .filter(Boolean);
  const joined = words.map((word, i) => (i === 0 ? lowerFirst(word) : upperFirst(word))).join("");
  const key = joined.slice(0, 48);
  // YAML has words that are no text: true, no, on, null. A key of two words is never one of them.
  return /^[A-Za-z0-9]/.test(key) && !/^(y|n|yes|no|on|off|true|false|null|\d.*)$/i.test(key) ? key : `item${key}`;
}

/** What is still to be said, with items that look as if they were meant. */
function meaning(items: readonly DraftItem[], keys: ReadonlyMap<string, string>): string {
  const like = (pattern: RegExp): string =>
    keys.get(items.find(({ path }) => pattern.test(path) && keys.has(path))?.path ?? "") ?? "key-of-an-item";
  return `
# How the machine tells its runs apart, if it does:
# run: { by: job, job: ${like(/job|order/i)} }
# Several jobs at once: one item with a placeholder for all their places, such as Cavity{cavity}/Job, and \`stations\`.

# What it counts. The sentence says why the choices are right; without it nobody can judge them later.
# counters:
#   - rule: good-pieces
#     item: ${like(/good|count|total|part/i)}
#     grade: good
#     uom: C62
#     reset: per-run
#     baseline: zero
#     drop: stale
#     stepMax: 1000
#     because: The machine starts this counter at zero with each run and only ever counts up inside a run.

# state:
#   item: ${like(/state|status|mode/i)}
#   states: { 0: idle, 1: setup, 2: production, 3: held, 4: fault }

# energy:
#   item: ${like(/energy|power/i)}
#   uom: KWH
#   reset: never
#   baseline: first
#   drop: classify
#   stepMax: 1000
#   because: The meter runs on for as long as the machine has power and is never set back.
`;
}

function text(value: string): string {
  return JSON.stringify(value);
}

/** Signs that would end a comment's line, or that a terminal would act upon, are shown as blanks. */
function oneLine(value: string): string {
  return value
    .replace(/[\p{Cc}\u2028\u2029\ufeff]+/gu, " ")
    .trim()
    .slice(0, 200);
}

function lowerFirst(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}

function upperFirst(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
