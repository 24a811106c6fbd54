/** One of a few, as radio buttons with a hint each. */
import type { ReactNode } from "react";

export interface ChoiceProps<V extends string> {
  readonly label: string;
  readonly name: string;
  readonly value: V;
  readonly onChange: (value: V) => void;
  readonly options: readonly { readonly value: V; readonly label: string; readonly hint?: string }[];
}

export function Choice<V extends string>(props: ChoiceProps<V>): ReactNode {
  return (
    <fieldset className="choice">
      <legend>{props.label}</legend>
      {props.options.map(({ value, label, hint }) => (
        <label key={value}>
          <input
            type="radio"
            name={props.name}
            value={value}
            checked={value === props.value}
            onChange={() => props.onChange(value)}
          />
          <span>
            {label} {hint === undefined ? null : <span className="soft">{hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
