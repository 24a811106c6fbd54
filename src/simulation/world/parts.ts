/** Parts of a running Millrace that a test may replace by ones that make a mistake; see the canaries in tests/simulation. */
import type { ErpSession } from "../../erp/connector.ts";
import type { Store } from "../../flows/ports.ts";
import type { SampleBuffer } from "../../gateway/sample-buffer.ts";
import type { MachineSession } from "../../machine/connector.ts";
import type { Site } from "../../site/site.ts";

export interface Parts {
  readonly site: (site: Site) => Site;
  readonly store: (store: Store) => Store;
  readonly buffer: (buffer: SampleBuffer) => SampleBuffer;
  readonly erp: (session: ErpSession) => ErpSession;
  readonly machine: (session: MachineSession) => MachineSession;
}

/** Everything as it is. */
export const soundParts: Parts = {
  site: (site) => site,
  store: (store) => store,
  buffer: (buffer) => buffer,
  erp: (session) => session,
  machine: (session) => session,
};
