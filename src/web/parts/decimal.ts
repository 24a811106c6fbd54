/** Amounts that came as millionths. */

/** Millionths as decimal text, exactly. */
export function decimal(micro: string): string {
  const digits = micro.replace("-", "").padStart(7, "0");
  const fraction = digits.slice(-6).replace(/0+$/, "");
  return `${micro.startsWith("-") ? "-" : ""}${digits.slice(0, -6)}${fraction === "" ? "" : `.${fraction}`}`;
}
