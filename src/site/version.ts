/**
 * The version of a site's files and what changed between two versions, in words a person can agree to. Order does not
 * matter in lists whose entries have a name of their own.
 */
import { contentId } from "../base/id.ts";
import type { SiteFiles } from "./folder.ts";
import { readYaml } from "./reader.ts";
import { shown } from "./shape.ts";

export interface Change {
  readonly file: string;
  readonly kind: "added" | "removed" | "changed";
  /** Where in the file, e.g. `machines[press].settings.queueSize`; empty for the file itself. */
  readonly path: string;
  /** In words; null for what was added or removed as a whole. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Identity of the content: the same files always have the same version; line ends do not matter. */
export function siteVersion(files: SiteFiles): string {
  return contentId("site", ...sorted(files).flatMap(([path, text]) => [path, normal(text)]));
}

export function differences(before: SiteFiles, after: SiteFiles): readonly Change[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].toSorted(siteFirst).flatMap((file) => {
    const [old, now] = [before.get(file), after.get(file)];
    if (old === undefined) return [{ file, kind: "added", path: "", before: null, after: null } as const];
    if (now === undefined) return [{ file, kind: "removed", path: "", before: null, after: null } as const];
    return normal(old) === normal(now) ? [] : fileChanges(file, old, now);
  });
}

/** One line for people, e.g. `site.yaml: changed machines[press].settings.queueSize from 1000 to 5000`. */
export function formatChange({ file, kind, path, before, after }: Change): string {
  const what = path === "" ? "" : ` ${path}`;
  if (kind === "changed") return `${file}: changed${what} from ${before} to ${after}`;
  const value = kind === "added" ? after : before;
  return value === null ? `${file}: ${kind}${what}` : `${file}: ${kind}${what}: ${value}`;
}

function fileChanges(file: string, old: string, now: string): readonly Change[] {
  const [before, after] = [readYaml(file, old).source, readYaml(file, now).source];
  if (!before || !after) {
    const state = (source: unknown): string => (source ? "a file that can be read" : "a file that cannot be read");
    return [{ file, kind: "changed", path: "", before: state(before), after: state(after) }];
  }
  const changes: Change[] = [];
  compare(before.content, after.content, "", (change) => changes.push({ file, ...change }));
  if (changes.length > 0) return changes;
  return [
    { file, kind: "changed", path: "", before: "its old comments or layout", after: "new ones; it means the same" },
  ];
}

type Report = (change: Omit<Change, "file">) => void;

function compare(before: unknown, after: unknown, path: string, report: Report): void {
  const [old, now] = [entriesOf(before), entriesOf(after)];
  if (old === null || now === null || old.isList !== now.isList) {
    if (!same(before, after)) report({ kind: "changed", path, before: inWords(before), after: inWords(after) });
    return;
  }
  // Lists are compared by name only when all entries on both sides have one.
  const byPosition = old.isList && !(old.named && now.named);
  const [oldEntries, nowEntries] = byPosition ? [positions(before), positions(after)] : [old.entries, now.entries];
  for (const [key, value] of oldEntries) {
    const inner = pathTo(path, key, old.isList);
    if (nowEntries.has(key)) compare(value, nowEntries.get(key), inner, report);
    else report({ kind: "removed", path: inner, before: inWords(value), after: null });
  }
  for (const [key, value] of nowEntries) {
    if (!oldEntries.has(key))
      report({ kind: "added", path: pathTo(path, key, old.isList), before: null, after: inWords(value) });
  }
}

interface Entries {
  readonly isList: boolean;
  readonly named: boolean;
  readonly entries: ReadonlyMap<string, unknown>;
}

function entriesOf(value: unknown): Entries | null {
  if (typeof value !== "object" || value === null) return null;
  if (!Array.isArray(value)) return { isList: false, named: true, entries: new Map(Object.entries(value)) };
  const names = value.map(nameOfEntry);
  const isNamed = names.every((name) => name !== null) && new Set(names).size === names.length;
  return {
    isList: true,
    named: isNamed,
    entries: new Map(value.map((entry, index) => [names[index] ?? String(index), entry])),
  };
}

/** Entries of lists are known by their id, the name of their rule, or the ERP they are for. */
function nameOfEntry(entry: unknown): string | null {
  if (typeof entry !== "object" || entry === null) return null;
  for (const key of ["id", "rule", "erp"]) {
    const name: unknown = key in entry ? Reflect.get(entry, key) : undefined;
    if (typeof name === "string") return name;
  }
  return null;
}

function positions(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(Array.isArray(value) ? value.map((entry: unknown, index) => [String(index + 1), entry]) : []);
}

function pathTo(path: string, key: string, isList: boolean): string {
  if (isList) return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
}

/** A value in one line; what is large is cut. */
function inWords(value: unknown): string {
  if (typeof value !== "object" || value === null) return shown(value);
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

function sorted(files: SiteFiles): readonly (readonly [string, string])[] {
  return [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function siteFirst(a: string, b: string): number {
  return Number(a.includes("/")) - Number(b.includes("/")) || (a < b ? -1 : 1);
}

function normal(text: string): string {
  return text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
}
