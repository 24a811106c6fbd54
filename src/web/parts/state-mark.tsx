/** The states of a machine: each has a shape, a word and a colour, so that none of the three is needed alone. */
import type { ReactNode } from "react";
import type { MachineState } from "../../record/fact.ts";
import { useText } from "../text/text.tsx";

export type ShownState = MachineState | "unknown";

/** Drawn in a square of 16. */
const shapes: Readonly<Record<ShownState, string>> = {
  production: "M3 1.5 14 8 3 14.5Z", // play
  setup: "M8 0.8 15.2 8 8 15.2 0.8 8Z", // diamond
  held: "M2.5 2h4v12h-4ZM9.5 2h4v12h-4Z", // pause
  fault: "M3.4 0.8 8 5.4 12.6 0.8 15.2 3.4 10.6 8 15.2 12.6 12.6 15.2 8 10.6 3.4 15.2 0.8 12.6 5.4 8 0.8 3.4Z", // cross
  idle: "M8 1.2a6.8 6.8 0 1 0 0.01 0ZM8 4a4 4 0 1 1-0.01 0Z", // ring
  off: "M2 6.5h12v3H2Z", // bar
  unknown:
    "M5.9 11.5h3v3h-3ZM4 5.2a4 3.9 0 1 1 6.3 3.1C9.2 9.1 8.9 9.3 8.9 10.3H6c0-2 0.6-2.8 1.8-3.7A1.4 1.4 0 1 0 6.6 5.4Z", // question
};

export function StateShape(props: { readonly state: ShownState }): ReactNode {
  return (
    <svg className="state-shape" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={shapes[props.state]} fillRule="evenodd" />
    </svg>
  );
}

export function StateMark(props: { readonly state: ShownState }): ReactNode {
  const { t } = useText();
  return (
    <span className={`state state-${props.state}`}>
      <StateShape state={props.state} />
      {t(`state.${props.state}`)}
    </span>
  );
}
