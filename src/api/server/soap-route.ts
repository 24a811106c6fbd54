/**
 * `POST /soap`: the same documents as `/b2mml` in a SOAP envelope, 1.1 and 1.2. Who comes without a key in the header may
 * bring it as the password of a WS-Security UsernameToken, over TLS. `GET /soap?wsdl` and the schemas are open to all.
 */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fail, type Fault, type Result } from "../../base/result.ts";
import type { Caller } from "../../access/caller.ts";
import { charsetIn, decodeText } from "../../document/text.ts";
import { usualLimits } from "../../isa95/b2mml/limit.ts";
import { routes } from "../contract/contract.ts";
import { documentBytesMax } from "../contract/document.ts";
import {
  closeEnvelope,
  faultEnvelope,
  mediaTypes,
  openEnvelope,
  openHead,
  type SoapHead,
  type SoapVersion,
} from "../soap/envelope.ts";
import { wsdlOf } from "../soap/wsdl.ts";
import { enter, takeBytes, type DocumentRouteOptions } from "./b2mml-route.ts";
import { bearerOf } from "./gate.ts";
import { statusOf } from "./problem.ts";
import { approachOf, sendFault } from "./route.ts";

const path = "/soap";
const declaration = routes[`POST ${path}`];
const soapTypes = /^(?:text\/xml|application\/soap\+xml)\b/i;
const limits = { ...usualLimits, bytesMax: documentBytesMax, elementsMax: 500_000 };
/** Of whoever is not known no more is read than what stands before the body. */
const headBytesMax = 64 * 1024;
const headLimits = { bytesMax: headBytesMax, depthMax: 16, elementsMax: 500, textMax: headBytesMax };

export interface SoapRouteOptions extends DocumentRouteOptions {
  /** A file of MESA's schemas of 7.0.1; null when there is none of that name. */
  readonly schema: (file: string) => Promise<string | null>;
}

export function serveSoap(server: FastifyInstance, options: SoapRouteOptions): void {
  serveDescription(server, options);
  const { services } = options;
  void server.register((scope, _options, done) => {
    takeBytes(scope);
    const admitted = new WeakMap<FastifyRequest, Caller>();
    scope.post(path, {
      bodyLimit: documentBytesMax,
      schema: { querystring: declaration.query },
      onRequest: async (request, reply) => {
        const approach = approachOf(request, path, services);
        // Neither key nor session, but an envelope: it may hold a token, and is read first.
        const mayBringToken = bearerOf(approach) === null && approach.token === null && isSoap(request);
        if (mayBringToken) return undefined;
        const allowed = await enter(services, approach);
        if (!allowed.ok) return sendFault(services, request, reply, allowed.fault, {});
        admitted.set(request, allowed.value);
        return undefined;
      },
      preParsing: async (request, reply, payload) => {
        if (admitted.has(request)) return payload;
        const { beginning, whole } = await begun(payload);
        const caller = await callerOf(options, request, beginning);
        if (!caller.ok) return sendSoapFault(options, request, reply, caller.version, caller.fault);
        admitted.set(request, caller.value);
        return whole;
      },
      handler: async (request, reply) => {
        const caller = admitted.get(request);
        if (!caller) throw new Error(`${path} was reached without the gate.`);
        return answer(options, request, reply, caller);
      },
    });
    done();
  });
}

async function answer(
  options: DocumentRouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller,
): Promise<FastifyReply> {
  const { services, give } = options;
  if (!isSoap(request) || !(request.body instanceof Uint8Array)) {
    const { fault } = fail("invalid", "api/media-type", "Send an envelope as text/xml or application/soap+xml.");
    return sendFault(services, request, reply, fault, {});
  }
  const decoded = decodeText(request.body, "envelope", charsetIn(request.headers["content-type"]));
  const opened = decoded.ok ? openEnvelope(decoded.value.text, limits) : decoded;
  const version = opened.ok ? opened.value.version : versionSaid(request);
  if (!opened.ok) return sendSoapFault(options, request, reply, version, opened.fault);
  services.log.entered(request, caller.actor);
  const { erp = null } = declaration.query.parse(request.query);
  const bytes = new TextEncoder().encode(opened.value.document);
  const given = await give({ bytes, file: "message", erp, givenBy: caller.actor });
  if (!given.ok) return sendSoapFault(options, request, reply, version, given.fault);
  reply.header("millrace-verdict", given.value.verdict);
  return sendEnvelope(reply, version, 200, closeEnvelope(version, given.value.answer));
}

