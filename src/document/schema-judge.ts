/**
 * MESA's XML schemas as a judge. The only file that imports libxml2. The schemas stand in `schema/` as MESA published
 * them; the groups in which a site may declare elements of its own are opened for any element of the extension
 * namespace, which is what those files are there for, and a UserArea may hold anything.
 */
import { readdirSync, readFileSync } from "node:fs";
import type * as libxml2 from "libxml2-wasm";
import type { Version } from "../isa95/b2mml/version.ts";

export interface Complaint {
  /** Line of the text that was judged, 1 for the first. */
  readonly line: number;
  readonly message: string;
}

export interface SchemaJudge {
  /** Whether a version's schemas know a root element of that name. */
  declares(version: Version, root: string): boolean;
  /** What is wrong with a document; nothing when it is valid. */
  judge(version: Version, root: string, text: string): readonly Complaint[];
}

/** A schema file to begin with. */
interface Entry {
  readonly address: string;
  readonly text: string;
}

type Library = typeof libxml2;

const folder = new URL("./schema/", import.meta.url);
const folders: Readonly<Record<Version, string>> = { "7.0.1": "V0701", V0600: "V0600", V0401: "V0401" };
const scheme = "b2mml:/";
const encoder = new TextEncoder();

let opened: Promise<SchemaJudge> | undefined;

/** Loads the library; schemas are compiled when the first document of their kind is judged. One judge per process. */
export function openSchemaJudge(): Promise<SchemaJudge> {
  opened ??= import("libxml2-wasm").then(makeJudge);
  return opened;
}

function makeJudge(library: Library): SchemaJudge {
  const entries = new Map<Version, ReadonlyMap<string, Entry>>();
  const validators = new Map<Entry, libxml2.XsdValidator>();
  const entriesOf = (version: Version): ReadonlyMap<string, Entry> => {
    const known = entries.get(version) ?? load(library, version);
    entries.set(version, known);
    return known;
  };
  return {
    declares: (version, root) => entriesOf(version).has(root),
    judge: (version, root, text) => {
      const entry = entriesOf(version).get(root);
      if (entry === undefined) return [{ line: 1, message: `The schemas have no root element ${root}.` }];
      const validator = validators.get(entry) ?? compile(library, entry);
      validators.set(entry, validator);
      return complaintsOf(library, validator, text);
    },
  };
}

/** Hands a version's files to the library and says which of them declares each root element. */
function load(library: Library, version: Version): ReadonlyMap<string, Entry> {
  const within = new URL(`${folders[version]}/`, folder);
  const names = readdirSync(within).filter((name) => name.endsWith(".xsd"));
  const provider = new library.XmlBufferInputProvider({});
  const files = names.map((name) => {
    const text = openExtensions(readFileSync(new URL(name, within), "utf8"));
    const address = `${scheme}${folders[version]}/${name}`;
    provider.addBuffer(address, encoder.encode(text));
    return { name, address, text };
  });
  if (!library.xmlRegisterInputProvider(provider)) throw new Error("libxml2 takes no further input provider");
  // 7.0.1 is compiled once, from the file that includes all; the older ones compile only file by file
  const whole = version === "7.0.1" ? files.find(({ name }) => name === "AllSchemas.xsd") : undefined;
  const roots = new Map<string, Entry>();
  for (const file of files) {
    if (/Common|Core|Extensions|Types\.xsd$|^BatchML|^AllSchemas/.test(file.name)) continue;
    for (const [, root = ""] of file.text.matchAll(/^\s{0,3}<xsd:element\s+name\s*=\s*"(\w+)"/gm)) {
      roots.set(root, whole ?? file);
    }
  }
  return roots;
}

/** `WorkDefinition` stays closed: it is followed by another group of the kind, and both open would be ambiguous. */
function openExtensions(text: string): string {
  const any = '<xsd:any namespace="##targetNamespace" processContents="skip" minOccurs="0" maxOccurs="unbounded"/>';
  return text
    .replace(
      /(<xsd:group\s+name\s*=\s*"(?!WorkDefinition")\w+"\s*>\s*<xsd:sequence>\s*)<!--\s*add extended elements here\s*-->/g,
      `$1${any}`,
    )
    .replace(/(<xsd:any\s+namespace="##any"\s+processContents=)"strict"/g, '$1"skip"');
}

function compile(library: Library, { address, text }: Entry): libxml2.XsdValidator {
  const source = library.XmlDocument.fromString(text, { url: address });
  try {
    return library.XsdValidator.fromDoc(source);
  } finally {
    source.dispose();
  }
}

function complaintsOf(library: Library, validator: libxml2.XsdValidator, text: string): readonly Complaint[] {
  const { ParseOption, XmlDocument, XmlLibError } = library;
  const option =
    ParseOption.XML_PARSE_NONET |
    ParseOption.XML_PARSE_NO_XXE |
    ParseOption.XML_PARSE_HUGE |
    ParseOption.XML_PARSE_BIG_LINES;
  try {
    // a buffer is copied at once, a text sign by sign
    using document = XmlDocument.fromBuffer(encoder.encode(text), { option });
    validator.validate(document);
    return [];
  } catch (error) {
    if (!(error instanceof XmlLibError)) throw error;
    const complaints = error.details.map(({ line, message }) => ({ line, message: plain(message) }));
    return complaints.length > 0 ? complaints : [{ line: 1, message: plain(error.message) }];
  }
}

/** The library's words without namespaces and in one line. */
function plain(message: string): string {
  return message
    .replace(/\{[^}]*\}/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
