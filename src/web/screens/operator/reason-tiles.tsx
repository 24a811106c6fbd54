/** A tree of reasons as big tiles, level by level; a heading opens, a leaf is chosen. */
import { useState, type ReactNode } from "react";
import type { Reason } from "../../../api/contract/terminal.ts";
import { useText } from "../../text/text.tsx";

export function useReasonText(): (reason: Reason) => string {
  const { language } = useText();
  return ({ text, code }) => text[language] ?? text["en"] ?? code;
}

/** The text of a code, wherever in the tree it stands; the code itself when it is not there any more. */
export function useReasonName(tree: readonly Reason[]): (code: string) => string {
  const text = useReasonText();
  return (code) => {
    const found = findIn(tree, code);
    return found ? text(found) : code;
  };
}

function findIn(tree: readonly Reason[], code: string): Reason | undefined {
  for (const reason of tree) {
    const found = reason.code === code ? reason : findIn(reason.children, code);
    if (found) return found;
  }
  return undefined;
}

export function ReasonTiles(props: {
  readonly tree: readonly Reason[];
  readonly label: string;
  /** What stands above says already what they are for. */
  readonly isNamed?: boolean;
  readonly chosen: string | null;
  readonly onChoose: (code: string) => void;
}): ReactNode {
  const { t } = useText();
  const text = useReasonText();
  const [path, setPath] = useState<readonly Reason[]>([]);
  const last = path.at(-1);
  const shown = last ? last.children : props.tree;
  return (
    <div className="stack" role="group" aria-label={last ? `${props.label}: ${text(last)}` : props.label}>
      {last || props.isNamed === true ? null : <p aria-hidden="true">{props.label}</p>}
      {last ? (
        <button type="button" className="key" onClick={() => setPath(path.slice(0, -1))}>
          ‹ {t("terminal.reasons.back")} · {text(last)}
        </button>
      ) : null}
      <div className="tiles">
        {shown.map((reason) =>
          reason.children.length > 0 ? (
            <button key={reason.code} type="button" className="key tile-key" onClick={() => setPath([...path, reason])}>
              {text(reason)} <span aria-hidden="true">›</span>
            </button>
          ) : (
            <button
              key={reason.code}
              type="button"
              className="key tile-key"
              aria-pressed={props.chosen === reason.code}
              onClick={() => props.onChoose(reason.code)}
            >
              {text(reason)}
            </button>
          ),
        )}
      </div>
    </div>
  );
}
