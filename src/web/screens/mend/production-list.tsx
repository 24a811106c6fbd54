/** Production without an order: assigned to a job order, or dismissed. */
import { TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import { useList } from "../../api/query.ts";
import { Act } from "../../parts/act.tsx";
import { At } from "../../parts/age.tsx";
import { Choice } from "../../parts/choice.tsx";
import { OpenLink } from "../../parts/evidence/open-link.tsx";
import { Pairs } from "../../parts/pairs.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { Card, Cards, type MendListProps } from "./card.tsx";

type Production = ReplyOf<"GET /api/v1/mend/production">["items"][number];

export function ProductionList(props: MendListProps): ReactNode {
  const { code } = props;
  const list = useList("GET /api/v1/mend/production", { query: code === undefined ? {} : { code } });
  return <Cards list={list} card={(row) => <ProductionCard key={row.id} row={row} onDone={props.onDone} />} />;
}

function ProductionCard(props: { readonly row: Production; readonly onDone: MendListProps["onDone"] }): ReactNode {
  const { row, onDone } = props;
  const { t, amount } = useText();
  const may = useMay();
  return (
    <Card
      title={`${row.workUnit}: ${row.job}`}
      code={row.code}
      message={row.message}
      since={row.openedAt}
      actions={
        <>
          {may("mend.decide") ? (
            <>
              <Assign row={row} onDone={onDone} />
              <Act
                route="POST /api/v1/mend/production/:run/dismiss"
                name="dismiss-production"
                isHarmful
                input={(because) => ({ params: { run: row.id }, body: { because }, version: row.version })}
                onDone={onDone}
              />
            </>
          ) : null}
          <OpenLink kind="run" id={row.id}>
            {t("mend.open.run")}
          </OpenLink>
        </>
      }
    >
      <Pairs
        isRow
        of={[
          [t("orders.material"), row.article],
          [t("orders.good"), amount(row.good)],
          [t("orders.scrap"), amount(row.scrap)],
          [t("evidence.started"), <At key="start" time={row.startedAt} />],
          [
            t("evidence.ended"),
            row.endedAt === null ? t("evidence.run.open-still") : <At key="end" time={row.endedAt} />,
          ],
        ]}
      />
    </Card>
  );
}

const other = "other";

function Assign(props: { readonly row: Production; readonly onDone: MendListProps["onDone"] }): ReactNode {
  const { row } = props;
  const { t } = useText();
  const [chosen, choose] = useState(row.candidates[0]?.jobOrder ?? other);
  const [typed, type] = useState("");
  const jobOrder = chosen === other ? typed.trim() : chosen;
  return (
    <Act
      route="POST /api/v1/mend/production/:run/assign"
      name="assign"
      isFirst
      isReady={jobOrder !== ""}
      input={(because) => ({ params: { run: row.id }, body: { jobOrder, because }, version: row.version })}
      onDone={props.onDone}
    >
      <Choice
        label={t("mend.assign.to")}
        name={`assign-${row.id}`}
        value={chosen}
        onChange={choose}
        options={[
          ...row.candidates.map((one) => ({
            value: one.jobOrder,
            label: `${one.number} / ${one.operation}`,
            hint: one.why,
          })),
          { value: other, label: t("mend.assign.another") },
        ]}
      />
      {chosen === other ? (
        <TextInput
          label={t("mend.assign.job-order")}
          required
          value={typed}
          onChange={({ currentTarget }) => type(currentTarget.value)}
        />
      ) : null}
    </Act>
  );
}
