/**
 * A simulated world: a plant of machines, an ERP, a database, and a Millrace that runs, dies and comes back, from one
 * plan. Whatever happens, the checkers look on; in the end everything is let come to rest and is checked as a whole.
 */
import { random } from "../random.ts";
import type { DatabaseStep, MemoryDatabase } from "../store/database.ts";
import { posting } from "../store/schema/posting.ts";
import { balance, collector } from "../store/schema/shop-floor.ts";
import { DatabaseError } from "../store/table.ts";
import type { Deed } from "./act.ts";
import { unconfirmedNames } from "./checker/disagreement.ts";
import { AnewTrouble } from "./anew-trouble.ts";
import type { Complain, Violation } from "./checker/finding.ts";
import type { Foresight } from "./checker/outcome.ts";
import { checkAtRest } from "./checker/rest.ts";
import { StepChecker } from "./checker/step.ts";
import { inMemory, type OpenDatabase, type WorldDatabase } from "./database.ts";
import { emptyDisk, type Disk } from "./disk.ts";
import { SimulatedErp } from "./erp.ts";
import { ErpBackup } from "./erp-restore.ts";
import { ErpQueue } from "./erp-queue.ts";
import { backupAt, faultsOverMs, inject } from "./fault-effect.ts";
import { readDocuments } from "./found-documents.ts";
import { postByHand } from "./hand-posting.ts";
import { decisionsWereLost, erpWasPutBack, nothingHappened } from "./happened.ts";
import { SimulatedMachine } from "./machine.ts";
import { soundParts, type Parts } from "./parts.ts";
import type { FaultKind, Plan, PlannedFault } from "./plan.ts";
import { startPeople } from "./people.ts";
import type { Told } from "./person/terminal.ts";
import { siteOf } from "./plant-site.ts";
import { Process } from "./process.ts";
import type { Report } from "./report.ts";
import { isQuiet, isUnderWay } from "./quiet.ts";
import { schedule, type Actor } from "./schedule.ts";

interface Place {
  disk: Disk;
  process: Process | null;
}

const stopAfter = 20;
/** Every machine was read once: of one that never was, nothing says from when on to read. */
const firstBackupMs = 300_000;
const restMsMax = 12 * 3_600_000;
/** Longer than the site's rule waits after the last run, and what is sent because of it takes. */
const finalsMs = 30 * 60_000;

export async function simulate(plan: Plan, parts: Parts = soundParts, open: OpenDatabase = inMemory): Promise<Report> {
  const world = new World(plan, parts, open);
  await world.run();
  return world.report();
}

class World {
  readonly #plan: Plan;
  readonly #parts: Parts;
  readonly #violations: Violation[] = [];
  readonly #faults: Partial<Record<FaultKind, number>> = {};
  readonly #deeds: Partial<Record<Deed, number>> = {};
  readonly #told: Told[] = [];
  readonly #log: string[] = [];
  readonly #happened = nothingHappened();
  #foresight: Foresight | null = null;
  readonly #chance;
  readonly #trouble;
  readonly #schedule;
  readonly #server: WorldDatabase;
  /** What it has committed. */
  readonly #database: MemoryDatabase;
  readonly #checker: StepChecker;
  readonly #erp: SimulatedErp;
  readonly #queue: ErpQueue;
  readonly #machines: readonly SimulatedMachine[];
  /** A place where a process can run, with a disk that stays when it dies. */
  readonly #places = ["gateway-1", "gateway-2"].map((id): Place => ({ disk: emptyDisk(id), process: null }));
  readonly #erpBackup: ErpBackup;
  #restores = 0;
  #decisionsKept = 0;
  readonly #changedMaps = new Map<string, number>();
  #site;
  #starts = 0;
  #crashes = 0;
  #lookAgainAt = 0;
  #isEvening = false;
  #crashIn = 0;
  #backAfterMs = 0;
  #awayUntil = 0;
  #fullUntil = 0;
  #commitsToLose = 0;

