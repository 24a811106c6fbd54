/** The operations of an order with their jobs and components, and the decision that one is final. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Order } from "../../../api/contract/order.ts";
import { useCommand } from "../../api/query.ts";
import { At } from "../../parts/age.tsx";
import { Decision } from "../../parts/decision.tsx";
import { FoldingTable, phonePx, type FoldingColumn } from "../../parts/folding-table.tsx";
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
  const { order, step } = props;
  if (step.jobs.length === 0) return <p className="soft">{t("order.no-jobs")}</p>;
  const columns: readonly FoldingColumn<Step["jobs"][number]>[] = [
    { id: "unit", title: t("order.unit"), cell: ({ workUnit }) => workUnit ?? t("order.any-unit") },
    {
      id: "state",
      title: t("order.state"),
      cell: (job) => <Mark tone={toneOfJob[shownState(order, job)]}>{t(`word.${shownState(order, job)}`)}</Mark>,
    },
    {
      id: "good",
      title: t("orders.good"),
      isNumber: true,
      cell: ({ good, quantity }) => `${digits(good)} / ${amount(quantity)}`,
    },
    { id: "scrap", title: t("orders.scrap"), isNumber: true, cell: ({ scrap }) => digits(scrap) },
    { id: "rework", title: t("order.rework"), isNumber: true, cell: ({ rework }) => digits(rework) },
    { id: "runs", title: t("order.runs"), cell: ({ runs }) => many("order.runs", runs) },
  ];
  return <FoldingTable columns={columns} rows={step.jobs} keyOf={({ id }) => id} foldsTo={phonePx} />;
}

function Components(props: { readonly step: Step }): ReactNode {
  const { t, amount, look } = useText();
  const { materials } = props.step;
  if (materials.length === 0) return null;
  const columns: readonly FoldingColumn<Step["materials"][number]>[] = [
    { id: "component", title: t("order.component"), cell: ({ material }) => material },
    { id: "mode", title: t("order.mode"), cell: ({ mode }) => look(`word.${mode}`) ?? mode },
    { id: "location", title: t("order.location"), cell: ({ location }) => location },
    { id: "lot", title: t("order.lot"), cell: ({ lot }) => lot },
    { id: "asked", title: t("order.asked"), isNumber: true, cell: ({ quantity }) => amount(quantity) },
    {
      id: "used",
      title: t("order.used"),
      isNumber: true,
      cell: ({ used, counted }) => (
        <>
          {amount(used)}
          {counted.map((one) => (
            <div key={one.uom} className="soft">
              {t("order.counted", { amount: amount(one) })}
            </div>
          ))}
        </>
      ),
    },
    { id: "posted", title: t("order.posted"), isNumber: true, cell: ({ posted }) => amount(posted) },
  ];
  // what no line asks for has no name, and stands once for each unit
  const keyOf = ({ id, material, used }: Step["materials"][number]): string => `${id} ${material} ${used.uom}`;
  return <FoldingTable columns={columns} rows={materials} keyOf={keyOf} foldsTo={phonePx} />;
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
