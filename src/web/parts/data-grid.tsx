/**
 * A table of many rows of which only the visible ones are in the page. Rows are reached by tabbing through their links or
 * by arrow keys, Page and Home/End; more is asked for before the end comes into view.
 */
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from "react";
import "./data-grid.css";

export interface Column<T> {
  readonly id: string;
  readonly title: string;
  /** As CSS grid has it: `110px`, `minmax(120px, 1fr)`. */
  readonly width: string;
  readonly isNumber?: boolean;
  readonly cell: (row: T) => ReactNode;
}

export interface DataGridProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  /** All there are, also those not read yet. */
  readonly total: number;
  readonly onNearEnd: () => void;
}

const rowPx = 36;
const touchRowPx = 48;
/** So many rows before the end more is asked for. */
const ahead = 80;

export function DataGrid<T>(props: DataGridProps<T>): ReactNode {
  const { rows, onNearEnd } = props;
  const frame = useRef<HTMLDivElement>(null);
  const height = useRestOfPage(frame);
  const size = matchMedia("(pointer: coarse)").matches ? touchRowPx : rowPx;
  const grid = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => size,
    overscan: 12,
  });
  const items = grid.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - ahead) onNearEnd();
  }, [last, rows.length, onNearEnd]);
  const onKeyDown = useRowKeys(frame, grid, rows.length);
  const template = { gridTemplateColumns: props.columns.map(({ width }) => width).join(" ") };
  return (
    // arrow keys are a shortcut; the links inside are reached by Tab too
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={frame}
      className="grid"
      style={{ height }}
      role="table"
      aria-label={props.label}
      aria-rowcount={props.total + 1}
      onKeyDown={onKeyDown}
    >
      <div className="grid-sheet" role="presentation">
        <div className="grid-head" role="rowgroup">
          <div className="grid-row" role="row" aria-rowindex={1} style={template}>
            {props.columns.map(({ id, title, isNumber }) => (
              <div key={id} role="columnheader" className={isNumber ? "number" : undefined}>
                {title}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="grid-body" style={{ height: grid.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = rows[index];
            return row === undefined ? null : (
              <div
                key={props.keyOf(row)}
                role="row"
                className="grid-row"
                aria-rowindex={index + 2}
                data-index={index}
                style={{ ...template, height: size, transform: `translateY(${start}px)` }}
              >
                {props.columns.map(({ id, cell, isNumber }) => (
                  <div key={id} role="cell" className={isNumber ? "number" : undefined}>
                    {cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** From the element's top to the foot of the window, less the margin that the page keeps there. */
function useRestOfPage(element: RefObject<HTMLElement | null>): string {
  const [taken, setTaken] = useState(240);
  useLayoutEffect(() => {
    const measure = (): void => {
      const box = element.current?.getBoundingClientRect();
      const page = element.current?.closest("main");
      if (box && page) setTaken(Math.ceil(box.top + scrollY + parseFloat(getComputedStyle(page).paddingBottom)));
    };
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, [element]);
  return `max(300px, calc(100dvh - ${taken}px))`;
}

function useRowKeys(
  frame: RefObject<HTMLDivElement | null>,
  grid: Virtualizer<HTMLDivElement, Element>,
  count: number,
): (event: KeyboardEvent) => void {
  // where the focus is going: keys come faster than rows are drawn
  const going = useRef<number | null>(null);
  return (event) => {
    const target = event.target instanceof Element ? event.target.closest("[data-index]") : null;
    if (!target) return;
    const at = going.current ?? Number(target.getAttribute("data-index"));
    const next = nextRow(event.key, at, count);
    if (next === undefined) return;
    event.preventDefault();
    going.current = next;
    grid.scrollToIndex(next);
    const focus = (tries: number): void => {
      if (going.current !== next) return; // another key came meanwhile
      const link = frame.current?.querySelector<HTMLElement>(`[data-index="${next}"] a, [data-index="${next}"] button`);
      if (!link && tries > 0) {
        requestAnimationFrame(() => focus(tries - 1));
        return;
      }
      going.current = null;
      link?.focus({ preventScroll: true });
    };
    requestAnimationFrame(() => focus(10));
  };
}

function nextRow(key: string, at: number, count: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + 15,
    PageUp: at - 15,
    Home: 0,
    End: count - 1,
  };
  const next = steps[key];
  return next === undefined ? undefined : Math.max(0, Math.min(count - 1, next));
}
