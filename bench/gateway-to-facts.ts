/**
 * Samples fed directly into the gateway: durable in its buffer, consumed, read by the map, and committed in PostgreSQL
 * as facts, ledger, postings and kept samples. Floor: the same samples through the buffer alone.
 * Run: npx node bench/gateway-to-facts.ts [million samples]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unwrap } from "../src/base/result.ts";
import { openBuffer } from "../src/gateway/buffer.ts";
import { openBenchDatabase } from "./kit/database.ts";
import { drive, silent, throughToFacts, type Intake, type Offer } from "./kit/intake.ts";
import { frameSamples, mixWords } from "./kit/load.ts";
import { compare, harvest } from "./kit/proof.ts";
import { note, open, perSecond, report } from "./kit/table.ts";

const offer: Offer = {
  machines: 20,
  warmUpFrames: 20_000,
  frames: Math.round((Number(process.argv.find((arg) => /^[\d.]+$/.test(arg)) ?? 1.5) * 1e6) / frameSamples),
};

open();
const floor = await bufferAlone();
report({ name: `buffer alone, ${offer.machines} sources`, unit: "samples", ...floor, floor: null, wrong: [] });
await toFacts(perSecond(floor));

async function bufferAlone(): Promise<Intake> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const buffer = unwrap(await openBuffer({ file: join(folder, "buffer.sqlite"), log: silent }));
  const stop = new AbortController();
  let through = 0;
  let samples = 0;
  const consumer = (async () => {
    for await (const batches of buffer.consume(0, stop.signal, { maxSamples: 20_000 })) {
      for (const batch of batches) samples += batch.samples.length;
      through = batches.at(-1)?.seq ?? through;
    }
  })();
  const intake = await drive({ buffer, consumed: () => through, samples: () => samples }, offer);
  stop.abort();
  await consumer;
  await buffer.close();
  rmSync(folder, { recursive: true, force: true });
  return intake;
}

async function toFacts(floorPerSecond: number): Promise<void> {
  const database = await openBenchDatabase();
  const { failures, said, ...intake } = await throughToFacts(database, offer);
  const wrong = [...failures, ...(await compare(database, said))];
  const harvested = await harvest(database);
  await database.close();
  const name = `gateway to facts, ${offer.machines} sources`;
  report({ name, unit: "samples", ...intake, floor: { perSecond: floorPerSecond }, wrong });
  note(`${mixWords}: ${harvested}`);
}
