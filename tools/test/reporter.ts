/**
 * A reporter for Node's test runner: lines of JSON for each test that begins, ends and is judged, and `{"end":true}`
 * when the file came to its end. A file that crashes, or leaves by `process.exit`, has no such last line. Read by
 * `file-run.ts`.
 */
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";

export interface TestLine {
  /** Names of the surrounding tests and its own, outermost first. */
  readonly path: readonly string[];
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it was skipped; empty when nobody said. */
  readonly reason?: string;
  /** Message and stack of a failure. */
  readonly error?: string;
}

/** A test begins (+1) or has ended (-1), as it happens; verdicts may come later, in the order of the file. */
export interface TurnLine {
  readonly turn: 1 | -1;
  readonly name: string;
}

export interface EndLine {
  readonly end: true;
}

/** The runner's generator: events in, text out. */
export async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const path: string[] = [];
  for await (const event of events) {
    if (event.type === "test:start") {
      path.length = event.data.nesting;
      path[event.data.nesting] = event.data.name;
    } else if (event.type === "test:pass" || event.type === "test:fail") {
      const line = lineOf(event, path.slice(0, event.data.nesting));
      if (line) yield textOf(line);
    } else if (event.type === "test:dequeue" || event.type === "test:complete") {
      yield textOf({ turn: event.type === "test:dequeue" ? 1 : -1, name: event.data.name });
    }
  }
  yield textOf({ end: true });
}

function textOf(line: TestLine | TurnLine | EndLine): string {
  return `${JSON.stringify(line)}\n`;
}

type Finished = Extract<TestEvent, { type: "test:pass" | "test:fail" }>;

function lineOf(event: Finished, outer: readonly string[]): TestLine | undefined {
  const { name, skip, todo, details } = event.data;
  const path = [...outer, name];
  const left = skip ?? todo;
  if (left !== undefined && left !== false) {
    return { path, outcome: "skipped", reason: typeof left === "string" ? left : "" };
  }
  if (event.type === "test:fail") {
    const { error } = event.data.details;
    // the subtests have been reported themselves
    if ("failureType" in error && error.failureType === "subtestsFailed") return undefined;
    return { path, outcome: "failed", error: explain(error) };
  }
  return details.type === "suite" ? undefined : { path, outcome: "passed" };
}

/** The runner wraps what was thrown; the cause has the message, the stack and the difference. */
function explain(error: Error): string {
  const thrown = error.cause ?? error;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : inspect(thrown);
}

// Node takes a reporter from a module's default export, and from nothing else
// oxlint-disable-next-line import/no-default-export
export default report;
