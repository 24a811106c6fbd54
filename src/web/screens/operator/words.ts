/** Reports in words: what was said, for the lists of what waits, what was refused and what may be taken back. */
import type { Report, Statement, Terminal } from "../../../api/contract/terminal.ts";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";
import { useReasonName } from "./reason-tiles.tsx";

/** How people call a job: order and operation. Jobs that are gone from the terminal keep their key. */
export function jobName(terminal: Terminal, jobOrder: string): string {
  const found = [...terminal.current, ...terminal.next].find((job) => job.jobOrder === jobOrder);
  return found ? `${found.number} / ${found.operation}` : jobOrder;
}

export function useStatementText(): (report: Report) => string {
  const { t, amount } = useText();
  const { terminal, kept } = useDesk();
  const stopName = useReasonName(terminal.reasons.stop);
  const scrapName = useReasonName(terminal.reasons.scrap);
  const textOf = (statement: Statement, report: Report): string => {
    switch (statement.kind) {
      case "start":
        return t(statement.phase === "setup" ? "terminal.said.start-setup" : "terminal.said.start", {
          job: jobName(terminal, statement.jobOrder),
        });
      case "phase":
        return t("terminal.said.phase", { phase: t(`terminal.phase.${statement.phase}`) });
      case "count": {
        const text = t(`terminal.said.${statement.grade}`, { amount: amount(statement.quantity) });
        return statement.reason === null ? text : `${text} · ${scrapName(statement.reason)}`;
      }
      case "hold":
        return statement.reason === null
          ? t("terminal.said.hold")
          : `${t("terminal.said.hold")} · ${stopName(statement.reason)}`;
      case "stop-reason":
        return t("terminal.said.stop-reason", { reason: stopName(statement.reason) });
      case "load":
        return t("terminal.said.load", {
          material: statement.material,
          lot: statement.lot ?? "",
          position: statement.position,
        });
      case "unload":
        return t("terminal.said.unload", { position: statement.position });
      case "take-back": {
        const taken = kept.booked.find((one) => one.statement === report.corrects);
        return t("terminal.said.take-back", { what: taken ? textOf(taken.report.statement, taken.report) : "" });
      }
      case "resume":
      case "finish":
      case "sign-on":
      case "sign-off":
      case "break-begin":
      case "break-end":
        return t(`terminal.said.${statement.kind}`);
    }
  };
  return (report) => textOf(report.statement, report);
}
