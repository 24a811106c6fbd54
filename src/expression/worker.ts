/**
 * The worker process: takes one expression after the other. Its clock stands still and chance is gone, so that no
 * expression can depend on them. The engine ends the process when an expression takes too long.
 */
import { Worker } from "node:worker_threads";
import type { Answer, Question } from "./message.ts";

const RealDate = Date;
/** JSONata fills missing parts of a date from the current one; here that is always 1970-01-01. */
class StandingDate extends RealDate {
  constructor(...parts: readonly unknown[]) {
    // Passed on as they came.
    super(...((parts.length === 0 ? [0] : parts) as [number]));
  }
}
globalThis.Date = StandingDate as DateConstructor; // same static methods, only the callable form is missing
Object.defineProperty(Math, "random", {
  value: () => {
    throw new Error("Chance is not available in expressions.");
  },
});

/**
 * An expression without an end cannot hear that the engine is gone, and would run for ever when the engine's process was
 * killed. This thread sees it and ends the process. The parent is read here, before any expression can hold us up.
 */
const watch = new Worker(
  `const { workerData } = require("node:worker_threads");
  setInterval(() => { if (process.ppid !== workerData) process.kill(process.pid, "SIGKILL"); }, 250);`,
  { eval: true, workerData: process.ppid, resourceLimits: { maxOldGenerationSizeMb: 16 } },
);
watch.unref();

const { evaluateText } = await import("./evaluation.ts");

process.on("message", (question: Question) => {
  void evaluateText(question.text, question.input).then((result) => answer({ answers: question.id, result }));
});
// Not before somebody watches.
watch.once("online", () => answer({ answers: "start" }));

function answer(said: Answer): void {
  process.send?.(said);
}
