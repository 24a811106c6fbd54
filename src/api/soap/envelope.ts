/**
 * The SOAP envelope around a document, 1.1 and 1.2: taken apart, put around, and faults in its words. Pure. What the
 * document says is read by the one reader of documents.
 * @source SOAP 1.1 (W3C Note), SOAP 1.2 part 1, OASIS WS-Security UsernameToken profile 1.1
 */
import { fail, ok, type Fault, type Result } from "../../base/result.ts";
import type { Limits } from "../../isa95/b2mml/limit.ts";
import { childOf, type XmlTree } from "../../isa95/b2mml/tree.ts";
import { printXml } from "../../isa95/b2mml/xml-print.ts";
import { scanXml, scanXmlBeginning } from "../../isa95/b2mml/xml-scan.ts";

export const soapVersions = ["1.1", "1.2"] as const;
export type SoapVersion = (typeof soapVersions)[number];

export const envelopeNamespaces: Readonly<Record<SoapVersion, string>> = {
  "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
  "1.2": "http://www.w3.org/2003/05/soap-envelope",
};

/** The content type of what is answered. */
export const mediaTypes: Readonly<Record<SoapVersion, string>> = {
  "1.1": "text/xml; charset=utf-8",
  "1.2": "application/soap+xml; charset=utf-8",
};

const securityNamespace = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";

export interface UsernameToken {
  readonly user: string;
  readonly password: string;
  /** As text, not as a digest, which nobody who keeps only hashes can check. */
  readonly isText: boolean;
}

/** What stands before the body. */
export interface SoapHead {
  readonly version: SoapVersion;
  /** What WS-Security says of the sender; null when it says nothing. */
  readonly token: UsernameToken | null;
}

export interface SoapMessage {
  readonly version: SoapVersion;
  /** The document in the body, as XML. */
  readonly document: string;
}

/**
 * Takes an envelope apart.
 *
 * @fault invalid api/soap-envelope  no envelope of either version, a body with none or several documents, or a header
 *                                   that must be understood and is not
 * @fault invalid b2mml/…            no well-formed XML, a DOCTYPE, or beyond the limits
 */
export function openEnvelope(text: string, limits: Limits): Result<SoapMessage> {
  const scanned = scanXml(text, "envelope", limits);
  if (!scanned.ok) return scanned;
  const envelope = scanned.value;
  const version = versionOf(envelope);
  if (!version.ok) return version;
  const header = childOf(envelope, "Header");
  const strange = header?.children.find((child) => child.namespace !== securityNamespace && mustBeUnderstood(child));
  if (strange) return wrong(`The header ${strange.name} must be understood, and is not. Send the message without it.`);
  const body = childOf(envelope, "Body");
  const [document, ...others] = body?.children ?? [];
  if (!document || others.length > 0) return wrong("The Body needs exactly one document of B2MML.");
  return ok({ version: version.value, document: printXml({ ...document, parent: null }) });
}

const bodyStart = /<(?:[\w.-]+:)?Body[\s/>]/;

/**
 * Reads who sends, and nothing of the body, which may not have arrived.
 *
 * @param beginning of the text of an envelope
 * @fault invalid api/soap-envelope  no envelope of either version, or its body does not begin here
 * @fault invalid b2mml/…            no well-formed XML, a DOCTYPE, or beyond the limits
 */
export function openHead(beginning: string, limits: Limits): Result<SoapHead> {
  const body = beginning.search(bodyStart);
  const scanned = scanXmlBeginning(body < 0 ? beginning : beginning.slice(0, body), "envelope", limits);
  if (!scanned.ok) return scanned;
  const version = versionOf(scanned.value);
  if (!version.ok) return version;
  if (body < 0) return wrong("The Body does not begin soon enough: send your key in the header of the request.");
  return ok({ version: version.value, token: tokenIn(childOf(scanned.value, "Header")) });
}

function versionOf({ name, namespace }: XmlTree): Result<SoapVersion> {
  const version = soapVersions.find((one) => envelopeNamespaces[one] === namespace);
  return version === undefined || name !== "Envelope"
    ? wrong(`<${name}> is no envelope of SOAP 1.1 or 1.2.`)
    : ok(version);
}

/** @param document an XML document; null: an empty body */
export function closeEnvelope(version: SoapVersion, document: string | null): string {
  const content = document?.replace(/^\s*<\?xml[^>]*\?>\s*/, "") ?? "";
  const namespace = envelopeNamespaces[version];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="${namespace}"><soap:Body>${content}</soap:Body></soap:Envelope>\n`;
}

/** A fault as SOAP says it: the sender's when sending the same again cannot help. */
export function faultEnvelope(version: SoapVersion, { kind, code, message }: Fault): string {
  const isSenders = kind === "invalid" || kind === "refused" || kind === "conflict";
  const detail = leaf("code", code);
  const body: XmlTree =
    version === "1.1"
      ? node("Fault", [
          leaf("faultcode", isSenders ? "soap:Client" : "soap:Server", ""),
          leaf("faultstring", message, ""),
          node("detail", [detail], ""),
        ])
      : node("Fault", [
          node("Code", [leaf("Value", isSenders ? "soap:Sender" : "soap:Receiver")]),
          node("Reason", [
            { ...leaf("Text", message), attributes: { "{http://www.w3.org/XML/1998/namespace}lang": "en" } },
          ]),
          node("Detail", [detail]),
        ]);
  return closeEnvelope(version, printXml(body));

  function leaf(name: string, text: string, namespace = envelopeNamespaces[version]): XmlTree {
    return { name, namespace, attributes: {}, children: [], text, line: 0, parent: null };
  }
  function node(name: string, children: readonly XmlTree[], namespace?: string): XmlTree {
    return { ...leaf(name, "", namespace), children };
  }
}

function mustBeUnderstood({ attributes }: XmlTree): boolean {
  return Object.entries(attributes).some(
    ([name, value]) => name.endsWith("}mustUnderstand") && (value === "1" || value === "true"),
  );
}

function tokenIn(header: XmlTree | undefined): UsernameToken | null {
  const within = (tree: XmlTree | undefined, name: string): XmlTree | undefined =>
    tree?.children.find((child) => child.name === name && child.namespace === securityNamespace);
  const token = within(within(header, "Security"), "UsernameToken");
  const password = within(token, "Password");
  if (!token || !password) return null;
  const type = password.attributes["Type"] ?? "";
  return {
    user: within(token, "Username")?.text.trim() ?? "",
    password: password.text.trim(),
    isText: !type.endsWith("#PasswordDigest"),
  };
}

function wrong(message: string): Result<never> {
  return fail("invalid", "api/soap-envelope", message);
}
