/** What a run proves: the reasons why it fails, if any, and the closing block for people. Pure. */
import { postedKinds } from "../erp-call.ts";
import { countKills } from "./kill-plan.ts";
import type { ProofRun } from "./run.ts";

export type FailureCode =
  | "differences"
  | "duplicates"
  | "kills-missed"
  | "replies-missed"
  | "unrest"
  | "surprise"
  | "restore";

export interface Failure {
  readonly code: FailureCode;
  readonly text: string;
}

export function failuresOf(run: ProofRun): readonly Failure[] {
  const { check, doubles } = run.evidence;
  const failures: Failure[] = [];
  const add = (code: FailureCode, text: string): void => void failures.push({ code, text });
  if (!check.isClean)
    add("differences", `the ERP differs from what the machine made: ${check.lastLine || "the check did not finish"}`);
  for (const same of doubles.sameKey) {
    add(
      "duplicates",
      `key ${same[0]?.key} stands on ${same.length} documents: ${same.map((one) => one.number).join(", ")}`,
    );
  }
  if (doubles.withoutKey.length > 0) add("duplicates", `${doubles.withoutKey.length} documents carry no key`);
  for (const { class: killClass, planned, hit } of countKills(run.killPlan, run.lives.hits)) {
    if (hit < planned) add("kills-missed", `${killClass}: ${planned} kills planned, ${hit} hit while the machine ran`);
  }
  if (lostReplies(run).total < run.options.lostReplies) {
    add("replies-missed", `${run.options.lostReplies} replies were to be lost, ${lostReplies(run).total} could be`);
  }
  if (run.unrest !== null) add("unrest", `it did not come to rest within ${run.options.restSeconds} s: ${run.unrest}`);
  for (const surprise of run.lives.surprises) add("surprise", surprise);
  if (run.options.restore && run.restore === null) add("restore", "the run was over before the backup");
  if (run.restore?.documentsAfter === 0)
    add("restore", "no document was posted after the backup: nothing was at stake");
  return failures;
}

/** The closing block, line by line; the check's own last line comes first. */
export function closingBlock(run: ProofRun): readonly string[] {
  const { evidence } = run;
  const { machine } = evidence;
  return [
    "",
    evidence.check.lastLine,
    ...evidence.check.differences.slice(0, 20).map((line) => `  ${line}`),
    `documents in the ERP: ${evidence.documentCount}, keys that repeat: ${evidence.doubles.sameKey.length}`,
    ...alikeLines(run),
    `the machine's own order list: ${machine.stored} stored, ${machine.started} started, ${machine.ended} ended, ` +
      `${machine.aborted} aborted, ${machine.takenAway} taken away, ${machine.refused} refused`,
    ...(machine.disagreement === null ? [] : [`  ${machine.disagreement}`]),
    ...unstoredLines(run),
    ...killLines(run),
    ...lostLines(run),
    ...restoreLines(run),
    ...failuresOf(run).map((failure) => `FAILED: ${failure.text}`),
    failuresOf(run).length === 0
      ? `proof holds (${run.seconds} s)`
      : `proof FAILED (${run.seconds} s); logs in ${run.folder}`,
  ];
}

function alikeLines(run: ProofRun): readonly string[] {
  return run.evidence.doubles.sameContent.map((alike) => {
    const [first] = alike;
    return `  alike, with keys of their own: ${first?.kind} for order ${first?.orders.join(", ")}: ${alike.map((one) => one.number).join(", ")}`;
  });
}

function unstoredLines(run: ProofRun): readonly string[] {
  const stories = run.evidence.postedUnstored;
  const byReason = [...Map.groupBy(stories, (story) => story.reason ?? "")].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  return [
    `posted without having been stored in the machine first: ${stories.length} orders`,
    ...byReason.map(([reason, alike]) => `  ${reason}: ${alike.map((story) => story.order).join(", ")}`),
  ];
}

function killLines(run: ProofRun): readonly string[] {
  const { hits } = run.lives;
  if (run.killPlan.length === 0) return [];
  const counts = countKills(run.killPlan, hits);
  const total = counts.reduce((sum, count) => sum + count.hit, 0);
  const anytime = hits.filter((hit) => hit.class === "anytime").length;
  return [
    `kill -9 while the machine ran: ${total} of ${run.killPlan.length} planned` +
      (anytime > 0 ? `, and ${anytime} elsewhere` : ""),
    ...counts.map(({ class: killClass, planned, hit }) => `  ${killClass}: ${hit} of ${planned}`),
    ...hits.map((hit, place) => `  ${place + 1}. ${hit.class} at record ${hit.index} of ${hit.count}: ${hit.about}`),
  ];
}

interface LostReplies {
  readonly total: number;
  readonly byKind: string;
}

function lostReplies(run: ProofRun): LostReplies {
  const lost = run.evidence.incidents.filter((incident) => incident.fate === "lose-reply");
  const counts = postedKinds.map((kind) => `${lost.filter((incident) => incident.call.kind === kind).length} ${kind}`);
  return { total: lost.length, byKind: counts.join(", ") };
}

function lostLines(run: ProofRun): readonly string[] {
  if (run.options.lostReplies === 0) return [];
  const { total, byKind } = lostReplies(run);
  return [`replies lost after the ERP had committed: ${total} of ${run.options.lostReplies} (${byKind})`];
}

function restoreLines({ restore }: ProofRun): readonly string[] {
  if (restore === null) return [];
  const { backedUpAt, killedAt, documentsAfter } = restore;
  return [
    `restored from a backup at record ${backedUpAt}, after a kill at record ${killedAt} and ${documentsAfter} documents that it did not know`,
  ];
}
