/** Decisions that end the waiting: each is checked against what the caller may decide about, then made by its flow. */
import type { Caller } from "../../access/caller.ts";
import { parseQuantity } from "../../base/quantity.ts";
import { ok, type Result } from "../../base/result.ts";
import { formatInstant, isLocalDate } from "../../base/instant.ts";
import { beginAnewFrom, type BegunAnew } from "../../flows/begin-anew.ts";
import { acceptOrderAgain, dismissOrder } from "../../flows/decide-order.ts";
import {
  dismissPosting,
  editRefusedPosting,
  releasePosting,
  retryPosting,
  takeBackPosting,
  type DecidedPosting,
} from "../../flows/decide-posting.ts";
import { isSomethingElse, standBackFor, type DecidedHand } from "../../flows/decide-hand.ts";
import { answerQuestion, countByPerson, nothingWasMade, type DecidedQuestion } from "../../flows/decide-question.ts";
import { assignRun, dismissRun, reassignRun } from "../../flows/decide-run.ts";
import type { MendCommand, MendPorts } from "../../flows/mend-ports.ts";
import { confirmPosting, denyPosting } from "../../flows/settle-doubt.ts";
import type { ViewStore } from "../../flows/view/store-view.ts";
import type { Outcome } from "../contract/answer.ts";
import type { RouteName } from "../contract/contract.ts";
import type { Call, HandlersOf } from "../handler.ts";
import { notFound } from "./answer.ts";
import { decided, madeBefore, type Decision } from "./decision.ts";
import { visibleOrder } from "./order.ts";

export interface MendDecisionPorts extends MendPorts {
  readonly views: ViewStore;
  /** Postings were planned, or job orders have changed: exchanges and dispatching look again. */
  readonly onDecided: () => void;
  /** A machine that was held can be read on. */
  readonly onBegunAnew?: (source: string) => void;
}

type Posts = Extract<RouteName, `POST /api/v1/mend/${string}`>;

/** How long a person waits for the ERP's answer. */
const askMs = 30_000;

export function mendDecisionHandlers(ports: MendDecisionPorts): HandlersOf<Posts> {
  return {
    ...productionHandlers(ports),
    ...quarantineHandlers(ports),
    ...postingHandlers(ports),
    ...questionHandlers(ports),
  };
}

function productionHandlers(ports: MendDecisionPorts): HandlersOf<Extract<Posts, `${string}/production/${string}`>> {
  return {
    "POST /api/v1/mend/production/:run/assign": async (call) => {
      const run = call.params["run"] ?? "";
      const found = await ports.views.read((views) => views.evidence.run(run));
      if (!found || !call.caller.may("mend.decide", found.run.workUnit)) return notFound("run", run);
      const { jobOrder } = call.body;
      // What is counted and posted there is decided by somebody who decides there. An unknown one is the flow's to refuse.
      const place = await ports.views.read((views) => views.mend.placeOfJobOrder(jobOrder));
      if (place && !call.caller.may("mend.decide", place.workCenter)) return notFound("job order", jobOrder);
      const command = { ...commandOf(call), run, jobOrder };
      // The same command again is the same decision, although the run belongs to an order now.
      const before = await madeBefore(ports.views, call.command);
      const flow =
        before === "run/assign" || (before === null && found.run.jobOrder === null) ? assignRun : reassignRun;
      return outcomeOf(
        ports,
        call,
        () => flow(ports, command),
        ({ postings }) => `Assigned; ${planned(postings)}`,
      );
    },

    "POST /api/v1/mend/production/:run/dismiss": async (call) => {
      const run = call.params["run"] ?? "";
      const found = await ports.views.read((views) => views.evidence.run(run));
      if (!found || !call.caller.may("mend.decide", found.run.workUnit)) return notFound("run", run);
      const dismiss = () => dismissRun(ports, { ...commandOf(call), run });
      return outcomeOf(ports, call, dismiss, () => "Dismissed: it stays a fact, and nothing is posted for it.");
    },
  };
}

