/** What a failed transaction means for whoever runs the plant, in words; the error itself goes to the engineer's log. */

const words: readonly (readonly [code: RegExp, text: string])[] = [
  [/^53100$/, "The disk of the database is full. Make room on it."],
  [/^53[0-9A-Z]{3}$/, "The database is short of memory or connections. Check its server and max_connections."],
  [/^28[0-9A-Z]{3}$/, "The database refuses the login. Check user and password in DATABASE_URL."],
  [/^(08|57P)[0-9A-Z]+$|^E[A-Z]+$/, "The database does not answer. Check that it runs."],
];

export function databaseTrouble(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = words.find(([pattern]) => pattern.test(code));
  if (known) return known[1];
  return /^[0-9A-Z]{5}$/.test(code) ? `The database refused it: ${text}` : `It could not be done: ${text}`;
}
