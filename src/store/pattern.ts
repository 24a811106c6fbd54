/** Patterns in which a partner asks for what we hold. */

/** As the database looks for it: `*` stands for anything; nothing else does. */
export function likeOf(pattern: string): string {
  return pattern.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%");
}
