/**
 * What is looked at after a run, none of it through Millrace: the ERP peer's own check against the machine's files, the
 * documents in the ERP, the machine's list of job orders, and what the proxy did.
 */
import { join } from "node:path";
import { runChild } from "../child.ts";
import type { Incident } from "../fault-proxy.ts";
import { sapUser } from "../sap/peer.ts";
import type { DaySet } from "./day-set.ts";
import { findDoubles, readDocuments, type Doubles } from "./documents.ts";
import { readJournal } from "./journal-line.ts";
import { orderStories, type OrderStory, type Outage } from "./order-story.ts";
import type { Stage } from "./stage.ts";

export interface Evidence {
  readonly check: CheckOutcome;
  readonly documentCount: number;
  readonly doubles: Doubles;
  readonly machine: MachineWord;
  /** ERP orders with documents that were not stored in the machine when their job started. */
  readonly postedUnstored: readonly OrderStory[];
  readonly incidents: readonly Incident[];
}

export interface CheckOutcome {
  /** Exit code 0 and no difference. */
  readonly isClean: boolean;
  readonly lastLine: string;
  readonly differences: readonly string[];
}

/** Counts of the machine's own list. */
export interface MachineWord {
  readonly stored: number;
  readonly started: number;
  readonly ended: number;
  readonly aborted: number;
  readonly takenAway: number;
  readonly refused: number;
  /** What was seen from outside is not all that happened inside. */
  readonly disagreement: string | null;
}

export interface Scene {
  readonly set: DaySet;
  readonly stage: Stage;
  readonly outages: readonly Outage[];
  /** Folder of the peers, for the ERP's check. */
  readonly peers: string;
  readonly folder: string;
}

export async function examine({ set, stage, outages, peers, folder }: Scene): Promise<Evidence> {
  const documents = await readDocuments(stage.erpUrl);
  const posted = new Set(documents.flatMap((document) => document.orders));
  const journal = await readJournal(stage.journalFile);
  const stories = orderStories(set.orders, journal, outages);
  return {
    check: await check(set.expectedFile, stage.erpUrl, { peers, folder }),
    documentCount: documents.length,
    doubles: findDoubles(documents),
    machine: machineWord(stage, journal),
    postedUnstored: stories.filter((story) => !story.storedBefore && posted.has(story.order)),
    incidents: stage.proxy.incidents,
  };
}

async function check(
  expectedFile: string,
  erpUrl: string,
  at: { peers: string; folder: string },
): Promise<CheckOutcome> {
  const end = await runChild(
    {
      name: "check",
      command: process.execPath,
      args: [join(at.peers, "sap", "check.mjs"), expectedFile, erpUrl],
      env: { SAP_USER: sapUser.name, SAP_PASS: sapUser.password },
      logFile: join(at.folder, "check.log"),
    },
    120_000,
  );
  const lines = end.stdout.trimEnd().split("\n");
  const lastLine = lines.at(-1) ?? "";
  return { isClean: end.code === 0 && lastLine.endsWith(": 0 differences"), lastLine, differences: lines.slice(0, -1) };
}

function machineWord(stage: Stage, journal: Awaited<ReturnType<typeof readJournal>>): MachineWord {
  const { observer } = stage;
  const inside = {
    stored: journal.filter((line) => line.call === "store" && line.verdict === "stored").length,
    started: journal.filter((line) => line.call === "command" && line.name === "machineStart" && line.done).length,
  };
  const isSame = inside.stored === observer.count("stored") && inside.started === observer.count("started");
  return {
    stored: observer.count("stored"),
    started: observer.count("started"),
    ended: observer.count("ended"),
    aborted: observer.count("aborted"),
    takenAway: observer.count("cleared") + observer.count("cancelled"),
    refused: journal.filter((line) => line.call === "store" && line.verdict !== "stored").length,
    disagreement:
      isSame && !observer.hasGaps()
        ? null
        : `its list was seen with gaps: inside ${inside.stored} stored, ${inside.started} started`,
  };
}
