/**
 * `POST /b2mml`: a document as it is, XML or JSON, answered with a document. Faults are problems as everywhere; SOAP has
 * a door of its own.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fail, ok, type Result } from "../../base/result.ts";
import { charsetIn } from "../../document/text.ts";
import { routes } from "../contract/contract.ts";
import { documentBytesMax } from "../contract/document.ts";
import type { Caller } from "../../access/caller.ts";
import type { GiveDocument } from "../document-door.ts";
import type { Reply } from "../../flows/converse.ts";
import { admit, type Approach } from "./gate.ts";
import { approachOf, sendFault, type RouteServices } from "./route.ts";

export interface DocumentRouteOptions {
  readonly services: RouteServices;
  readonly give: GiveDocument;
}

const path = "/b2mml";
const declaration = routes[`POST ${path}`];
const mediaTypes = /^(?:application|text)\/(?:[\w.+-]+\+)?(?:xml|json)$/;

export function serveB2mml(server: FastifyInstance, options: DocumentRouteOptions): void {
  const { services } = options;
  // A scope of its own: bodies are bytes here, and JSON elsewhere.
  void server.register((scope, _options, done) => {
    takeBytes(scope);
    const admitted = new WeakMap<FastifyRequest, Caller>();
    scope.post(path, {
      bodyLimit: documentBytesMax,
      schema: { querystring: declaration.query },
      onRequest: async (request, reply) => {
        const allowed = await enter(services, approachOf(request, path, services));
        if (!allowed.ok) return sendFault(services, request, reply, allowed.fault, {});
        admitted.set(request, allowed.value);
        return undefined;
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

/** Every body as its bytes, whatever it says it is. */
export function takeBytes(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

/**
 * Who knocks at a door for documents, when he may: they are about orders of the whole site.
 *
 * @fault refused access/whole-site-only  also see `admit`
 */
export async function enter({ keeper }: RouteServices, approach: Approach): Promise<Result<Caller>> {
  const entered = await admit(keeper, approach, declaration);
  if (!entered.ok) return entered;
  const { caller } = entered.value;
  if (caller.visible("document.exchange") === null) return ok(caller);
  const text = "Documents are about the whole site: use a key, or an account, that is for all of it.";
  return fail("refused", "access/whole-site-only", text);
}

async function answer(
  { services, give }: DocumentRouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller,
): Promise<FastifyReply> {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (!mediaTypes.test(type) || !(request.body instanceof Uint8Array)) {
    const { fault } = fail("invalid", "api/media-type", "Send a document as application/xml or application/json.");
    return sendFault(services, request, reply, fault, {});
  }
  const { erp = null } = declaration.query.parse(request.query);
  services.log.entered(request, caller.actor);
  const charset = charsetIn(request.headers["content-type"]);
  const given = await give({ bytes: request.body, charset, file: "message", erp, givenBy: caller.actor });
  return given.ok ? send(reply, given.value) : sendFault(services, request, reply, given.fault, {});
}

/** The verdict is told beside the answer, so that a sender who wants none still hears it. */
function send(reply: FastifyReply, { answer: text, verdict }: Reply): FastifyReply {
  reply.header("millrace-verdict", verdict);
  if (text === null) return reply.code(204).send();
  const type = text.startsWith("{") ? "application/json" : "application/xml";
  return reply.code(200).header("content-type", `${type}; charset=utf-8`).serializer(String).send(text);
}
