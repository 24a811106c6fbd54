/**
 * The same store; whatever a transaction of it has changed that a screen may show is announced when it has committed. It
 * looks at the calls by which flows write such a thing, so that no flow can forget it.
 */
import type { Announce, Announcement } from "./announce.ts";
import type { Site } from "../site/site.ts";
import type { PostingRow, Store, Tx } from "./ports.ts";

/** Where a posting belongs, as it was seen when it was planned, claimed or asked about. */
interface PostingPlace {
  readonly order: string;
  readonly equipment: readonly string[];
}

/** Orders name work centers as their ERP does. */
type CenterNames = Pick<Site, "workCenterByErpCode">;

/** More than are ever on their way at once. */
const placesMax = 10_000;

export function announcingStore(store: Store, site: CenterNames, announce: Announce): Store {
  const places = new Map<string, PostingPlace>();
  return {
    async transaction(work) {
      let said = new Map<string, Announcement>();
      const value = await store.transaction((tx) => {
        // A transaction that is run again begins anew.
        said = new Map();
        return work(
          announcingTx(tx, { site, places }, (one) => said.set(keyOf(one), merged(said.get(keyOf(one)), one))),
        );
      });
      for (const one of said.values()) announce(one);
      return value;
    },
  };
}

type Say = (announcement: Announcement) => void;

interface Known {
  readonly site: CenterNames;
  readonly places: Map<string, PostingPlace>;
}

function announcingTx(tx: Tx, known: Known, say: Say): Tx {
  const mend = (): void => say({ kind: "mend" });
  return {
    ...tx,
    facts: {
      ...tx.facts,
      append: async (facts, recordedAt) => {
        for (const fact of facts) {
          say({ kind: "unit", unit: fact.workUnit, isNewState: fact.body.kind === "StateEntered" });
        }
        return tx.facts.append(facts, recordedAt);
      },
    },
    requests: {
      ...tx.requests,
      save: async (request, from, at) => {
        const { erp } = request.reference;
        const equipment = request.segments.flatMap(({ workCenter }) => centerOf(known.site, erp, workCenter));
        say({ kind: "order", order: request.id, equipment });
        return tx.requests.save(request, from, at);
      },
    },
    jobOrders: {
      ...tx.jobOrders,
      insert: async (jobOrders) => {
        for (const { request, workCenter } of jobOrders)
          say({ kind: "order", order: request, equipment: [workCenter] });
        return tx.jobOrders.insert(jobOrders);
      },
      save: async (rows) => {
        for (const { jobOrder } of rows)
          say({ kind: "order", order: jobOrder.request, equipment: [jobOrder.workCenter] });
        return tx.jobOrders.save(rows);
      },
    },
    postings: announcingPostings(tx, known, say),
    instructions: {
      ...tx.instructions,
      save: async (instruction, ...rest) => {
        say({ kind: "unit", unit: instruction.workUnit, isNewState: false });
        return tx.instructions.save(instruction, ...rest);
      },
    },
    attention: {
      ...tx.attention,
      quarantine: async (...given) => (mend(), tx.attention.quarantine(...given)),
      resolve: async (...given) => (mend(), tx.attention.resolve(...given)),
      ask: async (questions, at) => {
        if (questions.length > 0) mend();
        return tx.attention.ask(questions, at);
      },
      answer: async (subjects, at) => {
        if (subjects.length > 0) mend();
        return tx.attention.answer(subjects, at);
      },
      takeBack: async (questions, at) => {
        if (questions.length > 0) mend();
        return tx.attention.takeBack(questions, at);
      },
    },
    commands: {
      ...tx.commands,
      settle: async (...given) => (mend(), tx.commands.settle(...given)),
    },
  };
}

function announcingPostings(tx: Tx, { site, places }: Known, say: Say): Tx["postings"] {
  const remember = (id: string, place: PostingPlace): void => {
    places.delete(id);
    places.set(id, place);
    const oldest = places.size > placesMax ? places.keys().next().value : undefined;
    if (oldest !== undefined) places.delete(oldest);
  };
  const seen = (rows: readonly PostingRow[]): readonly PostingRow[] => {
    for (const row of rows) remember(row.id, placeOf(site, row));
    return rows;
  };
  const tell = (posting: string): void => {
    const place = places.get(posting);
    // One that is not known here is none that anybody of this process is looking at for its sake.
    if (place) say({ kind: "posting", posting, ...place });
  };
  return {
    ...tx.postings,
    plan: async (postings, at, inDoubt) => {
      for (const posting of postings) {
        remember(posting.id, placeOf(site, posting));
        tell(posting.id);
      }
      return tx.postings.plan(postings, at, inDoubt);
    },
    due: async (...given) => seen(await tx.postings.due(...given)),
    doubtful: async (...given) => seen(await tx.postings.doubtful(...given)),
    beginSending: async (sent, ...rest) => {
      for (const { id } of sent) tell(id);
      return tx.postings.beginSending(sent, ...rest);
    },
    settle: async (settlements, ...rest) => {
      for (const { id } of settlements) tell(id);
      if (settlements.some(({ to }) => to !== "confirmed")) say({ kind: "mend" });
      return tx.postings.settle(settlements, ...rest);
    },
  };
}

function placeOf(site: CenterNames, posting: Pick<PostingRow, "erp" | "request" | "content">): PostingPlace {
  const { erp, request, content } = posting;
  const code = content.response?.segment.workCenter;
  return { order: request, equipment: code === undefined ? [] : centerOf(site, erp, code) };
}

/** None for a code that the site does not know: then only whoever sees the whole site hears it. */
function centerOf(site: CenterNames, erp: string, code: string): readonly string[] {
  const center = site.workCenterByErpCode(erp, code);
  return center ? [center.id] : [];
}

/** What it is about: said once for a transaction. */
function keyOf(one: Announcement): string {
  switch (one.kind) {
    case "unit":
      return `unit ${one.unit}`;
    case "order":
      return `order ${one.order}`;
    case "posting":
      return `posting ${one.posting}`;
    case "notification":
      return `notification ${one.notification}`;
    case "mend":
    case "connections":
      return one.kind;
  }
}

/** Both at once: a new state stays one, and everybody who may see either place hears it. */
function merged(before: Announcement | undefined, one: Announcement): Announcement {
  if (before?.kind === "unit" && one.kind === "unit") {
    return { ...one, isNewState: before.isNewState || one.isNewState };
  }
  if (before?.kind === "order" && one.kind === "order") {
    return { ...one, equipment: [...new Set([...before.equipment, ...one.equipment])] };
  }
  return one;
}
