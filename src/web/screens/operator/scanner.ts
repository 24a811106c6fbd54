/**
 * Hardware scanners: they type a code and end with Enter. A code that no field wants is caught wherever the focus is, and
 * what is in focus gets neither its Enter nor its blanks. Digits while a number pad is open are the pad's.
 */
import { useEffect, useEffectEvent } from "react";

/** Without a field nobody types a text: what comes within this is one code, also where a busy tablet holds keys back. */
const pauseMsMax = 500;
/** On average a person is slower than this, a scanner over Bluetooth faster. */
const gapMsMax = 100;
const lengthMin = 4;
/** A number pad takes no more digits: what is longer is a code. */
const amountLengthMax = 12;
/** GS1 labels part their fields with this; scanners type it as Ctrl and ]. */
const groupSeparator = "\u001d";

export interface KeyPress {
  readonly key: string;
  readonly atMs: number;
  readonly ctrlKey: boolean;
  readonly isHeld: boolean;
}

/** Puts key presses together. Pure but for what it remembers. */
export class Burst {
  #text = "";
  #firstMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /**
   * @param isPadOpen  digits are then an amount, however quickly they come; the Enter at the end of quick ones may be a
   *                   scanner's, and books nothing
   * @returns          `part`: belongs to a burst, `scan` with its text at the end of one, `other`
   */
  press(
    { key, atMs, ctrlKey, isHeld }: KeyPress,
    isPadOpen = false,
  ): { readonly is: "other" | "part" } | { readonly is: "scan"; readonly text: string } {
    if (["Shift", "Control", "Alt", "AltGraph", "CapsLock"].includes(key)) return { is: "other" };
    const isQuick = atMs - this.#lastMs <= pauseMsMax && !isHeld;
    const before = isQuick ? this.#text : "";
    this.#lastMs = atMs;
    this.#text = "";
    if (key === "Enter") return this.#end(before, atMs, isPadOpen);
    const sign = ctrlKey ? (key === "]" ? groupSeparator : "") : key;
    if (sign.length !== 1 || (sign === " " && before === "")) return { is: "other" };
    if (before === "") this.#firstMs = atMs;
    this.#text = before + sign;
    if (isPadOpen && isAmount(this.#text)) return { is: "other" };
    // the first of them do nothing, wherever they land, but a blank would press what is in focus
    return { is: before.length >= lengthMin - 1 || sign === " " ? "part" : "other" };
  }

  #end(text: string, atMs: number, isPadOpen: boolean): ReturnType<Burst["press"]> {
    if (text.length < lengthMin) return { is: "other" };
    if (!isPadOpen || !isAmount(text)) return { is: "scan", text };
    return { is: atMs - this.#firstMs <= gapMsMax * text.length ? "part" : "other" };
  }
}

function isAmount(text: string): boolean {
  return text.length <= amountLengthMax && /^[\d.,]+$/.test(text);
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  );
}

/** @param isPadOpen whether a number pad waits for an amount */
export function useScanner(onScan: (text: string) => void, isPadOpen: boolean): void {
  const hear = useEffectEvent((burst: Burst, event: KeyboardEvent): void => {
    if (isField(event.target) || event.altKey || event.metaKey) return;
    const { key, ctrlKey, timeStamp, repeat } = event;
    const heard = burst.press({ key, ctrlKey, atMs: timeStamp, isHeld: repeat }, isPadOpen);
    if (heard.is === "other") return;
    event.preventDefault();
    event.stopPropagation();
    if (heard.is === "scan") onScan(heard.text);
  });
  useEffect(() => {
    const burst = new Burst();
    const onKey = (event: KeyboardEvent): void => hear(burst, event);
    document.addEventListener("keydown", onKey, true);
    return () => document.removeEventListener("keydown", onKey, true);
  }, []);
}
