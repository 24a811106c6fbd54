/** The store over a database in memory: one transaction, the repositories on it that the simulation needs. */
import type { Store, Tx } from "../../flows/ports.ts";
import { absent } from "./absent.ts";
import { attentionRepository } from "./attention-repository.ts";
import { collectorRepository } from "./collector-repository.ts";
import { auditRepository, commandRepository } from "./command-repository.ts";
import type { Client, Query } from "./database.ts";
import { correctionRepository } from "./correction-repository.ts";
import { decisionRepository } from "./decision-repository.ts";
import { factRepository } from "./fact-repository.ts";
import { finalityRepository } from "./finality-repository.ts";
import { instructionRepository } from "./instruction-repository.ts";
import { jobOrderRepository } from "./job-order-repository.ts";
import { ledgerRepository } from "./ledger-repository.ts";
import { inboxRepository, requestRepository } from "./order-repository.ts";
import { outageRepository } from "./outage-repository.ts";
import { postingRepository } from "./posting-repository.ts";
import { runRepository } from "./run-repository.ts";
import { siteRepository, statusRepository } from "./site-repository.ts";
import { statementRepository } from "./statement-repository.ts";
import { terminalView } from "./terminal-view.ts";

export function memoryStore(client: Client): Store {
  return { transaction: (work) => client.transaction((query) => work(txOf(query))) };
}

/** Repositories of a transaction that the memory store does not keep; the README lists them. */
const absentRepositories = [
  "notices",
  "retention",
  "accounts",
  "sessions",
  "apiKeys",
  "signIns",
  "reconciliations",
  "conversations",
  "masterData",
] as const satisfies readonly (keyof Tx)[];

type AbsentOnes = Pick<Tx, (typeof absentRepositories)[number]>;
const noneOfThem: unknown = Object.fromEntries(absentRepositories.map((name) => [name, absent(name)]));
// There is one for each name.
const absentOnes = noneOfThem as AbsentOnes;

function txOf(query: Query): Tx {
  return {
    commands: commandRepository(query),
    collectors: collectorRepository(query),
    facts: factRepository(query),
    runs: runRepository(query),
    requests: requestRepository(query),
    jobOrders: jobOrderRepository(query),
    inbox: inboxRepository(query),
    ledger: ledgerRepository(query),
    postings: postingRepository(query),
    outages: outageRepository(query),
    finalities: finalityRepository(query),
    corrections: correctionRepository(query),
    instructions: instructionRepository(query),
    attention: attentionRepository(query),
    decisions: decisionRepository(query),
    statements: statementRepository(query),
    terminal: terminalView(query),
    site: siteRepository(query),
    status: statusRepository(query),
    audit: auditRepository(query),
    ...absentOnes,
  };
}
