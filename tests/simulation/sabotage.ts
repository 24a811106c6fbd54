/**
 * The mistakes that the simulation must catch. Each replaces one part of a running Millrace by one that makes a mistake
 * which is easily made, and changes nothing else.
 */
import { instant } from "../../src/base/instant.ts";
import type { Store, Tx } from "../../src/flows/ports.ts";
import type { SampleBuffer } from "../../src/gateway/sample-buffer.ts";
import type { MachineSession } from "../../src/machine/connector.ts";
import type { Sample } from "../../src/record/sample.ts";
import { numberedItems } from "../../src/simulation/world/machine-work.ts";
import { soundParts, type Parts } from "../../src/simulation/world/parts.ts";
import { countedOnceMore, readPast } from "./anew-sabotage.ts";
import { changed, withRepository } from "./changed.ts";
import { neverHeard, withoutRuns } from "./checkpoint-sabotage.ts";
import {
  anyAnswerBelieved,
  blindResend,
  cancelledIsReleased,
  canceledIsPosted,
  heldForGood,
  listed,
  milestoneTwice,
  missingSentAgain,
  queuedIsPosted,
  refusedIsConfirmed,
  repeatTakenForNew,
  resentWhileQueued,
  tooMuchTriedAgain,
  unsentReversal,
} from "./erp-sabotage.ts";
import { countBookedToo, leftInLedger, strictLedger } from "./ledger-sabotage.ts";
import {
  allToTheFirst,
  believingEachTime,
  deaf,
  listsOfTheMachine,
  neverBlocked,
  neverLate,
  oneAfterTheOther,
  scrapOfTheRun,
} from "./map-sabotage.ts";

