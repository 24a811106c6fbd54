/** A question about a document that was keyed by hand in the ERP: what it says, beside what of ours waits for the same. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { HandDocument } from "../../../api/contract/hand.ts";
import { At } from "../../parts/age.tsx";
import { OpenLink } from "../../parts/evidence/open-link.tsx";
import { FoldingTable, phonePx, type FoldingColumn } from "../../parts/folding-table.tsx";
import { Mark } from "../../parts/mark.tsx";
import { Pairs } from "../../parts/pairs.tsx";
import { toneOfPosting } from "../../parts/tone.ts";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { Card } from "./card.tsx";
import { HandAnswer, type HandQuestionProps } from "./hand-answer.tsx";
import { useHandWords } from "./hand-words.ts";

export function HandCard(props: HandQuestionProps): ReactNode {
  const { row, hand } = props;
  const { t } = useText();
  const { amountsText, dayText } = useHandWords();
  const may = useMay();
  return (
    <Card
      title={
        <>
          {t(`word.${hand.kind}`)}
          <Link to="/orders/$order" params={{ order: hand.order }}>
            {hand.operation === null ? hand.number : `${hand.number} / ${hand.operation}`}
          </Link>
        </>
      }
      code={t(hand.key === null ? "hand.title" : "hand.title.ours")}
      message={row.text}
      since={row.askedAt}
      actions={may("mend.decide") ? <HandAnswer {...props} /> : null}
    >
      <Pairs
        isRow
        of={[
          [t("evidence.document"), `${hand.document} (${hand.erp})`],
          [t("hand.says"), hand.amounts === null ? t("hand.says.unknown") : amountsText(hand.amounts)],
          [t("evidence.posting-date"), dayText(hand.postingDate)],
          [t(hand.key === null ? "hand.kept-at" : "hand.posted-at"), <At key="kept" time={hand.recordedAt} />],
        ]}
      />
      <Waiting hand={hand} />
    </Card>
  );
}

function Waiting(props: { readonly hand: HandDocument }): ReactNode {
  const { waiting, hasMore } = props.hand;
  const { t } = useText();
  const { amountsText, dayText, runText } = useHandWords();
  if (waiting.length === 0) return <p className="note">{t("hand.none")}</p>;
  const columns: readonly FoldingColumn<HandDocument["waiting"][number]>[] = [
    {
      id: "what",
      title: t("evidence.what"),
      cell: ({ id, amounts }) => (
        <OpenLink kind="posting" id={id}>
          {amountsText(amounts)}
        </OpenLink>
      ),
    },
    { id: "date", title: t("evidence.posting-date"), cell: ({ postingDate }) => dayText(postingDate) },
    {
      id: "run",
      title: t("hand.head.run"),
      cell: ({ run }) =>
        run === null ? (
          runText(run)
        ) : (
          <OpenLink kind="run" id={run.id}>
            {runText(run)}
          </OpenLink>
        ),
    },
    {
      id: "state",
      title: t("hand.head.state"),
      cell: ({ state }) => <Mark tone={toneOfPosting[state]}>{t(`word.${state}`)}</Mark>,
    },
  ];
  return (
    <>
      <FoldingTable
        columns={columns}
        rows={waiting}
        keyOf={({ id }) => id}
        foldsTo={phonePx}
        caption={t("hand.waits")}
      />
      {hasMore ? <p className="note">{t("hand.more-wait")}</p> : null}
    </>
  );
}
