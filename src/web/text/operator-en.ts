/** English texts of the operator's terminal. */
export const operatorEn = {
  "terminal.choose": "Choose a work unit",
} as const;
