/** For which of ours a document was keyed by hand, or that it is something else: chosen, and compared before it is sent. */
import { useState, type ReactNode } from "react";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import type { HandDocument, WaitingPosting } from "../../../api/contract/hand.ts";
import { Act } from "../../parts/act.tsx";
import { useText } from "../../text/text.tsx";
import { AnswerChoice } from "./answer-choice.tsx";
import type { MendListProps } from "./card.tsx";
import { differencesOf } from "./hand-difference.ts";
import { useHandWords } from "./hand-words.ts";

export interface HandQuestionProps {
  readonly row: ReplyOf<"GET /api/v1/mend/questions">["items"][number];
  readonly hand: HandDocument;
  readonly onDone: MendListProps["onDone"];
}

const answers = ["keyed-by-hand", "something-else"] as const;

export function HandAnswer({ row, hand, onDone }: HandQuestionProps): ReactNode {
  const [is, choose] = useState<(typeof answers)[number]>("keyed-by-hand");
  const [picked, pick] = useState<Picked>({ ids: [], isOurs: true });
  const chosen = chosenOf(hand, picked);
  return (
    <Act
      route="POST /api/v1/mend/questions/:question/answer"
      name="answer-hand"
      isFirst
      onAsk={() => pick({ ids: hand.waiting.length === 1 ? hand.waiting.map(({ id }) => id) : [], isOurs: true })}
      isReady={is === "something-else" || chosen.length > 0}
      input={(because) => ({
        params: { question: row.id },
        version: row.version,
        body: { because, answer: is === "keyed-by-hand" ? { is, postings: chosen.map(({ id }) => id) } : { is } },
      })}
      onDone={onDone}
    >
      <AnswerChoice row={row} answers={answers} value={is} onChange={choose} />
      {is === "keyed-by-hand" ? (
        <>
          <Which
            hand={hand}
            chosen={chosen}
            onChange={(id, isChosen) => {
              const others = chosen.map((one) => one.id).filter((one) => one !== id);
              pick({ ids: isChosen ? [...others, id] : others, isOurs: false });
            }}
          />
          <Comparison hand={hand} chosen={chosen} />
        </>
      ) : null}
    </Act>
  );
}

interface Picked {
  readonly ids: readonly string[];
  /** Nobody has ticked anything yet: it is the only one that waited when it was asked. */
  readonly isOurs: boolean;
}

/**
 * What does not wait any more is not chosen, whatever was ticked. Nor is what we have picked ourselves, once something else
 * waits beside it: it could be one or the other.
 */
function chosenOf({ waiting, hasMore }: HandDocument, { ids, isOurs }: Picked): readonly WaitingPosting[] {
  if (isOurs && (waiting.length !== 1 || hasMore)) return [];
  return waiting.filter(({ id, canStandBack }) => canStandBack && ids.includes(id));
}

interface Chosen {
  readonly hand: HandDocument;
  readonly chosen: readonly WaitingPosting[];
}

function Which(props: Chosen & { readonly onChange: (id: string, isChosen: boolean) => void }): ReactNode {
  const { hand, chosen } = props;
  const { t } = useText();
  const { amountsText, dayText, runText } = useHandWords();
  if (hand.waiting.length === 0) return <p className="note">{t("hand.none")}</p>;
  return (
    <fieldset className="choice hand-choice">
      <legend>{t("hand.which")}</legend>
      {hand.waiting.map(({ id, amounts, postingDate, run, canStandBack }) => (
        <label key={id}>
          <input
            type="checkbox"
            checked={chosen.some((one) => one.id === id)}
            disabled={!canStandBack}
            onChange={({ currentTarget }) => props.onChange(id, currentTarget.checked)}
          />
          <span>
            <strong>{amountsText(amounts)}</strong>
            <span className="soft">
              {t("hand.posting-date", { day: dayText(postingDate) })} · {runText(run)}
            </span>
            {canStandBack ? null : <span>{t("hand.doubt")}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** By how much what is chosen differs from the document, and what becomes of the rest: said, and never forbidden. */
function Comparison({ hand, chosen }: Chosen): ReactNode {
  const { t, many } = useText();
  const { amountText, amountsText } = useHandWords();
  if (hand.waiting.length === 0) return null;
  const left = hand.waiting.length - chosen.length;
  const differences =
    hand.amounts &&
    differencesOf(
      hand.amounts,
      chosen.flatMap(({ amounts }) => amounts),
    );
  const isSame = differences !== null && differences.length === 0;
  return (
    <div role="status" className={isSame ? "note note-good" : "note note-warning"}>
      <p>
        {t("evidence.document")} {hand.document}:{" "}
        {hand.amounts === null ? t("hand.says.unknown") : amountsText(hand.amounts)}
      </p>
      {chosen.length === 0 ? (
        <p>
          <strong>{t("hand.choose")}</strong>
        </p>
      ) : differences === null ? (
        <p>
          <strong>{t("hand.compare")}</strong>
        </p>
      ) : isSame ? (
        <p>{t("hand.same")}</p>
      ) : (
        differences.map(({ is, said }) => (
          <p key={`${is} ${amountText(said)}`}>
            <strong>{t(`hand.${is}`, { amount: amountText(said) })}</strong>
          </p>
        ))
      )}
      {chosen.length === 0 || left === 0 ? null : <p>{many("hand.sent", left)}</p>}
      {chosen.length > 0 && hand.hasMore ? <p>{t("hand.more-wait")}</p> : null}
    </div>
  );
}
