/** Files of shifts on paper: the template that people fill in, what a chosen file says, and a line of it by its number. */

/** What the server reads at most, in characters. */
export const paperMax = 1_000_000;

/** All that the server reads, in the order in which people fill them in; a test compares them. */
const columns = [
  "time",
  "statement",
  "order",
  "operation",
  "quantity",
  "uom",
  "reason",
  "person",
  "material",
  "lot",
  "handlingUnit",
  "position",
  "substitutes",
  "unit",
] as const;

/** A heading alone: a spreadsheet opens it as columns, with the separator that its language expects. */
export function paperTemplate(language: string): string {
  return `\uFEFF${columns.join(language === "de" ? ";" : ",")}\r\n`;
}

/** UTF-8; what is none was saved by an older spreadsheet, in the alphabet of Western Europe. */
export function paperText(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Lines as an editor counts them: the first has the number 1. */
export function linesOf(csv: string): readonly string[] {
  return csv.split(/\r\n?|\n/);
}

/** The number in `line 7`; null for any other place. */
export function lineNumber(at: string): number | null {
  const digits = /^line (\d+)$/.exec(at)?.[1];
  return digits === undefined ? null : Number(digits);
}
