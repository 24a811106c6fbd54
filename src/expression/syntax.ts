/**
 * Whether an expression can be evaluated at all: its syntax, and that nothing in it depends on the time or on chance.
 * Nothing is evaluated here, so this is safe in any process.
 */
import jsonata from "jsonata";
import { fail, ok, type Result } from "../base/result.ts";

/** Functions of JSONata whose result changes from call to call; the same order must always give the same result. */
export const unrepeatable: ReadonlySet<string> = new Set(["now", "millis", "random", "shuffle"]);

/** Longer expressions belong into a connector or a map, not into one text. */
const lengthMax = 10_000;

/**
 * Checks an expression without evaluating it.
 *
 * @fault invalid expression/syntax         the text is no JSONata; the message names the place
 * @fault invalid expression/unrepeatable   it uses `$now`, `$millis`, `$random` or `$shuffle`
 */
export function checkExpression(text: string): Result<void> {
  if (text.trim() === "") return fail("invalid", "expression/syntax", "The expression is empty: write one.");
  if (text.length > lengthMax) {
    return fail(
      "invalid",
      "expression/syntax",
      `The expression has ${text.length} characters: write at most ${lengthMax}.`,
    );
  }
  let found: string | null;
  try {
    found = firstUnrepeatable(jsonata(text).ast());
  } catch (error) {
    return fail("invalid", "expression/syntax", syntaxMessage(text, error), error);
  }
  return found === null ? ok(undefined) : fail("invalid", "expression/unrepeatable", unrepeatableMessage(found));
}

export function unrepeatableMessage(name: string): string {
  return `$${name} gives another result each time, and the same order must always give the same one: take the value from the order instead.`;
}

/** Every part of the syntax tree that is a variable, whichever node it hangs on. */
function firstUnrepeatable(tree: unknown): string | null {
  const open: unknown[] = [tree];
  const seen = new Set<unknown>();
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== "object" || node === null || seen.has(node)) continue;
    seen.add(node);
    if ("type" in node && node.type === "variable" && "value" in node && unrepeatable.has(String(node.value))) {
      return String(node.value);
    }
    open.push(...Object.values(node));
  }
  return null;
}

function syntaxMessage(text: string, error: unknown): string {
  if (error instanceof RangeError) return "The expression is nested too deeply: write it flatter.";
  const { message, position, token } = describe(error);
  const near = token === null || token === "(end)" ? "" : `, at "${token}"`;
  const place = position === null ? "" : ` ${placeOf(text, position)}${near}`;
  return `The expression cannot be read${place}: ${message}. Mend it there.`;
}

/** Line and column in words; the position is where JSONata stopped reading, counted from 1. */
function placeOf(text: string, position: number): string {
  if (position >= text.length) return "at its end";
  const before = text.slice(0, Math.max(0, position - 1)).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return text.includes("\n") ? `in line ${before.length}, column ${column}` : `at character ${column}`;
}

export interface Described {
  /** Without a full stop at its end. */
  readonly message: string;
  readonly position: number | null;
  readonly token: string | null;
}

/** JSONata throws plain objects with message, position and token; anything else is described as well as it can be. */
export function describe(error: unknown): Described {
  if (typeof error !== "object" || error === null) return { message: String(error), position: null, token: null };
  const text = "message" in error && typeof error.message === "string" ? error.message : "unknown mistake";
  const position = "position" in error && typeof error.position === "number" ? error.position : null;
  const token = "token" in error && typeof error.token === "string" ? error.token : null;
  return { message: text.replace(/\.\s*$/, ""), position, token };
}
