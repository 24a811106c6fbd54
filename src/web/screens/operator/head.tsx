/** The head of a terminal: which unit, its state and since when, how it is heard, and what every hand looks for first. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Age } from "../../parts/age.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";
import { useOffline } from "./offline.ts";
import type { Situation } from "./projection.ts";

const stateOf: Readonly<Partial<Record<Situation, "idle" | "setup" | "production" | "held">>> = {
  idle: "idle",
  setup: "setup",
  production: "production",
  teardown: "production",
  held: "held",
};

export function Head(): ReactNode {
  const { t } = useText();
  const may = useMay();
  const { terminal, open, unit } = useDesk();
  const { state, description } = terminal.unit;
  return (
    <header className="desk-head">
      <div className="desk-unit">
        <h1>{description}</h1>
        <span className="soft">{unit}</span>
      </div>
      <div className="desk-state">
        <div className="desk-state-now">
          <StateMark state={state?.state ?? "unknown"} />
          {state === null ? null : (
            <span>
              {t("terminal.since")} <Age time={state.since} />
            </span>
          )}
        </div>
        <Coming />
      </div>
      <Hearing />
      <div className="row">
        <button type="button" className="key" onClick={() => open({ is: "scan", text: "", turn: 0 })}>
          {t("terminal.scan")}
        </button>
        {may("terminal.back-date") ? (
          <button type="button" className="key" onClick={() => open({ is: "back-date" })}>
            {t("terminal.back-date")}
          </button>
        ) : null}
        <Link className="key" to="/terminal">
          {t("terminal.other-unit")}
        </Link>
      </div>
    </header>
  );
}

/** The state that it will have when what waits is booked, where that is another one. */
function Coming(): ReactNode {
  const { t } = useText();
  const { projection, kept, unit, terminal } = useDesk();
  const coming = stateOf[projection.situation];
  const moves = ["start", "phase", "hold", "resume", "finish"];
  const isMoving = kept.entries.some(
    (entry) => entry.unit === unit && entry.state === "waiting" && moves.includes(entry.report.statement.kind),
  );
  if (coming === undefined || !isMoving || coming === terminal.unit.state?.state) return null;
  return (
    <span className="unbooked">
      <span aria-hidden="true">→ </span>
      <StateMark state={coming} /> {t("terminal.unbooked")}
    </span>
  );
}

/** Whether the machine is heard, and whether we are. */
function Hearing(): ReactNode {
  const { t } = useText();
  const isOffline = useOffline();
  const { connection, lastSampleAt, lastEventAt } = useDesk().terminal.unit;
  return (
    <div className="desk-hearing">
      {!isOffline ? <span>● {t("terminal.online")}</span> : <span className="bad-text">○ {t("terminal.offline")}</span>}
      {connection === null ? (
        <span className="soft">
          {t("floor.last-report")} <Age time={lastEventAt} />
        </span>
      ) : connection.connected ? (
        <span className="soft">
          {t("floor.last-sample")} <Age time={lastSampleAt} />
        </span>
      ) : (
        <span className="bad-text">✕ {t("terminal.machine-gone")}</span>
      )}
    </div>
  );
}
