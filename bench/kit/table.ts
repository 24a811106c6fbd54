/**
 * The lines that a bench prints, and its verdict: a bench fails when something it offered is still on its way, or when
 * what arrived does not add up to what was offered.
 */
import type { Stretch } from "./meter.ts";

export interface Line {
  readonly name: string;
  /** How many of what were offered, e.g. samples. */
  readonly offered: number;
  readonly unit: string;
  /** How many reached the end point that the bench's header names. */
  readonly done: number;
  readonly stretch: Stretch;
  /** The same work without what is measured, in the same run; null for a floor itself. */
  readonly floor: { readonly perSecond: number } | null;
  /** Still on its way when the clock was stopped. */
  readonly backlog: number;
  /** Sums that do not add up, in words. */
  readonly wrong: readonly string[];
}

const columns = [
  { title: "bench", width: -44 },
  { title: "offered", width: 19 },
  { title: "done", width: 10 },
  { title: "seconds", width: 8 },
  { title: "per second", width: 11 },
  { title: "of floor", width: 9 },
  { title: "CPU s per million (millrace + postgres | peers)", width: 48 },
  { title: "backlog", width: 8 },
] as const;

export function perSecond({ done, stretch }: Pick<Line, "done" | "stretch">): number {
  return done / stretch.seconds;
}

/** Prints the line and, with exit code 1 at the end, what is wrong with it. */
export function report(line: Line): void {
  const rate = perSecond(line);
  const { millrace, postgres, peers } = line.stretch.cpu;
  const million = (seconds: number): string => number((seconds / line.done) * 1e6, 1);
  const ratio = line.floor === null ? "" : (rate / line.floor.perSecond).toFixed(3);
  say(
    row([
      line.name,
      `${number(line.offered)} ${line.unit}`,
      number(line.done),
      number(line.stretch.seconds, 1),
      number(rate),
      line.floor === null ? "floor" : ratio,
      `${million(millrace + postgres)} (${million(millrace)} + ${million(postgres)} | ${million(peers)})`,
      number(line.backlog),
    ]),
  );
  const wrong = [...line.wrong];
  if (line.backlog !== 0) wrong.push(`${line.backlog} ${line.unit} were still on their way`);
  if (line.done !== line.offered) wrong.push(`${line.offered} ${line.unit} were offered and ${line.done} arrived`);
  refuse(line.name, wrong);
}

/** Ends the process with code 1 later on when there is something to say. */
export function refuse(name: string, wrong: readonly string[]): void {
  for (const words of wrong) say(`FAILED: ${name}: ${words}`);
  if (wrong.length > 0) process.exitCode = 1;
}

export function header(): string {
  return row(columns.map(({ title }) => title));
}

/** The header, unless `all.ts` has printed it already. */
export function open(): void {
  if (!process.argv.includes("--no-header")) say(header());
}

/** A line beside the table: shapes of the load, single figures. */
export function note(text: string): void {
  say(`  ${text}`);
}

function row(cells: readonly string[]): string {
  return columns
    .map(({ width }, i) => (width < 0 ? (cells[i] ?? "").padEnd(-width) : (cells[i] ?? "").padStart(width)))
    .join(" ")
    .trimEnd();
}

export function number(value: number, decimals = 0): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
