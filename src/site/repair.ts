/**
 * Lets the check go on behind a mistake: a misspelled key is read as the one that was meant, and a part that is wrong in
 * itself is left out. The result serves to find more mistakes and is never used for anything else.
 */
import type { z } from "zod";
import type { ContentPath, Problem } from "./finding.ts";
import { shape, valueAt } from "./shape.ts";

export interface Repaired<T> {
  /** Null when too much is wrong for any further check. */
  readonly value: T | null;
  /** Everything that is wrong with the shape; empty when the value is the content as it was written. */
  readonly problems: readonly Problem[];
  /** Turns a problem found in the value into one of the content as it was written: entries may have been left out. */
  readonly asWritten: (problem: Problem) => Problem;
}

/** A place in the content; `*` stands for every entry of a list. */
type PartPattern = readonly string[];

/**
 * @param ownParts  parts to which nothing else refers, so that leaving them out causes no further problems
 */
export function shapeAsFarAsPossible<S extends z.ZodType>(
  schema: S,
  content: unknown,
  ownParts: readonly PartPattern[],
): Repaired<z.output<S>> {
  const same = (problem: Problem): Problem => problem;
  const first = shape(schema, content);
  if (first.value !== null) return { value: first.value, problems: [], asWritten: same };
  const misspelled = first.problems.filter(({ meant }) => meant !== undefined);
  const copy = structuredClone(content);
  const renamed = misspelled.flatMap((problem) => rename(copy, problem));
  // Whatever was missing only because it was misspelled is not said twice.
  const second = shape(schema, copy);
  const named = (problem: Problem): Problem => ({ ...problem, path: nameAsWritten(problem.path, renamed) });
  const problems = [...misspelled, ...second.problems.map(named)];
  if (second.value !== null) return { value: second.value, problems, asWritten: named };
  const wrongParts = second.problems.map(({ path }) => partOf(path, ownParts));
  if (wrongParts.includes(null)) return { value: null, problems, asWritten: same };
  const parts = unique(wrongParts.flatMap((part) => (part ? [part] : [])));
  // From the end of each list to its beginning, so that positions stay right.
  for (const part of parts.toSorted(fromTheEnd)) remove(copy, part);
  const asWritten = (problem: Problem): Problem => named({ ...problem, path: pathAsWritten(problem.path, parts) });
  return { value: shape(schema, copy).value, problems, asWritten };
}

function unique(parts: readonly ContentPath[]): readonly ContentPath[] {
  return [...new Map(parts.map((part) => [part.join("\u001f"), part])).values()];
}

/** Counts the entries that were left out before each position back in. */
function pathAsWritten(path: ContentPath, removed: readonly ContentPath[]): ContentPath {
  return path.map((step, depth) => {
    if (typeof step !== "number") return step;
    const inThisList = removed.filter(
      (part) => part.length === depth + 1 && part.slice(0, -1).every((each, at) => each === path[at]),
    );
    const gone = inThisList.map((part) => Number(part.at(-1))).toSorted((a, b) => a - b);
    return gone.reduce((position, left) => (left <= position ? position + 1 : position), step);
  });
}

interface Renamed {
  /** With the key as it was written. */
  readonly path: ContentPath;
  readonly meant: string;
}

function rename(content: unknown, { path, meant }: Problem): readonly Renamed[] {
  const group = valueAt(content, path.slice(0, -1));
  const key = path.at(-1);
  if (typeof group !== "object" || group === null || typeof key !== "string") return [];
  // An own copy of plain data.
  const keys = group as Record<string, unknown>;
  const isFree = typeof meant === "string" && !Object.hasOwn(keys, meant);
  if (isFree) keys[meant] = keys[key];
  Reflect.deleteProperty(keys, key);
  return isFree ? [{ path, meant }] : [];
}

/** Puts the misspelled key back, so that the place is found in the text. */
function nameAsWritten(path: ContentPath, renamed: readonly Renamed[]): ContentPath {
  return renamed.reduce<ContentPath>((now, { path: written, meant }) => {
    const depth = written.length - 1;
    const isThere = now[depth] === meant && written.slice(0, depth).every((step, at) => step === now[at]);
    return isThere ? now.with(depth, written[depth] ?? meant) : now;
  }, path);
}

function partOf(path: ContentPath, ownParts: readonly PartPattern[]): ContentPath | null {
  const fits = (pattern: PartPattern): boolean =>
    pattern.length <= path.length &&
    pattern.every((step, index) => step === path[index] || (step === "*" && typeof path[index] === "number"));
  const pattern = ownParts.find(fits);
  return pattern ? path.slice(0, pattern.length) : null;
}

function fromTheEnd(a: ContentPath, b: ContentPath): number {
  const index = a.findIndex((step, at) => step !== b[at]);
  const [stepA, stepB] = [a[index], b[index]];
  return typeof stepA === "number" && typeof stepB === "number"
    ? stepB - stepA
    : String(stepA).localeCompare(String(stepB));
}

function remove(content: unknown, path: ContentPath): void {
  const container = valueAt(content, path.slice(0, -1));
  const last = path.at(-1);
  if (Array.isArray(container) && typeof last === "number") container.splice(last, 1);
  else if (typeof container === "object" && container !== null && last !== undefined)
    Reflect.deleteProperty(container, last);
}
