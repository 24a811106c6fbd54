/** German texts of the operator's terminal. */
import type { operatorEn } from "./operator-en.ts";

export const operatorDe: Readonly<Record<keyof typeof operatorEn, string>> = {
  "terminal.choose": "Arbeitseinheit wählen",
};
