/** How a document is written: as a tree, judged by the schema it will be held to, in the form that was asked for. */
import { fail, type Result } from "../base/result.ts";
import { encode, release, type Extensions } from "../isa95/b2mml/codec.ts";
import type { Document } from "../isa95/b2mml/document.ts";
import { printJson } from "../isa95/b2mml/json-print.ts";
import { placeOf } from "../isa95/b2mml/tree.ts";
import { namespaces } from "../isa95/b2mml/version.ts";
import { elementsOf, printLines, printXml } from "../isa95/b2mml/xml-print.ts";
import type { Form } from "./received.ts";
import type { Judges } from "./reading.ts";

const unchanged = { from: namespaces[release], to: namespaces[release] };

export function writeDocument(
  judges: Judges,
  document: Document,
  how: { readonly form: Form; readonly extensions: Extensions },
): Result<string> {
  const tree = encode(document, how.form === "json" ? "leave" : how.extensions);
  const complaints = judges.schema.judge("7.0.1", tree.name, printLines(tree, unchanged));
  const [complaint] = complaints;
  if (complaint) {
    const at = placeOf(elementsOf(tree)[complaint.line - 1] ?? tree).path;
    return fail("invalid", "b2mml/unwritable", `${at} cannot be written: ${complaint.message}`, complaints);
  }
  if (how.form === "xml") return { ok: true, value: printXml(tree) };
  const text = printJson(tree, document);
  // what was printed a line above is JSON with one member
  const value = Object.values(JSON.parse(text) as Record<string, unknown>)[0];
  const [wrong] = judges.json.judge(tree.name, value);
  if (wrong) return fail("invalid", "b2mml/unwritable", `${wrong.pointer} cannot be written: ${wrong.message}`, wrong);
  return { ok: true, value: text };
}
