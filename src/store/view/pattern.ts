/** Texts that people type as patterns of `like`: signs that it would read as its own stand for themselves. */

export function exactly(text: string): string {
  return text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
}

export function beginningWith(text: string): string {
  return `${exactly(text)}%`;
}

export function containing(text: string): string {
  return `%${exactly(text)}%`;
}
