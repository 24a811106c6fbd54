/** Gaps in the stream of a source as facts: from when on values may be missing, and whether they were read back. */
import { contentId } from "../base/id.ts";
import type { SourceContext } from "../operations/collection/work.ts";
import type { Fact } from "../record/fact.ts";
import type { SampleBatch } from "../record/sample-batch.ts";

export function gapFacts(context: SourceContext, batch: SampleBatch): Fact[] {
  return batch.gaps.map((gap) => ({
    id: contentId("gap", context.source, gap.state, gap.at, gap.cause),
    source: context.source,
    workUnit: context.workUnit,
    run: null,
    eventAt: gap.at,
    rule: `gap/${gap.state}`,
    mapVersion: context.compiled.map.version,
    revision: 0,
    saidBy: { by: "machine", source: context.source },
    evidence: [],
    body: gap.state === "opened" ? { kind: "GapOpened", cause: gap.cause } : { kind: "GapClosed", filled: gap.filled },
  }));
}
