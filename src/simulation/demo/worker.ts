/**
 * The people at the benches without a controller: each takes the next job, counts what he makes, a handle at a time, and
 * finishes it. He makes nothing of what has not arrived, and steps back as soon as a visitor reports at his bench. What
 * he really made is the answer key for work by hand. How he reports is the bench's business.
 */
import type { Random } from "../random.ts";

/** A job that may be worked on at the bench. */
export interface BenchJob {
  readonly jobOrder: string;
  readonly order: string;
  readonly operation: string;
  /** Whole pieces. */
  readonly asked: number;
  readonly good: number;
}

export type WorkerSays =
  | { readonly kind: "start"; readonly jobOrder: string }
  | {
      readonly kind: "count";
      readonly grade: "good" | "scrap";
      readonly pieces: number;
      readonly reason: string | null;
    }
  | { readonly kind: "finish" };

export interface Bench {
  readonly unit: string;
  /** What is under way at the bench, whoever has started it. */
  current(): Promise<BenchJob | null>;
  /** What may be started, the most urgent first. */
  next(): Promise<BenchJob | null>;
  /** @returns null, or why it was refused */
  say(what: WorkerSays): Promise<string | null>;
  /** When somebody else last reported here, as the clock's milliseconds; null: never. */
  visitedAt(): Promise<number | null>;
}

/** What was made by hand of one operation. */
export interface HandMade {
  readonly order: string;
  readonly operation: string;
  readonly unit: string;
  good: number;
  scrap: number;
}

export interface WorkerSettings {
  readonly bench: Bench;
  readonly random: Random;
  /** Of the handles, 0 to 1: one piece of it is scrap. */
  readonly scrapRate: number;
  /** Pieces that he makes between two reports. */
  readonly piecesMost: number;
  /** Reason that he gives for scrap. */
  readonly scrapReason: string;
  /** Good pieces that have come from the operation before, by whomever; null for the first operation. */
  arrived(order: string, operation: string): number | null;
  /** How long he stays away after a visitor's last report. */
  readonly breakMs: number;
  now(): number;
}

export class Worker {
  readonly made: HandMade[] = [];
  readonly #settings: WorkerSettings;
  #isAtWork = false;
  #hasOpenJob = false;

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
  }

  /** False while a visitor has the bench. */
  get isAtWork(): boolean {
    return this.#isAtWork;
  }

  /** He has started something that is not finished. */
  get hasOpenJob(): boolean {
    return this.#hasOpenJob;
  }

  /** One handle: at most one thing is done and reported. @returns what was refused, or null */
  async work(): Promise<string | null> {
    const { bench, breakMs, now } = this.#settings;
    const visitedAt = await bench.visitedAt();
    this.#isAtWork = visitedAt === null || now() - visitedAt >= breakMs;
    if (!this.#isAtWork) return null;
    const job = await bench.current();
    this.#hasOpenJob = job !== null;
    if (job) return this.#goOn(job);
    const next = await bench.next();
    return next && this.#available(next) > 0 ? bench.say({ kind: "start", jobOrder: next.jobOrder }) : null;
  }

  async #goOn(job: BenchJob): Promise<string | null> {
    const { bench, random, scrapRate, scrapReason, piecesMost } = this.#settings;
    if (job.good >= job.asked) return bench.say({ kind: "finish" });
    const available = this.#available(job);
    if (available <= 0) return null;
    const made = this.#of(job);
    const piece = random.fork(`${job.order}/${job.operation} ${made.good + made.scrap}`);
    const grade = piece.chance(scrapRate) ? "scrap" : "good";
    const reason = grade === "scrap" ? scrapReason : null;
    const pieces = grade === "scrap" ? 1 : Math.min(available, piecesMost);
    const refused = await bench.say({ kind: "count", grade, pieces, reason });
    if (refused === null) made[grade] += pieces;
    return refused;
  }

  /** Of the pieces that have arrived, those that nobody has finished here. Scrap is replaced from the next shelf. */
  #available({ order, operation, asked, good }: BenchJob): number {
    const arrived = this.#settings.arrived(order, operation);
    return arrived === null ? asked - good : Math.min(asked, arrived) - good;
  }

  #of({ order, operation }: BenchJob): HandMade {
    const known = this.made.find((m) => m.order === order && m.operation === operation);
    if (known) return known;
    const fresh: HandMade = { order, operation, unit: this.#settings.bench.unit, good: 0, scrap: 0 };
    this.made.push(fresh);
    return fresh;
  }
}
