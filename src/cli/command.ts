/** What a command of the command line is, and how all of them read their arguments. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Fault } from "../base/result.ts";

export interface Command {
  readonly usage: string;
  readonly purpose: string;
  /** @returns the exit code */
  run(args: readonly string[]): Promise<number>;
}

type Options = NonNullable<ParseArgsConfig["options"]>;

export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/**
 * Null, with the usage told, when the arguments make no sense.
 *
 * @param places  so many arguments without a name there are at most
 */
export function readArguments(
  args: readonly string[],
  { options, usage, places }: { readonly options: Options; readonly usage: string; readonly places: number },
): Arguments | null {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [more] = positionals.slice(places);
    if (more !== undefined) throw new Error(`There is no place for "${more}".`);
    const single = Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(",") : value,
    ]);
    return { values: Object.fromEntries(single) as Arguments["values"], positionals }; // no option is given as a list
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // Node goes on about arguments that begin with a dash, which none of ours do.
    misuse(usage, reason.replace(/\. To specify a positional argument .*$/s, ".").replace(/([^.])$/, "$1."));
    return null;
  }
}

/** Tells what of the arguments makes no sense. @returns the exit code */
export function misuse(usage: string, reason: string): number {
  console.error(`${reason}\nUsage: millrace ${usage}`);
  return 2;
}

/** Reasons that several commands have. */
export const noData = "Name the data directory with --data.";
export const noSite = "Name the folder of the site with --site.";

export function notADay(day: string): string {
  return `"${day}" is no day of the calendar; write it as 2025-02-03.`;
}

export function text(value: string | boolean | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Tells a person what is wrong. @returns the exit code */
export function tell(fault: Fault): number {
  console.error(`${fault.message} (${fault.code})`);
  return 1;
}
