/** Questions that only a person can answer, mostly about counters, with the samples that raised them. */
import { NativeSelect, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import { useList } from "../../api/query.ts";
import { Act } from "../../parts/act.tsx";
import { isPieces, typedAmount } from "../../parts/amount.ts";
import { OpenLink } from "../../parts/evidence/open-link.tsx";
import { FoldingTable, phonePx, type FoldingColumn } from "../../parts/folding-table.tsx";
import { useMay } from "../../session/session.tsx";
import type { Format } from "../../text/format.ts";
import { useText } from "../../text/text.tsx";
import { AnswerChoice } from "./answer-choice.tsx";
import { Card, Cards, type MendListProps } from "./card.tsx";
import { HandCard } from "./hand-card.tsx";

type Question = ReplyOf<"GET /api/v1/mend/questions">["items"][number];
/** What documents that were keyed by hand are answered with is in `hand-answer.tsx`. */
const plainAnswers = ["counted", "nothing-made", "noted"] as const satisfies Question["answers"];

export function QuestionList(props: MendListProps): ReactNode {
  const { code } = props;
  const { t } = useText();
  const may = useMay();
  const list = useList("GET /api/v1/mend/questions", { query: code === undefined ? {} : { code } });
  return (
    <Cards
      list={list}
      card={(row) =>
        row.hand !== null ? (
          <HandCard key={row.id} row={row} hand={row.hand} onDone={props.onDone} />
        ) : (
          <Card
            key={row.id}
            title={
              <>
                {row.workUnit ?? row.subject.split("/", 1)[0]} <span className="soft mono">{row.subject}</span>
              </>
            }
            code={row.workUnit === null ? "question/other" : "question/counter"}
            message={row.text}
            since={row.askedAt}
            actions={
              <>
                {may("mend.decide") ? <Decide row={row} onDone={props.onDone} /> : null}
                {row.run === null ? null : (
                  <OpenLink kind="run" id={row.run}>
                    {t("mend.open.run")}
                  </OpenLink>
                )}
              </>
            }
          >
            <Evidence row={row} />
          </Card>
        )
      }
    />
  );
}

/** More than a glance takes in stand folded. */
const shownMax = 5;

function Evidence(props: { readonly row: Question }): ReactNode {
  const { many } = useText();
  const { evidence } = props.row;
  if (evidence.length === 0) return null;
  if (evidence.length <= shownMax) return <Pieces of={evidence} />;
  return (
    <details>
      <summary>{many("mend.evidence", evidence.length)}</summary>
      <Pieces of={evidence} />
    </details>
  );
}

type Piece = Question["evidence"][number];

function Pieces(props: { readonly of: readonly Piece[] }): ReactNode {
  const { t, dateTime, amount } = useText();
  const columns: readonly FoldingColumn<Piece>[] = [
    {
      id: "item",
      title: t("evidence.item"),
      cell: ({ item, id }) =>
        item === "fact" ? (
          <OpenLink kind="fact" id={id}>
            {t("mend.open.fact")}
          </OpenLink>
        ) : (
          <span className="mono">{item}</span>
        ),
    },
    {
      id: "value",
      title: t("evidence.value"),
      cell: (sample) => <span className="mono">{shownValue(sample, amount)}</span>,
    },
    {
      id: "source",
      title: t("evidence.source-time"),
      cell: ({ at }) => <span className="mono">{dateTime(at)}</span>,
    },
  ];
  return <FoldingTable columns={columns} rows={props.of} keyOf={({ id }) => id} foldsTo={phonePx} />;
}

function shownValue({ value, uom }: Question["evidence"][number], amount: Format["amount"]): string {
  if (value === "") return "–";
  return uom === null ? value : amount({ value, uom });
}

function Decide(props: { readonly row: Question; readonly onDone: MendListProps["onDone"] }): ReactNode {
  const { row, onDone } = props;
  if (!row.answers.includes("begin-anew")) return <Answer row={row} onDone={onDone} />;
  return (
    <Act
      route="POST /api/v1/mend/questions/:question/answer"
      name="begin-anew"
      isHarmful
      input={(because) => ({
        params: { question: row.id },
        version: row.version,
        body: { because, answer: { is: "begin-anew" as const } },
      })}
      onDone={onDone}
    />
  );
}

function Answer(props: { readonly row: Question; readonly onDone: MendListProps["onDone"] }): ReactNode {
  const { row } = props;
  const { t, unit } = useText();
  const answers = plainAnswers.filter((one) => row.answers.includes(one));
  const [is, choose] = useState<(typeof plainAnswers)[number]>(answers[0] ?? "noted");
  const [picked, pickGrade] = useState<string | null>(null);
  // what can be said may become other while it is asked
  const grade = row.grades.find((one) => one === picked) ?? row.grades[0] ?? "good";
  const [count, setCount] = useState("");
  const [saidUom, setUom] = useState("C62");
  const uom = row.uom ?? saidUom.trim().toUpperCase();
  const shownUnit = row.uom === null ? null : unit(row.uom);
  const countLabel =
    shownUnit === null
      ? t("mend.answer.amount")
      : shownUnit === ""
        ? t("mend.answer.count")
        : t("mend.answer.amount-in", { unit: shownUnit });
  const value = typedAmount(count, uom);
  return (
    <Act
      route="POST /api/v1/mend/questions/:question/answer"
      name="answer"
      isFirst
      isReady={is !== "counted" || (value !== null && uom !== "")}
      input={(because) => ({
        params: { question: row.id },
        version: row.version,
        body: { because, answer: is === "counted" ? { is, grade, quantity: { value: value ?? "", uom } } : { is } },
      })}
      onDone={props.onDone}
    >
      <AnswerChoice row={row} answers={answers} value={is} onChange={choose} />
      {is === "counted" ? (
        <div className="row row-end">
          <TextInput
            label={countLabel}
            inputMode="decimal"
            required
            value={count}
            error={
              count === "" || value !== null ? null : t(isPieces(uom) ? "mend.answer.pieces" : "mend.answer.number")
            }
            onChange={({ currentTarget }) => setCount(currentTarget.value)}
          />
          {row.uom === null ? (
            <TextInput
              label={t("mend.answer.uom")}
              required
              maxLength={3}
              value={saidUom}
              onChange={({ currentTarget }) => setUom(currentTarget.value)}
            />
          ) : null}
          <NativeSelect
            label={t("mend.answer.grade")}
            value={grade}
            onChange={({ currentTarget }) => pickGrade(currentTarget.value)}
            data={row.grades.map((one) => ({ value: one, label: t(`word.${one}`) }))}
          />
        </div>
      ) : null}
    </Act>
  );
}
