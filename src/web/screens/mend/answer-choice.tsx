/** What a question is answered with, as a choice of what it allows. */
import type { ReactNode } from "react";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import { Choice } from "../../parts/choice.tsx";
import { useText } from "../../text/text.tsx";

type Question = ReplyOf<"GET /api/v1/mend/questions">["items"][number];

export interface AnswerChoiceProps<A extends Question["answers"][number]> {
  readonly row: Pick<Question, "id">;
  readonly answers: readonly A[];
  readonly value: A;
  readonly onChange: (answer: A) => void;
}

export function AnswerChoice<A extends Question["answers"][number]>(props: AnswerChoiceProps<A>): ReactNode {
  const { row, answers, value, onChange } = props;
  const { t } = useText();
  return (
    <Choice
      label={t("mend.answer")}
      name={`answer-${row.id}`}
      value={value}
      onChange={onChange}
      options={answers.map((one) => ({ value: one, label: t(`mend.answer.${one}`) }))}
    />
  );
}
