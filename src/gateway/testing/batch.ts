/** Batches for the gateway's tests: short to write, different in every sample. */
import { instant } from "../../base/instant.ts";
import type { BatchContent } from "../../record/sample-batch.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";

export function sampleAt(at: number, value: SampleValue = at, item = "Production/GoodPieces"): Sample {
  return { item, at: instant(at), receivedAt: instant(at + 5), status: 0, value, mark: "" };
}

/** A complete batch with one sample per time. */
export function batchOf(...times: readonly number[]): BatchContent {
  return { samples: times.map((at) => sampleAt(at)), complete: true, gaps: [] };
}
