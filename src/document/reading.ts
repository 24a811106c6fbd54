/** How a document is read: the steps from bytes to the model, and what each may refuse. */
import type { Result } from "../base/result.ts";
import { decode } from "../isa95/b2mml/codec.ts";
import { rootKind, rowsUnder } from "../isa95/b2mml/envelope.ts";
import { faultOf, findingsMax, refusals, type Finding, type Warning } from "../isa95/b2mml/finding.ts";
import { itemAround, itemsOf, without } from "../isa95/b2mml/item.ts";
import { scanJson } from "../isa95/b2mml/json-scan.ts";
import { isOlderRoot, lift, olderRootOf } from "../isa95/b2mml/lift.ts";
import type { Limits } from "../isa95/b2mml/limit.ts";
import { judgeMeaning } from "../isa95/b2mml/meaning.ts";
import { needsRelease, rootOf, type Root } from "../isa95/b2mml/noun.ts";
import { inOrder } from "../isa95/b2mml/order-of-schema.ts";
import { childOf, placeOf, type XmlTree } from "../isa95/b2mml/tree.ts";
import { namespaces, versionOf, type Version } from "../isa95/b2mml/version.ts";
import { elementsOf, printFlat, printLines } from "../isa95/b2mml/xml-print.ts";
import { scanXml } from "../isa95/b2mml/xml-scan.ts";
import type { Form, Received, RefusedItem } from "./received.ts";
import type { JsonJudge } from "./json-judge.ts";
import type { SchemaJudge } from "./schema-judge.ts";
import { decodeText } from "./text.ts";

export interface Judges {
  readonly schema: SchemaJudge;
  readonly json: JsonJudge;
}

/** What is wrong, at the element that the sender wrote. */
type Located = Finding & { readonly at: XmlTree };

interface Reading {
  readonly judges: Judges;
  readonly file: string;
  readonly form: Form;
  readonly version: Version;
  readonly root: Root;
  /** As it was sent. */
  readonly sent: XmlTree;
  readonly items: ReadonlySet<XmlTree>;
  readonly warnings: Warning[];
  /** Findings by the item that they refuse. */
  readonly refused: Map<XmlTree, Located[]>;
}

/** What came, as its giver knows it. */
export interface Sent {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly charset: string | undefined;
}

export function readDocument(judges: Judges, { bytes, file, charset }: Sent, limits: Limits): Result<Received> {
  if (bytes.length > limits.bytesMax) {
    const message = `It has ${bytes.length} bytes, ${limits.bytesMax} are read: send it in parts.`;
    return refuse(file, [{ ...refusals.tooLarge, line: 0, path: "", message }]);
  }
  const decoded = decodeText(bytes, file, charset);
  if (!decoded.ok) return decoded;
  const { text } = decoded.value;
  const form: Form = text.trimStart().startsWith("{") ? "json" : "xml";
  const scanned = form === "json" ? scanJson(text, file, limits) : scanXml(text, file, limits);
  if (!scanned.ok) return scanned;
  const sent = scanned.value;
  const recognised = recognise(judges, sent, file);
  if (!recognised.ok) return recognised;
  const { version, root, warnings } = recognised.value;
  const reading: Reading = {
    judges,
    file,
    form,
    version,
    root,
    sent,
    items: new Set(itemsOf(sent)),
    warnings: [...decoded.value.warnings, ...warnings],
    refused: new Map(),
  };
  const findings = form === "json" ? judgeJson(reading, text) : [];
  return judged(reading, findings);
}

/** Judges by schema, lifts, judges by meaning, and reads what is left. */
function judged(reading: Reading, before: readonly Located[]): Result<Received> {
  const valid = sift(reading, [...before, ...judgeSchema(reading)], reading.sent);
  if (!valid.ok) return valid;
  const { version, root } = reading;
  const lifted = version === "7.0.1" ? { tree: valid.value, root, warnings: [] } : lift(valid.value, version, root);
  const meant = judgeMeaning(lifted.tree, lifted.root, version);
  const meaningful = sift(reading, meant.findings, lifted.tree);
  if (!meaningful.ok) return meaningful;
  const { document, warnings, place } = decode(meaningful.value, lifted.root);
  return {
    ok: true,
    value: {
      document,
      version,
      form: reading.form,
      refused: [...reading.refused].map(([item, findings]) => refusedItem(reading, item, findings)),
      warnings: [...reading.warnings, ...lifted.warnings, ...meant.warnings, ...warnings].slice(0, findingsMax),
      place,
    },
  };
}

interface RecognisedRoot {
  readonly version: Version;
  readonly root: Root;
  readonly warnings: readonly Warning[];
}

