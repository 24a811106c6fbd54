/**
 * What every part of a terminal shares: the unit as it will be when all is booked, how something is reported, and which
 * sheet is open. A second tap of a trembling glove is no second press.
 */
import { createContext, use, useMemo, useState, type MouseEvent, type ReactNode } from "react";
import type { Statement, Terminal } from "../../../api/contract/terminal.ts";
import type { Session } from "../../../api/contract/session.ts";
import { nowText } from "../../clock.ts";
import { Bounce } from "./bounce.ts";
import type { BookedReport } from "./device.ts";
import { project, type Grade, type Projection } from "./projection.ts";
import { useReports, type Reports, type ReportsShown } from "./reports.ts";
import type { TerminalRead } from "./terminal-read.ts";

type Loaded = Terminal["materials"][number]["loaded"][number];

/** What lies over the terminal and wants an answer. */
export type Sheet =
  | { readonly is: "count"; readonly grade: Grade }
  /** `at`: when Hold was pressed, not when the reason was chosen. */
  | { readonly is: "hold"; readonly at: string }
  | { readonly is: "finish" }
  | { readonly is: "scan"; readonly text: string; readonly turn: number }
  | { readonly is: "unload"; readonly loaded: Loaded }
  | { readonly is: "undo"; readonly booked: BookedReport }
  | { readonly is: "back-date" };

export interface BackDate {
  readonly at: string;
  readonly because: string;
}

export interface Desk {
  readonly unit: string;
  readonly session: Session;
  readonly terminal: Terminal;
  readonly projection: Projection;
  readonly reports: Reports;
  readonly kept: ReportsShown;
  /** Reports it at this moment, or when the supervisor's entry says. False: the device could not keep it. */
  readonly say: (statement: Statement, options?: { readonly at?: string; readonly corrects?: string }) => boolean;
  /** Why the device could not keep the last one; null while all is well. */
  readonly saveError: string | null;
  readonly sheet: Sheet | null;
  readonly open: (sheet: Sheet) => void;
  readonly close: () => void;
  readonly backDate: BackDate | null;
  readonly setBackDate: (backDate: BackDate | null) => void;
}

const Context = createContext<Desk | null>(null);

/** Enter in a field, which a browser tells as a click on the form's button: a scanner is faster than any bounce. */
function isSubmit({ detail, target }: MouseEvent): boolean {
  return detail === 0 && target instanceof HTMLButtonElement && target.type === "submit";
}

/** Says when something was done, and swallows the presses that come too soon after it. */
function useBounce(): {
  readonly acted: (what: "sheet" | "report") => void;
  readonly swallow: (event: MouseEvent) => void;
} {
  const [bounce] = useState(() => new Bounce());
  return {
    acted: (what) => {
      bounce.acted(what);
      // the first frame is being made, the second begins when it was painted
      requestAnimationFrame(() => requestAnimationFrame(() => bounce.seen(performance.now())));
    },
    swallow: (event) => {
      if (isSubmit(event)) return;
      const { timeStamp, clientX, clientY, detail } = event;
      if (!bounce.isSwallowed({ atMs: timeStamp, x: clientX, y: clientY, detail })) return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

/** Keeps a report with the moment of its press, and says when the device could not. */
function useSay(unit: string, reports: Reports, backDate: BackDate | null): Pick<Desk, "say" | "saveError"> {
  const [saveError, setSaveError] = useState<string | null>(null);
  const say: Desk["say"] = (statement, options = {}) => {
    const isBack = backDate !== null && statement.kind !== "take-back";
    const report = {
      statement,
      at: isBack ? backDate.at : (options.at ?? nowText()),
      backDated: isBack ? { because: backDate.because } : null,
      corrects: options.corrects ?? null,
      terminal: null,
    };
    try {
      reports.say(unit, report);
    } catch (error) {
      setSaveError(error instanceof Error ? error.message : String(error));
      return false;
    }
    setSaveError(null);
    return true;
  };
  return { say, saveError };
}

export function DeskProvider(props: {
  readonly unit: string;
  readonly read: TerminalRead;
  readonly session: Session;
  readonly children: ReactNode;
}): ReactNode {
  const { unit, read, session } = props;
  const { reports, state: kept } = useReports(session.site.id, session.person);
  const [sheet, setSheet] = useState<Sheet | null>(null);
  const [backDate, setBackDate] = useState<BackDate | null>(null);
  const { say, saveError } = useSay(unit, reports, backDate);
  const { acted, swallow } = useBounce();
  const projection = useMemo(() => {
    const fresh = kept.fresh.filter(({ mark }) => mark > read.mark);
    const waiting = kept.entries.filter(({ state }) => state === "waiting");
    const here = [...fresh, ...waiting].filter((entry) => entry.unit === unit);
    return project(read.terminal, here, session.person);
  }, [kept, read, unit, session.person]);
  const show = (next: Sheet | null): void => {
    acted("sheet");
    setSheet(next);
  };
  const desk: Desk = {
    unit,
    session,
    terminal: read.terminal,
    projection,
    reports,
    kept,
    say: (statement, options) => {
      acted("report");
      return say(statement, options);
    },
    saveError,
    sheet,
    open: show,
    close: () => show(null),
    backDate,
    setBackDate,
  };
  return (
    <Context value={desk}>
      <div className="terminal" onClickCapture={swallow}>
        {props.children}
      </div>
    </Context>
  );
}

export function useDesk(): Desk {
  const desk = use(Context);
  if (!desk) throw new Error("useDesk needs a DeskProvider above it");
  return desk;
}
