/**
 * Reading for screens: everything that one answer shows is read in one snapshot, so that its numbers agree with each
 * other. Nothing is ever written through it. Implemented in `store/view`.
 */
import type { ConnectionView } from "./connection-view.ts";
import type { EvidenceView } from "./evidence-view.ts";
import type { FloorView } from "./floor-view.ts";
import type { HandView } from "./hand-view.ts";
import type { MaterialView } from "./material-view.ts";
import type { MendCountView } from "./mend-count-view.ts";
import type { MendView } from "./mend-view.ts";
import type { OrderView } from "./order-view.ts";
import type { RefusedFieldView } from "./refused-field-view.ts";
import type { TimelineView } from "./timeline-view.ts";

export interface ViewStore {
  read<T>(work: (views: Views) => Promise<T>): Promise<T>;
}

export interface Views {
  readonly floor: FloorView;
  readonly orders: OrderView;
  readonly timeline: TimelineView;
  readonly evidence: EvidenceView;
  readonly materials: MaterialView;
  readonly connections: ConnectionView;
  readonly refusedFields: RefusedFieldView;
  readonly mend: MendView & MendCountView & HandView;
}
