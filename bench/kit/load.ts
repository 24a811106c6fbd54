/**
 * The event mix of the benches, one frame of 50 values each 10 ms of a machine's time: 48 telemetry values and one energy
 * meter (98 %), and one counter of good pieces that counts one piece (2 %). Each piece is a fact, its component another;
 * every 500 pieces the run ends, the next begins, and what the ended one owes to the ERP is planned as postings.
 */
import { instant, type Instant } from "../../src/base/instant.ts";
import type { Sample, SampleValue } from "../../src/record/sample.ts";
import { jobOf } from "./plant.ts";

export const mixWords = "96 % telemetry, 2 % energy meter, 2 % pieces counted; a run of 500 pieces ends in 3 postings";

export const frameSamples = 50;
const telemetryPerFrame = 48;
const frameMsUsual = 10;

export interface LoadShape {
  /** Index of the machine in the plant: its order and its job follow from it. */
  readonly machine: number;
  /** Telemetry variables, which take turns; 48 when left out: each changes in every frame. */
  readonly telemetry?: number;
  readonly piecesPerRun?: number;
  readonly startAt: number;
  /** Of the machine's own time from one frame to the next; 10 when left out. */
  readonly frameMs?: number;
  /** Telemetry values in each frame; 48 when left out. */
  readonly perFrame?: number;
  /** When what it says is received; by the wall clock when left out. */
  readonly now?: () => number;
}

/** What a machine has said so far: what must arrive. */
export interface Said {
  readonly samples: number;
  readonly good: number;
  readonly wattHours: number;
  readonly runs: number;
  /** Runs in which at least one piece was made: each owes a document of every kind. */
  readonly runsThatMade: number;
}

/** One machine's stream. */
export class MachineLoad {
  readonly machine: number;
  readonly #perFrame: number;
  readonly #now: () => number;
  #job: string;
  readonly #telemetry: readonly string[];
  readonly #piecesPerRun: number;
  readonly #frameMs: number;
  #at: number;
  #frames = 0;
  #turn = 0;
  #run = 0;
  #runs = 0;
  #pieces = 0;
  #good = 0;
  #wattHours = 0;
  #samples = 0;

  constructor(shape: LoadShape) {
    const { machine, telemetry = telemetryPerFrame, piecesPerRun = 500, startAt, frameMs = frameMsUsual } = shape;
    this.#frameMs = frameMs;
    this.#perFrame = shape.perFrame ?? telemetryPerFrame;
    this.#now = shape.now ?? Date.now;
    this.machine = machine;
    this.#job = jobOf(machine);
    this.#telemetry = Array.from({ length: telemetry }, (_, i) => `Telemetry/T${i}`);
    this.#piecesPerRun = piecesPerRun;
    this.#at = startAt;
  }

  /** The machine's own time. */
  get at(): number {
    return this.#at;
  }

  said(): Said {
    return {
      samples: this.#samples,
      good: this.#good,
      wattHours: this.#wattHours,
      runs: this.#runs,
      runsThatMade: this.#pieces > 0 ? this.#runs : this.#runs - 1,
    };
  }

  /** Everything that the machine shows when it is first looked at: it stands still. */
  first(): Sample[] {
    return this.#told((say) => {
      for (const path of this.#telemetry) say(path, -1);
      say("Run/Ended", 0);
      say("Run/LastEnded", 0);
      say("Run/Result", "Finished");
      say("Run/Job", "");
      say("Run/Active", 0);
      say("Pieces/Good", 0);
      say("Energy/Total", 0);
    });
  }

  /** A run begins: its first, or the next one after a rest. */
  begin(at = this.#at + this.#frameMs, job = this.#job): Sample[] {
    return this.#told((say) => {
      this.#at = at;
      this.#job = job;
      this.#runs += 1;
      this.#run = this.#runs;
      say("Run/Job", job);
      say("Run/Active", this.#run);
      say("Pieces/Good", 0);
      this.#pieces = 0;
    });
  }

  /** So many frames of the mix. */
  next(frames: number): Sample[] {
    return this.#told((say) => {
      for (let i = 0; i < frames; i += 1) this.#frame(say);
    });
  }

  /** One frame at this time, or a millisecond after the last one where that is later. */
  frameAt(at: number): Sample[] {
    return this.#told((say) => {
      this.#at = Math.max(at, this.#at + 1) - this.#frameMs;
      this.#frame(say, 1);
    });
  }

  /** One piece at this time, and nothing else; when it was the last of its run, the end of the run a millisecond later. */
  piece(at: number): Sample[] {
    return this.#told((say) => {
      this.#at = at;
      this.#makePiece(say, 1);
    });
  }

  /** The machine goes to rest: its run ends, so that nothing stays uncounted. */
  last(): Sample[] {
    return this.#told((say) => {
      this.#at += this.#frameMs;
      this.#endRun(say, 0);
      say("Run/Job", "");
    });
  }

  #frame(say: Say, endAfterMs = this.#frameMs): void {
    this.#at += this.#frameMs;
    this.#frames += 1;
    for (let i = 0; i < this.#perFrame; i += 1) {
      say(this.#telemetry[this.#turn] ?? "", this.#frames);
      this.#turn = (this.#turn + 1) % this.#telemetry.length;
    }
    this.#wattHours += 1;
    say("Energy/Total", this.#wattHours / 1000);
    this.#makePiece(say, endAfterMs);
  }

  #makePiece(say: Say, endAfterMs: number): void {
    this.#pieces += 1;
    this.#good += 1;
    say("Pieces/Good", this.#pieces);
    if (this.#pieces < this.#piecesPerRun) return;
    this.#at += endAfterMs;
    this.#pieces = 0;
    this.#runs += 1;
    this.#endRun(say, this.#run + 1);
    say("Pieces/Good", 0);
  }

  #endRun(say: Say, next: number): void {
    say("Run/Ended", this.#run);
    say("Run/LastEnded", this.#run);
    this.#run = next;
    say("Run/Active", next);
  }

  #told(speak: (say: Say) => void): Sample[] {
    const samples: Sample[] = [];
    const receivedAt: Instant = instant(this.#now());
    speak((item, value) => samples.push({ item, at: instant(this.#at), receivedAt, status: 0, value, mark: "" }));
    this.#samples += samples.length;
    return samples;
  }
}

type Say = (item: string, value: SampleValue) => void;
