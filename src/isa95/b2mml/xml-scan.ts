/**
 * XML text to a tree with places. Refuses every DOCTYPE and every entity that XML itself does not define, and stops at
 * the limits. Whether the result is B2MML is not asked here; the schema judges what this made of the text, so that no
 * two readers can differ about it.
 */
import { ok, type Fault, type Result } from "../../base/result.ts";
import type { Limits } from "./limit.ts";
import { faultOf, refusals } from "./finding.ts";
import { forbiddenAt, type XmlTree } from "./tree.ts";
import { below, qualify, top, type XmlName, type XmlScope } from "./xml-scope.ts";

/** A tree while it grows. */
interface Growing extends XmlTree {
  attributes: Record<string, string>;
  children: Growing[];
  text: string;
  parent: Growing | null;
  mixed?: (XmlTree | string)[];
  prefixes?: Record<string, string>;
}

type Reason = (typeof refusals)[keyof typeof refusals];
interface Scan {
  readonly text: string;
  readonly limits: Limits;
  readonly file: string;
  position: number;
  /** Line up to `nextBreak`, which is the end of the text where there is none: it is looked for once. */
  line: number;
  nextBreak: number;
  elements: number;
  /** Whether there is any reference, and any end of a CDATA section: most documents have neither. */
  readonly hasReference: boolean;
  readonly hasSectionEnd: boolean;
  /** Names that have been read under `knownScope`, as they were written there. */
  readonly known: Map<string, XmlName>;
  knownScope: XmlScope;
  root: Growing | null;
  /** Open elements with the prefixes in force and the name as written. */
  readonly open: { readonly tree: Growing; readonly scope: XmlScope; readonly written: string }[];
}

const name =
  /[A-Za-z_\u00C0-\uFFFD][\w.\-\u00B7\u00C0-\uFFFD]*(?::[A-Za-z_\u00C0-\uFFFD][\w.\-\u00B7\u00C0-\uFFFD]*)?/y;
