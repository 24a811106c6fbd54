/** Large keys for an amount. The text is the amount itself, exact; the first digit replaces what stood there. */
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { useText } from "../../text/text.tsx";
import { isPieces } from "../../parts/amount.ts";

const lengthMax = 12;
const decimalsMax = 6;

export interface Entry {
  readonly text: string;
  /** Until a key was pressed the amount is a suggestion. */
  readonly isFresh: boolean;
}

/** @returns the entry after a key: a digit, `.` or `back` */
export function pressKey(entry: Entry, key: string): Entry {
  const text = entry.isFresh ? "" : entry.text;
  if (key === "back") return { text: text.slice(0, -1), isFresh: false };
  if (key === ".") return { text: text.includes(".") ? text : `${text === "" ? "0" : text}.`, isFresh: false };
  const next = text === "0" ? key : text + key;
  const decimals = next.split(".")[1]?.length ?? 0;
  return next.length > lengthMax || decimals > decimalsMax ? { text, isFresh: false } : { text: next, isFresh: false };
}

/** The amount as the contract writes it; null when nothing above zero was entered. */
export function valueOf({ text }: Entry): string | null {
  const value = text.replace(/\.$/, "");
  return /[1-9]/.test(value) ? value : null;
}

export interface Pad {
  readonly entry: Entry;
  readonly press: (key: string) => void;
  readonly set: (text: string) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

export function usePad(first: string, uom: string): Pad {
  const [entry, setEntry] = useState<Entry>({ text: first, isFresh: true });
  const press = (key: string): void => setEntry((before) => pressKey(before, key));
  const onKeyDown = ({ key, target }: KeyboardEvent): void => {
    if (target instanceof HTMLInputElement) return;
    if (/^\d$/.test(key)) press(key);
    if (key === "Backspace") press("back");
    if ((key === "." || key === ",") && !isPieces(uom)) press(".");
  };
  return { entry, press, set: (text) => setEntry({ text, isFresh: true }), onKeyDown };
}

export function NumberPad(props: {
  readonly pad: Pad;
  readonly uom: string;
  readonly quick: readonly { readonly text: string; readonly label: string }[];
}): ReactNode {
  const { pad, uom } = props;
  const { t, amount } = useText();
  const separator = amount({ value: "0.1", uom: "C62" }).slice(1, 2);
  const shown = valueOf(pad.entry) === null ? (pad.entry.text === "" ? "0" : pad.entry.text) : pad.entry.text;
  const unit = amount({ value: "0", uom }).slice(1);
  return (
    <div className="pad">
      <output className="pad-amount" aria-label={t("terminal.amount")}>
        {shown.replace(".", separator)}
        {unit}
      </output>
      <div className="pad-quick" role="group" aria-label={t("terminal.quick")}>
        {props.quick.map(({ text, label }) => (
          <button
            key={label}
            type="button"
            className="key"
            aria-pressed={pad.entry.text === text}
            onClick={() => pad.set(text)}
          >
            {label}
          </button>
        ))}
      </div>
      <div className="pad-keys" role="group" aria-label={t("terminal.digits")}>
        {["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((digit) => (
          <Digit key={digit} digit={digit} press={pad.press} />
        ))}
        {isPieces(uom) ? (
          <span />
        ) : (
          <button type="button" className="key" aria-label={t("terminal.separator")} onClick={() => pad.press(".")}>
            {separator}
          </button>
        )}
        <Digit digit="0" press={pad.press} />
        <button type="button" className="key" aria-label={t("terminal.back")} onClick={() => pad.press("back")}>
          ⌫
        </button>
      </div>
    </div>
  );
}

function Digit(props: { readonly digit: string; readonly press: (key: string) => void }): ReactNode {
  return (
    <button type="button" className="key" onClick={() => props.press(props.digit)}>
      {props.digit}
    </button>
  );
}
