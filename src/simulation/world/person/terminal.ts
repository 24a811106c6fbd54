/**
 * People at a work unit without a controller: they load, count and finish their orders at the terminal, by the production
 * code of reports, and make mistakes that they or a supervisor put right: at once, or when the ERP has it. What they were
 * told was taken counts as true (`Told`): whatever happens, that is what must stand in the record.
 */
import { isDeepStrictEqual } from "node:util";
import { instant, type Instant } from "../../../base/instant.ts";
import { whole } from "../../../base/quantity.ts";
import type { Result } from "../../../base/result.ts";
import { reportAtUnit, type ReportOutcome } from "../../../flows/report.ts";
import type { Report } from "../../../flows/report-scene.ts";
import type { PersonKey } from "../../../isa95/resource/person.ts";
import type { Said } from "../../../record/statement.ts";
import type { Site } from "../../../site/site.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { jobOrder } from "../../store/schema/order.ts";
import { posting } from "../../store/schema/posting.ts";
import { run } from "../../store/schema/shop-floor.ts";
import { otherLot } from "../bench.ts";
import type { BenchJob, BenchPlan } from "../plan.ts";
import type { Complain } from "../checker/finding.ts";
import { insist, type ClickPorts } from "./click.ts";

/** What was said about one job and taken. */
export interface Told {
  readonly order: string;
  good: number;
  scrap: number;
  /** What good pieces were made of; null: nobody could say. */
  lot: string | null;
}

export interface TerminalPorts extends Pick<ClickPorts, "clock" | "stores" | "did" | "log"> {
  readonly site: Site;
  readonly database: MemoryDatabase;
  readonly complain: Complain;
  readonly isOver: () => boolean;
  /** Delivery looks again. */
  readonly onReported: () => void;
}

// Keys of the simulation.
const [ann, bob, eve] = ["p-ann", "p-bob", "p-eve"] as [PersonKey, PersonKey, PersonKey];
const minuteMs = 60_000;
const patienceMs = 40 * minuteMs;

export async function workAt(ports: TerminalPorts, bench: BenchPlan, told: (job: Told) => void): Promise<void> {
  for (const job of bench.jobs) {
    const desk = new Desk(ports, bench, job);
    told(desk.told);
    await ports.clock.sleep(Math.max(0, job.at - ports.clock.now()));
    if (!ports.isOver()) await desk.work();
  }
}

interface Kept {
  readonly statement: string;
  readonly eventAt: Instant | null;
}

/** One job at the bench, from its set-up until somebody has put right what was wrong. */
class Desk {
  readonly told: Told;
  readonly #ports: TerminalPorts;
  readonly #unit: string;
  readonly #job: BenchJob;
  #said = 0;
  /** When it happens that is said next; null: now. */
  #at: number | null;

  constructor(ports: TerminalPorts, bench: BenchPlan, job: BenchJob) {
    this.#ports = ports;
    this.#unit = `U-${bench.id}`;
    this.#job = job;
    this.#at = job.backDatedTo;
    this.told = { order: job.order, good: 0, scrap: 0, lot: null };
  }

