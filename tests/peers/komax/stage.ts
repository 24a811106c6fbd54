/** Everything around the process under test: the ERP with the proxy before it, the machine, and those who watch it. */
import { join } from "node:path";
import { startFaultProxy, type FaultProxy } from "../fault-proxy.ts";
import { sapUrl, startSap } from "../sap/peer.ts";
import type { Found } from "../peer.ts";
import type { DaySet } from "./day-set.ts";
import { observe, type Observer } from "./observer.ts";
import { startKomax } from "./peer.ts";
import { connectReplay, type Replay } from "./replay.ts";

export interface Stage {
  /** The ERP itself, for checks. */
  readonly erpUrl: string;
  /** The ERP as the process under test sees it. */
  readonly proxiedUrl: string;
  readonly proxy: FaultProxy;
  readonly machineUrl: string;
  readonly replay: Replay;
  readonly observer: Observer;
  /** What the machine writes down about its job orders. */
  readonly journalFile: string;
}

/** Opens the stage and leaves its end to the stack. */
export async function openStage(set: DaySet, logs: string, ends: AsyncDisposableStack): Promise<Found<Stage>> {
  const journalFile = join(logs, "journal.jsonl");
  const [sap, komax] = await Promise.all([
    startSap({ seed: set.ordersFile, logs }),
    startKomax({ days: set.days, logs, journal: journalFile }),
  ]);
  if (sap.found !== null) ends.defer(async () => void (await sap.found.child.stop()));
  if (komax.found !== null) ends.defer(async () => void (await komax.found.child.stop()));
  if (sap.found === null) return sap;
  if (komax.found === null) return komax;
  const proxy = await startFaultProxy(sap.found.port);
  ends.defer(() => proxy.close());
  const observer = await observe(komax.found.endpointUrl);
  ends.defer(() => observer.close());
  const replay = await connectReplay(komax.found.endpointUrl);
  ends.defer(() => replay.close());
  const urls = { erpUrl: sap.found.url, proxiedUrl: sapUrl(proxy.port), machineUrl: komax.found.endpointUrl };
  return { found: { ...urls, proxy, replay, observer, journalFile } };
}
