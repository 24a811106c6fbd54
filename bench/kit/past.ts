/**
 * What a plant has left in its database: days of a hundred thousand facts each, with everything that belongs to them. Production
 * code writes the first two (`past-day.ts`); the others are copies of the first (`past-copy.ts`), and are compared with the second
 * (`past-proof.ts`).
 */
import { requestId } from "../../src/isa95/schedule/operations-request.ts";
import { fullness, type Fullness } from "./bulk.ts";
import type { BenchDatabase } from "./database.ts";
import { copyDays, keepEndOfFirstDay, keepFirstDay, largest } from "./past-copy.ts";
import { pastComponent, pastNumber, pastUnit, PastPlant, type DayShape } from "./past-day.ts";
import { changes, countsOf, differences, unkept, type Counts } from "./past-proof.ts";
import { erpId } from "./plant.ts";

const usual: DayShape = { machines: 10, runs: 10, pieces: 500 };
/** Of a day: pieces and what they used; starts, ends and energy of its runs are few beside them. */
export const factsPerDay = usual.machines * usual.runs * usual.pieces * 2;

export const pastMaterial = pastComponent(0);
export const pastOrder = requestId({ erp: erpId, company: "", number: pastNumber(1, 0) });
export const pastUnits: readonly string[] = Array.from({ length: usual.machines }, (_, machine) => pastUnit(machine));

/** The days that production code writes. */
const written = 2;

export class Past {
  readonly #database: BenchDatabase;
  readonly #plant: PastPlant;
  #days = 0;
  /** What a day adds to each table. */
  #perDay: Counts = new Map();
  #full: Fullness = new Map();

  private constructor(database: BenchDatabase, plant: PastPlant) {
    this.#database = database;
    this.#plant = plant;
  }

  static async open(database: BenchDatabase, shape = usual): Promise<Past> {
    return new Past(database, await PastPlant.open(database, shape));
  }

  /** @returns what is not as production code would have left it, in words */
  async growTo(days: number): Promise<readonly string[]> {
    while (this.#days < Math.min(days, written)) await this.#write();
    const wrong = days > this.#days ? await this.#copy(days) : [];
    await this.#database.ask("vacuum analyze");
    await this.#database.ask("checkpoint");
    return wrong;
  }

  async #write(): Promise<void> {
    const { ask } = this.#database;
    const before = await countsOf(ask);
    const batches = await this.#plant.writeDay(this.#days + 1);
    this.#days += 1;
    this.#perDay = changes(before, await countsOf(ask));
    if (this.#days === 1) await keepFirstDay(this.#database, batches);
    if (this.#days < written) return;
    await this.#plant.close();
    this.#perDay = new Map([...this.#perDay, ["collector_day", await keepEndOfFirstDay(this.#database)]]);
    this.#full = await fullness(ask, largest);
  }

  async #copy(to: number): Promise<readonly string[]> {
    const { ask } = this.#database;
    const before = await countsOf(ask);
    await copyDays(this.#database, { after: this.#days, to }, this.#full);
    const copied = to - this.#days;
    this.#days = to;
    await ask("analyze");
    const wrong: string[] = [];
    for (const [table, added] of changes(before, await countsOf(ask))) {
      const expected = (this.#perDay.get(table) ?? 0) * copied;
      if (added !== expected) wrong.push(`${table}: ${copied} days add ${expected} rows, there are ${added} more`);
    }
    return [...wrong, ...(await differences(ask, written, to)), ...(await unkept(ask))];
  }

  async close(): Promise<void> {
    if (this.#days < written) await this.#plant.close();
  }
}
