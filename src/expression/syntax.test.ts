import assert from "node:assert/strict";
import { test } from "node:test";
import type { Result } from "../base/result.ts";
import { checkExpression } from "./syntax.ts";

function faultOf(result: Result<unknown>): { readonly code: string; readonly message: string } {
  assert.ok(!result.ok, "a fault was expected");
  return result.fault;
}

test("an expression that can be read is accepted", () => {
  for (const text of [
    "a",
    "a.b[0]",
    '$trim($replace(segment.description, /,[^,]*$/, ""))',
    "$map([1], function($v) { $v + 1 })",
  ]) {
    assert.deepEqual(checkExpression(text), { ok: true, value: undefined });
  }
});

test("a syntax error says where it is, in words", () => {
  const oneLine = faultOf(checkExpression("request.material ++ 1"));
  assert.equal(oneLine.code, "expression/syntax");
  assert.match(oneLine.message, /at character 19, at "\+"/);
  assert.match(faultOf(checkExpression("a &\n  (b ] + c)")).message, /in line 2, column 6, at "\]"/);
  assert.match(faultOf(checkExpression("(a")).message, /at its end/);
  assert.match(faultOf(checkExpression('"abc')).message, /at its end: String literal must be terminated/);
});

test("no expression at all, one that is too long and one that is nested too deeply are refused", () => {
  assert.match(faultOf(checkExpression("  ")).message, /empty/);
  assert.match(faultOf(checkExpression("a".repeat(10_001))).message, /10001 characters/);
  assert.match(faultOf(checkExpression("[".repeat(9_000))).message, /nested too deeply/);
});

test("time and chance are refused wherever they are used", () => {
  for (const text of [
    "$now()",
    "a.$millis()",
    "$map([1], $random)",
    "[1, {'x': $shuffle([1, 2])}]",
    "($f := $now; $f())",
  ]) {
    const fault = faultOf(checkExpression(text));
    assert.equal(fault.code, "expression/unrepeatable", text);
  }
  assert.ok(checkExpression("now & '$now()'").ok, "a field and a text may have any name");
});
