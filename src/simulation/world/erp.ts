/**
 * The simulated ERP in a simulated world: its books and its gate as they are, reached over a line that takes time, gives
 * up after a while, and does not care whether whoever called still lives.
 */
import { noLease } from "../../erp/http.ts";
import type { SapLine } from "../../erp/sap/index.ts";
import type { Gate, GateCall } from "../erp/gate.ts";
import { postConfirmation } from "../erp/confirmation.ts";
import { answerCall, openGate } from "../erp/gate.ts";
import { statusCodes, type Order } from "../erp/order.ts";
import type { Reply } from "../erp/reply.ts";
import type { Random } from "../random.ts";
import { AnswerLine } from "./answer-line.ts";
import { lots } from "./bench.ts";
import type { Happened } from "./happened.ts";
import { component, countedMaterials, plant, type Plan } from "./plan.ts";
import { erpId, rawStore, zone } from "./plant-site.ts";
import type { Actor, Schedule } from "./schedule.ts";
import { TakenDocuments } from "./taken-documents.ts";

type Http = ReturnType<SapLine["lineTo"]>;
type HttpOutcome = Awaited<ReturnType<Http["exchange"]>>;

const componentPlace = { material: component, plant, storageLocation: rawStore, batch: "" };

export const erpTimeoutMs = 30_000;
/** The ERP may still commit so long after a call has left. */
export const settleMs = 120_000;
const awayMsMax = 30 * 60_000;

/** Key or reference of the document that a call makes; null for other calls. */
function nameIn({ method, body }: GateCall): string | null {
  const [, name = null] = /"(?:ExternalSystemConfirmation|ReferenceDocument)":"([^"]+)"/.exec(body) ?? [];
  return method === "POST" ? name : null;
}

function isDone(reply: Reply | null): boolean {
  return reply !== null && reply.status < 300;
}

/** What is not answered may be done, also later; what has failed as well. */
function mayBeDone(reply: Reply | null): boolean {
  return reply === null || reply.status === 500 || isDone(reply);
}

export class SimulatedErp {
  readonly gate: Gate;
  readonly #schedule: Schedule;
  readonly #random: Random;
  /** Goes on whoever dies. */
  readonly actor: Actor = { name: "erp", isAlive: true };
  readonly #happened: Happened;
  readonly #afterWrite: () => void;
  #doubles = { left: 0, afterMs: 0 };
  #repliesTwice = 0;
  /** Of an ERP that takes a document once. */
  readonly taken = new TakenDocuments();
  #awayUntil = 0;

  /** @param afterWrite  told whenever the books may have changed */
  constructor(options: { plan: Plan; schedule: Schedule; random: Random; happened: Happened; afterWrite: () => void }) {
    const { plan, schedule, random } = options;
    this.#schedule = schedule;
    this.#random = random;
    this.#happened = options.happened;
    this.#afterWrite = options.afterWrite;
    this.gate = openGate({
      clock: schedule.clock(this.actor),
      seed: plan.seed,
      orders: plan.orders,
      stock: [
        ...["", ...lots].map((batch) => ({ ...componentPlace, batch, quantity: "1000000", unit: "M" })),
        ...countedMaterials.map(({ material, unit }) => ({ ...componentPlace, material, quantity: "1000000", unit })),
      ],
      writeMs: 20,
    });
  }

  /** What the site says of the connection to it. */
  get settings(): unknown {
    return {
      erp: erpId,
      baseUrl: "http://erp.example/sap/opu/odata/sap",
      ...this.gate.login,
      timeZone: zone,
      settleMs,
      overlapSeconds: 60,
      holdStatuses: [statusCodes["on-hold"].code],
      controlKeys: { PP01: {}, PP03: { confirmation: "optional" }, PP20: { confirmation: "milestone" } },
      consumption: {
        default: "bill",
        rules: countedMaterials.map(({ material }) => ({ materialPrefix: material, mode: "measured" })),
      },
    };
  }

  /** Of the next requests that it does so many come once more, so long after they were answered. */
  double(times: number, afterMs: number): void {
    this.#doubles = { left: times, afterMs };
  }

  /** Of the next answers that say that something was done so many come twice. */
  doubleReplies(times: number): void {
    this.#repliesTwice = times;
  }

  /** Such an ERP takes no call. */
  get isAway(): boolean {
    return this.#schedule.now < this.#awayUntil;
  }

  /** Nobody heard its answer to a document with that key: in half of these cases it has gone away. */
  mayGoAway(key: string): void {
    const chance = this.#random.fork(`away ${key}`);
    if (chance.chance(0.5)) this.#awayUntil = this.#schedule.now + chance.whole(0, awayMsMax);
  }

