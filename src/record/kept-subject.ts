/** Questions about a machine that is held, because what is kept of it cannot be read: one for each place where it stands still. */

/** @param ordinal  the place in all that the machine has said, see `CollectorCursor` */
export function keptSubject(source: string, ordinal: number): string {
  return `${beginningOfKept(source)}${ordinal}`;
}

/** What the subjects of all such questions about a source begin with. */
export function beginningOfKept(source: string): string {
  return `${source}/kept/`;
}

/** The machine that the question is about; null where it is about something else. */
export function sourceOfKept(subject: string): string | null {
  return /^(.+)\/kept\/\d+$/.exec(subject)?.[1] ?? null;
}
