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
const telemetryItems = 48;
const frameMs = 10;
const piecesPerRun = 500;
const telemetryPaths = Array.from({ length: telemetryItems }, (_, i) => `Telemetry/T${i}`);

/** One machine's stream. */
export class MachineLoad {
  readonly #job: string;
  #at: number;
  #frames = 0;
  #run = 1;
  #pieces = 0;
  #wattHours = 0;
  /** Samples told so far, pieces made and Wh used in them: what must arrive. */
  samples = 0;
  good = 0;
  runs = 1;

  constructor(machine: number, startAt: number) {
    this.#job = jobOf(machine);
    this.#at = startAt;
  }

  /** Runs in which at least one piece was made: each owes a document of every kind. */
  get runsThatMade(): number {
    return this.#pieces > 0 ? this.runs : this.runs - 1;
  }

  get wattHours(): number {
    return this.#wattHours;
  }

  /** The first statement of a machine: everything it shows when it is first looked at. */
  first(): Sample[] {
    return this.#told((say) => {
      this.#sayRun(say);
      say("Pieces/Good", 0);
      say("Energy/Total", 0);
    });
  }

  /** So many frames of the mix. */
  next(frames: number): Sample[] {
    return this.#told((say) => {
      for (let i = 0; i < frames; i += 1) this.#frame(say);
    });
  }

  /** The machine goes to rest: its last run ends, so that nothing stays uncounted. */
  last(): Sample[] {
    return this.#told((say) => {
      this.#at += frameMs;
      this.#endRun(say, 0);
    });
  }

  #frame(say: Say): void {
    this.#at += frameMs;
    this.#frames += 1;
    for (const path of telemetryPaths) say(path, (this.#frames * 7) % 1000);
    this.#wattHours += 1;
    say("Energy/Total", this.#wattHours / 1000);
    this.#pieces += 1;
    this.good += 1;
    say("Pieces/Good", this.#pieces);
    if (this.#pieces < piecesPerRun) return;
    this.#at += frameMs;
    this.#pieces = 0;
    this.runs += 1;
    this.#endRun(say, this.#run + 1);
    say("Pieces/Good", 0);
  }

  #endRun(say: Say, next: number): void {
    say("Run/Ended", this.#run);
    say("Run/LastEnded", this.#run);
    this.#run = next;
    this.#sayRun(say);
  }

  #sayRun(say: Say): void {
    say("Run/Active", this.#run);
    say("Run/Job", this.#run === 0 ? "" : this.#job);
    say("Run/Result", "Finished");
  }

  #told(speak: (say: Say) => void): Sample[] {
    const samples: Sample[] = [];
    const receivedAt: Instant = instant(Date.now());
    speak((item, value) => samples.push({ item, at: instant(this.#at), receivedAt, status: 0, value, mark: "" }));
    this.samples += samples.length;
    return samples;
  }
}

type Say = (item: string, value: SampleValue) => void;
