import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Result } from "../base/result.ts";
import { expressionEngine } from "./engine.ts";

const order = { request: { material: "10-51" }, segment: { description: "ZSK/00099/11/2024/695180, 1" } };
const tailLoop = "($f := function($x) { $f($x) }; $f(1))";
const patient = 20_000;

function codeOf(result: Result<unknown>): string {
  return result.ok ? "ok" : result.fault.code;
}

describe("an engine", () => {
  const engine = expressionEngine();
  after(() => engine.close());

  test("evaluates over the input", async () => {
    const jobOrderId = '$trim($replace(segment.description, /,[^,]*$/, ""))';
    assert.deepEqual(await engine.evaluate(jobOrderId, order, patient), {
      ok: true,
      value: "ZSK/00099/11/2024/695180",
    });
    assert.deepEqual(await engine.evaluate("{'n': [1, 2][$ > 1]}", order, patient), { ok: true, value: { n: 2 } });
  });

  test("what is found nowhere is a fault, and so is what JSON cannot express", async () => {
    assert.equal(codeOf(await engine.evaluate("request.nothing", order, patient)), "expression/nothing");
    for (const text of ["$sum", "function($a) { $a }", "[1, [$sum]]", "{'f': function() { 1 }}", "1 / 0", "/a/"]) {
      assert.equal(codeOf(await engine.evaluate(text, order, patient)), "expression/not-json", text);
    }
    assert.equal(codeOf(await engine.evaluate("$pad('', 1000001, 'x')", order, patient)), "expression/not-json");
    assert.equal(codeOf(await engine.evaluate("a", 12n, patient)), "expression/input");
    assert.equal(codeOf(await engine.evaluate("a", undefined, patient)), "expression/input");
    assert.equal(codeOf(await engine.evaluate("$unknown(1)", order, patient)), "expression/failed");
    assert.equal(codeOf(await engine.evaluate("a +", order, patient)), "expression/syntax");
  });

  test("a variable of one evaluation is gone in the next", async () => {
    assert.equal(codeOf(await engine.evaluate("$kept := 5", order, patient)), "ok");
    assert.equal(codeOf(await engine.evaluate("$kept", order, patient)), "expression/nothing");
  });

  test("neither time nor chance can be reached, not even at run time", async () => {
    for (const name of ["now", "millis", "random"]) {
      const result = await engine.evaluate(`$eval("$" & "${name}()")`, order, patient);
      assert.equal(codeOf(result), "expression/failed", name);
    }
    assert.equal(codeOf(await engine.evaluate('$eval("$shuffle([1,2,3])")', order, patient)), "expression/failed");
    // JSONata takes the parts that a picture does not name from the current date; ours never moves.
    assert.deepEqual(await engine.evaluate("$toMillis('12:30', '[H]:[m]')", order, patient), {
      ok: true,
      value: 45_000_000,
    });
  });

  test("an endless recursion is stopped while a hundred others go on", async () => {
    const others = (from: number): Promise<Result<unknown>>[] =>
      Array.from({ length: 50 }, (_, n) => engine.evaluate("n * 2", { n: from + n }, patient));
    const before = others(0);
    const endless = engine.evaluate(tailLoop, {}, 300);
    const behind = others(50);
    assert.equal(codeOf(await endless), "expression/deadline");
    const results = await Promise.all([...before, ...behind]);
    assert.deepEqual(
      results,
      Array.from({ length: 100 }, (_, n) => ({ ok: true, value: n * 2 })),
    );
  });

  test("a regular expression that never ends is stopped", async () => {
    const result = await engine.evaluate(`$match("${"a".repeat(50)}!", /^(a+)+$/)`, {}, 300);
    assert.equal(codeOf(result), "expression/deadline");
  });

  test("recursion without an end that is no loop ends at the depth limit", async () => {
    const result = await engine.evaluate("($f := function($x) { 1 + $f($x) }; $f(1))", {}, patient);
    assert.equal(codeOf(result), "expression/failed");
  });

  test("a memory bomb ends only itself", async () => {
    const bombs = ["($f := function($x) { $f($append($x, $x)) }; $f([1]))", "[1..10000000]"];
    for (const bomb of bombs) {
      const [exploded, other] = await Promise.all([
        engine.evaluate(bomb, {}, patient),
        engine.evaluate("1 + 1", {}, patient),
      ]);
      assert.equal(codeOf(exploded), "expression/memory", bomb);
      assert.deepEqual(other, { ok: true, value: 2 });
    }
  });

  test("no way leads from an expression to the process", async () => {
    for (const text of ["$.constructor", "$.__proto__", "$sum.constructor", "request.constructor.constructor"]) {
      assert.equal(codeOf(await engine.evaluate(text, order, patient)), "expression/nothing", text);
    }
    const polluted = await engine.evaluate("{'__proto__': {'polluted': 1}}", order, patient);
    assert.ok(polluted.ok);
    assert.equal(codeOf(await engine.evaluate("{}.polluted", order, patient)), "expression/nothing");
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });
});

