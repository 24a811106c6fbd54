/** The set-up, parameter by parameter: what was wanted and what was read back; equal or not is said by sign, word and colour. */
import type { ReactNode } from "react";
import type { Terminal } from "../../../api/contract/terminal.ts";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";

type Line = Terminal["setup"][number];

const signs: Readonly<Record<Line["state"], { readonly sign: string; readonly tone: string }>> = {
  verified: { sign: "✓", tone: "tone-good" },
  differs: { sign: "≠", tone: "tone-bad" },
  "rolled-back": { sign: "↩", tone: "tone-warning" },
  written: { sign: "→", tone: "tone-info" },
  waiting: { sign: "…", tone: "" },
};

/** How many parameters the machine does not have as they were wanted. */
export function wrongIn(setup: readonly Line[]): number {
  return setup.filter(({ state }) => state === "differs" || state === "rolled-back").length;
}

export function Setup(): ReactNode {
  const { t, many } = useText();
  const { setup } = useDesk().terminal;
  if (setup.length === 0) return null;
  const wrong = wrongIn(setup);
  const right = setup.filter(({ state }) => state === "verified").length;
  const isRight = right === setup.length;
  return (
    <section className="card" aria-labelledby="desk-setup">
      <div className="row">
        <h2 id="desk-setup" className="grow">
          {t("terminal.setup")}
        </h2>
        <strong className={wrong > 0 ? "bad-text" : isRight ? "good-text" : undefined}>
          {wrong > 0 ? `≠ ${many("terminal.setup.wrong", wrong)}` : `${right} / ${setup.length} ${isRight ? "✓" : "…"}`}
        </strong>
      </div>
      <ul className="desk-lines">
        {setup.map((line) => (
          <Row key={line.item} line={line} />
        ))}
      </ul>
    </section>
  );
}

function Row(props: { readonly line: Line }): ReactNode {
  const { item, wanted, read, state } = props.line;
  const { t } = useText();
  const { sign, tone } = signs[state];
  return (
    <li className="desk-setup-line">
      <strong>{item}</strong>
      <span>
        {t("terminal.setup.wanted")} <span className="mono">{wanted}</span>
      </span>
      <span>
        {t("terminal.setup.read")} <span className="mono">{read ?? "–"}</span>
      </span>
      <span className={`state ${tone}`}>
        <span aria-hidden="true">{sign}</span> {t(`terminal.setup.${state}`)}
      </span>
    </li>
  );
}
