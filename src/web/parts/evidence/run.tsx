/** A run of a work unit: its sums, and the facts that one of them is made of. */
import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { RunView } from "../../../api/contract/order.ts";
import { useList, useRead } from "../../api/query.ts";
import { useText } from "../../text/text.tsx";
import { At } from "../age.tsx";
import { Loaded } from "../page-state.tsx";
import { Pairs } from "../pairs.tsx";
import { OpenLink } from "./open-link.tsx";

type Sum = RunView["sums"][number];

export function RunEvidence(props: { readonly id: string }): ReactNode {
  const read = useRead("GET /api/v1/runs/:run", { params: { run: props.id } });
  return <Loaded read={read}>{(run) => <RunDetail run={run} />}</Loaded>;
}

function RunDetail(props: { readonly run: RunView }): ReactNode {
  const { run } = props;
  const { t, look } = useText();
  const [sum, setSum] = useState<Sum | null>(null);
  return (
    <div className="stack">
      <Pairs
        of={[
          [t("order.unit"), run.workUnit],
          [t("evidence.job"), run.job === "" ? "–" : run.job],
          [t("orders.material"), run.article === "" ? "–" : run.article],
          [t("evidence.order"), run.number === null ? "–" : `${run.number} / ${run.operation ?? ""}`],
          [t("evidence.started"), <At key="start" time={run.startedAt} />],
          [
            t("evidence.ended"),
            run.endedAt === null ? t("evidence.run.open-still") : <At key="end" time={run.endedAt} />,
          ],
          [t("evidence.result"), run.result === null ? "–" : (look(`word.${run.result}`) ?? run.result)],
        ]}
      />
      <h3>{t("evidence.sums")}</h3>
      <div className="row" role="group" aria-label={t("evidence.sums")}>
        {run.sums.map((one) => (
          <SumChoice
            key={`${one.what} ${one.material ?? ""} ${one.amount.uom}`}
            sum={one}
            isChosen={one === sum}
            onChoose={setSum}
          />
        ))}
      </div>
      <RunFacts run={run.id} sum={sum} />
    </div>
  );
}

function SumChoice(props: {
  readonly sum: Sum;
  readonly isChosen: boolean;
  readonly onChoose: (sum: Sum | null) => void;
}): ReactNode {
  const { sum, isChosen, onChoose } = props;
  const { t, amount, many } = useText();
  return (
    <button type="button" className="chip" aria-pressed={isChosen} onClick={() => onChoose(isChosen ? null : sum)}>
      {t(`sum.${sum.what}`)} {sum.material} <strong>{amount(sum.amount)}</strong>
      <span className="soft">{many("evidence.facts.count", sum.facts)}</span>
    </button>
  );
}

function RunFacts(props: { readonly run: string; readonly sum: Sum | null }): ReactNode {
  const { t, amount, dateTime, look } = useText();
  const { sum } = props;
  const material = sum?.material ?? undefined;
  const of = sum === null ? {} : { what: sum.what, uom: sum.amount.uom };
  const list = useList("GET /api/v1/runs/:run/facts", {
    params: { run: props.run },
    query: { limit: 100, ...of, ...(material === undefined ? {} : { material }) },
  });
  return (
    <>
      <h3>{t("evidence.facts")}</h3>
      <Loaded read={list}>
        {() => (
          <ol className="notices">
            {list.rows.map((fact) => (
              <li key={fact.id} className="row">
                <span className="mono">{dateTime(fact.eventAt)}</span>
                <OpenLink kind="fact" id={fact.id}>
                  {look(`word.${fact.kind}`) ?? fact.kind}
                </OpenLink>
                <span>
                  {fact.material} {fact.amount === null ? "" : amount(fact.amount)}
                </span>
              </li>
            ))}
          </ol>
        )}
      </Loaded>
      {list.hasMore ? (
        <Button variant="default" loading={list.isReadingMore} onClick={list.more}>
          {t("app.more")}
        </Button>
      ) : null}
    </>
  );
}
