/**
 * How a simulated machine works: takes the next job order that may start, sets up, makes piece after piece, good or
 * scrap, and ends when the ordered pieces are made or somebody stops it. Pure: time is told, chance is seeded; what it
 * says are frames of values with one source time each.
 */
import type { Random } from "../random.ts";
import { jobState, type JobList, type StoredJob } from "./job-list.ts";
import {
  machineState,
  type ArticleProfile,
  type MachineProfile,
  type MachineStateNumber,
  type ScriptedEvent,
} from "./profile.ts";

/** Values of items, by path. All were true at one moment. */
export interface Frame {
  readonly at: number;
  readonly values: Readonly<Record<string, number | string>>;
}

/** What a run really made: the truth that everything else is compared with. */
export interface RunRecord {
  readonly machine: string;
  readonly run: number;
  readonly job: string;
  readonly article: string;
  readonly material: string;
  readonly ordered: number;
  good: number;
  scrap: number;
  /** Whole units of the machine's material counter. */
  used: number;
  readonly startedAt: number;
  endedAt: number | null;
  result: string | null;
}

interface OpenRun {
  readonly record: RunRecord;
  readonly perPiece: number;
  readonly chance: Random;
  /** Apart from `chance`, so that stops change nothing about the pieces. */
  readonly haltChance: Random;
  readonly script: ScriptedEvent[];
  /** What happens next, and when. */
  next: { readonly at: number; readonly what: "set-up" | "piece" | "resume" | "end" };
}

const hourMs = 3_600_000;

export class Machine {
  readonly profile: MachineProfile;
  readonly jobs: JobList;
  /** Every run there was, the open one last. */
  readonly runs: RunRecord[] = [];
  readonly #random: Random;
  readonly #speed: number;
  #open: OpenRun | null = null;
  #state: MachineStateNumber = machineState.idle;
  #good: number;
  #scrap: number;
  #alarms = 0;
  /** Somebody has stopped the machine between two runs: it begins nothing. */
  #isStopped = false;
  #runsEnded = 0;
  #energyWh = 0;
  #energyAt: number;
  #saidAt: number;

  /** @param speed  how many times faster than its profile the machine works; its clock stays the wall clock */
  constructor(profile: MachineProfile, jobs: JobList, how: { random: Random; speed: number; startAt: number }) {
    this.profile = profile;
    this.jobs = jobs;
    this.#random = how.random;
    this.#speed = how.speed;
    this.#energyAt = how.startAt;
    this.#saidAt = how.startAt;
    const { counters } = profile;
    this.#good = counters.kind === "rolling-16" ? counters.good : 0;
    this.#scrap = counters.kind === "rolling-16" ? counters.scrap : 0;
  }

  get state(): MachineStateNumber {
    return this.#state;
  }

  /** Values of all items before anything happened. */
  initial(): Readonly<Record<string, number | string>> {
    return {
      "Production/State": this.#state,
      "Production/ActiveRun": 0,
      "Production/Job": "",
      "Production/Article": "",
      "Production/OrderedPieces": 0,
      "Production/RunsEnded": 0,
      "Production/LastEndedRun": 0,
      "Production/LastResult": "",
      "Counters/Good": this.#good,
      "Counters/Scrap": this.#scrap,
      "Counters/Material": "",
      "Counters/Amount": 0,
      "Energy/Active": 0,
      "Alarm/Code": 0,
      "Alarm/Text": "",
      "Alarm/Count": 0,
    };
  }

