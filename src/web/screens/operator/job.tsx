/** The current job: what is made, how far it is, and the large keys for what may be said about it now. */
import type { ReactNode } from "react";
import type { TerminalJob } from "../../../api/contract/terminal.ts";
import { nowText } from "../../clock.ts";
import { Age } from "../../parts/age.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { micro, percentOf, sum } from "../../parts/amount.ts";
import { useDesk } from "./desk.tsx";
import { actionsIn, type Action } from "./projection.ts";
import { wrongIn } from "./setup.tsx";

export function CurrentJob(): ReactNode {
  const { t } = useText();
  const { projection } = useDesk();
  return (
    <section className="card desk-job" aria-labelledby="desk-job">
      {projection.job === null ? (
        <>
          <h2 id="desk-job">{t("terminal.no-job")}</h2>
          <p className="soft">
            {t(projection.situation === "idle" ? "terminal.no-job.do" : "terminal.no-job.machine")}
          </p>
        </>
      ) : (
        <JobHead job={projection.job} />
      )}
      <Actions />
      {projection.others.map((job) => (
        <OtherJob key={job.jobOrder} job={job} />
      ))}
    </section>
  );
}

/** A job that runs beside the first: how far it is, and nothing to press. */
function OtherJob(props: { readonly job: TerminalJob }): ReactNode {
  const { job } = props;
  const { t, amount, digits } = useText();
  return (
    <p>
      <span className="soft">{t("terminal.also")}</span>{" "}
      <strong>
        {job.number} / {job.operation}
      </strong>{" "}
      · {job.material} · {t("terminal.good")} {digits(job.good)} / {amount(job.quantity)}
      {micro(job.scrap.value) === 0n ? null : ` · ${t("terminal.scrap")} ${digits(job.scrap)}`}
    </p>
  );
}

function JobHead(props: { readonly job: TerminalJob }): ReactNode {
  const { job } = props;
  const { t, amount, digits } = useText();
  const { terminal, projection } = useDesk();
  const { waiting } = projection;
  const since = terminal.unit.jobs.find((one) => one.jobOrder === job.jobOrder)?.since ?? null;
  const isBooked = terminal.current.some((one) => one.jobOrder === job.jobOrder);
  const percent = percentOf(job.good.value, job.quantity.value);
  const coming = percentOf(sum([job.good.value, waiting.good]), job.quantity.value);
  return (
    <>
      <div className="desk-job-name">
        <h2 id="desk-job">
          {job.number} / {job.operation}
        </h2>
        <span>{job.description}</span>
        {isBooked ? null : <span className="unbooked">{t("terminal.unbooked")}</span>}
      </div>
      <div className="desk-what">
        <p className="desk-material">{job.material}</p>
        <Obstacles />
      </div>
      <div
        className="desk-bar"
        role="progressbar"
        aria-label={t("floor.progress", { job: job.number })}
        aria-valuenow={Math.round(percent)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span className="desk-bar-coming" style={{ width: `${coming}%` }} />
        <span className="desk-bar-done" style={{ width: `${percent}%` }} />
      </div>
      <dl className="desk-counts">
        <Count name={t("terminal.good")} value={digits(job.good)} waiting={waiting.good} />
        <Count name={t("terminal.asked")} value={amount(job.quantity)} waiting="0" />
        <Count name={t("terminal.scrap")} value={digits(job.scrap)} waiting={waiting.scrap} />
        <Count name={t("terminal.rework")} value={digits(job.rework)} waiting={waiting.rework} />
        {since === null ? null : (
          <div>
            <dt>{t("terminal.running-since")}</dt>
            <dd>
              <Age time={since} />
            </dd>
          </div>
        )}
      </dl>
      <Phases />
    </>
  );
}

/** What stands in the way of the job, where the eye is: on a small screen the cards that say more lie below its edge. */
function Obstacles(): ReactNode {
  const { t, many } = useText();
  const { setup, materials } = useDesk().terminal;
  const wrong = wrongIn(setup);
  const missing = materials.filter(({ isLoaded }) => !isLoaded).length;
  return (
    <div className="desk-obstacles">
      {wrong === 0 ? null : (
        <strong className="bad-text">
          ≠ {t("terminal.setup")}: {many("terminal.setup.wrong", wrong)}
        </strong>
      )}
      {missing === 0 ? null : (
        <strong className="bad-text">
          ! {t("terminal.materials")}: {many("terminal.missing", missing)}
        </strong>
      )}
    </div>
  );
}

function Count(props: { readonly name: string; readonly value: string; readonly waiting: string }): ReactNode {
  const { t, digits } = useText();
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>
        {props.value}
        {micro(props.waiting) === 0n ? null : (
          <span className="unbooked">
            {t("terminal.plus", { amount: digits({ value: props.waiting, uom: "C62" }) })}
          </span>
        )}
      </dd>
    </div>
  );
}

const phases = ["setup", "production", "teardown"] as const;

function Phases(): ReactNode {
  const { t } = useText();
  const { projection, say } = useDesk();
  const may = useMay();
  const { situation } = projection;
  if (!phases.some((phase) => phase === situation) || !may("terminal.report")) return null;
  return (
    <div className="desk-phases" role="group" aria-label={t("terminal.phases")}>
      {phases.map((phase) => (
        <button
          key={phase}
          type="button"
          className="key"
          aria-pressed={phase === situation}
          onClick={() => (phase === situation ? undefined : say({ kind: "phase", phase }))}
        >
          {t(`terminal.phase.${phase}`)}
        </button>
      ))}
    </div>
  );
}

function Actions(): ReactNode {
  const { t } = useText();
  const { projection } = useDesk();
  const may = useMay();
  const actions = actionsIn[projection.situation];
  if (projection.situation === "controlled") {
    return projection.job === null ? null : <p className="soft">{t("terminal.controlled")}</p>;
  }
  if (actions.length === 0 || (projection.situation === "counted" && projection.job === null)) return null;
  if (!may("terminal.report")) return <p className="note">{t("terminal.read-only")}</p>;
  return (
    <div className="desk-actions" role="group" aria-label={t("terminal.actions")}>
      {actions.map((action) => (
        <ActionKey key={action} action={action} />
      ))}
    </div>
  );
}

const signs: Readonly<Record<Action, string>> = {
  good: "✓",
  scrap: "✕",
  rework: "↻",
  hold: "❚❚",
  resume: "▶",
  finish: "⚑",
};

function ActionKey(props: { readonly action: Action }): ReactNode {
  const { action } = props;
  const { t } = useText();
  const { say, open } = useDesk();
  const press = (): void => {
    if (action === "resume") say({ kind: "resume" });
    else if (action === "hold") open({ is: "hold", at: nowText() });
    else if (action === "finish") open({ is: "finish" });
    else open({ is: "count", grade: action });
  };
  return (
    <button type="button" className={`key action action-${action}`} onClick={press}>
      <span aria-hidden="true">{signs[action]}</span>
      {t(`terminal.${action}`)}
    </button>
  );
}