/** An order that was not taken over has no place: who decides about it decides for the whole site. */
function quarantineHandlers(ports: MendDecisionPorts): HandlersOf<Extract<Posts, `${string}/orders/${string}`>> {
  const commanded = (call: Call<Posts>): (MendCommand & { readonly quarantine: number }) | null => {
    const id = call.params["quarantine"] ?? "";
    const isTheirs = call.caller.visible("mend.decide") === null;
    return isTheirs && isId(id) ? { ...commandOf(call), quarantine: Number(id) } : null;
  };
  return {
    "POST /api/v1/mend/orders/:quarantine/retry": async (call) => {
      const command = commanded(call);
      if (!command) return notFound("order in quarantine", call.params["quarantine"] ?? "");
      const words = {
        accepted: "Taken over.",
        unchanged: "Read again: nothing of it is new.",
        dismissed: "Dismissed.",
      };
      return outcomeOf(
        ports,
        call,
        () => acceptOrderAgain(ports, command),
        ({ verdict }) => words[verdict],
      );
    },

    "POST /api/v1/mend/orders/:quarantine/dismiss": async (call) => {
      const command = commanded(call);
      if (!command) return notFound("order in quarantine", call.params["quarantine"] ?? "");
      return outcomeOf(
        ports,
        call,
        () => dismissOrder(ports, command),
        () => "Dismissed: the order is not made here.",
      );
    },
  };
}

function postingHandlers(ports: MendDecisionPorts): HandlersOf<Extract<Posts, `${string}/postings/${string}`>> {
  const decide = async (
    call: Call<Posts>,
    flow: (command: MendCommand & { readonly posting: string }) => Promise<Result<DecidedPosting>>,
    words: string,
  ): Promise<Result<Outcome>> => {
    const posting = call.params["posting"] ?? "";
    if (!(await mayDecidePosting(ports, call.caller, posting))) return notFound("posting", posting);
    return outcomeOf(
      ports,
      call,
      () => flow({ ...commandOf(call), posting }),
      () => words,
    );
  };
  return {
    "POST /api/v1/mend/postings/:posting/retry": (call) =>
      decide(call, (command) => retryPosting(ports, command), "It is sent again now."),

    "POST /api/v1/mend/postings/:posting/dismiss": (call) =>
      decide(call, (command) => dismissPosting(ports, command), "Dismissed: it is not owed."),

    "POST /api/v1/mend/postings/:posting/take-back": (call) =>
      decide(call, (command) => takeBackPosting(ports, command), "The ERP is told to take it back."),

    "POST /api/v1/mend/postings/:posting/release": (call) =>
      decide(call, (command) => releasePosting(ports, command), "Released: what is owed is planned."),

    "POST /api/v1/mend/postings/:posting/missing": (call) =>
      decide(
        call,
        (command) => denyPosting(ports, command, AbortSignal.timeout(askMs)),
        "The ERP is asked once more where it can be; then it is sent again.",
      ),

    "POST /api/v1/mend/postings/:posting/found": (call) =>
      decide(
        call,
        (command) => confirmPosting(ports, { ...command, document: call.body.document }, AbortSignal.timeout(askMs)),
        "Confirmed with the ERP's document.",
      ),

    "POST /api/v1/mend/postings/:posting/edit": (call) => {
      const { postingDate, lines } = call.body;
      const edit = {
        ...(postingDate !== null && isLocalDate(postingDate) ? { postingDate } : {}),
        // A place is never taken out; a lot may be.
        materials: lines.map(({ line, location, lot }) => ({ line, lot, ...(location === null ? {} : { location }) })),
      };
      return decide(
        call,
        (command) => editRefusedPosting(ports, { ...command, edit }),
        "Another posting with the same facts takes its place and is sent now.",
      );
    },
  };
}

