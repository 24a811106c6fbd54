/** What the engine and its worker say to each other. */
import type { Result } from "../base/result.ts";

export interface Question {
  readonly id: number;
  readonly text: string;
  /** JSON text. */
  readonly input: string;
}

export type Answer =
  /** The worker can take questions. */
  | { readonly answers: "start" }
  /** JSON text. */
  | { readonly answers: number; readonly result: Result<string> };
