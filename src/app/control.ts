/**
 * The control door: a loopback port that the commands of the same data directory use to ask the running process. The
 * public HTTP interface is not here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { toJson } from "../base/json.ts";

export interface ControlDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** Path → answer to GET; a throw is answered with 500 and its message. */
export type ControlAnswers = Readonly<Record<string, () => Promise<unknown>>>;

/** Path → answer to POST with a JSON body; a refusal is an answer. */
export type ControlCommands = Readonly<Record<string, (body: unknown) => Promise<unknown>>>;

const bodyBytesMax = 64 * 1024;

export async function openControl(
  token: string,
  answers: ControlAnswers,
  commands: ControlCommands = {},
): Promise<ControlDoor> {
  const server = createServer((request, response) => void answer(token, { answers, commands }, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A listening TCP server has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return { port, close: () => closeServer(server) };
}

async function answer(
  token: string,
  { answers, commands }: { readonly answers: ControlAnswers; readonly commands: ControlCommands },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const say = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(toJson(body));
  };
  if (request.headers.authorization !== `Bearer ${token}`)
    return say(401, { message: "Only commands of this data directory may ask." });
  const path = request.url ?? "";
  try {
    if (request.method === "POST" && Object.hasOwn(commands, path)) {
      const body = await readBody(request);
      return body === undefined
        ? say(400, { message: "The body is no JSON, or longer than 64 kB." })
        : say(200, await commands[path]?.(body));
    }
    const found = Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (!found) return say(404, { message: `There is nothing at ${path}.` });
    say(200, await found());
  } catch (error) {
    say(500, { message: error instanceof Error ? error.message : String(error) });
  }
}

/** Undefined when it is too long or no JSON. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  // A request gives buffers as long as no encoding is set.
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes <= bodyBytesMax) parts.push(part);
  }
  if (bytes > bodyBytesMax) return undefined;
  try {
    const body: unknown = JSON.parse(Buffer.concat(parts).toString("utf8"));
    return body;
  } catch {
    return undefined;
  }
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
