/**
 * What each commit has changed, for whoever shows it: a store that notes which work units, orders and postings a
 * transaction touches, and tells after its commit. It sees every flow, because every flow writes through the store.
 */
import type { Store, Tx } from "../ports.ts";

/** What one transaction has touched. */
export interface Changes {
  readonly units: ReadonlySet<string>;
  readonly orders: ReadonlySet<string>;
  readonly postings: ReadonlySet<string>;
  /** Runs whose order is not known here. */
  readonly runs: ReadonlySet<string>;
  /** The lists of what is to be mended may have changed. */
  readonly mend: boolean;
}

/** @param onChanges called after the commit; must not throw and must not wait */
export function watchedStore(store: Store, onChanges: (changes: Changes) => void): Store {
  return {
    async transaction(work) {
      let noted = nothing();
      const result = await store.transaction((tx) => {
        // A transaction that is run again begins anew.
        noted = nothing();
        return work(noting(tx, noted));
      });
      const { units, orders, postings, runs, mend } = noted;
      if (mend || units.size + orders.size + postings.size + runs.size > 0) onChanges(noted);
      return result;
    },
  };
}

interface Noted {
  readonly units: Set<string>;
  readonly orders: Set<string>;
  readonly postings: Set<string>;
  readonly runs: Set<string>;
  mend: boolean;
}

function nothing(): Noted {
  return { units: new Set(), orders: new Set(), postings: new Set(), runs: new Set(), mend: false };
}

function noting(tx: Tx, noted: Noted): Tx {
  return {
    ...tx,
    facts: {
      ...tx.facts,
      append: (facts, at) => {
        for (const fact of facts) noted.units.add(fact.workUnit);
        return tx.facts.append(facts, at);
      },
    },
    runs: notingRuns(tx.runs, noted),
    requests: {
      ...tx.requests,
      save: (request, from, at) => {
        noted.orders.add(request.id);
        return tx.requests.save(request, from, at);
      },
    },
    jobOrders: {
      ...tx.jobOrders,
      insert: (jobOrders) => {
        for (const jobOrder of jobOrders) noted.orders.add(jobOrder.request);
        return tx.jobOrders.insert(jobOrders);
      },
      save: (row) => {
        noted.orders.add(row.jobOrder.request);
        if (row.jobOrder.workUnit !== null) noted.units.add(row.jobOrder.workUnit);
        return tx.jobOrders.save(row);
      },
    },
    postings: notingPostings(tx.postings, noted),
    attention: notingAttention(tx.attention, noted),
    finalities: {
      ...tx.finalities,
      insert: (finality) => {
        noted.orders.add(finality.request);
        return tx.finalities.insert(finality);
      },
      save: (finality) => {
        noted.orders.add(finality.request);
        return tx.finalities.save(finality);
      },
    },
    decisions: notingDecisions(tx.decisions, noted),
  };
}

function notingRuns(runs: Tx["runs"], noted: Noted): Tx["runs"] {
  return {
    ...runs,
    begin: (run, stored) => {
      noted.units.add(run.workUnit);
      return runs.begin(run, stored);
    },
    end: (id, at, result) => {
      noted.runs.add(id);
      return runs.end(id, at, result);
    },
    reopen: (id) => {
      noted.runs.add(id);
      return runs.reopen(id);
    },
    decide: (id, ...told) => {
      noted.runs.add(id);
      return runs.decide(id, ...told);
    },
    putInPlace: (id, heir) => {
      noted.runs.add(id);
      return runs.putInPlace(id, heir);
    },
  };
}

function notingPostings(postings: Tx["postings"], noted: Noted): Tx["postings"] {
  return {
    ...postings,
    plan: (planned, at, inDoubt) => {
      for (const { id, request } of planned) {
        noted.postings.add(id);
        noted.orders.add(request);
      }
      return postings.plan(planned, at, inDoubt);
    },
    beginSending: (sent, epoch, at) => {
      for (const { id } of sent) noted.postings.add(id);
      return postings.beginSending(sent, epoch, at);
    },
    settle: async (settlements, epoch, at) => {
      const settled = await postings.settle(settlements, epoch, at);
      for (const id of settled) noted.postings.add(id);
      if (settled.length > 0) noted.mend = true;
      return settled;
    },
    doubtOlder: async (erp, epoch, at) => {
      const doubted = await postings.doubtOlder(erp, epoch, at);
      noted.mend ||= doubted > 0;
      return doubted;
    },
    doubtAbandoned: async (erp, epoch, inFlight, at) => {
      const doubted = await postings.doubtAbandoned(erp, epoch, inFlight, at);
      noted.mend ||= doubted > 0;
      return doubted;
    },
    unpark: async (erp, at) => {
      const unparked = await postings.unpark(erp, at);
      noted.mend ||= unparked > 0;
      return unparked;
    },
  };
}

function notingDecisions(decisions: Tx["decisions"], noted: Noted): Tx["decisions"] {
  return {
    ...decisions,
    settleOrder: (...told) => {
      noted.mend = true;
      return decisions.settleOrder(...told);
    },
    settleProduction: (...told) => {
      noted.mend = true;
      return decisions.settleProduction(...told);
    },
    settleQuestion: (...told) => {
      noted.mend = true;
      return decisions.settleQuestion(...told);
    },
    change: (posting, ...told) => {
      noted.mend = true;
      noted.postings.add(posting.id);
      return decisions.change(posting, ...told);
    },
    supersede: (old, by, ...told) => {
      noted.mend = true;
      noted.postings.add(old.id).add(by.id);
      return decisions.supersede(old, by, ...told);
    },
  };
}

function notingAttention(attention: Tx["attention"], noted: Noted): Tx["attention"] {
  return {
    ...attention,
    quarantine: (...told) => {
      noted.mend = true;
      return attention.quarantine(...told);
    },
    resolve: (...told) => {
      noted.mend = true;
      return attention.resolve(...told);
    },
    ask: (questions, at) => {
      if (questions.length > 0) noted.mend = true;
      return attention.ask(questions, at);
    },
  };
}