  answerLine<Answer>(): AnswerLine<Answer> {
    return new AnswerLine(() => {
      if (this.#repliesTwice === 0) return false;
      this.#repliesTwice -= 1;
      return true;
    });
  }

  /**
   * A request was done. The line may bring it once more: whoever sent it knows nothing of that, and hears no answer.
   *
   * @param name   under which its document is kept; null: it has none of its own
   * @param again  @returns whether it was done once more
   */
  done(name: string | null, again: () => Promise<boolean>): void {
    const { left, afterMs } = this.#doubles;
    const order = name === null ? undefined : this.#orderOf(name);
    if (left === 0 || name === null || order === undefined) return;
    this.#doubles = { left: left - 1, afterMs };
    const count = (by: number): void => {
      const times = (this.#happened.doubled.get(name)?.times ?? 0) + by;
      if (times > 0) this.#happened.doubled.set(name, { order, times });
      else this.#happened.doubled.delete(name);
    };
    this.#schedule.at(this.#schedule.now + afterMs, () => {
      count(1);
      void again().then((isDone) => {
        if (!isDone) count(-1);
        this.#afterWrite();
      });
    });
  }

  #orderOf(name: string): string | undefined {
    const { books } = this.gate;
    return books.confirmationsByKey(name)[0]?.order ?? books.documentsByReference(name)[0]?.items[0]?.order;
  }

  /** The books may have changed. */
  written(): void {
    this.#afterWrite();
  }

  /** One of its orders; the same for the same share. */
  orderAt(share: number): Order | undefined {
    const all = [...this.gate.books.orders.values()];
    return all[Math.floor(share * all.length)];
  }

  /** Somebody takes all of the component away, without a document that names an order. @returns how much it was */
  takeStock(): bigint {
    const { stock } = this.gate.books;
    const there = stock.on(componentPlace);
    stock.change(componentPlace, -there);
    return there;
  }

  putStock(amount: bigint): void {
    this.gate.books.stock.change(componentPlace, amount);
  }

  /** Somebody brings what is missing. */
  refill(): void {
    if (this.gate.books.stock.on(componentPlace) <= 0n) this.putStock(1_000_000_000_000n);
  }

  /** A person confirms a piece of an order by hand, as far as the ERP lets them. @returns its number; null: refused */
  postByHand(order: Order): string | null {
    const { books } = this.gate;
    const operation = order.operations[0];
    if (!operation) return null;
    const none = { sequence: "0", scrap: 0n, rework: 0n, unit: "", finalType: "", isFinal: false };
    const rest = { clearsReservations: false, hasNoGoodsMovements: true, postingDate: null, externalKey: null };
    const input = { ...none, ...rest, order: order.number, operation: operation.number, yield: 1_000_000n };
    const posted = postConfirmation(books, { ...input, text: "by hand", noted: {} }, "PERSON1");
    return posted.ok ? `${Number(posted.value.group)}/${Number(posted.value.count)}` : null;
  }

  lineOf(caller: Actor): SapLine {
    const line = this.answerLine<Reply>();
    const exchange: Http["exchange"] = async ({ method, url, headers, body, mayLeave }) => {
      if (mayLeave?.() === false)
        return { reply: null, sent: false, why: "the right to deliver had ended", errno: noLease };
      const path = new URL(url).pathname + new URL(url).search;
      return this.#exchange(caller, line, { method, url: path, headers, body: body ?? "" });
    };
    return {
      lineTo: () => ({ exchange, close: () => undefined }),
      monotonicMs: () => this.#schedule.clock(caller).monotonicMs(),
    };
  }

  async #exchange(caller: Actor, line: AnswerLine<Reply>, call: GateCall): Promise<HttpOutcome> {
    const clock = this.#schedule.clock(this.actor);
    const over = new AbortController();
    const answered = (async (): Promise<HttpOutcome> => {
      await clock.sleep(this.#random.whole(5, 60));
      const own = await answerCall(this.gate, call);
      if (isDone(own)) this.done(nameIn(call), async () => mayBeDone(await answerCall(this.gate, call)));
      if (call.method === "POST") this.#afterWrite();
      await clock.sleep(this.#random.whole(5, 60));
      const isHeard = own !== null && !over.signal.aborted;
      const reply = isHeard ? line.pass(own, call.method === "POST" && isDone(own)) : own;
      if (!reply) return { reply: null, sent: true, why: "the connection was cut", errno: "ECONNRESET" };
      const headers = Object.fromEntries(
        Object.entries(reply.headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
      );
      const text = call.method === "HEAD" ? "" : reply.body;
      return { reply: { status: reply.status, headers, bytes: Buffer.from(text), text } };
    })();
    const tooLate = clock.sleep(erpTimeoutMs, over.signal).then((): HttpOutcome => {
      return { reply: null, sent: true, why: `no answer within ${erpTimeoutMs / 1000} s`, errno: "TIMEOUT" };
    });
    const outcome = await Promise.race([answered, tooLate]);
    over.abort("answered");
    await this.#schedule.step(caller);
    return outcome;
  }
}