  constructor(plan: Plan, parts: Parts, open: OpenDatabase) {
    this.#plan = plan;
    this.#parts = parts;
    this.#chance = random(plan.seed).fork("world");
    this.#trouble = new AnewTrouble(this.#chance.fork("anew"));
    this.#schedule = schedule({
      startMs: plan.startMs,
      random: this.#chance.fork("schedule"),
      watch: (actor) => this.#watch(actor),
      outside: () => this.#server.outside(),
    });
    const complain: Complain = (law, text) =>
      void (this.#violations.length < stopAfter && this.#violations.push({ law, text }));
    this.#checker = new StepChecker(complain, this.#happened.doubled);
    this.#server = open({
      now: () => this.#schedule.now,
      step: (...step) => this.#step(...step),
      isFull: () => this.#schedule.now < this.#fullUntil,
      onCommit: (changes) => this.#checker.committed(changes),
    });
    this.#database = this.#server.committed;
    this.#erp = new SimulatedErp({
      plan,
      schedule: this.#schedule,
      random: this.#chance.fork("erp"),
      happened: this.#happened,
      afterWrite: () => this.#checker.booked(this.#erp.gate.books),
    });
    this.#erpBackup = new ErpBackup(this.#erp);
    this.#queue = new ErpQueue(this.#schedule.clock(this.#erp.actor), this.#chance.fork("queue"));
    this.#machines = plan.machines.map(
      (one) =>
        new SimulatedMachine({
          plan: one,
          publishMs: plan.publishMs,
          schedule: this.#schedule,
          random: this.#chance.fork(one.id),
        }),
    );
    this.#site = parts.site(siteOf(plan));
    this.#start(this.#places[0]);
    startPeople({
      schedule: this.#schedule,
      site: () => this.#site,
      connect: (actor) => this.#server.connect(actor),
      database: this.#database,
      books: this.#erp.gate.books,
      queue: this.#queue,
      manner: plan.manner,
      isCrowded: plan.isCrowded,
      acts: plan.acts,
      benches: plan.benches,
      deciding: (machine) => this.#trouble.deciding(machine),
      begun: (machine) => this.#begunAnew(machine),
      decided: (decision) => void this.#happened.decisions.push(decision),
      told: (job) => void this.#told.push(job),
      onReported: () => this.#wake(),
      chance: this.#chance.fork("people"),
      isOver: () => this.#isEvening,
      store: parts.store,
      complain,
      did: (deed) => (this.#deeds[deed] = (this.#deeds[deed] ?? 0) + 1),
      log: (line, cause) => this.#note(line, cause),
    });
    for (const fault of plan.faults) this.#expect(fault);
  }

  async run(): Promise<void> {
    const { endMs } = this.#plan;
    const isBroken = (): boolean => this.#violations.length > 0;
    await this.#schedule.until(isBroken, endMs + faultsOverMs);
    if (isBroken()) return;
    this.#calm();
    await this.#schedule.until(() => isBroken() || this.#isQuiet(), endMs + restMsMax);
    this.#isEvening = true;
    // Finals are decided a while after the last run; what follows from them comes to rest too.
    await this.#schedule.until(isBroken, Math.max(this.#schedule.now, endMs) + finalsMs);
    const isOver = (): boolean => isBroken() || !isUnderWay(this.#database, this.#queue);
    await this.#schedule.until(isOver, this.#schedule.now + 2 * finalsMs);
    if (isBroken()) return;
    await this.#server.compare();
    this.#checker.balances(this.#database.rows(balance));
    const reading = { erp: this.#erp, schedule: this.#schedule, database: this.#database, parts: this.#parts };
    this.#foresight = checkAtRest({
      found: await readDocuments(reading),
      now: this.#schedule.now,
      plan: this.#plan,
      happened: this.#happened,
      database: this.#database,
      books: this.#erp.gate.books,
      disks: this.#places.map((place) => place.disk),
      machines: this.#machines,
      told: this.#told,
      isRestored: this.#restores > 0,
      complain: (law, text) => void this.#violations.push({ law, text }),
    });
    for (const { reference, state } of this.#queue.open())
      this.#violations.push({ law: "outbox-drained", text: `${reference} is ${state} in the ERP's queue` });
  }

  report(): Report {
    const { books } = this.#erp.gate;
    return {
      violations: this.#violations,
      faults: this.#faults,
      deeds: this.#deeds,
      samples: this.#machines.reduce((sum, machine) => sum + machine.said.length, 0),
      postings: [...this.#database.rows(posting)].length,
      documents: books.confirmations.length + books.materialDocuments.filter((d) => d.reference).length,
      reversed: [...this.#database.rows(posting)].filter((row) => row.state === "reversed").length,
      crashes: this.#crashes,
      steps: this.#schedule.steps,
      foresight: this.#foresight,
      log: this.#log,
    };
  }

  #start(place: Place | undefined): void {
    if (!place || place.process?.isAlive) return;
    this.#starts += 1;
    place.process = new Process({
      name: `millrace-${this.#starts}`,
      schedule: this.#schedule,
      site: this.#site,
      disk: place.disk,
      machines: this.#machines,
      erp: this.#erp,
      plan: this.#plan,
      queue: this.#queue,
      connect: (actor) => this.#server.connect(actor),
      spread: () => this.#chance.next(),
      parts: this.#parts,
      log: (line, cause) => this.#note(line, cause),
    });
  }

  /** Whoever reports at a terminal is served by a process, which then looks at once. */
  #wake(): void {
    for (const { process } of this.#places) if (process?.isAlive) process.wake();
  }

  #note(line: string, cause?: unknown): void {
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    this.#log.push(`${new Date(this.#schedule.now).toISOString()} ${line}${why}`);
    if (this.#log.length > 200) this.#log.shift();
  }

  async #step(actor: Actor, at: DatabaseStep, writes: boolean): Promise<void> {
    await this.#schedule.step(actor);
    if (this.#trouble.isLost(actor)) throw new DatabaseError("08006", "the connection was lost");
    if (this.#schedule.now < this.#awayUntil) throw new DatabaseError("08006", "the database does not answer");
    if (writes && at === "commit" && this.#schedule.now < this.#fullUntil)
      throw new DatabaseError("53100", "could not extend file: No space left on device");
    if (at !== "committed" || this.#commitsToLose === 0) return;
    this.#commitsToLose -= 1;
    throw new DatabaseError("08006", "the connection was lost while it committed");
  }

  #watch(actor: Actor): void {
    const place = this.#places.find(({ process }) => process === actor);
    if (!place || this.#crashIn === 0) return;
    this.#crashIn -= 1;
    if (this.#crashIn > 0) return;
    place.process?.kill();
    this.#crashes += 1;
    this.#schedule.at(this.#schedule.now + this.#backAfterMs, () => this.#start(place));
  }

  #startSecond(endsAfterMs: number): void {
    const other = this.#places.find(({ process }) => !process?.isAlive);
    this.#start(other);
    this.#schedule.at(this.#schedule.now + endsAfterMs, () => {
      const [first, ...rest] = this.#places.filter(({ process }) => process?.isAlive);
      // One goes on in any case.
      if (rest.length > 0) first?.process?.kill();
    });
  }

  /** What is to be kept for it beforehand, and that it happens. */
  #expect(fault: PlannedFault): void {
    const madeAt = backupAt(fault, this.#plan.startMs + firstBackupMs);
    if (madeAt !== null) this.#schedule.at(madeAt, () => this.#backUp(fault.kind));
    this.#schedule.at(fault.at, () => {
      this.#faults[fault.kind] = (this.#faults[fault.kind] ?? 0) + 1;
      inject(this.#faulty(), fault);
    });
  }

  #backUp(kind: FaultKind): void {
    if (kind === "erp-restored") return this.#erpBackup.make();
    this.#server.backup();
    this.#decisionsKept = this.#happened.decisions.length;
  }

  #restoreErp(): void {
    const lost = this.#erpBackup.putBack();
    if (!lost) return;
    erpWasPutBack(this.#happened, lost);
    this.#checker.erpRestored(this.#erp.gate.books, unconfirmedNames(this.#database, lost));
  }

  #restore(): void {
    if (!this.#server.hasBackup) return;
    this.#restores += 1;
    this.#happened.restoredAt = this.#schedule.now;
    decisionsWereLost(this.#happened, this.#decisionsKept);
    for (const place of this.#places) {
      place.process?.kill();
      place.process = null;
      place.disk = emptyDisk(`${place.disk.id}, made anew`);
    }
    this.#server.restore(() => this.#checker.restored(this.#database));
    this.#schedule.at(this.#schedule.now + 10_000, () => this.#start(this.#places[0]));
  }

  #changeMap(id: string, inMs: number): void {
    const machine = this.#machines.find((one) => one.plan.id === id);
    if (!machine || this.#changedMaps.has(id)) return;
    const validFrom = machine.now + inMs;
    this.#changedMaps.set(id, validFrom);
    machine.scrapIsGoodFrom = validFrom;
    this.#site = this.#parts.site(siteOf(this.#plan, this.#changedMaps));
    // The site is read when a process starts.
    this.#startAnew();
  }

  /** It is noticed when the memory of it is made anew. */
  #damageKept(id: string, size: number): void {
    const position = this.#database.row(collector, id)?.position ?? null;
    if (position === null) return;
    this.#server.damage(id, size, (damage) => {
      this.#happened.damaged.set(id, { ...damage, position, begunAt: null });
      this.#startAnew();
    });
  }

  #begunAnew(id: string): void {
    const loss = this.#happened.damaged.get(id);
    if (loss) loss.begunAt ??= this.#schedule.now;
    const death = this.#trouble.readerDies(id);
    if (death) this.#crashWithin(death.withinSteps, death.backAfterMs);
  }

  #crashWithin(steps: number, backAfterMs: number): void {
    this.#crashIn = steps;
    this.#backAfterMs = backAfterMs;
  }

  #startAnew(): void {
    for (const place of this.#places.filter(({ process }) => process?.isAlive)) {
      place.process?.kill();
      this.#schedule.at(this.#schedule.now + 5_000, () => this.#start(place));
    }
  }

  #faulty(): Parameters<typeof inject>[0] {
    return {
      schedule: this.#schedule,
      erp: this.#erp,
      happened: this.#happened,
      machine: (id) => this.#machines.find((machine) => machine.plan.id === id),
      postByHand: (share) =>
        postByHand({ erp: this.#erp, queue: this.#queue, happened: this.#happened, manner: this.#plan.manner }, share),
      startSecond: (endsAfterMs) => this.#startSecond(endsAfterMs),
      crashWithin: (...death) => this.#crashWithin(...death),
      databaseAway: (forMs) => {
        this.#awayUntil = Math.max(this.#awayUntil, this.#schedule.now + forMs);
        this.#server.away();
      },
      loseCommits: (count) => {
        this.#commitsToLose += count;
      },
      fillDisks: (forMs) => {
        const disks = this.#places.map((place) => place.disk);
        for (const disk of disks) disk.isFull = true;
        this.#schedule.at(this.#schedule.now + forMs, () => disks.forEach((disk) => (disk.isFull = false)));
      },
      fillDatabase: (forMs) => {
        this.#fullUntil = Math.max(this.#fullUntil, this.#schedule.now + forMs);
      },
      restore: () => this.#restore(),
      restoreErp: () => this.#restoreErp(),
      damageKept: (machine, size) => this.#damageKept(machine, size),
      changeMap: (machine, inMs) => this.#changeMap(machine, inMs),
    };
  }

  /** Nothing more goes wrong. */
  #calm(): void {
    this.#trouble.end();
    this.#erp.gate.faults.clear();
    this.#queue.calm();
    this.#crashIn = 0;
    this.#awayUntil = 0;
    this.#fullUntil = 0;
    this.#commitsToLose = 0;
    for (const place of this.#places) place.disk.isFull = false;
    for (const machine of this.#machines) machine.line.heal();
    // Whoever was ended comes back: what only it has heard, or was still to hear, is in no other buffer.
    for (const place of this.#places) if (place.process) this.#start(place);
  }

  #isQuiet(): boolean {
    if (this.#schedule.now < this.#lookAgainAt) return false;
    // Not at each step: it is a look over everything.
    this.#lookAgainAt = this.#schedule.now + 10_000;
    return isQuiet(this.#database, this.#schedule.now);
  }
}