/** What is put in the place of a part, by the mistake that it makes. */
export const sabotages: Readonly<Record<string, () => Parts>> = {
  "blind resend": () => ({ ...soundParts, erp: blindResend }),
  "absent believed at once": () => ({
    ...soundParts,
    erp: (session) => changed(session, { traits: { ...session.traits, settleMs: 0 } }),
  }),
  "cursor before facts": () => ({ ...soundParts, store: cursorBeforeFacts }),
  "forgotten reset": () => ({
    ...soundParts,
    site: (site) => ({ ...site, mapsOf: (id) => site.mapsOf(id).map(deaf) }),
  }),
  "gap that is called filled": () => ({ ...soundParts, buffer: callingFilled }),
  "counter that falls alone": () => ({
    ...soundParts,
    site: (site) => ({ ...site, mapsOf: (id) => site.mapsOf(id).map(scrapOfTheRun) }),
  }),
  "new map for all that was": () => ({
    ...soundParts,
    site: (site) => ({ ...site, mapsOf: (id) => site.mapsOf(id).slice(-1) }),
  }),
  "checkpoint that keeps no runs": () => ({ ...soundParts, store: withoutRuns }),
  "restart that does not know when it heard a machine": () => ({ ...soundParts, store: neverHeard }),
  "kept samples that cannot be read passed over": () => ({ ...soundParts, store: readPast }),
  "begun anew, and what was counted before counted once more": () => ({ ...soundParts, store: countedOnceMore }),
  "answer that forgets where counting stood": () => ({ ...soundParts, store: forgettingWhereItStood }),
  "float quantity": () => ({ ...soundParts, store: floatQuantity }),
  "missing lane lock": () => ({ ...soundParts, store: withoutLanes }),
  "refused posting's quantity owed again": () => ({ ...soundParts, store: refusedOwedAgain }),
  "posted fact owed again": () => ({ ...soundParts, store: postedOwedAgain }),
  "milestone posted twice": () => ({ ...soundParts, erp: milestoneTwice }),
  "nested runs read one after the other": () => ({
    ...soundParts,
    site: (site) => ({ ...site, mapsOf: (id) => site.mapsOf(id).map(oneAfterTheOther) }),
  }),
  "corrected clock taken for a counter set back": () => ({
    ...soundParts,
    site: (site) => ({ ...site, mapsOf: (id) => site.mapsOf(id).map(neverLate) }),
  }),
  "clock that was set back not known for one": () => ({
    ...soundParts,
    site: (site) => ({ ...site, mapsOf: (id) => site.mapsOf(id).map(believingEachTime) }),
  }),
  "lists that go on over the runs": () => ({
    ...soundParts,
    site: (site) => ({ ...site, mapsOf: (id) => site.mapsOf(id).map(listsOfTheMachine) }),
  }),
  "material that comes later counts from its first value": () => {
    const seen = new Map<string, ReadonlySet<string>>();
    return { ...soundParts, store: (store) => lateMaterialLost(store, seen) };
  },
  "blocked station that counts": () => ({
    ...soundParts,
    site: (site) => ({ ...site, mapsOf: (id) => site.mapsOf(id).map(neverBlocked) }),
  }),
  "every stroke to the first station": () => ({
    ...soundParts,
    site: (site) => ({ ...site, mapsOf: (id) => site.mapsOf(id).map(allToTheFirst) }),
  }),
  "announced end that counts at once": () => ({ ...soundParts, machine: (session) => saying(session, endAtOnce) }),
  "doubled history": () => ({ ...soundParts, machine: doubledHistory }),
  "click that counts each time": () => ({ ...soundParts, store: eachClickCounts }),
  "moved run left in the ledger": () => ({ ...soundParts, store: leftInLedger }),
  "count booked beside the bill's share": () => ({ ...soundParts, store: countBookedToo }),
  "dismissal that lets its facts go": () => ({ ...soundParts, store: dismissedOwedAgain }),
  "issue without its lot": () => ({ ...soundParts, store: withoutLot }),
  "ledger that refuses a machine's fact": () => ({ ...soundParts, store: strictLedger }),
  "correction forgotten": () => ({ ...soundParts, store: withoutCorrections }),
  "restore that sends without asking": () => ({ ...soundParts, store: neverRecovering }),
  "posted after a restore beside what nobody knows": () => ({
    ...soundParts,
    store: (store) => withRepository(store, "outages", () => ({ keys: async () => allKeys })),
  }),
  "decision made again after a restore, and sent": () => ({ ...soundParts, store: restoreForgotten }),
  "refused posting marked confirmed": () => ({ ...soundParts, erp: refusedIsConfirmed }),
  "piece that goes into the next document": () => {
    const lack: Lack = { operation: null, run: null, isMadeUp: false };
    return { ...soundParts, store: (store) => pieceInTheNext(store, lack) };
  },
  "answer of another call believed": () => ({ ...soundParts, erp: anyAnswerBelieved }),
  "cancelled order taken for released": () => ({ ...soundParts, erp: cancelledIsReleased }),
  "hold that nobody takes back": () => ({ ...soundParts, erp: heldForGood }),
  "too much tried again and again": () => ({ ...soundParts, erp: tooMuchTriedAgain }),
  "lost document posted again": () => ({ ...soundParts, erp: missingSentAgain }),
  "documents of others left out of the list": () => ({
    ...soundParts,
    erp: (session) => listed(session, (all) => all.filter(({ key }) => key !== null)),
  }),
  "only the first document of a key in the list": () => ({
    ...soundParts,
    erp: (session) =>
      listed(session, (all) =>
        all.filter(({ key, reversed }, i) => key === null || reversed || all.findIndex((one) => one.key === key) === i),
      ),
  }),
  "reversed documents listed as standing": () => ({
    ...soundParts,
    erp: (session) => listed(session, (all) => all.map((one) => ({ ...one, reversed: false }))),
  }),
  "reversal that never leaves": () => ({ ...soundParts, erp: unsentReversal }),
  "queued taken for posted": () => ({ ...soundParts, erp: queuedIsPosted }),
  "canceled in the queue taken for posted": () => ({ ...soundParts, erp: canceledIsPosted }),
  "sent again while it is queued": () => ({ ...soundParts, erp: resentWhileQueued }),
  "sent again, and what may be there forgotten": () => ({ ...soundParts, store: repeatTakenForNew }),
};

/** The place in the buffer is committed by itself, and only then what was read up to it. */
function callingFilled(buffer: SampleBuffer): SampleBuffer {
  return {
    ...buffer,
    append: (source, content, options) => {
      const gaps = content.gaps.map((mark) => ({ ...mark, filled: true }));
      return buffer.append(source, { ...content, gaps }, options);
    },
  };
}

