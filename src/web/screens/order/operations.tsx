/** The operations of an order with their jobs and components, and the decision that one is final. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Order } from "../../../api/contract/order.ts";
import { useCommand } from "../../api/query.ts";
import { At } from "../../parts/age.tsx";
import { Decision } from "../../parts/decision.tsx";
import { Mark } from "../../parts/mark.tsx";
import { toneOfJob } from "../../parts/tone.ts";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { shownState } from "./job-state.ts";

type Step = Order["steps"][number];

export function Operations(props: { readonly order: Order }): ReactNode {
  const { t } = useText();
  return (
    <section aria-labelledby="operations" className="stack">
      <h2 id="operations">{t("order.operations")}</h2>
      {props.order.steps.map((step) => (
        <Operation key={step.id} order={props.order} step={step} />
      ))}
    </section>
  );
}

function Operation(props: { readonly order: Order; readonly step: Step }): ReactNode {
  const { step } = props;
  const { t, look } = useText();
  return (
    <article className="card stack" aria-label={step.description}>
      <div className="row">
        <h3 className="grow">
          {step.id.split(/[:/]/).at(-1)} {step.description}
        </h3>
        <span className="soft">
          {step.workCenter} · {look(`word.${step.confirmation}`) ?? step.confirmation}
          {step.automaticReceipt ? ` · ${t("order.receipt")}` : ""}
          {step.isExternal ? ` · ${t("order.external")}` : ""}
        </span>
        <Finality order={props.order} step={step} />
      </div>
      <Jobs order={props.order} step={step} />
      <Components step={step} />
    </article>
  );
}

function Jobs(props: { readonly order: Order; readonly step: Step }): ReactNode {
  const { t, many, digits, amount } = useText();
  if (props.step.jobs.length === 0) return <p className="soft">{t("order.no-jobs")}</p>;
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("order.unit")}</th>
            <th scope="col">{t("order.state")}</th>
            <th scope="col" className="number">
              {t("orders.good")}
            </th>
            <th scope="col" className="number">
              {t("orders.scrap")}
            </th>
            <th scope="col" className="number">
              {t("order.rework")}
            </th>
            <th scope="col">{t("order.runs")}</th>
          </tr>
        </thead>
        <tbody>
          {props.step.jobs.map((job) => (
            <tr key={job.id}>
              <td>{job.workUnit ?? t("order.any-unit")}</td>
              <td>
                <Mark tone={toneOfJob[shownState(props.order, job)]}>{t(`word.${shownState(props.order, job)}`)}</Mark>
              </td>
              <td className="number">
                {digits(job.good)} / {amount(job.quantity)}
              </td>
              <td className="number">{digits(job.scrap)}</td>
              <td className="number">{digits(job.rework)}</td>
              <td>{many("order.runs", job.runs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Components(props: { readonly step: Step }): ReactNode {
  const { t, amount, look } = useText();
  if (props.step.materials.length === 0) return null;
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("order.component")}</th>
            <th scope="col">{t("order.mode")}</th>
            <th scope="col">{t("order.location")}</th>
            <th scope="col">{t("order.lot")}</th>
            <th scope="col" className="number">
              {t("order.asked")}
            </th>
            <th scope="col" className="number">
              {t("order.used")}
            </th>
            <th scope="col" className="number">
              {t("order.posted")}
            </th>
          </tr>
        </thead>
        <tbody>
          {props.step.materials.map((one) => (
            // what no line asks for has no name, and stands once for each unit
            <tr key={`${one.id} ${one.material} ${one.used.uom}`}>
              <td>{one.material}</td>
              <td>{look(`word.${one.mode}`) ?? one.mode}</td>
              <td>{one.location ?? "–"}</td>
              <td>{one.lot ?? "–"}</td>
              <td className="number">{amount(one.quantity)}</td>
              <td className="number">
                {amount(one.used)}
                {one.counted.map((counted) => (
                  <div key={counted.uom} className="soft">
                    {t("order.counted", { amount: amount(counted) })}
                  </div>
                ))}
              </td>
              <td className="number">{amount(one.posted)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whether the operation is final, who decided it and why, and the button that decides or takes it back. */
function Finality(props: { readonly order: Order; readonly step: Step }): ReactNode {
  const { order, step } = props;
  const { t } = useText();
  const may = useMay();
  const client = useQueryClient();
  const [isAsking, ask] = useState(false);
  const close = (): void => {
    ask(false);
    void client.invalidateQueries({ queryKey: ["GET /api/v1/orders/:order"] });
    void client.invalidateQueries({ queryKey: ["GET /api/v1/orders/:order/timeline"] });
  };
  const end = useCommand("POST /api/v1/orders/:order/operations/:operation/final", close);
  const reopen = useCommand("POST /api/v1/orders/:order/operations/:operation/reopen", close);
  const kind = step.final === null ? "final" : "reopen";
  const command = step.final === null ? end : reopen;
  return (
    <>
      {step.final === null ? null : (
        <span className="soft">
          {t(step.final.confirmed ? "order.final.confirmed" : "order.final.decided", { by: step.final.by })}{" "}
          <At time={step.final.at} />: {step.final.because}
        </span>
      )}
      {may("order.decide") ? (
        <Button size="compact-sm" variant="default" onClick={() => ask(true)}>
          {t(`order.${kind}`)}
        </Button>
      ) : null}
      {isAsking ? (
        <Decision
          title={t(`order.${kind}`)}
          text={t(`order.${kind}.text`, { operation: step.description })}
          verb={t(`order.${kind}`)}
          isSending={command.isSending}
          error={command.error}
          onDecide={(because) => command.send({ params: { order: order.id, operation: step.id }, body: { because } })}
          onClose={() => {
            command.reset();
            ask(false);
          }}
        />
      ) : null}
    </>
  );
}
