/** What kind of machine is simulated: its pace, its counters, what it uses, and what happens to it. Data only. */

export interface MachineProfile {
  /** Name of the machine's object below `Objects/Machines`, e.g. `CUT-1`. */
  readonly name: string;
  readonly description: string;
  readonly counters: PieceCounters;
  /** Time of one piece, before it is divided by the speed. */
  readonly cycleMs: number;
  /** Time from the start of a run to its first piece's begin. */
  readonly setupMs: number;
  /** From when an order may start, and the machine is free, to its start. */
  readonly reactionMs: number;
  /** Part of the pieces that come out as scrap, 0 to 1. */
  readonly scrapRate: number;
  /** How many job orders it keeps. */
  readonly capacity: number;
  readonly start: "automatic" | "operator";
  /** UN/ECE Rec 20 code of what its material counter counts. */
  readonly materialUnit: "MMT" | "GRM" | "C62";
  /** Operations the machine does, e.g. `0010`: a job order ends in a hyphen and one of them. */
  readonly steps: readonly string[];
  readonly articles: readonly ArticleProfile[];
  readonly setpoints: readonly SetpointProfile[];
  readonly powerKw: { readonly idle: number; readonly running: number };
  readonly script: readonly ScriptedEvent[];
  /** Stops now and then without saying why, and goes on by itself; never when left out. */
  readonly halts?: {
    /** Of the pieces, 0 to 1: after so many of them it stops. */
    readonly perPiece: number;
    readonly ms: number;
  };
}

export type PieceCounters =
  /** Good and scrap count on over all runs, in 16 bits, and roll over at 65535. */
  | { readonly kind: "rolling-16"; readonly good: number; readonly scrap: number }
  /** Good and scrap start at zero with each run. */
  | { readonly kind: "per-run" };

/** What the machine knows of an article: the material that it counts in one of its steps. */
export interface ArticleProfile {
  readonly article: string;
  readonly step: string;
  readonly material: string;
  /** Whole units of the material for one piece. */
  readonly perPiece: number;
}

export interface SetpointProfile {
  readonly name: string;
  readonly type: "Double" | "UInt32" | "String";
  readonly initial: number | string;
  /** For numbers the value, for texts the length. */
  readonly lowest: number;
  readonly highest: number;
  /** `per-piece`: how much material one piece takes, instead of the article's own figure. */
  readonly role: "per-piece" | "none";
  readonly description: string;
}

/** What happens to a run, told by the job it belongs to and the good pieces made. */
export interface ScriptedEvent {
  readonly job: string;
  readonly afterGood: number;
  readonly does:
    /** Stands still; with a code, because of an alarm. */
    | {
        readonly kind: "hold";
        readonly ms: number;
        readonly alarm: { readonly code: number; readonly text: string } | null;
      }
    /** The operator ends the run short. */
    | { readonly kind: "stop" };
}

export const machineState = { idle: 0, setup: 1, running: 2, held: 3, fault: 4 } as const;
export type MachineStateNumber = (typeof machineState)[keyof typeof machineState];