const attribute = /[ \t\r\n]+([^\s=<>/"'&]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const tagEnd = /[ \t\r\n]*(\/?)>/y;

/**
 * Reads a whole document.
 *
 * @param file as its giver knows it, for messages
 * @fault invalid b2mml/doctype    a DOCTYPE, whatever it says
 * @fault invalid b2mml/entity     an entity that XML does not define
 * @fault invalid b2mml/malformed  no well-formed XML
 * @fault invalid b2mml/too-deep b2mml/too-many b2mml/too-long
 */
export function scanXml(given: string, file: string, limits: Limits): Result<XmlTree> {
  const scan = scanOf(given, file, limits);
  const fault = readAll(scan);
  if (fault) return { ok: false, fault };
  const left = scan.open.at(-1);
  if (left) return refuse(scan, refusals.malformed, `The document ends inside <${left.written}>: it was cut off.`);
  return rootOf(scan);
}

/** The same of a document that was cut before a tag: what is open there holds what was read of it. */
export function scanXmlBeginning(given: string, file: string, limits: Limits): Result<XmlTree> {
  const scan = scanOf(given, file, limits);
  const fault = readAll(scan);
  return fault ? { ok: false, fault } : rootOf(scan);
}

function rootOf(scan: Scan): Result<XmlTree> {
  return scan.root ? ok(scan.root) : refuse(scan, refusals.malformed, "There is no XML element in it.");
}

function scanOf(given: string, file: string, limits: Limits): Scan {
  // line ends as XML has them
  const text = given.includes("\r") ? given.replace(/\r\n?/g, "\n") : given;
  return {
    text,
    limits,
    file,
    position: 0,
    line: 1,
    nextBreak: breakFrom(text, 0),
    elements: 0,
    hasReference: text.includes("&"),
    hasSectionEnd: text.includes("]]>"),
    known: new Map(),
    knownScope: top,
    root: null,
    open: [],
  };
}

function readAll(scan: Scan): Fault | null {
  const { text } = scan;
  const odd = forbiddenAt(text);
  if (odd >= 0) {
    scan.position = odd;
    return refusal(scan, refusals.malformed, "A character that XML does not allow: take it out.");
  }
  if (text.startsWith("<?xml")) {
    const end = text.indexOf("?>");
    if (end < 0) return refusal(scan, refusals.malformed, "The XML declaration does not end.");
    scan.position = end + 2;
  }
  while (scan.position < text.length) {
    const fault = step(scan);
    if (fault) return fault;
  }
  return null;
}

/** Reads one piece of markup or text; advances, or returns why not. */
function step(scan: Scan): Fault | null {
  const { text, position } = scan;
  if (text.charCodeAt(position) !== 60) return textStep(scan);
  switch (text.charCodeAt(position + 1)) {
    case 47:
      return endTag(scan);
    case 33:
      return declaration(scan);
    case 63: {
      const end = text.indexOf("?>", position + 2);
      if (end < 0 || /^<\?xml\s/i.test(text.slice(position, position + 6))) {
        return refusal(
          scan,
          refusals.malformed,
          "A processing instruction that does not end, or a second XML declaration.",
        );
      }
      scan.position = end + 2;
      return null;
    }
    default:
      return startTag(scan);
  }
}

function textStep(scan: Scan): Fault | null {
  const end = scan.text.indexOf("<", scan.position);
  const raw = scan.text.slice(scan.position, end < 0 ? scan.text.length : end);
  const tree = scan.open[scan.open.length - 1]?.tree;
  if (!tree) {
    if (!isBlankText(raw)) return refusal(scan, refusals.malformed, "Text outside of the root element.");
  } else {
    if (scan.hasSectionEnd && raw.includes("]]>"))
      return refusal(scan, refusals.malformed, "`]]>` in a text: write `]]&gt;`.");
    const decoded = decode(scan, raw);
    if (typeof decoded !== "string") return decoded;
    const fault = addText(scan, tree, decoded);
    if (fault) return fault;
  }
  scan.position += raw.length;
  return null;
}

function declaration(scan: Scan): Fault | null {
  const { text, position } = scan;
  if (text.startsWith("<!--", position)) {
    const end = text.indexOf("--", position + 4);
    if (end < 0 || text.charAt(end + 2) !== ">") {
      return refusal(scan, refusals.malformed, "A comment that does not end, or has `--` in it.");
    }
    scan.position = end + 3;
    return null;
  }
  const tree = scan.open[scan.open.length - 1]?.tree;
  if (text.startsWith("<![CDATA[", position) && tree) {
    const end = text.indexOf("]]>", position);
    if (end < 0) return refusal(scan, refusals.malformed, "A CDATA section that does not end.");
    const fault = addText(scan, tree, text.slice(position + 9, end));
    if (fault) return fault;
    scan.position = end + 3;
    return null;
  }
  if (/^<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(text.slice(position, position + 12))) {
    return refusal(
      scan,
      refusals.doctype,
      "A DOCTYPE is not accepted: B2MML needs none, send the document without it.",
    );
  }
  return refusal(scan, refusals.malformed, "Markup that begins with `<!` and is neither comment nor CDATA.");
}

function endTag(scan: Scan): Fault | null {
  const { text, position } = scan;
  const open = scan.open.pop();
  let end = position + 2 + (open?.written.length ?? 0);
  while (isBlank(text.charCodeAt(end))) end += 1;
  if (!open || !text.startsWith(open.written, position + 2) || text.charCodeAt(end) !== 62) {
    const expected = open ? `</${open.written}> is expected here` : "no element is open here";
    return refusal(scan, refusals.malformed, `An end tag that does not fit: ${expected}.`);
  }
  scan.position = end + 1;
  return null;
}

function isBlankText(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isBlank(text.charCodeAt(at))) return false;
  return true;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 9 || code === 13;
}

function startTag(scan: Scan): Fault | null {
  scan.elements += 1;
  if (scan.elements > scan.limits.elementsMax) {
    return refusal(scan, refusals.tooMany, `More than ${scan.limits.elementsMax} elements: send it in parts.`);
  }
  if (scan.open.length >= scan.limits.depthMax) {
    return refusal(scan, refusals.tooDeep, `Elements stand more than ${scan.limits.depthMax} deep.`);
  }
  const { text, position } = scan;
  const close = text.indexOf(">", position);
  const whole = text.slice(position + 1, close);
  const known = close < 0 ? undefined : scan.known.get(whole);
  const above = scan.open[scan.open.length - 1];
  if (!known || !above || above.scope !== scan.knownScope) return strangeTag(scan);
  const end = text.indexOf("<", close);
  const isLeaf =
    text.charCodeAt(end + 1) === 47 &&
    text.startsWith(whole, end + 2) &&
    text.charCodeAt(end + 2 + whole.length) === 62 &&
    end - close <= scan.limits.textMax &&
    !scan.hasReference &&
    !scan.hasSectionEnd;
  const tree = enter(scan, known, none, above.scope, whole, null, isLeaf);
  if (isLeaf) tree.text = text.slice(close + 1, end);
  scan.position = isLeaf ? end + 3 + whole.length : close + 1;
  return null;
}

/** A start tag that is not word for word one that was read before. */
function strangeTag(scan: Scan): Fault | null {
  const { text } = scan;
  name.lastIndex = scan.position + 1;
  const written = name.exec(text)?.[0];
  if (written === undefined) return refusal(scan, refusals.malformed, "`<` without a name: write `&lt;` in a text.");
  const raw: [string, string][] = [];
  let at = scan.position + 1 + written.length;
  for (;;) {
    attribute.lastIndex = at;
    const found = attribute.exec(text);
    if (!found) break;
    const value = decode(scan, (found[2] ?? found[3] ?? "").replace(/[\t\n]/g, " "));
    if (typeof value !== "string") return value;
    raw.push([found[1] ?? "", value]);
    at = attribute.lastIndex;
  }
  tagEnd.lastIndex = at;
  const end = tagEnd.exec(text);
  if (!end) {
    return refusal(scan, refusals.malformed, `The tag <${written} is not closed, or an attribute in it is wrong.`);
  }
  const fault = openElement(scan, written, raw, end[1] === "/");
  scan.position = tagEnd.lastIndex;
  return fault;
}

function openElement(scan: Scan, written: string, raw: readonly [string, string][], isEmpty: boolean): Fault | null {
  const above = scan.open.at(-1);
  if (!above && scan.root) return refusal(scan, refusals.malformed, "A second root element.");
  const declared: Record<string, string> = {};
  for (const [key, value] of raw) {
    if (key === "xmlns") declared[""] = value;
    else if (key.startsWith("xmlns:")) declared[key.slice(6)] = value;
  }
  const hasDeclared = Object.keys(declared).length > 0;
  const around = above?.scope ?? top;
  const scope = hasDeclared ? below(around, declared) : around;
  const resolved = qualify(written, scope);
  if (!resolved) return refusal(scan, refusals.malformed, `The prefix of <${written}> is not declared.`);
  const attributes: Record<string, string> = {};
  for (const [key, value] of raw) {
    if (key === "xmlns" || key.startsWith("xmlns:")) continue;
    const parts = key.includes(":") ? qualify(key, scope) : { namespace: "", name: key };
    const full = parts && (parts.namespace === "" ? parts.name : `{${parts.namespace}}${parts.name}`);
    if (!full || Object.hasOwn(attributes, full) || full === "__proto__") {
      return refusal(scan, refusals.malformed, `The attribute ${key} stands twice, or its prefix is not declared.`);
    }
    attributes[full] = value;
  }
  if (scope !== scan.knownScope) {
    scan.known.clear();
    scan.knownScope = scope;
  }
  if (raw.length === 0) scan.known.set(written, resolved);
  enter(scan, resolved, raw.length === 0 ? none : attributes, scope, written, hasDeclared ? declared : null, isEmpty);
  return null;
}

/** No attributes, and no children: most elements have neither, and nothing is ever added to these. */
const none: Record<string, string> = {};
const childless: Growing[] = [];

function enter(
  scan: Scan,
  resolved: XmlName,
  attributes: Record<string, string>,
  scope: XmlScope,
  written: string,
  prefixes: Record<string, string> | null,
  isComplete: boolean,
): Growing {
  const parent = scan.open[scan.open.length - 1]?.tree ?? null;
  const tree: Growing = {
    name: resolved.name,
    namespace: resolved.namespace,
    attributes,
    children: childless,
    text: "",
    line: lineAt(scan),
    parent,
  };
  if (prefixes) tree.prefixes = prefixes;
  if (parent) addChild(parent, tree);
  else scan.root = tree;
  if (!isComplete) scan.open.push({ tree, scope, written });
  return tree;
}

function addChild(parent: Growing, tree: Growing): void {
  if (parent.text !== "" && parent.mixed === undefined) {
    // blank text between children is none; any other makes the element one of both
    if (isBlankText(parent.text)) parent.text = "";
    else parent.mixed = [...parent.children, parent.text];
  }
  parent.mixed?.push(tree);
  if (parent.children === childless) parent.children = [tree];
  else parent.children.push(tree);
}

function addText(scan: Scan, tree: Growing, text: string): Fault | null {
  if (tree.text.length + text.length > scan.limits.textMax) {
    return refusal(scan, refusals.tooLong, `A text of more than ${scan.limits.textMax} characters.`);
  }
  if (tree.children.length > 0 && tree.mixed === undefined) {
    if (isBlankText(text)) return null;
    tree.mixed = [...tree.children];
  }
  tree.mixed?.push(text);
  tree.text += text;
  return null;
}

const defined: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** Text with its references resolved, or why it has one that may not be. */
function decode(scan: Scan, raw: string): string | Fault {
  if (raw.length > scan.limits.textMax) {
    return refusal(scan, refusals.tooLong, `A text of more than ${scan.limits.textMax} characters.`);
  }
  if (!scan.hasReference || !raw.includes("&")) return raw;
  let fault: Fault | null = null;
  const decoded = raw.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([A-Za-z]+));|&/g,
    (whole, hex, decimal, word) => {
      if (typeof word === "string" && Object.hasOwn(defined, word)) return defined[word] ?? "";
      const code = typeof hex === "string" ? parseInt(hex, 16) : typeof decimal === "string" ? Number(decimal) : -1;
      const character = code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
      if (character !== "" && forbiddenAt(character) < 0) return character;
      fault ??= refusal(
        scan,
        refusals.entity,
        whole === "&" ? "`&` in a text: write `&amp;`." : `The entity ${whole} is not accepted: write the text itself.`,
      );
      return "";
    },
  );
  return fault ?? decoded;
}

function lineAt(scan: Scan): number {
  for (; scan.nextBreak < scan.position; scan.line += 1) scan.nextBreak = breakFrom(scan.text, scan.nextBreak + 1);
  return scan.line;
}

function breakFrom(text: string, start: number): number {
  const found = text.indexOf("\n", start);
  return found < 0 ? text.length : found;
}

function refusal(scan: Scan, reason: Reason, message: string): Fault {
  const path = scan.open.map(({ tree }) => `/${tree.name}`).join("");
  return faultOf(scan.file, [{ ...reason, line: lineAt(scan), path, message }]);
}

function refuse(scan: Scan, reason: Reason, message: string): Result<never> {
  const fault = refusal(scan, reason, message);
  return { ok: false, fault };
}