function recognise(judges: Judges, sent: XmlTree, file: string): Result<RecognisedRoot> {
  const at = placeOf(sent);
  const recognised = versionOf(sent.namespace, isOlderRoot(sent.name));
  if (!recognised) {
    const known = Object.values(namespaces).join(", ");
    const message = `The namespace "${sent.namespace}" is none that is read: ${known}.`;
    return refuse(file, [{ ...refusals.namespace, ...at, message }]);
  }
  const { version } = recognised;
  const root = version === "7.0.1" ? rootOf(sent.name) : olderRootOf(sent.name);
  if (!root || !judges.schema.declares(version, sent.name)) {
    const message = `<${sent.name}> is no document of B2MML ${version} that is read here.`;
    return refuse(file, [{ ...refusals.root, ...at, message }]);
  }
  const warnings: Warning[] = [];
  if (!recognised.exact) {
    const message = `The namespace "${sent.namespace}" is read as ${namespaces[version]}.`;
    warnings.push({ code: "namespace-unversioned", ...at, message });
  }
  if (needsRelease(root) && sent.attributes["releaseID"] === undefined) {
    warnings.push({ code: "release-missing", ...at, message: "The releaseID is missing." });
  }
  return { ok: true, value: { version, root, warnings } };
}

/**
 * What the XML schema says. It reads what we have read, so that no two readers can differ; what it complains about it reads
 * again, one element on each line, so that a line is an element.
 */
function judgeSchema(reading: Reading): readonly Located[] {
  const { judges, sent, root, version, form } = reading;
  const named = { ...sent, attributes: { ...(needsRelease(root) && { releaseID: "" }), ...sent.attributes } };
  const tree = form === "json" ? inOrder(named, rootKind(root), rowsUnder(root)) : named;
  const renamed = { from: sent.namespace, to: namespaces[version] };
  const first = judges.schema.judge(version, sent.name, printFlat(tree, renamed));
  if (first.length === 0) return [];
  const lined = judges.schema.judge(version, sent.name, printLines(tree, renamed));
  // in the flat text all stand on line 1, which is the root
  const complaints = lined.length > 0 ? lined : first;
  const elements = elementsOf(tree);
  return complaints.map(({ line, message }) => {
    const element = elements[line - 1] ?? sent;
    const at = element === named || element === tree ? sent : (element.origin ?? element);
    return { ...refusals.schema, ...placeOf(at), message, at };
  });
}

function judgeJson(reading: Reading, text: string): readonly Located[] {
  // the scan has read the same text: it is JSON with one member
  const value = Object.values(JSON.parse(text) as Record<string, unknown>)[0];
  return reading.judges.json
    .judge(reading.sent.name, Array.isArray(value) ? value[0] : value)
    .map(({ pointer, message }) => {
      const at = elementAt(reading.sent, pointer);
      return { ...refusals.jsonSchema, ...placeOf(at), message: `${at.name} ${message}.`, at };
    });
}

/** The element that a JSON pointer means, or the last on the way to it. */
function elementAt(sent: XmlTree, pointer: string): XmlTree {
  let at = sent;
  let alike: readonly XmlTree[] = [];
  for (const step of pointer.split("/").slice(2)) {
    if (/^\d+$/.test(step)) {
      at = alike[Number(step)] ?? at;
      continue;
    }
    const parent = at;
    alike = parent.children.filter((child) => child.name === step);
    at = alike[0] ?? at;
  }
  return at;
}

/** Takes out the items that findings refuse; a finding about the whole refuses the whole. */
function sift(reading: Reading, findings: readonly Located[], tree: XmlTree): Result<XmlTree> {
  if (findings.length === 0) return { ok: true, value: tree };
  const whole: Located[] = [];
  const dropped = new Set<XmlTree>();
  for (const finding of findings) {
    const item = itemAround(finding.at.origin ?? finding.at, reading.items);
    if (!item) {
      whole.push(finding);
      continue;
    }
    dropped.add(item);
    const known = reading.refused.get(item);
    if (known) known.push(finding);
    else reading.refused.set(item, [finding]);
  }
  if (whole.length > 0) return refuse(reading.file, whole);
  const left = without(tree, dropped);
  if (left !== null) return { ok: true, value: left };
  return refuse(reading.file, [...reading.refused.values()].flat());
}

function refusedItem(reading: Reading, item: XmlTree, findings: readonly Located[]): RefusedItem {
  const [first, ...others] = findings;
  const id = childOf(item, "ID")?.text.trim() ?? "";
  const place = placeOf(item);
  const fallback: Finding = { ...refusals.nothingLeft, ...place, message: "It is not read." };
  return { name: item.name, id, place, sent: item, fault: faultOf(reading.file, [first ?? fallback, ...others]) };
}

function refuse(file: string, findings: readonly Finding[]): Result<never> {
  const [first, ...others] = findings;
  const fallback: Finding = { ...refusals.nothingLeft, line: 0, path: "", message: "Nothing of it can be read." };
  return { ok: false, fault: faultOf(file, [first ?? fallback, ...others]) };
}
