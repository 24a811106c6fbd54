/** Names and values, two columns; and any JSON value as text. */
import type { ReactNode } from "react";

export interface PairsProps {
  readonly of: readonly (readonly [name: string, value: ReactNode])[];
  /** Beside each other, each value under its name; else one below the other. */
  readonly isRow?: boolean;
}

export function Pairs(props: PairsProps): ReactNode {
  return (
    <dl className={props.isRow === true ? "facts-row" : "facts"}>
      {props.of.map(([name, value]) => (
        <div key={name} className="pair">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Text as it is, everything else as JSON. */
export function plainText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "–");
}