function cursorBeforeFacts(store: Store): Store {
  return withRepository(store, "collectors", (collectors) => ({
    lock: () => collectors.cursors(),
    advance: (...args) => store.transaction((first) => first.collectors.advance(...args)),
  }));
}

/** A material of which a run has said nothing, while it has said something of another one, begins with its first value. */
function lateMaterialLost(store: Store, seen: Map<string, ReadonlySet<string>>): Store {
  return withRepository(store, "facts", (facts) => ({
    append: (stated, at) => {
      const before = new Map(seen);
      const kept = stated.filter(({ run, body, rule }) => {
        if (run === null || body.kind !== "MaterialConsumed" || !rule.startsWith("slot-use:")) return true;
        const known = before.get(run) ?? new Set();
        seen.set(run, new Set([...(seen.get(run) ?? []), body.material]));
        return known.size === 0 || known.has(body.material);
      });
      return facts.append(kept, at);
    },
  }));
}

/** A run is taken for over as soon as its end is announced: what its counters show afterwards belongs to none. */
function endAtOnce(samples: readonly Sample[]): readonly Sample[] {
  return samples.flatMap((sample) => {
    const { number, runsEnded } = numberedItems;
    const isEnd = sample.item === runsEnded && sample.value !== 0;
    return isEnd ? [sample, { ...sample, item: number, value: 0 }] : [sample];
  });
}

/** A machine of which the connector makes something else of what it says. */
function saying(session: MachineSession, said: (samples: readonly Sample[]) => readonly Sample[]): MachineSession {
  return changed(session, {
    watch: (paths, listener, signal) => {
      const samples: typeof listener.samples = (all, complete) => listener.samples(said(all), complete);
      return session.watch(paths, changed(listener, { samples }), signal);
    },
    history: (items, from, onSlice, signal) =>
      session.history(items, from, (slice) => onSlice({ ...slice, samples: said(slice.samples) }), signal),
  });
}

/** What comes late from in between is counted beside what a person has said. */
function forgettingWhereItStood(store: Store): Store {
  return withRepository(store, "decisions", (decisions) => ({
    answers: async (source) => {
      const answers = await decisions.answers(source);
      return answers.map((answer) => {
        const { stood: _, ...rest } = answer;
        return rest;
      });
    },
  }));
}

/** Pieces are added up as tenths of ten, as floats do it. */
function floatQuantity(store: Store): Store {
  const added = (micro: bigint): bigint => {
    let sum = 0;
    for (let piece = 0n; piece < micro / 1_000_000n; piece += 1n) sum += 0.1;
    return BigInt(Math.floor(sum * 10_000_000));
  };
  return withRepository(store, "postings", (postings) => ({
    plan: (planned, ...rest) =>
      postings.plan(
        planned.map((posting) => {
          const { content } = posting;
          if (content.kind !== "confirmation") return posting;
          const { response } = content;
          const { segment } = response;
          const good = { ...segment.good, micro: added(segment.good.micro) };
          return { ...posting, content: { ...content, response: { ...response, segment: { ...segment, good } } } };
        }),
        ...rest,
      ),
  }));
}

function withoutLanes(store: Store): Store {
  return withRepository(store, "postings", () => ({ takeLanes: async (all) => all.map((posting) => posting.id) }));
}

/** What the ERP has refused counts as not posted, although it is sent again as soon as its cause is gone. */
function refusedOwedAgain(store: Store): Store {
  return {
    transaction: (work) =>
      store.transaction((tx) => {
        const free = new Set<string>();
        const facts: Tx["facts"] = {
          ...tx.facts,
          owed: async (run, kind) => {
            const owed = await tx.facts.owed(run, kind);
            for (const fact of owed) free.add(fact.id);
            const held = await tx.decisions.postingsOfRun(run);
            if (kind !== "confirmation" || !held.some((p) => p.kind === kind && p.state === "refused")) return owed;
            return (await tx.facts.standing(run)).filter((fact) => fact.body.kind === "UnitsCounted");
          },
        };
        const postings: Tx["postings"] = {
          ...tx.postings,
          plan: (planned, ...rest) =>
            tx.postings.plan(
              planned.map((posting) => ({ ...posting, facts: posting.facts.filter((id) => free.has(id)) })),
              ...rest,
            ),
        };
        return work({ ...tx, facts, postings });
      }),
  };
}