  /** When something happens next if nobody interferes; null when the machine waits for an order or a person. */
  nextAt(): number | null {
    if (this.#open) return this.#open.next.at;
    if (this.profile.start === "operator" || this.#isStopped) return null;
    const job = this.jobs.nextToStart();
    const allowedAt = job?.allowedAt ?? null;
    return allowedAt === null ? null : allowedAt + this.#ms(this.profile.reactionMs);
  }

  /** Lets time pass up to and including `now`. @returns what the machine says meanwhile, in order */
  advance(now: number): readonly Frame[] {
    const frames: Frame[] = [];
    for (let at = this.nextAt(); at !== null && at <= now; at = this.nextAt()) {
      const job = this.#open ? null : this.jobs.nextToStart();
      frames.push(...(this.#open ? this.#happen(this.#open) : job ? [this.#begin(job, at)] : []));
    }
    return frames;
  }

  /** The operator starts an order that may start. False when the machine is busy or the order is not ready. */
  startByOperator(id: string, at: number): readonly Frame[] | null {
    const job = this.jobs.get(id);
    if (this.#open || this.#isStopped || job?.state !== jobState.allowedToStart) return null;
    return [this.#begin(job, at)];
  }

  /** Ends the open run before its ordered pieces are made. */
  stop(at: number, result: "Stopped" | "Aborted"): readonly Frame[] {
    return this.#open ? [this.#end(this.#open, at, result)] : [];
  }

  /** Holds the open run until `resume`. */
  pause(at: number): readonly Frame[] {
    const open = this.#open;
    if (!open || this.#state === machineState.held) return [];
    open.next = { at: Number.POSITIVE_INFINITY, what: "resume" };
    this.#state = machineState.held;
    return [this.#say(at, { "Production/State": this.#state })];
  }

  resume(at: number): readonly Frame[] {
    const open = this.#open;
    if (!open || this.#state !== machineState.held) return [];
    open.next = { at: at + this.#ms(this.profile.cycleMs), what: "piece" };
    this.#state = machineState.running;
    return [this.#say(at, { "Production/State": this.#state })];
  }

  /** Stops dead, with or without a run, and says nothing about why, until `goOn`. */
  halt(at: number): readonly Frame[] {
    if (this.#open) this.#open.next = { at: Number.POSITIVE_INFINITY, what: "resume" };
    else this.#isStopped = true;
    // What had stopped by itself stays as it is, for longer.
    if (this.isHalted) return [];
    this.#state = machineState.fault;
    return [this.#say(at, { "Production/State": this.#state })];
  }

  /** Goes on after a stop, whatever stopped it. */
  goOn(at: number): readonly Frame[] {
    if (!this.isHalted) return [];
    this.#isStopped = false;
    if (this.#open) this.#open.next = { at: at + this.#ms(this.profile.cycleMs), what: "piece" };
    this.#state = this.#open ? machineState.running : machineState.idle;
    return [this.#say(at, { "Production/State": this.#state })];
  }

  get isHalted(): boolean {
    return this.#state === machineState.held || this.#state === machineState.fault;
  }

  /** Somebody sets the piece counters to zero, which the machine never does by itself. */
  zeroCounters(at: number): readonly Frame[] {
    this.#good = this.#scrap = 0;
    return [this.#say(at, { "Counters/Good": 0, "Counters/Scrap": 0 })];
  }

  #begin(job: StoredJob, at: number): Frame {
    const run = this.runs.length + 1;
    const { id, article, quantity } = job.content;
    const step = id.slice(id.lastIndexOf("-") + 1);
    const counted = this.profile.articles.find((a) => a.article === article && a.step === step);
    const known: ArticleProfile = counted ?? { article, step, material: "", perPiece: 0 };
    const record: RunRecord = {
      machine: this.profile.name,
      run,
      job: id,
      article,
      material: known.material,
      ordered: quantity,
      good: 0,
      scrap: 0,
      used: 0,
      startedAt: at,
      endedAt: null,
      result: null,
    };
    this.runs.push(record);
    this.#open = {
      record,
      perPiece: this.#perPiece(job, known),
      chance: this.#random.fork(`run ${run}`),
      haltChance: this.#random.fork(`halts of run ${run}`),
      script: this.profile.script.filter((event) => event.job === id).toSorted((a, b) => a.afterGood - b.afterGood),
      next: { at: at + this.#ms(this.profile.setupMs), what: "set-up" },
    };
    this.#state = machineState.setup;
    if (this.profile.counters.kind === "per-run") this.#good = this.#scrap = 0;
    const frame = this.#say(at, {
      "Production/State": this.#state,
      "Production/ActiveRun": run,
      "Production/Job": id,
      "Production/Article": article,
      "Production/OrderedPieces": quantity,
      "Counters/Good": this.#good,
      "Counters/Scrap": this.#scrap,
      "Counters/Material": known.material,
      "Counters/Amount": 0,
    });
    this.jobs.apply("began", id, { startedAt: frame.at, run });
    return frame;
  }

  #perPiece(job: StoredJob, article: ArticleProfile): number {
    const setpoint = this.profile.setpoints.find((s) => s.role === "per-piece");
    const value = setpoint && job.setpoints[setpoint.name];
    return typeof value === "number" && value > 0 ? Math.round(value) : article.perPiece;
  }

  #happen(open: OpenRun): readonly Frame[] {
    const { at, what } = open.next;
    switch (what) {
      case "set-up":
      case "resume":
        this.#state = machineState.running;
        open.next = { at: at + this.#ms(this.profile.cycleMs), what: "piece" };
        return [this.#say(at, { "Production/State": this.#state })];
      case "piece":
        return this.#makePiece(open, at);
      case "end":
        return [this.#end(open, at, "Completed")];
    }
  }

  #makePiece(open: OpenRun, at: number): readonly Frame[] {
    const { record, chance } = open;
    const isScrap = chance.chance(this.profile.scrapRate);
    // A little more or less than nominal, as a real feed has it; whole units, so nothing is rounded on the way.
    const spread = Math.floor(open.perPiece / 50);
    const used = open.perPiece === 0 ? 0 : open.perPiece + chance.whole(-spread, spread);
    record[isScrap ? "scrap" : "good"] += 1;
    record.used += used;
    if (isScrap) this.#scrap = this.#roll(this.#scrap + 1);
    else this.#good = this.#roll(this.#good + 1);
    const frames = [
      this.#say(at, {
        ...(isScrap ? { "Counters/Scrap": this.#scrap } : { "Counters/Good": this.#good }),
        ...(used > 0 ? { "Counters/Amount": record.used } : {}),
      }),
    ];
    const scripted = open.script[0];
    if (!isScrap && scripted && record.good >= scripted.afterGood) {
      open.script.shift();
      frames.push(...this.#follow(open, scripted, at));
    } else if (record.good >= record.ordered) open.next = { at: at + this.#ms(this.profile.cycleMs), what: "end" };
    else if (open.haltChance.chance(this.profile.halts?.perPiece ?? 0)) frames.push(this.#haltForAWhile(open, at));
    else open.next = { at: at + this.#ms(this.profile.cycleMs), what: "piece" };
    return frames;
  }

  #haltForAWhile(open: OpenRun, at: number): Frame {
    this.#state = machineState.fault;
    open.next = { at: at + this.#ms(this.profile.halts?.ms ?? 0), what: "resume" };
    return this.#say(at, { "Production/State": this.#state });
  }

  #follow(open: OpenRun, event: ScriptedEvent, at: number): readonly Frame[] {
    if (event.does.kind === "stop") return [this.#end(open, at, "Stopped")];
    const { alarm, ms } = event.does;
    this.#state = alarm ? machineState.fault : machineState.held;
    open.next = { at: at + this.#ms(ms), what: "resume" };
    if (!alarm) return [this.#say(at, { "Production/State": this.#state })];
    this.#alarms += 1;
    return [
      this.#say(at, {
        "Production/State": this.#state,
        "Alarm/Code": alarm.code,
        "Alarm/Text": alarm.text,
        "Alarm/Count": this.#alarms,
      }),
    ];
  }

  #end(open: OpenRun, at: number, result: string): Frame {
    this.#open = null;
    this.#state = machineState.idle;
    this.#runsEnded += 1;
    const frame = this.#say(at, {
      "Production/State": this.#state,
      "Production/ActiveRun": 0,
      "Production/Job": "",
      "Production/Article": "",
      "Production/OrderedPieces": 0,
      "Production/RunsEnded": this.#runsEnded,
      "Production/LastEndedRun": open.record.run,
      "Production/LastResult": result,
    });
    open.record.endedAt = frame.at;
    open.record.result = result;
    this.jobs.apply(result === "Aborted" ? "failed" : "finished", open.record.job, { endedAt: frame.at });
    return frame;
  }

  /** One statement of the machine. Source times of a machine rise strictly. Energy is brought up to date with each. */
  #say(at: number, values: Readonly<Record<string, number | string>>): Frame {
    const stamp = Math.max(Math.round(at), this.#saidAt + 1);
    this.#saidAt = stamp;
    const { idle, running } = this.profile.powerKw;
    const kw = this.#open ? running : idle;
    this.#energyWh += ((stamp - this.#energyAt) * this.#speed * kw * 1000) / hourMs;
    this.#energyAt = stamp;
    return { at: stamp, values: { ...values, "Energy/Active": Math.floor(this.#energyWh) / 1000 } };
  }

  #ms(profileMs: number): number {
    return profileMs / this.#speed;
  }

  #roll(count: number): number {
    return this.profile.counters.kind === "rolling-16" ? count % 65_536 : count;
  }
}
