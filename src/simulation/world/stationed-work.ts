/**
 * How a machine works that runs a job in each of its stations: one stroke makes what is open in all of them, what a station
 * spoils it counts by itself, and cavities are blocked and opened while it works.
 */
import { MachineCounter } from "./machine-counter.ts";
import { stationItems, strokes, type MachineWork, type RunTruth, type Voice } from "./machine-work.ts";
import { stationNames, type RunPlan, type StationName } from "./plan.ts";

interface Station {
  /** Null: it names no job. */
  run: RunTruth | null;
  open: number;
  readonly scrap: MachineCounter;
  isWorking: boolean;
}

const openMax = 3;

export class StationedWork implements MachineWork {
  readonly runs: RunTruth[] = [];
  readonly #voice: Voice;
  readonly #stations = new Map<StationName, Station>();
  readonly #strokes: MachineCounter;

  constructor(voice: Voice) {
    this.#voice = voice;
    this.#strokes = new MachineCounter(voice, voice.plan.countersFrom);
    const shown = stationNames.map((name) => {
      this.#stations.set(name, { run: null, open: 0, scrap: new MachineCounter(voice, 0), isWorking: false });
      const { job, open, scrap } = stationItems(name);
      return { [job]: "", [open]: 0, [scrap]: 0 };
    });
    voice.say(Object.assign({ [strokes.count]: this.#strokes.value, [strokes.state]: 0 }, ...shown));
  }

  begin(run: RunPlan): void {
    const { plan, random, say } = this.#voice;
    const name = stationNames[plan.runs.indexOf(run) % stationNames.length] ?? "1";
    const station = this.#station(name);
    const { job, open } = stationItems(name);
    station.open = random.whole(1, openMax);
    station.isWorking = true;
    const startedAt = say({ [job]: run.job, [open]: station.open, [strokes.state]: 1 });
    station.run = run.job === "" ? null : (this.#beside(run.job) ?? this.#newRun(run.job, startedAt));
    this.#cycle(run, name, 0);
  }

  /** What another station names too is one run. */
  #beside(job: string): RunTruth | undefined {
    return [...this.#stations.values()].find(({ run }) => run?.job === job)?.run ?? undefined;
  }

  #newRun(job: string, startedAt: number): RunTruth {
    const none = { good: 0, scrap: 0, used: new Map<string, number>(), endedAt: Number.POSITIVE_INFINITY };
    const truth: RunTruth = { job, isOutside: false, number: null, startedAt, ...none };
    this.runs.push(truth);
    return truth;
  }

  #station(name: StationName): Station {
    const station = this.#stations.get(name);
    if (!station) throw new Error(`the machine has a station ${name}`);
    return station;
  }

  #cycle(run: RunPlan, name: StationName, made: number): void {
    const { schedule, random } = this.#voice;
    const wait = random.whole(Math.ceil(run.cycleMs / 2), Math.ceil(run.cycleMs * 1.5));
    schedule.at(schedule.now + wait, () => {
      if (made >= run.cycles) {
        this.#end(name);
        return;
      }
      if (random.chance(0.15)) this.#reopen(name, random.whole(0, openMax));
      if (random.chance(run.scrapShare)) this.#spoil(name, random.whole(1, run.piecesMax));
      else this.#stroke(random.whole(1, run.piecesMax));
      this.#cycle(run, name, made + 1);
    });
  }

  #end(name: StationName): void {
    const station = this.#station(name);
    const { job, open } = stationItems(name);
    const { run } = station;
    station.run = null;
    station.open = 0;
    station.isWorking = false;
    const isWorking = [...this.#stations.values()].some((one) => one.isWorking);
    const at = this.#voice.say({ [job]: "", [open]: 0, [strokes.state]: isWorking ? 1 : 0 });
    if (run && !this.#beside(run.job)) run.endedAt = at;
  }

  /** Cavities are blocked, or are open again; none at all makes nothing. */
  #reopen(name: StationName, open: number): void {
    this.#station(name).open = open;
    this.#voice.say({ [stationItems(name).open]: open });
  }

  #stroke(by: number): void {
    this.#voice.say({ [strokes.count]: this.#strokes.rise(by) });
    for (const { run, open } of this.#stations.values()) if (run) run.good += by * open;
  }

  #spoil(name: StationName, pieces: number): void {
    const { say, gradeOfScrap } = this.#voice;
    const station = this.#station(name);
    const at = say({ [stationItems(name).scrap]: station.scrap.rise(pieces) });
    if (station.run) station.run[gradeOfScrap(at)] += pieces;
  }

  resetCounters(): void {
    const stations = [...this.#stations];
    if (!MachineCounter.tellReset([this.#strokes, ...stations.map(([, { scrap }]) => scrap)])) return;
    this.#strokes.set(0);
    const shown: Record<string, number> = { [strokes.count]: 0 };
    for (const [name, station] of stations) {
      station.scrap.set(0);
      shown[stationItems(name).scrap] = 0;
    }
    this.#voice.say(shown);
  }

  replaceCounter(share: number): boolean {
    const { modulus, stepMax } = this.#voice.plan;
    const value = Math.floor((this.#strokes.value + modulus / 2) % modulus);
    if (value <= 2 * stepMax || value >= modulus - 2 * stepMax) return false;
    this.#strokes.set(value - Math.floor(share * stepMax));
    this.#voice.say({ [strokes.count]: this.#strokes.value });
    return true;
  }

  rush(): boolean {
    return false;
  }
}
