/**
 * What a person can do at the simulated ERP: every button of its page as one function over books, faults and plug. Each
 * says in a sentence what was done, or why not. What the page shows is in `page`.
 */
import type { Clock } from "../../base/clock.ts";
import { parseQuantity } from "../../base/quantity.ts";
import type { PageAction } from "../page/server.ts";
import { cancelConfirmation } from "./confirmation-reversal.ts";
import { cancelMaterialDocument } from "./goods-movement.ts";
import { setOrderImportance, setOrderLock } from "./order-action.ts";
import { postReceipt } from "./receipt.ts";
import type { SimulatedErp } from "./server.ts";

export interface ErpDesk {
  readonly actions: Readonly<Record<string, PageAction>>;
  /** Takes back what is only for a while, e.g. the pulled plug. */
  close(): Promise<void>;
}

export const rushImportance = "1";
const unpluggedMs = 15_000;
const slow = { ms: 3_000, calls: 20 } as const;
/** Calls that post a document; the one whose answer is lost should matter. */
const posts = /\/(ProdnOrdConf2|A_MaterialDocumentHeader)$/;
const user = "PLANNER1";

export function erpDesk(erp: SimulatedErp, clock: Clock): ErpDesk {
  const ended = new AbortController();
  let pause: Promise<void> | null = null;
  const unplug = async (): Promise<string> => {
    if (!erp.isPluggedIn) return "The plug is out already.";
    await erp.unplug();
    pause = clock.sleep(unpluggedMs, ended.signal).then(() => erp.plugIn());
    return `The plug is out for ${unpluggedMs / 1000} s: connections are refused.`;
  };
  return {
    actions: {
      ...orderActions(erp),
      ...documentActions(erp),
      receive: (form) => receive(erp, form),
      "close-period": () => closePeriod(erp, clock),
      "open-period": () => {
        erp.books.openPeriods = null;
        return "Every month is open for postings.";
      },
      unplug,
      "drop-reply": () => {
        erp.faults.add({ fault: { kind: "reply-lost" }, calls: "write", path: posts });
        return "The next document will be posted and its answer lost.";
      },
      slow: () => {
        erp.faults.add({ fault: { kind: "delay", ms: slow.ms }, calls: "any", times: slow.calls });
        return `The next ${slow.calls} answers come ${slow.ms / 1000} s late.`;
      },
    },
    close: async () => {
      ended.abort();
      await pause;
    },
  };
}

function orderActions(erp: SimulatedErp): Readonly<Record<string, PageAction>> {
  const { books } = erp;
  const importance =
    (value: string, done: string): PageAction =>
    (form) => {
      const answer = setOrderImportance(books, field(form, "order"), value);
      return answer.ok ? `Order ${answer.value.number} ${done}.` : answer.refusal.text;
    };
  const lock =
    (state: "locked" | "unlocked"): PageAction =>
    (form) => {
      const order = books.order(field(form, "order"));
      if (!order) return `There is no order ${field(form, "order")}.`;
      setOrderLock(books, order, state);
      return `Order ${order.number} is ${state}.`;
    };
  return {
    rush: importance(rushImportance, "is a rush order"),
    calm: importance("", "waits its turn again"),
    lock: lock("locked"),
    unlock: lock("unlocked"),
  };
}

function documentActions(erp: SimulatedErp): Readonly<Record<string, PageAction>> {
  const { books } = erp;
  return {
    "reverse-document": (form) => {
      const [year, number] = [field(form, "year"), field(form, "document")];
      const answer = cancelMaterialDocument(books, { year, number, postingDate: null }, { user, by: "user" });
      return answer.ok ? `Document ${number} is reversed by ${answer.value.document}.` : answer.refusal.text;
    },
    "reverse-confirmation": (form) => {
      const [group, count] = [field(form, "group"), field(form, "count")];
      const answer = cancelConfirmation(books, { group, count, externalKey: null, postingDate: null }, user);
      return answer.ok ? `Confirmation ${group}/${count} is reversed by ${answer.value.count}.` : answer.refusal.text;
    },
  };
}

/** Goods of a known material arrive at a known place. */
function receive(erp: SimulatedErp, form: URLSearchParams): string {
  const material = erp.books.stock.material(field(form, "material"));
  const quantity = parseQuantity(field(form, "quantity"), "C62");
  if (!material) return `There is no material ${field(form, "material")}.`;
  if (!quantity.ok || quantity.value.micro <= 0n) return "Only an amount above zero can be received.";
  const batch = field(form, "batch");
  if (material.isBatchManaged !== (batch !== "")) {
    return `${material.number} is ${material.isBatchManaged ? "" : "not "}kept in lots.`;
  }
  const answer = postReceipt(erp.books, {
    material: material.number,
    plant: field(form, "plant"),
    storageLocation: field(form, "location"),
    batch,
    quantity: field(form, "quantity"),
    unit: material.baseUnit.internal,
  });
  if (!answer.ok) return answer.refusal.text;
  const amount = `${field(form, "quantity")} ${material.baseUnit.shown}`;
  return `${amount} of ${material.number} have arrived (document ${answer.value.document}).`;
}

/** Nothing can be posted with a date of this month. */
function closePeriod(erp: SimulatedErp, clock: Clock): string {
  const now = new Date(clock.now());
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString().slice(0, 7);
  erp.books.openPeriods = { from: next, to: next };
  return `Only ${next} is open for postings.`;
}

function field(form: URLSearchParams, name: string): string {
  return form.get(name) ?? "";
}
