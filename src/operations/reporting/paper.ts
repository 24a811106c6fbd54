/**
 * A shift that was kept on paper, as CSV: the file becomes lines with named cells. What a line says is found out by the
 * flow, which knows people and orders.
 *
 * @source RFC 4180; a semicolon separates as well, as spreadsheets of many countries write it
 */
import { fail, makeFault, ok, type Result } from "../../base/result.ts";

export const paperColumns = [
  "unit",
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
] as const;
export type PaperColumn = (typeof paperColumns)[number];

export interface PaperLine {
  /** As an editor counts it; the heading is line 1. */
  readonly line: number;
  /** Trimmed; an empty cell is left out. */
  readonly cells: Readonly<Partial<Record<PaperColumn, string>>>;
}

const linesMax = 300;

/** @fault invalid reporting/paper  no heading, a column that is not known, too many lines or cells */
export function readPaper(csv: string): Result<readonly PaperLine[]> {
  const text = normalPaper(csv);
  const separator = /^[^\n]*;/.test(text) ? ";" : ",";
  const rows = rowsOf(text, separator);
  if (!rows)
    return fail("invalid", "reporting/paper", "A quotation mark is opened and never closed. Export the file again.");
  const [heading, ...rest] = rows;
  const columns = heading ? columnsOf(heading.cells) : fail("invalid", "reporting/paper", "The file is empty.");
  if (!columns.ok) return columns;
  if (rest.length === 0) return fail("invalid", "reporting/paper", "The file has a heading and no lines.");
  if (rest.length > linesMax) {
    return fail("invalid", "reporting/paper", `The file has ${rest.length} lines; enter at most ${linesMax} at once.`);
  }
  const lines: PaperLine[] = [];
  for (const { line, cells } of rest) {
    if (cells.length > columns.value.length) {
      const text = `Line ${line} has ${cells.length} cells, the heading has ${columns.value.length}.`;
      const errors = [
        { at: `line ${line}`, message: `${cells.length} cells, the heading has ${columns.value.length}` },
      ];
      return { ok: false, fault: { ...makeFault("invalid", "reporting/paper", text), errors } };
    }
    const named = columns.value.flatMap((column, i) => (cells[i] ? [[column, cells[i]] as const] : []));
    lines.push({ line, cells: Object.fromEntries(named) });
  }
  return ok(lines);
}

/** The same shift has the same text, whatever the editor did to line ends and blanks at the end. */
export function normalPaper(csv: string): string {
  return csv
    .replace(/^\uFEFF/, "")
    .replace(/\r\n?/g, "\n")
    .replace(/[ \t]+$/gm, "")
    .replace(/\n+$/, "");
}

function columnsOf(heading: readonly string[]): Result<readonly PaperColumn[]> {
  const columns: PaperColumn[] = [];
  for (const name of heading) {
    const plain = name.toLowerCase().replaceAll(/[\s_-]/g, "");
    const column = paperColumns.find((known) => known.toLowerCase() === plain);
    if (!column || columns.includes(column)) {
      const text = `There is no column "${name}"${column ? " twice" : ""}. Columns are: ${paperColumns.join(", ")}.`;
      return fail("invalid", "reporting/paper", text);
    }
    columns.push(column);
  }
  if (columns.includes("time") && columns.includes("statement")) return ok(columns);
  return fail("invalid", "reporting/paper", "The heading needs the columns time and statement.");
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Null when a quotation mark stays open. Rows without any text are left out. */
function rowsOf(text: string, separator: string): readonly Row[] | null {
  const rows: Row[] = [];
  let cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  let line = 1;
  let from = 1;
  const endRow = (): void => {
    cells.push(cell.trim());
    if (cells.some((one) => one !== "")) rows.push({ line: from, cells });
    cells = [];
    cell = "";
  };
  for (let i = 0; i < text.length; i += 1) {
    const sign = text.charAt(i);
    if (sign === "\n") line += 1;
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (text.charAt(i + 1) === '"') cell += text.charAt((i += 1));
      else isQuoted = false;
    } else if (sign === '"' && cell.trim() === "") {
      isQuoted = true;
      cell = "";
    } else if (sign === separator) {
      cells.push(cell.trim());
      cell = "";
    } else if (sign === "\n") {
      endRow();
      from = line;
    } else cell += sign;
  }
  if (isQuoted) return null;
  endRow();
  return rows;
}
