/** One work unit on the floor: state with since-when, job with progress and counts, how old the last sample is. */
import { Link } from "@tanstack/react-router";
import { memo, type ReactNode } from "react";
import type { FloorJob, FloorUnit } from "../../../api/contract/floor.ts";
import { Age } from "../../parts/age.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { useText } from "../../text/text.tsx";
import { stateOf } from "./arrange.ts";

/** Drawn again only when the unit itself is another one: the stream replaces one of hundreds. */
export const Tile = memo(function Tile(props: {
  readonly unit: FloorUnit;
  /** One's own that are about it. */
  readonly notices: number;
}): ReactNode {
  const { unit } = props;
  const { t } = useText();
  const state = stateOf(unit);
  const why = whyOf(unit);
  return (
    <li className={`tile tile-${state}`} data-unit={unit.id}>
      <div className="tile-head">
        <strong title={unit.description}>{unit.id}</strong>
        <span className="tile-line soft" title={unit.description}>
          {unit.description}
        </span>
      </div>
      <div className="tile-head tile-state">
        <StateMark state={state} />
        {unit.state === null ? null : <Age time={unit.state.since} />}
        <span className="tile-line" title={why ?? undefined}>
          {why}
        </span>
      </div>
      {unit.jobs.length === 0 ? <div className="soft">{t("floor.no-job")}</div> : null}
      {unit.jobs.slice(0, 2).map((job) => (
        <Job key={job.jobOrder ?? job.run ?? job.number} job={job} />
      ))}
      {unit.jobs.length > 2 ? (
        <div className="soft">{t("floor.more-jobs", { count: unit.jobs.length - 2 })}</div>
      ) : null}
      <Foot unit={unit} notices={props.notices} />
    </li>
  );
});

/** The machine's or the person's own word for the state. A bare number, or the state's own name, says no more than the mark. */
function whyOf(unit: FloorUnit): string | null {
  const said = unit.state?.reason ?? null;
  return said === null || said === unit.state?.state || /^-?\d+$/.test(said) ? null : said;
}

function Job(props: { readonly job: FloorJob }): ReactNode {
  const { job } = props;
  const { t, beside, amount } = useText();
  const name = `${job.number} / ${job.operation}`;
  return (
    <>
      <div className="tile-job">
        {job.order === null ? (
          <span className="tile-warning">{t("floor.no-order", { job: job.number })}</span>
        ) : (
          <Link to="/orders/$order" params={{ order: job.order }}>
            {name}
          </Link>
        )}
        <span className="tile-line" title={job.material}>
          {job.material}
        </span>
      </div>
      {job.good === null ? null : (
        <>
          {job.asked === null ? null : <Progress good={job.good.value} asked={job.asked.value} label={name} />}
          <div className="tile-job">
            <span>
              {beside(job.good, job.asked)}
              {job.asked === null ? null : ` / ${amount(job.asked)}`}
            </span>
            {job.scrap === null || Number(job.scrap.value) === 0 ? (
              <span />
            ) : (
              <span>
                {t("floor.scrap")} {beside(job.scrap, job.asked ?? job.good)}
              </span>
            )}
          </div>
        </>
      )}
    </>
  );
}

function Progress(props: { readonly good: string; readonly asked: string; readonly label: string }): ReactNode {
  const { t } = useText();
  const asked = Number(props.asked);
  const percent = asked > 0 ? Math.min(100, Math.max(0, (Number(props.good) / asked) * 100)) : 0;
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={t("floor.progress", { job: props.label })}
      aria-valuenow={Math.round(percent)}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}

function Foot(props: { readonly unit: FloorUnit; readonly notices: number }): ReactNode {
  const { unit, notices } = props;
  const { t, many } = useText();
  return (
    <div className="tile-foot">
      <Source unit={unit} />
      {notices === 0 ? null : <span className="tile-warning">{many("floor.notices", notices)}</span>}
      <span>
        {unit.kind === "manual" ? t("floor.last-report") : t("floor.last-sample")}{" "}
        <Age time={unit.lastSampleAt ?? unit.lastEventAt} />
      </span>
    </div>
  );
}

function Source(props: { readonly unit: FloorUnit }): ReactNode {
  const { t, many } = useText();
  const { connection, people, kind } = props.unit;
  if (connection && !connection.connected) return <span className="tile-warning">{t("floor.disconnected")}</span>;
  if (connection?.backfilling === true) return <span>{t("floor.backfilling")}</span>;
  if (people > 0) return <span>{many("floor.people", people)}</span>;
  return kind === "manual" ? <span>{t("floor.manual")}</span> : null;
}
