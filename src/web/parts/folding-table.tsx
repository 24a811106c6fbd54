/**
 * A table of few rows in which every cell counts. Where the window is too narrow for it each row is a card with its
 * values under their names, so that nothing has to be looked for to the right. Of thousands of rows: `data-grid`.
 */
import { useCallback, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { useText, type Language } from "../text/text.tsx";

export interface FoldingColumn<T> {
  readonly id: string;
  readonly title: string;
  readonly isNumber?: boolean;
  /** Words: on a card they take a line of their own. */
  readonly isWide?: boolean;
  /** Null: there is nothing to say, and on a card nothing is shown. */
  readonly cell: (row: T) => ReactNode;
}

export interface FoldingTableProps<T> {
  /** The first names the row. Titles begin with a capital letter, whatever they are written with elsewhere. */
  readonly columns: readonly FoldingColumn<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T, index: number) => string | number;
  /** Width of the window in CSS pixels up to which rows are cards: a tablet's unless told. */
  readonly foldsTo?: number;
  readonly caption?: string;
}

/** For tables of few columns: a phone. */
export const phonePx = 600;
const tabletPx = 1100;

export function FoldingTable<T>(props: FoldingTableProps<T>): ReactNode {
  const { rows, keyOf, caption } = props;
  const { language } = useText();
  const columns = props.columns.map((column) => ({ ...column, title: capital(column.title, language) }));
  const isFolded = useIsWithin(props.foldsTo ?? tabletPx);
  return (
    <div className="table-frame">
      <table className={isFolded ? "table folded" : "table"}>
        {caption === undefined ? null : <caption>{caption}</caption>}
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={kindsOf(column).join(" ")}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)}>
              {columns.map((column) => (
                <Cell key={column.id} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell<T>(props: { readonly column: FoldingColumn<T>; readonly row: T }): ReactNode {
  const { title, cell } = props.column;
  const shown = cell(props.row);
  const classes = [...kindsOf(props.column), ...(shown === null ? ["nothing"] : [])];
  return (
    <td className={classes.join(" ")} data-title={title}>
      {shown ?? "–"}
    </td>
  );
}

function kindsOf({ isNumber, isWide }: Pick<FoldingColumn<never>, "isNumber" | "isWide">): readonly string[] {
  return [...(isNumber === true ? ["number"] : []), ...(isWide === true ? ["wide"] : [])];
}

/** Whether the window is no wider. */
function useIsWithin(px: number): boolean {
  const query = useMemo(() => matchMedia(`(max-width: ${px}px)`), [px]);
  const listen = useCallback(
    (onChange: () => void) => {
      query.addEventListener("change", onChange);
      return () => query.removeEventListener("change", onChange);
    },
    [query],
  );
  return useSyncExternalStore(listen, () => query.matches);
}

/** As the page's language writes it, whatever the browser's is. */
function capital(title: string, language: Language): string {
  return title.slice(0, 1).toLocaleUpperCase(language) + title.slice(1);
}
