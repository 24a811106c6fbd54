/**
 * Evaluates JSONata that people wrote, without trusting it: in a worker with a deadline and a memory limit. An expression
 * that never ends costs its own evaluation and nobody else's.
 *
 * The worker is a process, not a thread: V8 ends the whole process when one allocation of a thread goes far enough
 * beyond the thread's limit (`$append($x, $x)` in a recursion does it), and this process carries stock and money.
 */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { assert, fail, ok, type Result } from "../base/result.ts";
import type { Answer, Question } from "./message.ts";
import { workedMs } from "./process-time.ts";
import { checkExpression } from "./syntax.ts";

export interface ExpressionEngine {
  /** Checks the syntax; evaluates nothing. @fault invalid expression/syntax, expression/unrepeatable */
  compile(text: string): Result<void>;
  /**
   * The value of an expression over JSON data. Depends on nothing but these two.
   *
   * @param deadlineMs  for the evaluation itself; time in the queue does not count, and on Linux neither does time in which
   *                    the worker waits for its turn on a busy computer (up to thirty times as much)
   * @fault invalid   expression/failed, expression/nothing, expression/not-json   see `evaluation.ts`
   * @fault invalid   expression/deadline   it took longer than allowed
   * @fault invalid   expression/memory     it needed more memory than allowed
   * @fault invalid   expression/input      the input is no JSON data or too large
   * @fault transient expression/busy       too many evaluations wait
   * @fault transient expression/worker     the worker could not be started, or ended twice for no reason of its own
   * @fault transient expression/closed     the engine was closed
   */
  evaluate(text: string, input: unknown, deadlineMs: number): Promise<Result<unknown>>;
  /** Ends the worker; whatever waits fails. May be called again. */
  close(): Promise<void>;
}

export interface ExpressionLimits {
  /** Evaluations that may wait. */
  readonly waitingMax: number;
  /** Memory of the worker's heap. */
  readonly memoryMb: number;
  /** Characters of an input as JSON. */
  readonly inputCharactersMax: number;
  /** How long a worker may take to start. */
  readonly startMs: number;
}

const defaults: ExpressionLimits = { waitingMax: 10_000, memoryMb: 96, inputCharactersMax: 5_000_000, startMs: 30_000 };

/** Expressions whose verdict is remembered. */
const checkedMax = 500;

/** So many times its deadline an evaluation may take when the worker was kept from working. */
const patience = 30;

interface Task {
  readonly question: Question;
  readonly deadlineMs: number;
  readonly settle: (result: Result<unknown>) => void;
  /** When the worker got it, and how long it had worked by then. */
  begun: { readonly at: number; readonly workedMs: number | null };
  /** Workers that ended under it for no reason of its own that we know. */
  losses: number;
}

/** The worker is started at once, so that the first evaluation finds it warm. */
export function expressionEngine(limits: Partial<ExpressionLimits> = {}): ExpressionEngine {
  return new Engine({ ...defaults, ...limits });
}

