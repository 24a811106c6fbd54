/** A date and time of day of the site, as a person enters it, and the instant it stands for. */

function partsAt(ms: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return format.format(new Date(ms)).replace(" ", "T");
}

/** `2026-03-02T14:05`, as a field for date and time takes it. */
export function localOf(ms: number, timeZone: string): string {
  return partsAt(ms, timeZone);
}

/**
 * @param local `2026-03-02T14:05`, in the site's time
 * @returns     milliseconds, or null when it is no time or the clocks jump over it; of a time that is there twice, the
 *              earlier one
 */
export function instantOf(local: string, timeZone: string): number | null {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return null;
  const day = 24 * 3_600_000;
  // the offsets before and after any change of the clocks that is near
  for (const near of [asUtc - day, asUtc + day]) {
    const offset = Date.parse(`${partsAt(near, timeZone)}Z`) - Math.floor(near / 60_000) * 60_000;
    const candidate = asUtc - offset;
    if (partsAt(candidate, timeZone) === local.slice(0, 16)) return candidate;
  }
  return null;
}
