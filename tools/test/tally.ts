/** The sum of a run and the text that closes it: what failed, what was skipped and why, and one plain last line. */
import type { FileOutcome } from "./file-run.ts";

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
}

export interface Tally {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

/** A check counts as one test, and so does each trouble of a file. */
export function tally(checks: readonly Check[], files: readonly FileOutcome[]): Tally {
  const tests = files.flatMap(({ file, tests: lines }) =>
    lines.map(({ path, outcome, reason }) => ({ name: `${file} > ${path.join(" > ")}`, outcome, reason })),
  );
  const troubles = files.flatMap(({ file, trouble }) => trouble.map((what) => `${file}: ${what}`));
  return {
    passed: checks.filter(({ ok }) => ok).length + tests.filter(({ outcome }) => outcome === "passed").length,
    failed: [
      ...checks.filter(({ ok }) => !ok).map(({ name }) => name),
      ...tests.filter(({ outcome }) => outcome === "failed").map(({ name }) => name),
      ...troubles,
    ],
    skipped: tests
      .filter(({ outcome }) => outcome === "skipped")
      .map(({ name, reason }) => `${name}: ${reason || "no reason given"}`),
  };
}

/** With `requireAll` a skipped test is a failure. A run in which nothing passed proves nothing. */
export function isGood(sum: Tally, requireAll: boolean): boolean {
  return sum.failed.length === 0 && sum.passed > 0 && (!requireAll || sum.skipped.length === 0);
}

export function closingLines(sum: Tally, requireAll: boolean): string[] {
  const { passed, failed, skipped } = sum;
  const lines: string[] = [];
  if (skipped.length > 0) lines.push("", "Skipped:", ...skipped.map((one) => `  ${one}`));
  if (failed.length > 0) lines.push("", "Failed:", ...failed.map((one) => `  ${one}`));
  if (requireAll && skipped.length > 0) {
    lines.push(
      "",
      `MILLRACE_TEST_REQUIRE=all: ${skipped.length} skipped, and a skipped test counts as a failure here.`,
    );
  }
  return [...lines, "", `${passed} passed, ${failed.length} failed, ${skipped.length} skipped`];
}

/** One line for the file, and under it what is needed to understand a failure. */
export function fileLines({ file, tests, trouble, output, durationMs }: FileOutcome): string[] {
  const count = (outcome: string): number => tests.filter((one) => one.outcome === outcome).length;
  const bad = count("failed") > 0 || trouble.length > 0;
  const numbers = [`${count("passed")} passed`];
  if (count("failed") > 0) numbers.push(`${count("failed")} failed`);
  if (count("skipped") > 0) numbers.push(`${count("skipped")} skipped`);
  const lines = [`${bad ? "FAIL" : "ok  "} ${file} (${numbers.join(", ")}, ${seconds(durationMs)})`];
  for (const { path, outcome, error } of tests) {
    if (outcome === "failed") lines.push(indent(`x ${path.join(" > ")}`), indent(indent(error ?? "")));
  }
  lines.push(...trouble.map((what) => indent(`x ${what}`)));
  if (bad && output.trim() !== "") lines.push(indent("its output ended with:"), indent(indent(output.trimEnd())));
  return lines;
}

export function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
