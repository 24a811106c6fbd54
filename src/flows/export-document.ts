/** What we hold of a noun, as a document without a verb: for whoever moves in, out, or looks. Reads only. */
import { fail, type Result } from "../base/result.ts";
import type { Form } from "../document/received.ts";
import type { Document } from "../isa95/b2mml/document.ts";
import type { Noun } from "../isa95/b2mml/noun.ts";
import { masterNounNames, masterNouns } from "../isa95/master-data/noun.ts";
import { partnerOf, type ConversePorts } from "./converse.ts";
import type { Tx } from "./ports.ts";
import { shownOf } from "./shown-documents.ts";
import type { Shown } from "./shown-limit.ts";
import { isJobNoun, shownJobs, type JobNoun } from "./shown-job.ts";
import { everyThing, exportNoun, shownThings } from "./shown-master-data.ts";

const kept: ReadonlySet<Noun> = new Set(
  masterNounNames.flatMap((noun): readonly Noun[] => [masterNouns[noun].container, noun]),
);

/** Those of them that hold many: a document without a verb is one thing. */
const jobNouns = [
  "WorkSchedule",
  "JobList",
  "WorkPerformance",
  "JobResponseList",
] as const satisfies readonly JobNoun[];

/** Nouns of which what we hold can be written. */
export const exportedNouns: readonly Noun[] = ["OperationsSchedule", "OperationsPerformance", ...jobNouns, ...kept];

/** What is exported. */
export interface ExportAsked {
  /** One of `exportedNouns`. */
  readonly noun: Noun;
  /** Numbers of orders, IDs of things; `*` stands for anything. */
  readonly like: string;
  /** Null: the only ERP that speaks B2MML. */
  readonly erp: string | null;
  readonly form: Form;
}

/**
 * The document. Things of one kind come inside of the noun that carries them.
 *
 * @fault refused   b2mml/unknown-sender  no such ERP, or several; transient b2mml/partner-away
 * @fault refused   b2mml/too-much        more fits than one document shows
 * @fault invalid   b2mml/unwritable
 */
export async function exportDocument(ports: ConversePorts, asked: ExportAsked): Promise<Result<string>> {
  const partner = partnerOf(ports, null, asked.erp);
  if (!partner.ok) return partner;
  const { erp, conversation } = partner.value;
  const shown = await ports.store.transaction((tx) => shownNow(tx, ports, erp, asked));
  const [reason] = shown.reasons;
  if (reason !== undefined) return fail("refused", "b2mml/too-much", reason);
  const [content] = shown.content;
  // made for this noun by `shownNow`
  const document = { verb: null, noun: exportNoun(asked.noun), content: [content] } as Document;
  return conversation.write(document, asked.form);
}

function shownNow(tx: Tx, { site }: ConversePorts, erp: string, { noun, like }: ExportAsked): Promise<Shown> {
  if (noun === "OperationsSchedule" || noun === "OperationsPerformance") {
    return shownOf(tx, erp, noun, { orders: [like], keys: [] });
  }
  if (isJobNoun(noun)) return shownJobs(tx, erp, noun, { orders: [like], jobOrders: [], runs: [] });
  return shownThings(tx, { site, erp }, exportNoun(noun), everyThing(noun, like, erp));
}