/** What is posted already is owed once more; only a unique key of the database is in the way. */
function postedOwedAgain(store: Store): Store {
  return withRepository(store, "facts", (facts) => ({
    owed: async (run, kind) =>
      kind === "confirmation"
        ? (await facts.standing(run)).filter((fact) => fact.body.kind === "UnitsCounted")
        : facts.owed(run, kind),
  }));
}

/** A command's id is not claimed, so that the same one given again is another decision. */
function eachClickCounts(store: Store): Store {
  return withRepository(store, "commands", () => ({ claim: async () => true, settle: async () => undefined }));
}

/** What a person has dismissed counts as not posted. */
function dismissedOwedAgain(store: Store): Store {
  return withRepository(store, "decisions", (decisions) => ({
    change: (posting, to, ...rest) =>
      decisions.change(posting, { ...to, letsGo: to.letsGo || to.to === "dismissed" }, ...rest),
  }));
}

/** What is used is issued, and nobody says from which lot. */
function withoutLot(store: Store): Store {
  return withRepository(store, "postings", (postings) => ({
    plan: (planned, ...rest) =>
      postings.plan(
        planned.map((posting) => {
          const { content } = posting;
          if (content.kind !== "goods-issue") return posting;
          const { response } = content;
          const { segment } = response;
          const materials = segment.materials.map((one) => ({ ...one, stock: { ...one.stock, lot: null } }));
          return { ...posting, content: { ...content, response: { ...response, segment: { ...segment, materials } } } };
        }),
        ...rest,
      ),
  }));
}

/** What history says is added once more to what is known already, as a gateway does that keeps sums and no identities. */
function doubledHistory(session: MachineSession): MachineSession {
  return changed(session, {
    history: (items, from, onSlice, signal) =>
      session.history(
        items,
        from,
        async (slice) => {
          await onSlice(slice);
          await onSlice({ ...slice, samples: slice.samples.flatMap(onceMore) });
        },
        signal,
      ),
  });
}

function onceMore(sample: Sample): readonly Sample[] {
  const { item, value, at } = sample;
  const isCount = (item === "Good" || item === "Scrap") && typeof value === "number" && value > 0;
  return isCount ? [{ ...sample, at: instant(at + 1), value: value + 1 }] : [];
}

/** What is less than nothing is left alone. */
function withoutCorrections(store: Store): Store {
  return withRepository(store, "corrections", () => ({ open: async () => undefined }));
}

/** Every key of ours passes for one that is known. */
const allKeys: ReadonlySet<string> = Object.assign(new Set<string>(), { has: () => true });

/** After a restore what is owed is sent as always. */
function neverRecovering(store: Store): Store {
  return withRepository(store, "site", () => ({
    isRecovering: async () => false,
    restoredAt: async () => null,
  }));
}

/** When recovery is over, nothing is known of a restore any more. */
function restoreForgotten(store: Store): Store {
  return withRepository(store, "site", () => ({ restoredAt: async () => null }));
}

/** Where one piece is missing, and whether it was made up for. */
interface Lack {
  operation: string | null;
  run: string | null;
  isMadeUp: boolean;
}

/** Once one piece less of a run is confirmed, and one more of the next run of the operation: together they are right. */
function pieceInTheNext(store: Store, lack: Lack): Store {
  const pieceMicro = 1_000_000n;
  const moved = (operation: string, run: string | null, goodMicro: bigint): bigint => {
    if (lack.operation === null && goodMicro > pieceMicro) {
      Object.assign(lack, { operation, run });
      return -pieceMicro;
    }
    if (lack.operation !== operation || lack.run === run || lack.isMadeUp) return 0n;
    lack.isMadeUp = true;
    return pieceMicro;
  };
  return withRepository(store, "postings", (postings) => ({
    plan: (planned, ...rest) =>
      postings.plan(
        planned.map((posting) => {
          const { content } = posting;
          if (content.kind !== "confirmation") return posting;
          const { response } = content;
          const { segment } = response;
          const operation = `${posting.request} ${segment.segment}`;
          const micro = segment.good.micro + moved(operation, posting.run, segment.good.micro);
          const good = { ...segment.good, micro };
          return { ...posting, content: { ...content, response: { ...response, segment: { ...segment, good } } } };
        }),
        ...rest,
      ),
  }));
}
