/** A supervisor enters what happened earlier: a time of the site and why, which then hold for all reports until ended. */
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { nowMs } from "../../clock.ts";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";
import { SheetFrame } from "./sheet.tsx";
import { instantOf, localOf } from "./zoned-time.ts";

const becauseMin = 3;
const becauseMax = 500;

export function BackDateSheet(): ReactNode {
  const { t } = useText();
  const { close, setBackDate, backDate, session, unit } = useDesk();
  const zone = session.site.timeZone;
  const [local, setLocal] = useState(() => localOf(backDate ? Date.parse(backDate.at) : nowMs(), zone));
  const [because, setBecause] = useState(backDate?.because ?? "");
  const [isTold, tell] = useState(false);
  const atMs = instantOf(local, zone);
  const wrongTime =
    atMs === null ? t("terminal.back-date.no-time") : atMs > nowMs() ? t("terminal.back-date.future") : null;
  const wrongWhy = because.trim().length < becauseMin ? t("terminal.back-date.no-why") : null;
  const begin = (): void => {
    tell(true);
    if (atMs === null || wrongTime !== null || wrongWhy !== null) return;
    setBackDate({ at: new Date(atMs).toISOString(), because: because.trim() });
    close();
  };
  return (
    <SheetFrame title={t("terminal.back-date")} onClose={close}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          begin();
        }}
      >
        <label className="field">
          {t("terminal.back-date.at", { zone })}
          <input
            className="input"
            type="datetime-local"
            value={local}
            onChange={({ currentTarget }) => setLocal(currentTarget.value)}
          />
        </label>
        <label className="field">
          {t("terminal.back-date.why")}
          <input
            className="input"
            maxLength={becauseMax}
            value={because}
            onChange={({ currentTarget }) => setBecause(currentTarget.value)}
          />
        </label>
        <div role="alert">
          {isTold && wrongTime !== null ? <p className="note note-bad">{wrongTime}</p> : null}
          {isTold && wrongWhy !== null ? <p className="note note-bad">{wrongWhy}</p> : null}
        </div>
        <button type="submit" className="key action sheet-do">
          {t("terminal.back-date.begin")}
        </button>
      </form>
      <Link className="key" to="/terminal/$unit/paper" params={{ unit }}>
        {t("paper.open")}
      </Link>
    </SheetFrame>
  );
}

/** Stays in sight while it holds: nobody books the rest of the shift at the wrong time. */
export function BackDateBanner(): ReactNode {
  const { t, dateTime } = useText();
  const { backDate, setBackDate } = useDesk();
  if (backDate === null) return null;
  return (
    <div className="desk-back-date" role="status">
      <span className="grow">
        {t("terminal.back-date.on", { at: dateTime(backDate.at), because: backDate.because })}
      </span>
      <button type="button" className="key" onClick={() => setBackDate(null)}>
        {t("terminal.back-date.end")}
      </button>
    </div>
  );
}
