/**
 * Hardware scanners: they type a code as fast as no person can and end with Enter. A burst that no field wants is caught
 * wherever the focus is, and what is in focus gets neither its Enter nor its blanks.
 */
import { useEffect, useEffectEvent } from "react";

/** A person is slower than this between two keys, a scanner over Bluetooth faster. */
const gapMsMax = 100;
const lengthMin = 4;
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
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @returns `part`: belongs to a burst, `scan` with its text at the end of one, `other` */
  press({
    key,
    atMs,
    ctrlKey,
    isHeld,
  }: KeyPress): { readonly is: "other" | "part" } | { readonly is: "scan"; readonly text: string } {
    if (["Shift", "Control", "Alt", "AltGraph", "CapsLock"].includes(key)) return { is: "other" };
    const isQuick = atMs - this.#lastMs <= gapMsMax && !isHeld;
    const before = isQuick ? this.#text : "";
    this.#lastMs = atMs;
    this.#text = "";
    if (key === "Enter") return before.length >= lengthMin ? { is: "scan", text: before } : { is: "other" };
    const sign = ctrlKey ? (key === "]" ? groupSeparator : "") : key;
    if (sign.length !== 1) return { is: "other" };
    this.#text = before + sign;
    // a quick hand types two or three digits like this: they are its own, but a blank would press what is in focus
    const isSure = before.length >= lengthMin - 1 || (sign === " " && before !== "");
    return { is: isSure ? "part" : "other" };
  }
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  );
}

export function useScanner(onScan: (text: string) => void): void {
  const scanned = useEffectEvent(onScan);
  useEffect(() => {
    const burst = new Burst();
    const onKey = (event: KeyboardEvent): void => {
      if (isField(event.target) || event.altKey || event.metaKey) return;
      const { key, ctrlKey, timeStamp, repeat } = event;
      const heard = burst.press({ key, ctrlKey, atMs: timeStamp, isHeld: repeat });
      if (heard.is === "other") return;
      event.preventDefault();
      event.stopPropagation();
      if (heard.is === "scan") scanned(heard.text);
    };
    document.addEventListener("keydown", onKey, true);
    return () => document.removeEventListener("keydown", onKey, true);
  }, []);
}
