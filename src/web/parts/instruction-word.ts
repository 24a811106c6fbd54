/** The word for how far an instruction is: the same state means another thing for what is stored and what is removed. */

/** What was to be removed and is carried out is not ready at the machine: it is gone. */
export function instructionWord(kind: string, state: string): string {
  return kind === "remove" && state === "armed" ? "removed" : state;
}
