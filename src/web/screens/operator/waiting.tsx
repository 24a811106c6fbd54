/**
 * What was pressed and what became of it: how many reports wait, which were refused and why, what could not be kept, and
 * the last ones that were booked, the newest of which can be taken back.
 */
import { useState, type ReactNode } from "react";
import { useProblemWords } from "../../parts/problem.tsx";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";
import type { BookedReport } from "./device.ts";
import { useOffline } from "./offline.ts";
import type { QueuedReport } from "./queue.ts";
import { SheetFrame } from "./sheet.tsx";
import { useStatementText } from "./words.ts";

const bookedShown = 3;

/** What did not go well: spoken at once, at the top, until it was seen. */
export function Troubles(): ReactNode {
  const { t } = useText();
  const { kept, session, saveError, reports } = useDesk();
  const refused = kept.entries.filter(({ person, state }) => person === session.person && state === "refused");
  return (
    <div role="alert" className="stack desk-troubles">
      {saveError === null ? null : (
        <div className="note note-bad">
          <strong>✕ {t("terminal.not-kept")}</strong>
          <p>{t("terminal.not-kept.do")}</p>
          <p className="mono">{saveError}</p>
        </div>
      )}
      {refused.length > 1 ? (
        <button
          type="button"
          className="key"
          onClick={() => {
            for (const { intent } of refused) reports.queue.dismiss(intent);
          }}
        >
          {t("terminal.refused.all-seen", { count: refused.length })}
        </button>
      ) : null}
      {refused.map((entry) => (
        <Refused key={entry.intent} entry={entry} />
      ))}
    </div>
  );
}

/** Spoken too, and at the bottom edge: it comes and goes with every press, and no key may move under a hand. */
export function Waiting(): ReactNode {
  const { t, many } = useText();
  const { kept, session } = useDesk();
  const isOffline = useOffline();
  const [isOpen, setOpen] = useState(false);
  const waiting = kept.entries.filter(({ person, state }) => person === session.person && state === "waiting");
  const others = kept.entries.filter(({ person }) => person !== session.person).length;
  const isShown = waiting.length + others > 0;
  return (
    <div className={isShown ? "desk-foot" : "hidden-text"}>
      {isOpen && waiting.length > 0 ? (
        <ul className="desk-lines card">
          {waiting.map((entry) => (
            <Line key={entry.intent} entry={entry} />
          ))}
        </ul>
      ) : null}
      <div className={isShown ? "desk-waiting" : undefined}>
        <span role="status" className="grow">
          {waiting.length === 0 ? t("terminal.all-booked") : `↑ ${many("terminal.waiting", waiting.length)}`}{" "}
          {waiting.length > 0 && isOffline ? t("terminal.waiting.offline") : null}
          {others > 0 ? many("terminal.waiting.others", others) : null}
        </span>
        {waiting.length > 0 ? (
          <button type="button" className="key" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {t("terminal.waiting.show")}
          </button>
        ) : null}
      </div>
    </div>
  );
}

function Line(props: { readonly entry: QueuedReport }): ReactNode {
  const { entry } = props;
  const { t, exact } = useText();
  const { unit } = useDesk();
  const words = useStatementText();
  return (
    <li>
      {entry.report.at === null ? null : <span className="mono">{exact(entry.report.at).slice(0, 8)} </span>}
      {words(entry.report)}
      {entry.unit === unit ? null : ` · ${entry.unit}`} <span className="unbooked">{t("terminal.unbooked")}</span>
    </li>
  );
}

function Refused(props: { readonly entry: QueuedReport }): ReactNode {
  const { entry } = props;
  const { t, clock } = useText();
  const { reports, unit } = useDesk();
  const words = useStatementText();
  const problem = useProblemWords();
  const { code = "", detail = "" } = entry.refusal ?? {};
  const said = problem({ status: 0, code, detail });
  return (
    <div className="note note-bad desk-refused">
      <div className="grow">
        <strong>
          ✕ {t("terminal.refused", { what: words(entry.report) })}
          {entry.unit === unit ? "" : ` · ${entry.unit}`}
          {entry.report.at === null ? "" : ` · ${clock(entry.report.at)}`}
        </strong>
        <p>
          <strong>{said.title}</strong>
        </p>
        <p lang={said.lang}>{said.text}</p>
        <p className="mono">{code}</p>
      </div>
      <button type="button" className="key" onClick={() => reports.queue.again(entry.intent)}>
        {t("terminal.send-again")}
      </button>
      <button type="button" className="key" onClick={() => reports.queue.dismiss(entry.intent)}>
        {t("terminal.refused.seen")}
      </button>
    </div>
  );
}

export function LastReports(): ReactNode {
  const { t, clock } = useText();
  const { kept, session, unit, open } = useDesk();
  const words = useStatementText();
  const leaving = new Set(
    kept.entries.filter(({ state }) => state === "waiting").map(({ report }) => report.corrects ?? ""),
  );
  const mine = kept.booked
    .filter((one) => one.unit === unit && one.person === session.person && !leaving.has(one.statement))
    .slice(-bookedShown)
    .toReversed();
  if (mine.length === 0) return null;
  return (
    <section className="card" aria-labelledby="desk-last">
      <h2 id="desk-last">{t("terminal.last")}</h2>
      <ul className="desk-lines">
        {mine.map((booked, index) => (
          <li key={booked.intent} className="row">
            <span className="grow">
              ✓ {booked.report.at === null ? "" : `${clock(booked.report.at)} `}
              {words(booked.report)}
            </span>
            {index === 0 ? (
              <button type="button" className="key" onClick={() => open({ is: "undo", booked })}>
                ↶ {t("terminal.undo")}
              </button>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function UndoSheet(props: { readonly booked: BookedReport }): ReactNode {
  const { booked } = props;
  const { t } = useText();
  const { say, close } = useDesk();
  const words = useStatementText();
  const undo = (): void => {
    if (say({ kind: "take-back" }, { corrects: booked.statement })) close();
  };
  return (
    <SheetFrame title={t("terminal.undo")} onClose={close}>
      <p className="sheet-big">{words(booked.report)}</p>
      <p>{t("terminal.undo.means")}</p>
      <button type="button" className="key action action-scrap sheet-do" data-first onClick={undo}>
        ↶ {t("terminal.undo.do")}
      </button>
    </SheetFrame>
  );
}
