/** What the control door tells `millrace reconcile`: what the site wants, and an order's documents as the ERP lists them. */
import { z } from "zod";
import { fail, ok, type Result } from "../base/result.ts";
import type { Store } from "../flows/ports.ts";
import type { FoundDocument } from "../operations/reconciliation/books.ts";
import type { ReconcilePolicy } from "../record/reconciliation.ts";
import type { Site } from "../site/site.ts";
import type { ControlAnswers, ControlCommands } from "./control.ts";
import type { Exchange } from "./exchange.ts";

export const reconcilePath = "/reconcile";
export const documentsPath = "/documents";

export interface ReconcileSetting {
  readonly site: string;
  readonly name: string;
  readonly zone: string;
  readonly policy: ReconcilePolicy;
  /** ERP → whether we post goods receipts to it; to one that is not here we do. */
  readonly receipts: Readonly<Record<string, boolean>>;
  /** Work units that count what they pack. */
  readonly packing: readonly string[];
}

export interface DoorSources {
  readonly site: Site;
  readonly store: Store;
  readonly exchanges: readonly Pick<Exchange, "erp" | "session">[];
}

const documentsSchema = z.strictObject({ request: z.string().min(1).max(300) });

export function reconcileAnswers({ site }: DoorSources): ControlAnswers {
  const receipts = Object.fromEntries(site.policies.posting.map(({ erp, receipt }) => [erp, receipt]));
  const setting: ReconcileSetting = {
    site: site.id,
    name: site.name,
    zone: site.zone,
    policy: site.reconcile,
    receipts,
    packing: site.workUnits.map(({ id }) => id).filter((id) => site.mapOf(id)?.packing !== undefined),
  };
  return { [reconcilePath]: () => Promise.resolve(setting) };
}

/** They only read, and are commands because they name something. */
export function reconcileCommands(sources: DoorSources): ControlCommands {
  return { [documentsPath]: (body) => documentsOf(sources, body) };
}

async function documentsOf(
  { store, exchanges }: DoorSources,
  body: unknown,
): Promise<Result<readonly FoundDocument[]>> {
  const read = documentsSchema.safeParse(body);
  if (!read.success) return fail("invalid", "app/command-body", "The command cannot be read: it names no order.");
  const [request] = await store.transaction((tx) => tx.requests.get([read.data.request]));
  if (!request) return fail("invalid", "app/unknown-order", `No order ${read.data.request} is known here.`);
  const { erp } = request.reference;
  const session = exchanges.find((exchange) => exchange.erp === erp)?.session();
  if (!session) return fail("transient", "app/erp-away", `${erp} is not connected now. Compare again when it is.`);
  const found = await session.documents(request, new AbortController().signal);
  return found.ok ? ok(found.value) : fail(found.fault.kind, found.fault.code, found.fault.message);
}
