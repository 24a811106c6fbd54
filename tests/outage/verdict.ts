/**
 * What is looked at after an outage: what Millrace says of itself (`reconcile --json`), and, not through Millrace, the
 * ERP's books against what the machines have really made, and whether any key stands there twice.
 */
import { systemClock } from "../../src/base/clock.ts";
import { unwrap } from "../../src/base/result.ts";
import { readRuntime } from "../../src/app/runtime-file.ts";
import { closingTable } from "../../src/simulation/demo/closing.ts";
import type { PlantSimulation } from "../../src/simulation/plant.ts";
import { openDatabase } from "../../src/store/connection.ts";
import { postgresStore } from "../../src/store/store.ts";
import type { MillraceProcess, Reconciled } from "./process.ts";

export interface Verdict {
  /** Null: it did not come to rest within the time, and this is how it stood. */
  readonly rest: string | null;
  readonly reconciled: Reconciled | null;
  /** Machines, facts and books, where any two differ. */
  readonly differences: readonly string[];
  /** Keys that stand on more than one document of one kind. */
  readonly doubles: readonly string[];
  readonly documents: number;
}

const sources = ["cut-1", "cut-2"] as const;

/**
 * All is made, nothing waits anywhere, and nothing for a person, twice in a row.
 *
 * @returns null, or how it stood when the time was over
 */
async function untilRest(plant: PlantSimulation, millrace: MillraceProcess, ms: number): Promise<string | null> {
  let said = "it cannot be asked";
  for (let rests = 0, end = Date.now() + ms; Date.now() < end; await systemClock.sleep(250)) {
    const status = plant.isMade() ? await millrace.status() : null;
    if (!plant.isMade()) said = "the machines have not made everything";
    else if (status) said = JSON.stringify(status);
    const isLeft = status !== null && status.outbox.refused + status.quarantine + status.questions > 0;
    rests = status?.ready === true && status.idle && !isLeft ? rests + 1 : 0;
    if (rests === 2) return null;
  }
  return said;
}

export async function judge(plant: PlantSimulation, millrace: MillraceProcess, restMs = 240_000): Promise<Verdict> {
  const rest = await untilRest(plant, millrace, restMs);
  const { connectionString } = unwrap(await readRuntime(millrace.data));
  const database = openDatabase({ connectionString, connectionsMax: 1, log: () => undefined });
  try {
    const rows = await closingTable(plant, postgresStore(database), sources, []);
    return {
      rest,
      reconciled: rest === null ? await millrace.reconcile() : null,
      differences: rows.flatMap(({ differences }) => differences),
      doubles: doubledKeys(plant),
      documents: rows.reduce((sum, row) => sum + row.documents, 0),
    };
  } finally {
    await database.close();
  }
}

/** What is wrong, in words; empty: the outage has cost nothing and doubled nothing. */
export function failuresOf(verdict: Verdict): readonly string[] {
  const { rest, reconciled, differences, doubles } = verdict;
  return [
    ...(rest === null ? [] : [`no rest: ${rest}`]),
    ...(reconciled && reconciled.unexplained + reconciled.notCompared > 0
      ? [`unexplained: ${JSON.stringify(reconciled)}`]
      : []),
    ...differences,
    ...doubles.map((key) => `twice: ${key}`),
  ];
}

function doubledKeys({ erp: { books } }: PlantSimulation): readonly string[] {
  const keys = [
    ...books.confirmations.map(({ externalKey }) => `confirmation ${externalKey ?? "without key"}`),
    ...books.materialDocuments.filter(({ code }) => code !== "").map(({ reference }) => `movement ${reference}`),
  ];
  return [...Map.groupBy(keys, (key) => key)].flatMap(([key, alike]) => (alike.length > 1 ? [key] : []));
}