test("a full queue refuses, and takes again when it is shorter", async () => {
  const engine = expressionEngine({ waitingMax: 3 });
  const results = await Promise.all(Array.from({ length: 5 }, () => engine.evaluate("1", {}, patient)));
  assert.ok(results.filter((result) => codeOf(result) === "expression/busy").length >= 1);
  assert.ok(results.filter((result) => result.ok).length >= 3);
  assert.ok((await engine.evaluate("1", {}, patient)).ok);
  await engine.close();
});

test("closing fails what waits and may be done twice", async () => {
  const engine = expressionEngine();
  const running = engine.evaluate(tailLoop, {}, patient);
  const waiting = engine.evaluate("1", {}, patient);
  await engine.close();
  await engine.close();
  assert.deepEqual([codeOf(await running), codeOf(await waiting)], ["expression/closed", "expression/closed"]);
  assert.equal(codeOf(await engine.evaluate("1", {}, patient)), "expression/closed");
});

test("a worker that is killed from outside costs nothing", { skip: noProc() }, async () => {
  const engine = expressionEngine();
  assert.ok((await engine.evaluate("1", {}, patient)).ok);
  const slow = engine.evaluate("$sum([1..200000].($ * 1))", {}, patient);
  const [worker] = childrenOf(process.pid);
  assert.ok(worker !== undefined, "the worker is there");
  process.kill(worker, "SIGKILL");
  assert.deepEqual(await slow, { ok: true, value: 20_000_100_000 });
  await engine.close();
});

test("a worker that is kept from working has the time that it may have", { skip: noProc() }, async () => {
  const engine = expressionEngine();
  assert.ok((await engine.evaluate("1", {}, patient)).ok);
  const [worker] = childrenOf(process.pid);
  assert.ok(worker !== undefined, "the worker is there");
  process.kill(worker, "SIGSTOP");
  setTimeout(() => process.kill(worker, "SIGCONT"), 1_500);
  assert.deepEqual(await engine.evaluate("1 + 1", {}, 300), { ok: true, value: 2 });
  // Not for ever, and not when it works all the time.
  process.kill(worker, "SIGSTOP");
  assert.equal(codeOf(await engine.evaluate("1 + 1", {}, 50)), "expression/deadline");
  const from = performance.now();
  assert.equal(codeOf(await engine.evaluate(tailLoop, {}, 300)), "expression/deadline");
  assert.ok(performance.now() - from < 300 * 30);
  await engine.close();
});

test("an endless expression does not outlive a program that is killed", { skip: noProc() }, async () => {
  const script = `
    import { expressionEngine } from ${JSON.stringify(fileURLToPath(new URL("./engine.ts", import.meta.url)))};
    const engine = expressionEngine();
    await engine.evaluate("1", {}, 20000);
    void engine.evaluate(${JSON.stringify(tailLoop)}, {}, 600000);
    console.log("running");
  `;
  const program = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await spoken(program);
  const [worker] = childrenOf(program.pid ?? 0);
  assert.ok(worker !== undefined, "the worker is there");
  program.kill("SIGKILL");
  const deadline = performance.now() + 10_000;
  while (isAlive(worker) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  const survived = isAlive(worker);
  if (survived) process.kill(worker, "SIGKILL");
  assert.equal(survived, false, "the worker has ended by itself");
});

/** Why tests that look for processes cannot run here; false when they can. */
function noProc(): string | false {
  return process.platform === "linux" ? false : "processes are found by way of /proc";
}

function spoken(program: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    program.stdout?.once("data", () => resolve());
    program.once("exit", () => reject(new Error("the program ended before it spoke")));
  });
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number);
}

function isAlive(pid: number): boolean {
  const state = statOf(String(pid))[0];
  return state !== undefined && state !== "Z";
}

function parentOf(pid: string): number {
  return Number(statOf(pid)[1] ?? -1);
}

/** State and parent; nothing for a process that is gone. */
function statOf(pid: string): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
