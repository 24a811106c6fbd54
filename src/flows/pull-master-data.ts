/**
 * Master data come in from an ERP that is asked for them: page by page, each taken over in one transaction with the place
 * up to which was read. Asked again, the same changes nothing.
 */
import type { Clock } from "../base/clock.ts";
import { ok, type Fault, type Result } from "../base/result.ts";
import type { ErpSession } from "../erp/connector.ts";
import type { Site } from "../site/site.ts";
import type { Store } from "./ports.ts";
import { takeMasterData } from "./take-master-data.ts";

export interface PullMasterPorts {
  readonly store: Store;
  readonly site: Site;
  readonly clock: Clock;
  readonly erp: string;
  readonly session: Pick<ErpSession, "masterData">;
}

export interface PullMasterReport {
  readonly pages: number;
  /** What was not taken over, in words. */
  readonly refused: readonly string[];
  /** What could not be read. */
  readonly left: readonly { readonly id: string; readonly fault: Fault }[];
}

const reasonsMost = 20;

/** Pulls until nothing more is waiting; does nothing with an ERP that is not asked for master data. */
export async function pullMasterData(ports: PullMasterPorts, signal: AbortSignal): Promise<Result<PullMasterReport>> {
  const { store, session, erp } = ports;
  const refused: string[] = [];
  const left: PullMasterReport["left"][number][] = [];
  for (let pages = 0; ; pages += 1) {
    const cursor = await store.transaction((tx) => tx.masterData.cursor(erp));
    const page = await session.masterData?.(cursor, signal);
    if (!page) return ok({ pages: 0, refused, left });
    if (!page.ok) return page;
    const reasons = await store.transaction(async (tx) => {
      const now = ports.clock.now();
      const received = { document: page.value.document, refused: [], place: () => undefined };
      const message = { received, file: erp, bodId: `pull/${cursor ?? ""}`, kind: "replace" } as const;
      const taken = await takeMasterData(tx, { site: ports.site, erp }, message, now);
      await tx.masterData.saveCursor(erp, page.value.cursor, now);
      return taken.reasons;
    });
    refused.push(...reasons.slice(0, reasonsMost - refused.length));
    left.push(...page.value.left.slice(0, reasonsMost - left.length));
    if (!page.value.more || signal.aborted) return ok({ pages: pages + 1, refused, left });
  }
}
