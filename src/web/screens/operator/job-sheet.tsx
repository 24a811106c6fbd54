/** Sheets about the current job: counting, holding with a reason, finishing. */
import { useState, type ReactNode } from "react";
import { useText } from "../../text/text.tsx";
import { isPieces, micro, decimal, sum } from "../../parts/amount.ts";
import { useDesk } from "./desk.tsx";
import { NumberPad, usePad, valueOf } from "./number-pad.tsx";
import type { Grade } from "./projection.ts";
import { ReasonTiles } from "./reason-tiles.tsx";
import { SheetFrame } from "./sheet.tsx";

const quickAmounts: readonly string[] = ["1", "5", "10", "25", "50", "100"];

export function CountSheet(props: { readonly grade: Grade }): ReactNode {
  const { grade } = props;
  const { t, amount } = useText();
  const { projection, terminal, say, close } = useDesk();
  const { job, waiting } = projection;
  const uom = job?.quantity.uom ?? "C62";
  const pad = usePad("1", uom);
  const [reason, setReason] = useState<string | null>(null);
  const [isTold, tell] = useState(false);
  if (job === null) return null;
  const tree = grade === "scrap" ? terminal.reasons.scrap : [];
  const open = micro(job.quantity.value) - micro(sum([job.good.value, waiting.good]));
  const rest = open > 0n ? decimal(open) : null;
  const quick = [
    ...quickAmounts.map((text) => ({ text, label: text })),
    ...(grade === "good" && rest !== null && (!isPieces(uom) || !rest.includes("."))
      ? [{ text: rest, label: t("terminal.rest", { amount: amount({ value: rest, uom }) }) }]
      : []),
  ];
  const value = valueOf(pad.entry);
  const isMissing = tree.length > 0 && reason === null;
  const isMore = grade === "good" && value !== null && micro(value) > open;
  const book = (): void => {
    tell(true);
    if (value === null || isMissing) return;
    if (say({ kind: "count", grade, quantity: { value, uom }, reason })) close();
  };
  const shown = value === null ? "0" : amount({ value, uom });
  return (
    <SheetFrame
      title={`${t(`terminal.${grade}`)} · ${job.number} / ${job.operation}`}
      onClose={close}
      onKeyDown={pad.onKeyDown}
    >
      <div className="sheet-body">
        <NumberPad pad={pad} uom={uom} quick={quick} />
        {tree.length > 0 ? (
          <ReasonTiles tree={tree} label={t("terminal.reasons.scrap")} chosen={reason} onChoose={setReason} />
        ) : null}
      </div>
      <div role="alert">
        {isTold && value === null ? <p className="note note-bad">{t("terminal.amount.none")}</p> : null}
        {isTold && isMissing ? <p className="note note-bad">{t("terminal.reasons.choose")}</p> : null}
      </div>
      <div role="status">
        {isMore ? (
          <p className="note tone-warning">
            {t("terminal.amount.more", { amount: amount({ value: decimal(open > 0n ? open : 0n), uom }) })}
          </p>
        ) : null}
      </div>
      <button type="button" className={`key action action-${grade} sheet-do`} data-first onClick={book}>
        {t(`terminal.book.${grade}`, { amount: shown })}
      </button>
    </SheetFrame>
  );
}

export function HoldSheet(props: { readonly at: string }): ReactNode {
  const { t } = useText();
  const { terminal, say, close } = useDesk();
  const hold = (reason: string | null): void => {
    if (say({ kind: "hold", reason }, { at: props.at })) close();
  };
  return (
    <SheetFrame title={t("terminal.hold")} onClose={close}>
      <ReasonTiles tree={terminal.reasons.stop} label={t("terminal.hold.why")} chosen={null} onChoose={hold} />
      <button type="button" className="key action action-hold sheet-do" onClick={() => hold(null)}>
        {t("terminal.hold.later")}
      </button>
    </SheetFrame>
  );
}

export function FinishSheet(): ReactNode {
  const { t, amount, digits } = useText();
  const { projection, say, close } = useDesk();
  const { job, waiting } = projection;
  if (job === null) return null;
  const good = sum([job.good.value, waiting.good]);
  const isShort = micro(good) < micro(job.quantity.value);
  const name = `${job.number} / ${job.operation}`;
  return (
    <SheetFrame title={t("terminal.finish.title", { job: name })} onClose={close}>
      <p className="sheet-big">
        {t("terminal.finish.made", { good: digits({ ...job.good, value: good }), asked: amount(job.quantity) })}
      </p>
      {isShort ? <p className="note tone-warning">{t("terminal.finish.short")}</p> : null}
      <button
        type="button"
        className="key action action-finish sheet-do"
        data-first
        onClick={() => (say({ kind: "finish" }) ? close() : undefined)}
      >
        {t("terminal.finish.do")}
      </button>
    </SheetFrame>
  );
}