function questionHandlers(ports: MendDecisionPorts): HandlersOf<Extract<Posts, `${string}/questions/${string}`>> {
  return {
    "POST /api/v1/mend/questions/:question/answer": async (call) => {
      const id = call.params["question"] ?? "";
      const place = isId(id) ? await ports.views.read((views) => views.mend.placeOfQuestion(Number(id))) : null;
      const { caller, body } = call;
      const isTheirs =
        place &&
        (place.workUnit === null ? caller.visible("mend.decide") === null : caller.may("mend.decide", place.workUnit));
      if (!isTheirs) return notFound("question", id);
      const command = { ...commandOf(call), question: Number(id) };
      const { answer } = body;
      if (answer.is === "keyed-by-hand") {
        const { postings } = answer;
        return outcomeOf(ports, call, () => standBackFor(ports, { ...command, postings }), handWords);
      }
      if (answer.is === "something-else")
        return outcomeOf(ports, call, () => isSomethingElse(ports, command), handWords);
      if (answer.is === "begin-anew") {
        const begin = async (): ReturnType<typeof beginAnewFrom> => {
          const begun = await beginAnewFrom(ports, command);
          if (begun.ok) ports.onBegunAnew?.(begun.value.source);
          return begun;
        };
        return outcomeOf(ports, call, begin, anewWords);
      }
      const decide = () => answerWith(ports, command, answer, body.because);
      return outcomeOf(ports, call, decide, ({ postings }) => `Answered; ${planned(postings)}`);
    },
  };
}

type Answer = Call<"POST /api/v1/mend/questions/:question/answer">["body"]["answer"];

function handWords({ stoodBack, left }: DecidedHand): string {
  return `Answered; of ours ${stoodBack} stand back for it, and ${left} wait no longer for this answer.`;
}

function anewWords({ source, from, to }: BegunAnew): string {
  const lost =
    from === null || to === null
      ? "nothing had to be given up"
      : `what it said between ${formatInstant(from)} and ${formatInstant(to)} cannot be read again`;
  return `${source} is read on within ten seconds: ${lost}. Counters that nobody can tell are asked about when they are shown next.`;
}

function answerWith(
  ports: MendDecisionPorts,
  command: MendCommand & { readonly question: number },
  answer: Exclude<Answer, { readonly is: "keyed-by-hand" | "something-else" | "begin-anew" }>,
  because: string,
): Promise<Result<DecidedQuestion>> {
  switch (answer.is) {
    case "noted":
      return answerQuestion(ports, { ...command, answer: because });
    case "nothing-made":
      return nothingWasMade(ports, command);
    case "counted": {
      const quantity = parseQuantity(answer.quantity.value, answer.quantity.uom);
      if (!quantity.ok) return Promise.resolve(quantity);
      return countByPerson(ports, { ...command, units: [{ grade: answer.grade, quantity: quantity.value }] });
    }
  }
}

/** At the work unit of its run; one of no run where its operation is done, as in the list. */
async function mayDecidePosting(ports: MendDecisionPorts, caller: Caller, id: string): Promise<boolean> {
  return ports.views.read(async (views) => {
    const found = await views.evidence.posting(id);
    if (!found) return false;
    const { run, request, segment } = found.posting;
    const where = run === null ? null : await views.evidence.run(run);
    if (where) return caller.may("mend.decide", where.run.workUnit);
    const order = await visibleOrder(views, caller, request, "mend.decide");
    const visible = caller.visible("mend.decide");
    if (!order || visible === null || segment === "") return order !== null;
    return order.jobs.some(({ jobOrder: job }) => job.segment === segment && visible.has(job.workCenter));
  });
}

function commandOf(call: Call<Posts>): MendCommand {
  // A version that is no number is the version of nothing.
  return { ...decided(call), version: /^\d{1,15}$/.test(call.version) ? Number(call.version) : -1 };
}

function isId(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}

function planned(postings: number): string {
  return postings === 0 ? "nothing is posted for it." : `${postings} postings are planned.`;
}

async function outcomeOf<T>(
  ports: MendDecisionPorts,
  call: Decision,
  decide: () => Promise<Result<T>>,
  words: (value: T) => string,
): Promise<Result<Outcome>> {
  const isKnown = (await madeBefore(ports.views, call.command)) !== null;
  const outcome = await decide();
  if (!outcome.ok) return outcome;
  if (!isKnown) ports.onDecided();
  return ok({ isNew: !isKnown, message: words(outcome.value) });
}
