/** What a document that was keyed by hand, or one of ours that waits for it, says: in the reader's words. */
import type { HandAmount, WaitingPosting } from "../../../api/contract/hand.ts";
import { useText } from "../../text/text.tsx";

export interface HandWords {
  readonly amountText: (said: HandAmount) => string;
  readonly amountsText: (all: readonly HandAmount[]) => string;
  readonly dayText: (date: string | null) => string;
  readonly runText: (run: WaitingPosting["run"]) => string;
}

export function useHandWords(): HandWords {
  const { t, amount, day, dateTime } = useText();
  const amountText = ({ what, material, lot, amount: said }: HandAmount): string =>
    [t(`line.${what}`, { document: "" }), material, amount(said), lot === null ? null : t("hand.lot", { lot })]
      .filter((part) => part !== null)
      .join(" ");
  return {
    amountText,
    amountsText: (all) => all.map(amountText).join(", "),
    // noon in UTC is the same day wherever the site is
    dayText: (date) => (date === null ? "–" : day(`${date}T12:00:00Z`)),
    runText: (run) => {
      if (run === null) return t("hand.run.none");
      const { workUnit: unit, startedAt, endedAt } = run;
      const from = dateTime(startedAt);
      return endedAt === null
        ? t("hand.run.goes-on", { unit, from })
        : t("hand.run", { unit, from, to: dateTime(endedAt) });
    },
  };
}
