/**
 * A batch that cannot be committed although the database answers holds a poison sample: it is halved until the sample
 * stands alone, which is then set aside with the reason, and everything else goes on.
 */
import { referenceTo } from "../record/sample.ts";
import type { SampleBatch } from "../record/sample-batch.ts";
import { collect, inAll, nothingCollected, type CollectReport } from "./collect.ts";
import type { CollectPorts } from "./collect-ports.ts";

type Complain = (message: string, detail: unknown) => void;

export async function isolate(
  ports: CollectPorts,
  buffer: string,
  batches: readonly SampleBatch[],
  complain: Complain,
): Promise<CollectReport> {
  let sum = nothingCollected;
  // One batch after the other: a cursor can stand between two batches, not inside one.
  for (const batch of batches) sum = inAll(sum, await withoutPoison(ports, buffer, batch, complain));
  return sum;
}

async function withoutPoison(
  ports: CollectPorts,
  buffer: string,
  batch: SampleBatch,
  complain: Complain,
): Promise<CollectReport> {
  const poison = new Set<number>();
  for (;;) {
    try {
      const samples = batch.samples.filter((_, i) => !poison.has(i));
      return await collect(ports, buffer, [{ ...batch, samples }]);
    } catch (error) {
      if (!isOfSample(error)) throw error;
      const found = await findPoison(ports, buffer, batch, poison);
      // Not one sample's fault: nothing is guessed, whoever runs this sees it and it is tried again.
      if (found === null) throw error;
      poison.add(found);
      await setAside(ports, batch, found, error);
      complain("A sample could not be read and was set aside.", error);
    }
  }
}

/** Index of a sample without which the batch before it commits, by halving; tried in transactions that never commit. */
async function findPoison(
  ports: CollectPorts,
  buffer: string,
  batch: SampleBatch,
  known: ReadonlySet<number>,
): Promise<number | null> {
  const candidates = batch.samples.map((_, i) => i).filter((i) => !known.has(i));
  let low = 0;
  let high = candidates.length;
  if (high === 0) return null;
  // The shortest beginning that fails ends with the poison.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const part = candidates.slice(0, middle).flatMap((i) => batch.samples[i] ?? []);
    if (await commits(ports, buffer, { ...batch, samples: part })) low = middle;
    else high = middle;
  }
  return candidates[high - 1] ?? null;
}

/** As the store names the statements that write one. */
const checkpoints: ReadonlySet<unknown> = new Set(["collector.save-checkpoint", "collector.save-day"]);

class Rehearsal extends Error {}

async function commits(ports: CollectPorts, buffer: string, batch: SampleBatch): Promise<boolean> {
  const rehearsing: CollectPorts = {
    ...ports,
    store: {
      transaction: (work) =>
        ports.store.transaction(async (tx) => {
          await work(tx);
          throw new Rehearsal("Only tried.");
        }),
    },
  };
  try {
    await collect(rehearsing, buffer, [batch]);
    return true;
  } catch (error) {
    if (error instanceof Rehearsal) return true;
    if (isOfSample(error)) return false;
    throw error;
  }
}

/**
 * Whether a sample can be what has failed: the program broke, or the database refused what it was given. A full disk, a
 * server that stops, a lost connection or a row that cannot be read are no sample's fault, though a smaller batch may
 * happen to get through. Nor is a checkpoint that cannot be written: it holds what all samples before have left in memory.
 */
function isOfSample(error: unknown): boolean {
  if (error instanceof Error && "statement" in error && checkpoints.has(error.statement)) return false;
  const code = error instanceof Error && "code" in error ? String(error.code) : null;
  if (code === null || code.startsWith("ERR_")) return true;
  // SQLSTATE classes: cardinality, data, integrity, raised by a trigger, more than the program's limits allow.
  return /^(21|22|23|P0|54)[0-9A-Z]{3}$/.test(code);
}

async function setAside(ports: CollectPorts, batch: SampleBatch, index: number, error: unknown): Promise<void> {
  const sample = batch.samples[index];
  if (!sample) return;
  const why = `Reading it failed: ${error instanceof Error ? error.message : String(error)}`;
  await ports.store.transaction(async ({ collectors }) => {
    const reference = referenceTo(batch.source, sample, await collectors.timedSince(batch.source));
    await collectors.setAside(batch.source, [{ sample: reference, why }], ports.clock.now());
  });
}
