/**
 * Evaluates one expression, inside the worker. What comes out is JSON and depends on nothing but the expression and its
 * input. How long it may take is the engine's business, which ends the whole worker.
 */
import jsonata from "jsonata";
import { fail, ok, type Result } from "../base/result.ts";
import { describe, unrepeatable, unrepeatableMessage } from "./syntax.ts";

/** Nested calls beyond this are a recursion without an end, or one that should be a path expression. */
const stackMax = 5_000;

/** Larger results are no value of an order or a setpoint. */
const resultCharactersMax = 1_000_000;

const compiledMax = 500;
const compiled = new Map<string, jsonata.Expression>();

/**
 * @param input  JSON text
 * @returns      JSON text
 * @fault invalid expression/failed     the expression cannot be applied to this input
 * @fault invalid expression/nothing    it found nothing
 * @fault invalid expression/not-json   the result is a function, not a number, or too large
 */
export async function evaluateText(text: string, input: string): Promise<Result<string>> {
  let value: unknown;
  try {
    // Own bindings, so that a variable set at the top of the expression is gone at the next call.
    value = await compile(text).evaluate(JSON.parse(input), {});
  } catch (error) {
    return fail(
      "invalid",
      "expression/failed",
      `The expression cannot be applied: ${describe(error).message}.`,
      describe(error),
    );
  }
  if (value === undefined) {
    return fail(
      "invalid",
      "expression/nothing",
      "The expression found nothing: the order has no value at the place it names.",
    );
  }
  const wrong = notJson(value);
  if (wrong !== null)
    return fail(
      "invalid",
      "expression/not-json",
      `The expression gives ${wrong}: let it give a text, number, list or group.`,
    );
  const json = JSON.stringify(value);
  if (json.length > resultCharactersMax) {
    return fail(
      "invalid",
      "expression/not-json",
      `The expression gives ${json.length} characters: let it give less than ${resultCharactersMax}.`,
    );
  }
  return ok(json);
}

function compile(text: string): jsonata.Expression {
  const known = compiled.get(text);
  if (known) return known;
  const expression = jsonata(text, { stack: stackMax });
  for (const name of unrepeatable) {
    expression.registerFunction(name, () => {
      throw new Error(unrepeatableMessage(name));
    });
  }
  const [oldest] = compiled.keys();
  if (compiled.size >= compiledMax && oldest !== undefined) compiled.delete(oldest);
  compiled.set(text, expression);
  return expression;
}

/** What in a value JSON cannot express, in words. */
function notJson(value: unknown): string | null {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part === "function" || isLambda(part)) return "a function";
    if (typeof part === "number" && !Number.isFinite(part)) return "a number without a value";
    if (part instanceof RegExp) return "a regular expression";
    if (typeof part === "object" && part !== null) open.push(...Object.values(part));
  }
  return null;
}

/** JSONata's own functions are objects that bear one of these marks. */
function isLambda(part: unknown): boolean {
  return typeof part === "object" && part !== null && ("_jsonata_lambda" in part || "_jsonata_function" in part);
}
