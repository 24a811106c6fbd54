/** A word with a tone and a shape: how far an order is, what became of a posting, whether a connection stands. */
import type { ReactNode } from "react";

export type Tone = "good" | "info" | "warning" | "bad" | "quiet";

/** Drawn in a square of 16; told apart without colour. */
const shapes: Readonly<Record<Tone, string>> = {
  good: "M6.3 13.2 1.4 8.3 3.3 6.4 6.3 9.4 12.7 3 14.6 4.9Z", // tick
  info: "M3 1.5 14 8 3 14.5Z", // play
  warning: "M8 1 15.5 14.5H0.5ZM7 6v4h2V6ZM7 11.2v1.8h2v-1.8Z", // triangle
  bad: "M3.4 0.8 8 5.4 12.6 0.8 15.2 3.4 10.6 8 15.2 12.6 12.6 15.2 8 10.6 3.4 15.2 0.8 12.6 5.4 8 0.8 3.4Z", // cross
  quiet: "M8 1.2a6.8 6.8 0 1 0 0.01 0ZM8 4a4 4 0 1 1-0.01 0Z", // ring
};

export function Mark(props: { readonly tone: Tone; readonly children: ReactNode }): ReactNode {
  return (
    <span className={`state tone-${props.tone}`}>
      <svg className="state-shape" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path d={shapes[props.tone]} fillRule="evenodd" />
      </svg>
      {props.children}
    </span>
  );
}