/** As much of a body as tells who sends it, and all of it as a stream to be read once. */
async function begun(payload: Readable): Promise<{ readonly beginning: Uint8Array; readonly whole: Readable }> {
  // Chunks of a request are bytes.
  const chunks = payload.iterator({ destroyOnReturn: false }) as NodeJS.AsyncIterator<Buffer>;
  const read: Buffer[] = [];
  for (let bytes = 0; bytes < headBytesMax;) {
    const next = await chunks.next();
    if (next.done === true) break;
    read.push(next.value);
    bytes += next.value.byteLength;
  }
  const whole = async function* (): AsyncGenerator<Buffer> {
    yield* read;
    yield* chunks;
  };
  return { beginning: Buffer.concat(read).subarray(0, headBytesMax), whole: Readable.from(whole()) };
}

type Introduced = Result<Caller> & { readonly version: SoapVersion };

/**
 * Who a UsernameToken is: its password is an API key.
 *
 * @param beginning of the envelope
 * @fault refused access/not-signed-in   no token, or no key that holds
 * @fault refused access/token-in-clear  not over TLS: whoever listens could use the key
 * @fault refused access/forbidden access/whole-site-only
 */
async function callerOf(
  { services }: DocumentRouteOptions,
  request: FastifyRequest,
  beginning: Uint8Array,
): Promise<Introduced> {
  const head = headOf(beginning, charsetIn(request.headers["content-type"]));
  if (!head.ok) return { ...head, version: versionSaid(request) };
  const { version, token } = head.value;
  const approach = approachOf(request, path, services);
  if (token && request.protocol !== "https") {
    const text = "A UsernameToken travels readable here. Use https, and revoke this key if it came over a network.";
    return { ...fail("refused", "access/token-in-clear", text), version };
  }
  if (token && !token.isText) {
    const text = "Send the password as PasswordText: of keys only hashes are kept.";
    return { ...fail("refused", "access/not-signed-in", text), version };
  }
  const header = (name: string): string | undefined =>
    name === "authorization" && token ? `Bearer ${token.password}` : approach.header(name);
  return { ...(await enter(services, { ...approach, header })), version };
}

/** A beginning can end inside of a sign, which has four bytes at most. */
function headOf(beginning: Uint8Array, charset: string | undefined): Result<SoapHead> {
  const read = (cut: number): ReturnType<typeof decodeText> =>
    decodeText(beginning.subarray(0, beginning.byteLength - cut), "envelope", charset);
  const decoded = [0, 1, 2].map(read).find(({ ok: isText }) => isText) ?? read(3);
  return decoded.ok ? openHead(decoded.value.text, headLimits) : decoded;
}

function sendSoapFault(
  { services }: DocumentRouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  version: SoapVersion,
  fault: Fault,
): FastifyReply {
  const status = statusOf(fault, false);
  services.log.failed(request, fault, status);
  const isAboutAccess = status === 401 || status === 403;
  // SOAP 1.1 knows 500 for every fault; 1.2 tells the sender's from ours.
  const told = isAboutAccess ? status : version === "1.1" || status >= 500 ? 500 : 400;
  return sendEnvelope(reply, version, told, faultEnvelope(version, fault));
}

function sendEnvelope(reply: FastifyReply, version: SoapVersion, status: number, text: string): FastifyReply {
  return reply.code(status).header("content-type", mediaTypes[version]).serializer(String).send(text);
}

function isSoap(request: FastifyRequest): boolean {
  return soapTypes.test(request.headers["content-type"] ?? "");
}

function versionSaid(request: FastifyRequest): SoapVersion {
  return (request.headers["content-type"] ?? "").startsWith("application/") ? "1.2" : "1.1";
}

/** What there is to call, with MESA's schemas as published. */
function serveDescription(server: FastifyInstance, { schema }: SoapRouteOptions): void {
  server.get(path, (request, reply) =>
    reply
      .header("content-type", "text/xml; charset=utf-8")
      .serializer(String)
      .send(wsdlOf(`${request.protocol}://${request.host}${path}`)),
  );
  server.get(`${path}/schema/:file`, async (request, reply) => {
    const { file } = request.params as { readonly file: string }; // the path has this one
    const text = await schema(file);
    if (text === null) return reply.callNotFound();
    return reply.header("content-type", "text/xml; charset=utf-8").serializer(String).send(text);
  });
}