  async work(): Promise<void> {
    const id = await this.#jobOrder();
    if (id === null || !(await this.#say({ kind: "start", jobOrder: id, phase: "setup" }))) return;
    if (this.#at !== null) this.#ports.did("back-dated-job");
    const load = await this.#load(this.#has("wrong-lot") ? otherLot(this.#job.lot) : this.#job.lot);
    await this.#say({ kind: "phase", phase: "production" });
    let last: (Kept & { readonly good: number }) | null = null;
    for (const [index, { good, scrap }] of this.#job.counts.entries()) {
      await this.#pause();
      last = await this.#count(index, good);
      if (scrap > 0 && (await this.#say(count("scrap", scrap)))) this.told.scrap += scrap;
    }
    await this.#finish();
    if (this.#has("wrong-lot") && load) await this.#correctLot(load);
    if (this.#has("late-correction") && last) last = await this.#correctLate(last);
    if (this.#has("other-grade") && last) await this.#correctGrade(last);
  }

  #has(slip: BenchJob["slips"][number]): boolean {
    return this.#job.slips.includes(slip);
  }

  async #pause(): Promise<void> {
    if (this.#at === null) await this.#ports.clock.sleep(this.#job.pauseMs);
    else this.#at += 80 * minuteMs;
  }

  /** What the screen shows of the order. */
  async #jobOrder(): Promise<string | null> {
    const { clock, database, isOver } = this.#ports;
    for (let waited = 0; waited < patienceMs && !isOver(); waited += minuteMs) {
      const found = [...database.rows(jobOrder)].find((row) => row.request.endsWith(`/${this.#job.order}`));
      if (found) return found.id;
      await clock.sleep(minuteMs);
    }
    return null;
  }

  async #load(lot: string): Promise<Kept | null> {
    const kept = await this.#say(load(lot));
    if (kept) this.told.lot = lot;
    return kept;
  }

  /** Counts, wrongly now and then; what is wrong is put right by whoever counted. @returns what stands */
  async #count(index: number, good: number): Promise<(Kept & { readonly good: number }) | null> {
    const { did } = this.#ports;
    const isFirst = index === 0;
    if (isFirst && this.#has("two-tablets") && this.#at === null) return this.#countTogether(good);
    const wrong = isFirst && this.#has("wrong-count") ? good + 100 : good;
    const kept = await this.#say(count("good", wrong));
    if (!kept) return null;
    this.told.good += wrong;
    if (wrong !== good) {
      const right = await this.#say(count("good", good), { corrects: kept.statement });
      if (!right) return { ...kept, good: wrong };
      this.told.good += good - wrong;
      did("wrong-count");
      return { ...right, good };
    }
    if (index !== 1 || !this.#has("count-taken-back")) return { ...kept, good };
    if (!(await this.#say({ kind: "take-back" }, { corrects: kept.statement }))) return { ...kept, good };
    this.told.good -= good;
    did("count-taken-back");
    return null;
  }

  /** Two tablets at one bench: each counts its own, at the same moment. */
  async #countTogether(good: number): Promise<(Kept & { readonly good: number }) | null> {
    const [mine, theirs] = await Promise.all([
      this.#say(count("good", good)),
      this.#say(count("good", good), { person: bob, screen: 1 }),
    ]);
    for (const one of [mine, theirs]) if (one) this.told.good += good;
    this.#ports.did("two-counts-at-once");
    return mine && { ...mine, good };
  }

  /** What is left on the spool goes back, and the bench is free. */
  async #finish(): Promise<void> {
    await this.#pause();
    await this.#say({ kind: "finish" });
    await this.#say({ kind: "unload", position: "spool", returned: null });
  }

  /** It turns out that another spool had been on, when the ERP has the use of it already. */
  async #correctLot({ statement }: Kept): Promise<void> {
    await this.#untilPosted();
    if (!(await this.#correct(load(this.#job.lot), statement))) return;
    this.told.lot = this.#job.lot;
    this.#ports.did("wrong-lot");
  }

  /** @returns what stands */
  async #correctLate(last: Kept & { readonly good: number }): Promise<Kept & { readonly good: number }> {
    await this.#untilPosted();
    const { statement, good } = last;
    const right = good > 2 ? good - 2 : good + 5;
    const kept = await this.#correct(count("good", right), statement);
    if (!kept) return last;
    this.told.good += right - good;
    this.#ports.did("late-correction");
    return { ...kept, good: right };
  }

  /** All that was counted good the last time turns out to be scrap. */
  async #correctGrade({ statement, good }: Kept & { readonly good: number }): Promise<void> {
    await this.#untilPosted();
    if (!(await this.#correct(count("scrap", good), statement))) return;
    this.told.good -= good;
    this.told.scrap += good;
    this.#ports.did("other-grade");
  }

  /** A supervisor, at two screens: of two corrections of one statement one is taken. */
  async #correct(said: Said, corrects: string): Promise<Kept | null> {
    const both = await Promise.all(
      [0, 1].map((screen) => this.#say(said, { corrects, person: eve, because: "Looked at again.", screen })),
    );
    const [first, second] = both;
    if (first && second) this.#ports.complain("decided-once", `statement ${corrects} was corrected twice`);
    return first ?? second ?? null;
  }

  async #untilPosted(): Promise<void> {
    const { clock, database, isOver } = this.#ports;
    const isPosted = (): boolean =>
      [...database.rows(run)]
        .filter((row) => row.work_unit === this.#unit)
        .some(({ id, job }) => {
          const own = job.startsWith(this.#job.order) ? database.find(posting, "run", id) : [];
          return own.length > 0 && own.every((row) => row.state === "confirmed");
        });
    for (let waited = 0; waited < patienceMs && !isOver() && !isPosted(); waited += minuteMs)
      await clock.sleep(minuteMs);
  }

  /** Every third word is clicked twice. @returns null when it was not taken */
  async #say(
    said: Said,
    more: { corrects?: string; person?: PersonKey; because?: string; screen?: number } = {},
  ): Promise<Kept | null> {
    const { site, clock, stores, did, complain, onReported } = this.#ports;
    const { corrects = null, person, because = null, screen = 0 } = more;
    this.#said += 1;
    const command = `terminal/${this.#job.order}/${this.#said}`;
    const isBackDated = this.#at !== null && corrects === null;
    const eventAt = isBackDated && this.#at !== null ? instant((this.#at += minuteMs)) : null;
    const isSupervisor = this.#at !== null || person === eve;
    const report: Report = {
      unit: this.#unit,
      said,
      at: eventAt,
      way: isBackDated ? "back-dated" : "terminal",
      because: isBackDated ? "It was kept on paper." : because,
      corrects,
      terminal: `tablet-${screen}`,
      person: isSupervisor ? eve : (person ?? ann),
      mayBackDate: isSupervisor,
      maySubstitute: false,
    };
    const store = stores[screen === 1 ? 1 : 0];
    const once = (): Promise<Result<ReportOutcome>> =>
      reportAtUnit({ site, clock, store, onReported }, command, report);
    const isTwice = this.#said % 3 === 0;
    const answers = await Promise.all((isTwice ? [once, once] : [once]).map((one) => insist(this.#ports, one)));
    if (isTwice) did("said-twice");
    const [first, second] = answers.map((one) => (one?.ok ? { ...one.value, isNew: null } : one));
    if (first && second && !isDeepStrictEqual(first, second))
      complain("decided-once", `${command} was said twice and answered in two ways`);
    const done = answers.find((one) => one?.ok);
    return done?.ok ? { statement: done.value.statement, eventAt } : null;
  }
}

function count(grade: "good" | "scrap", pieces: number): Said {
  return { kind: "count", grade, quantity: whole(pieces, "C62"), reason: null };
}

/** A spool that nobody has measured. */
function load(lot: string): Said {
  return {
    kind: "load",
    material: "WIRE",
    lot,
    handlingUnit: null,
    position: "spool",
    quantity: null,
    substitutes: null,
  };
}
