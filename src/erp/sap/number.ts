/**
 * SAP's number texts: leading zeros are taken off where they come in and put on where a field wants them; texts that
 * are no digits stay as they are. Only form, no meaning.
 */

/** `000001000101` → `1000101`; `0000` → `0`; `A-17` stays. */
export function unpad(text: string): string {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? trimmed.replace(/^0+(?=\d)/, "") : trimmed;
}

/** `10` → `0010` for a width of 4; texts that are no digits, or longer, stay. */
export function pad(text: string, width: number): string {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? trimmed.padStart(width, "0") : trimmed;
}

/** Both forms of an order number that a filter may have to name. */
export function orderForms(number: string): readonly string[] {
  const plain = unpad(number);
  const padded = pad(plain, 12);
  return plain === padded ? [plain] : [plain, padded];
}
