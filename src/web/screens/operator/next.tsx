/** What comes next, three at most, in the order that the ERP wants now; each can be acknowledged, and started when nothing runs. */
import type { ReactNode } from "react";
import type { TerminalJob } from "../../../api/contract/terminal.ts";
import { useQueryClient } from "@tanstack/react-query";
import { keyOf, useCommand } from "../../api/query.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";

export function NextJobs(): ReactNode {
  const { t } = useText();
  const { terminal, projection } = useDesk();
  const shown = terminal.next.filter(({ jobOrder }) => jobOrder !== projection.job?.jobOrder);
  // with nothing under way the materials are those of the first
  const missing = projection.situation === "idle" ? terminal.materials.filter(({ isLoaded }) => !isLoaded).length : 0;
  return (
    <section className="card" aria-labelledby="desk-next">
      <h2 id="desk-next">{t("terminal.next")}</h2>
      {shown.length === 0 ? <p className="soft">{t("terminal.next.none")}</p> : null}
      <ol className="desk-next">
        {shown.map((job) => (
          <NextJob key={job.jobOrder} job={job} missing={job === terminal.next[0] ? missing : 0} />
        ))}
      </ol>
    </section>
  );
}

/** A due time to the second is noise. */
function toTheMinute(text: string): string {
  return text.replace(/:\d\d$/, "");
}

function NextJob(props: { readonly job: TerminalJob; readonly missing: number }): ReactNode {
  const { job, missing } = props;
  const { t, many, amount, dateTime } = useText();
  const { projection } = useDesk();
  const may = useMay();
  const isStartable = projection.situation === "idle" && may("terminal.report");
  return (
    <li className="desk-next-job">
      <div className="desk-job-name">
        <h3>
          {job.number} / {job.operation}
        </h3>
        <span>{job.description}</span>
      </div>
      <p>
        <strong>{job.material}</strong> · {amount(job.quantity)} · {t("terminal.priority", { priority: job.priority })}
        {job.latestEnd === null ? null : (
          <>
            {" "}
            · {t("terminal.until")} <time dateTime={job.latestEnd}>{toTheMinute(dateTime(job.latestEnd))}</time>
          </>
        )}
      </p>
      <div className="row">
        {isStartable ? <StartKeys job={job} isReady={missing === 0} /> : null}
        {isStartable && missing > 0 ? (
          <strong className="bad-text">
            ! {t("terminal.materials")}: {many("terminal.missing", missing)}
          </strong>
        ) : null}
        <Acknowledge job={job} />
      </div>
    </li>
  );
}

/** @param props.isReady false: the server will refuse production, and the key does not invite to it */
export function StartKeys(props: {
  readonly job: TerminalJob;
  readonly isReady?: boolean;
  readonly onStarted?: () => void;
}): ReactNode {
  const { t } = useText();
  const { say } = useDesk();
  const { jobOrder, number } = props.job;
  const start = (phase: "setup" | "production"): void => {
    if (say({ kind: "start", jobOrder, phase })) props.onStarted?.();
  };
  return (
    <>
      <button
        type="button"
        className={props.isReady === false ? "key" : "key action-good"}
        aria-label={t("terminal.start.job", { job: number })}
        onClick={() => start("production")}
      >
        ▶ {t("terminal.start")}
      </button>
      <button
        type="button"
        className="key"
        aria-label={t("terminal.start-setup.job", { job: number })}
        onClick={() => start("setup")}
      >
        ◆ {t("terminal.start-setup")}
      </button>
    </>
  );
}

function Acknowledge(props: { readonly job: TerminalJob }): ReactNode {
  const { job } = props;
  const { t } = useText();
  const may = useMay();
  const client = useQueryClient();
  const { unit } = useDesk();
  const command = useCommand("POST /api/v1/job-orders/:jobOrder/acknowledge", () => {
    void client.invalidateQueries({ queryKey: keyOf("GET /api/v1/units/:unit/terminal", { params: { unit } }) });
  });
  if (job.acknowledgedAt !== null) return <span className="good-text">✓ {t("terminal.seen")}</span>;
  if (!may("terminal.report")) return null;
  return (
    <>
      <button
        type="button"
        className="key"
        aria-label={t("terminal.acknowledge.job", { job: job.number })}
        aria-busy={command.isSending}
        onClick={() => command.send({ params: { jobOrder: job.jobOrder } })}
      >
        {t(command.isSending ? "terminal.sending" : "terminal.acknowledge")}
      </button>
      <ProblemNote error={command.error} />
    </>
  );
}