class Engine implements ExpressionEngine {
  readonly #limits: ExpressionLimits;
  readonly #waiting: Task[] = [];
  readonly #checked = new Map<string, Result<void>>();
  readonly #ending = new Set<Promise<unknown>>();
  #worker: ChildProcess | null = null;
  #isReady = false;
  #running: Task | null = null;
  #timer: NodeJS.Timeout | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(limits: ExpressionLimits) {
    this.#limits = limits;
    this.#start();
  }

  compile(text: string): Result<void> {
    const known = this.#checked.get(text);
    if (known) return known;
    const result = checkExpression(text);
    const [oldest] = this.#checked.keys();
    if (this.#checked.size >= checkedMax && oldest !== undefined) this.#checked.delete(oldest);
    this.#checked.set(text, result);
    return result;
  }

  async evaluate(text: string, input: unknown, deadlineMs: number): Promise<Result<unknown>> {
    assert(deadlineMs > 0 && deadlineMs < 2 ** 31, `${deadlineMs} ms is a deadline that a timer can keep`);
    const checked = this.compile(text);
    if (!checked.ok) return checked;
    const json = toJson(input, this.#limits.inputCharactersMax);
    if (!json.ok) return json;
    if (this.#isClosed) return closed();
    if (this.#waiting.length >= this.#limits.waitingMax) {
      return fail("transient", "expression/busy", `${this.#waiting.length} evaluations wait already: try again later.`);
    }
    const question = { id: (this.#lastId += 1), text, input: json.value };
    return new Promise((settle) => {
      this.#waiting.push({ question, deadlineMs, settle, begun: { at: 0, workedMs: null }, losses: 0 });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#finish(closed());
    for (const task of this.#waiting.splice(0)) task.settle(closed());
    this.#drop();
    await Promise.all(this.#ending);
  }

  /** Hands the next evaluation to the worker, one at a time, so that a deadline hits the right one. */
  #next(): void {
    if (this.#isClosed || this.#running || this.#waiting.length === 0) return;
    if (!this.#worker) return this.#start();
    if (!this.#isReady) return this.#waitForStart(this.#worker);
    const task = this.#waiting.shift();
    if (!task) return;
    this.#running = task;
    task.begun = { at: performance.now(), workedMs: workedMs(this.#worker.pid) };
    this.#timer = setTimeout(() => this.#overdue(task), task.deadlineMs);
    this.#worker.send(task.question);
  }

  #start(): void {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const worker = fork(fileURLToPath(new URL(`./worker.${extension}`, import.meta.url)), [], {
      env: {},
      execArgv: [`--max-old-space-size=${this.#limits.memoryMb}`],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    // An idle worker does not keep this process alive; a running evaluation does, through its timer.
    worker.unref();
    worker.channel?.unref();
    this.#worker = worker;
    this.#isReady = false;
    worker.on("message", (answer: Answer) => this.#hear(worker, answer));
    worker.on("error", (error) => this.#lost(worker, error));
    worker.on("exit", (code, signal) => this.#lost(worker, { code, signal }));
    if (this.#waiting.length > 0) this.#waitForStart(worker);
  }

  #waitForStart(worker: ChildProcess): void {
    this.#timer ??= setTimeout(
      () => this.#lost(worker, new Error("The worker did not start in time")),
      this.#limits.startMs,
    );
  }

  #hear(worker: ChildProcess, answer: Answer): void {
    if (worker !== this.#worker) return;
    if (answer.answers === "start") {
      this.#isReady = true;
      this.#clearTimer();
    } else if (answer.answers === this.#running?.question.id) {
      const { result } = answer;
      this.#finish(result.ok ? ok(JSON.parse(result.value)) : result);
    }
    this.#next();
  }

  #overdue(task: Task): void {
    const leftMs = this.#leftMs(task);
    if (leftMs > 0) {
      this.#timer = setTimeout(() => this.#overdue(task), leftMs);
      return;
    }
    const message = `The expression was not done after ${task.deadlineMs} ms and has been stopped: it may never end. Simplify it.`;
    this.#finish(fail("invalid", "expression/deadline", message));
    this.#drop();
    this.#next();
  }

  /** What the worker has not had of the time that it may have; 0 when nobody can say. */
  #leftMs({ begun, deadlineMs }: Task): number {
    const now = workedMs(this.#worker?.pid);
    if (now === null || begun.workedMs === null) return 0;
    if (performance.now() - begun.at > patience * deadlineMs) return 0;
    const left = deadlineMs - (now - begun.workedMs);
    return left > 0 ? Math.max(left, 20) : 0;
  }

  /**
   * The worker ended by itself. Out of memory is the expression's doing; anything else (killed from outside) may not be,
   * so the evaluation gets a second worker.
   */
  #lost(worker: ChildProcess, cause: unknown): void {
    if (worker !== this.#worker) return;
    const wasReady = this.#isReady;
    this.#drop();
    const task = this.#running;
    if (task) {
      if (isOutOfMemory(cause)) {
        const message = `The expression needed more than ${this.#limits.memoryMb} MB and has been stopped: simplify it.`;
        this.#finish(fail("invalid", "expression/memory", message, cause));
      } else if (task.losses > 0) {
        this.#finish(
          fail("transient", "expression/worker", "The worker for expressions ended twice: look at the cause.", cause),
        );
      } else {
        task.losses += 1;
        this.#clearTimer();
        this.#running = null;
        this.#waiting.unshift(task);
      }
    } else if (!wasReady) {
      const fault = fail(
        "transient",
        "expression/worker",
        "The worker for expressions does not start: look at the cause.",
        cause,
      );
      this.#clearTimer();
      for (const waiting of this.#waiting.splice(0)) waiting.settle(fault);
    }
    this.#next();
  }

  /** Forgets the worker and ends it, whatever it is doing. */
  #drop(): void {
    const worker = this.#worker;
    this.#worker = null;
    this.#isReady = false;
    // Without a pid it never came to life, and will not exit.
    if (!worker || worker.pid === undefined || worker.exitCode !== null || worker.signalCode !== null) return;
    const ending: Promise<void> = new Promise((resolve) => worker.once("exit", resolve)).then(
      () => void this.#ending.delete(ending),
    );
    this.#ending.add(ending);
    // So that `close` can wait for the end.
    worker.ref();
    worker.kill("SIGKILL");
  }

  #finish(result: Result<unknown>): void {
    this.#clearTimer();
    const task = this.#running;
    this.#running = null;
    task?.settle(result);
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** V8 aborts a process that is out of memory; nothing else in the worker aborts. */
function isOutOfMemory(cause: unknown): boolean {
  if (typeof cause !== "object" || cause === null) return false;
  return ("signal" in cause && cause.signal === "SIGABRT") || ("code" in cause && cause.code === 134);
}

function closed(): Result<never> {
  return fail("transient", "expression/closed", "The engine for expressions is closed: the program is ending.");
}

function toJson(input: unknown, charactersMax: number): Result<string> {
  let json: string | undefined;
  try {
    json = JSON.stringify(input);
  } catch (error) {
    return fail("invalid", "expression/input", "The input of an expression is no JSON data.", error);
  }
  if (json === undefined) return fail("invalid", "expression/input", "The input of an expression is no JSON data.");
  if (json.length > charactersMax) {
    return fail(
      "invalid",
      "expression/input",
      `The input of an expression has ${json.length} characters: at most ${charactersMax} are allowed.`,
    );
  }
  return ok(json);
}
