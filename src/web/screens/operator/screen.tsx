/** The operator's terminal: choosing a work unit, and its screen. */
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useRead } from "../../api/query.ts";
import { Age } from "../../parts/age.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { useMay, useSessionState } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { BackDateBanner, BackDateSheet } from "./back-date.tsx";
import { DeskProvider, useDesk } from "./desk.tsx";
import { Head } from "./head.tsx";
import { CountSheet, FinishSheet, HoldSheet } from "./job-sheet.tsx";
import { CurrentJob } from "./job.tsx";
import { Materials, UnloadSheet } from "./materials.tsx";
import { NextJobs } from "./next.tsx";
import { Notices } from "./notices.tsx";
import "./operator.css";
import { People } from "./people.tsx";
import { ScanSheet } from "./scan.tsx";
import { useScanner } from "./scanner.ts";
import { Setup } from "./setup.tsx";
import { StopBanner } from "./stop.tsx";
import { useTerminal } from "./terminal-read.ts";
import { LastReports, Troubles, UndoSheet, Waiting } from "./waiting.tsx";

const route = getRouteApi("/terminal/$unit");

export function TerminalChoice(): ReactNode {
  const { t } = useText();
  const read = useRead("GET /api/v1/floor", {});
  return (
    <div className="terminal">
      <h1>{t("terminal.choose")}</h1>
      <Loaded read={read}>
        {({ units }) =>
          units.length === 0 ? (
            <Empty title={t("floor.empty")} hint={t("floor.empty.do")} />
          ) : (
            <ul className="desk-units">
              {units.map((unit) => (
                <li key={unit.id}>
                  <Link className="key desk-unit-key" to="/terminal/$unit" params={{ unit: unit.id }}>
                    <strong>{unit.description}</strong>
                    <span className="soft">{unit.id}</span>
                    <span className="row">
                      <StateMark state={unit.state?.state ?? "unknown"} />
                      {unit.state === null ? null : <Age time={unit.state.since} />}
                    </span>
                    <span>{unit.jobs[0] === undefined ? t("floor.no-job") : unit.jobs[0].number}</span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </div>
  );
}

export function TerminalScreen(): ReactNode {
  const { unit } = route.useParams();
  const read = useTerminal(unit);
  const { session } = useSessionState();
  if (!session) return null; // the frame shows the sign-in
  return (
    <Loaded read={read}>
      {(data) => (
        <DeskProvider key={`${unit} ${session.person}`} unit={unit} read={data} session={session}>
          <TerminalView />
        </DeskProvider>
      )}
    </Loaded>
  );
}

function TerminalView(): ReactNode {
  const { open, sheet, projection } = useDesk();
  const may = useMay();
  const mayReport = may("terminal.report");
  useScanner(
    (text) => {
      const turn = sheet?.is === "scan" ? sheet.turn + 1 : 0;
      if (mayReport) open({ is: "scan", text, turn });
    },
    sheet?.is === "count" || sheet?.is === "unload",
  );
  // with nothing under way the next job is what the hand looks for
  const isIdle = projection.situation === "idle";
  return (
    <>
      <Head />
      <BackDateBanner />
      <Troubles />
      <StopBanner />
      <div className="desk-columns">
        <div className="desk-column">
          <CurrentJob />
          {isIdle ? <NextJobs /> : null}
          <LastReports />
          <People />
        </div>
        <div className="desk-column">
          {isIdle ? null : <NextJobs />}
          <Notices />
          <Setup />
          <Materials />
        </div>
      </div>
      <Waiting />
      <OpenSheet />
    </>
  );
}

function OpenSheet(): ReactNode {
  const { sheet } = useDesk();
  switch (sheet?.is) {
    case undefined:
      return null;
    case "count":
      return <CountSheet grade={sheet.grade} />;
    case "hold":
      return <HoldSheet at={sheet.at} />;
    case "finish":
      return <FinishSheet />;
    case "scan":
      return <ScanSheet text={sheet.text} turn={sheet.turn} />;
    case "unload":
      return <UnloadSheet loaded={sheet.loaded} />;
    case "undo":
      return <UndoSheet booked={sheet.booked} />;
    case "back-date":
      return <BackDateSheet />;
  }
}
