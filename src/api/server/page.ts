/**
 * The built screens: files with a hash in their name are kept for ever, the page itself is asked for again each time.
 * Every other address that a person opens is a screen, which the page finds by itself.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { makeFault } from "../../base/result.ts";
import { sendFault, type RouteServices } from "./route.ts";

const yearSeconds = 365 * 24 * 3600;
/** Where the build puts what has a hash in its name. */
const hashed = "/assets/";

const missing = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Millrace</title>
<h1>Millrace runs, but its screens are not built</h1>
<p>Build them in the folder of the program with <code>npm run build</code>, then start Millrace again.</p>
<p>The HTTP interface works: <a href="/api/v1/openapi.json">its description</a>.</p></html>`;

export async function servePages(
  server: FastifyInstance,
  folder: string | null,
  services: RouteServices,
): Promise<void> {
  const index = folder === null ? null : join(folder, "index.html");
  const isBuilt = index !== null && existsSync(index);
  if (isBuilt && folder !== null) {
    await server.register(fastifyStatic, {
      root: folder,
      wildcard: true,
      index: ["index.html"],
      dotfiles: "ignore",
      cacheControl: false,
      setHeaders: (reply, path) => {
        const isHashed = path.slice(folder.length).replaceAll("\\", "/").startsWith(hashed);
        reply.header("cache-control", isHashed ? `public, max-age=${yearSeconds}, immutable` : "no-cache");
      },
    });
  }
  server.setNotFoundHandler(async (request, reply) => {
    if (!isScreen(request)) {
      const text = `There is nothing at ${request.method} ${request.url.split("?")[0]}.`;
      return sendFault(services, request, reply, makeFault("invalid", "api/missing", text), {});
    }
    const body = isBuilt ? await readFile(index, "utf8") : missing;
    return page(reply, body, isBuilt ? 200 : 503);
  });
}

function page(reply: FastifyReply, body: string, status: number): FastifyReply {
  return reply.code(status).header("cache-control", "no-cache").type("text/html; charset=utf-8").send(body);
}

/** A person opens an address; a missing file or route is missing. */
function isScreen(request: FastifyRequest): boolean {
  const path = request.url.split("?")[0] ?? "";
  const isOurs = path.startsWith("/api/") || path.startsWith(hashed);
  return request.method === "GET" && !isOurs && (request.headers.accept ?? "").includes("text/html");
}
