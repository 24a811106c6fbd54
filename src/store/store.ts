/** The store over PostgreSQL: one transaction, all repositories on it. */
import type { Store, Tx } from "../flows/ports.ts";
import { accountRepository } from "./account-repository.ts";
import { apiKeyRepository } from "./api-key-repository.ts";
import { attentionRepository } from "./attention-repository.ts";
import { auditRepository } from "./audit-repository.ts";
import { collectorRepository } from "./collector-repository.ts";
import { commandRepository } from "./command-repository.ts";
import type { Database, Query } from "./connection.ts";
import { correctionRepository } from "./correction-repository.ts";
import { conversationRepository } from "./conversation-repository.ts";
import { decisionRepository } from "./decision-repository.ts";
import { factRepository } from "./fact-repository.ts";
import { finalityRepository } from "./finality-repository.ts";
import { inboxRepository } from "./inbox-repository.ts";
import { instructionRepository } from "./instruction-repository.ts";
import { jobOrderRepository } from "./job-order-repository.ts";
import { ledgerRepository } from "./ledger-repository.ts";
import { masterDataRepository } from "./master-data-repository.ts";
import { noticeRepository } from "./notice-repository.ts";
import { outageRepository } from "./outage-repository.ts";
import { reconciliationRepository } from "./reconciliation-repository.ts";
import { postingRepository } from "./posting-repository.ts";
import { requestRepository } from "./request-repository.ts";
import { retentionRepository } from "./retention.ts";
import { runRepository } from "./run-repository.ts";
import { sessionRepository, signInRepository } from "./session-repository.ts";
import { siteRepository } from "./site-repository.ts";
import { statementRepository } from "./statement-repository.ts";
import { statusRepository } from "./status-repository.ts";
import { terminalView } from "./view/terminal-view.ts";

export function postgresStore(database: Database): Store {
  return { transaction: (work) => database.transaction((query) => work(txOf(query))) };
}

function txOf(query: Query): Tx {
  return {
    commands: commandRepository(query),
    statements: statementRepository(query),
    terminal: terminalView(query),
    collectors: collectorRepository(query),
    facts: factRepository(query),
    runs: runRepository(query),
    requests: requestRepository(query),
    jobOrders: jobOrderRepository(query),
    inbox: inboxRepository(query),
    conversations: conversationRepository(query),
    masterData: masterDataRepository(query),
    ledger: ledgerRepository(query),
    postings: postingRepository(query),
    finalities: finalityRepository(query),
    instructions: instructionRepository(query),
    attention: attentionRepository(query),
    notices: noticeRepository(query),
    decisions: decisionRepository(query),
    corrections: correctionRepository(query),
    site: siteRepository(query),
    status: statusRepository(query),
    retention: retentionRepository(query),
    reconciliations: reconciliationRepository(query),
    outages: outageRepository(query),
    accounts: accountRepository(query),
    sessions: sessionRepository(query),
    apiKeys: apiKeyRepository(query),
    signIns: signInRepository(query),
    audit: auditRepository(query),
  };
}
