/**
 * A table of few rows in which every cell counts. On a phone or a tablet each row is a card with its values under their
 * names, so that nothing has to be looked for to the right. Of thousands of rows: `data-grid`.
 */
import type { ReactNode } from "react";

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
  /** The first names the row. */
  readonly columns: readonly FoldingColumn<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string | number;
}

export function FoldingTable<T>(props: FoldingTableProps<T>): ReactNode {
  const { columns, rows, keyOf } = props;
  return (
    <div className="table-frame">
      <table className="table folding">
        <thead>
          <tr>
            {columns.map(({ id, title, isNumber }) => (
              <th key={id} scope="col" className={isNumber === true ? "number" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
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
  const { title, isNumber, isWide, cell } = props.column;
  const shown = cell(props.row);
  const classes = [isNumber === true && "number", isWide === true && "wide", shown === null && "nothing"];
  return (
    <td className={classes.filter((one) => one !== false).join(" ")} data-title={title}>
      {shown ?? "–"}
    </td>
  );
}
