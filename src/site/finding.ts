/**
 * What is wrong in the files of a site, and where. A check never stops at the first finding: it returns all of them,
 * in the order in which a person meets them in the files.
 */
import { makeFault, type Fault } from "../base/result.ts";

/** Where something stands inside a file's content: keys and list positions from the top. */
export type ContentPath = readonly (string | number)[];

/** Something wrong in the content of one file, before its place in the text is known. */
export interface Problem {
  readonly path: ContentPath;
  /** `key`: the finding is about the name of the last path element, not about its value. */
  readonly about: "key" | "value";
  /** What is wrong; what to write instead. */
  readonly message: string;
  /** For a key that does not exist: the key that was probably meant, null when no key is near. */
  readonly meant?: string | null;
  /** For a value that does not fit: the half sentence that says what to write, without the value. */
  readonly instead?: string;
}

export interface Finding {
  /** Path inside the site's folder, e.g. `maps/press.yaml`. */
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export function problem(path: ContentPath, message: string): Problem {
  return { path, about: "value", message };
}

export function keyProblem(path: ContentPath, message: string): Problem {
  return { path, about: "key", message };
}

/** `file:line:column: what is wrong; write … instead`, the form that editors and terminals make clickable. */
export function formatFinding(finding: Finding): string {
  return `${finding.file}:${finding.line}:${finding.column}: ${finding.message}`;
}

/** Sorted by place, each sentence once. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const unique = new Map(findings.map((finding) => [formatFinding(finding), finding]));
  return [...unique.values()].toSorted(
    (a, b) => fileRank(a.file).localeCompare(fileRank(b.file)) || a.line - b.line || a.column - b.column,
  );
}

/** All findings as one fault, for callers that can only take or leave the site. */
export function faultOf(findings: readonly Finding[]): Fault {
  const [first] = findings;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
  const text = first ? `${formatFinding(first)}${more}` : "no finding";
  return makeFault("invalid", "site/findings", `The site's files are not in order: ${text}. Run the check.`, findings);
}

/** `site.yaml` comes first, then the maps by name. */
function fileRank(file: string): string {
  return `${file.includes("/") ? "1" : "0"}${file}`;
}
