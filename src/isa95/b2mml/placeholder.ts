/**
 * Lists that 7.0.1 does not let be empty, though there is nothing to say: a schedule without requests, the answer to a
 * question that found nothing, a question itself. What is written then is one member that says nothing: its IDs are
 * `none`, and what has a RequestState is cancelled. Reading takes it out again, so that nobody ever sees an order in it.
 */
import { canonicalJson } from "../../base/json.ts";
import type { Node } from "./information.ts";
import type { Row } from "./row.ts";

/** By kind of the member. A list inside of one is empty here, and written the same way. */
const placeholders: ReadonlyMap<string, Node> = new Map<string, Node>([
  [
    "OperationsRequest",
    {
      ID: "none",
      RequestState: "Cancelled",
      SegmentRequirement: [
        { ID: "none", ProcessSegmentID: "none", OperationsDefinitionID: "none", OperationsSegmentID: "none" },
      ],
    },
  ],
  ["OperationsResponse", { ID: "none", SegmentResponse: [] }],
  ["SegmentResponse", { ID: "none" }],
  ["WorkRequest", { ID: "none", RequestState: "Cancelled", JobOrder: [] }],
  ["JobOrder", { ID: "none" }],
  ["WorkResponse", { ID: "none", JobResponse: [] }],
  ["JobResponse", { ID: "none" }],
]);
const written = new Map([...placeholders].map(([kind, node]) => [kind, canonicalJson(node)]));

/** What stands for an empty list of that kind; undefined where an empty list is a mistake. */
export function placeholderOf(kind: string): Node | undefined {
  return placeholders.get(kind);
}

/** The list as it was meant. */
function withoutPlaceholder(list: readonly Node[], kind: string): readonly Node[] {
  const [only] = list;
  const isNone = list.length === 1 && only?.["ID"] === "none" && canonicalJson(only) === written.get(kind);
  return isNone ? [] : list;
}

/** Whether a list that must not be empty may be so in truth. */
export function mayBeEmpty(row: Row): boolean {
  return row.cardinality === "+" && placeholders.has(row.kind);
}

/** Makes the list of a node what was meant: there, and empty where nothing was said. */
export function completeList(node: Node, row: Row): void {
  // a list of a table's kind holds nodes
  node[row.field] = withoutPlaceholder((node[row.field] as readonly Node[] | undefined) ?? [], row.kind);
}
