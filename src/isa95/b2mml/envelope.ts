/**
 * What stands around a noun in a document: rows for the root and its DataArea, which are the same for every message but
 * for the verb's element and the noun. With them a whole document is one table, read and written like any other.
 */
import type { Action, Noun, Root, Verb } from "./noun.ts";
import { needsRelease, verbElement } from "./noun.ts";
import { rowsOf, type Information } from "./information.ts";
import type { Row } from "./row.ts";

/** The rows of a kind, in the order of the schema; undefined for a leaf. */
export type RowsOf = (kind: string) => readonly Row[] | undefined;

/** Kinds of a message's root and of its DataArea, to be looked up with what `rowsUnder` gives. */
const messageKind = "/";
export const dataAreaKind = "/DataArea";

/** Kinds whose own elements stand in no namespace: their schema file forgot to say that they do. What is in them does. */
export const unqualifiedKinds: ReadonlySet<string> = new Set(["InformationObject"]);

/** A root with a verb. */
type Message = Root & { readonly verb: Verb };

export interface RootContent {
  readonly ApplicationArea: Information<"ApplicationArea">;
  readonly DataArea: Readonly<Partial<Record<string, Action>>> & Readonly<Partial<Record<Noun, readonly object[]>>>;
  readonly releaseID?: string;
  readonly versionID?: string;
}

/** The kind of a document's root element. */
export function rootKind({ verb, noun }: Root): string {
  return verb === null ? noun : messageKind;
}

/** By root; what is derived from rows is kept by them, so the same root must have the same. */
const known = new Map<string, RowsOf>();

export function rowsUnder({ verb, noun }: Root): RowsOf {
  if (verb === null) return rowsOf;
  const key = `${verb}/${noun}`;
  const rows = known.get(key) ?? messageRows({ verb, noun });
  known.set(key, rows);
  return rows;
}

function messageRows(root: Message): RowsOf {
  const { verb, noun } = root;
  const element = verbElement(verb);
  const release: Row[] = needsRelease(root)
    ? [
        { field: "releaseID", cardinality: "1", kind: "normalizedString", name: "releaseID", place: "attribute" },
        { field: "versionID", cardinality: "?", kind: "normalizedString", name: "versionID", place: "attribute" },
      ]
    : [];
  const message: Row[] = [
    ...release,
    elementRow("ApplicationArea", "1", "ApplicationArea"),
    elementRow("DataArea", "1", dataAreaKind),
  ];
  const isAsking = verb === "Get" || verb === "Show";
  const mayBeEmpty = isAsking && (noun === "ErrorMessage" || noun === "TransactionProfile");
  const dataArea: Row[] = [elementRow(element, "1", element), elementRow(noun, mayBeEmpty ? "*" : "+", noun)];
  return (kind) => (kind === messageKind ? message : kind === dataAreaKind ? dataArea : rowsOf(kind));
}

function elementRow(name: string, cardinality: Row["cardinality"], kind: string): Row {
  return { field: name, cardinality, kind, name, place: "element" };
}
