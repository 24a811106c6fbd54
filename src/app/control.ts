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

/** Path → answer; a throw is answered with 500 and its message. */
export type ControlAnswers = Readonly<Record<string, () => Promise<unknown>>>;

export async function openControl(token: string, answers: ControlAnswers): Promise<ControlDoor> {
  const server = createServer((request, response) => void answer(token, answers, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A listening TCP server has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return { port, close: () => closeServer(server) };
}

async function answer(
  token: string,
  answers: ControlAnswers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const say = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(toJson(body));
  };
  if (request.headers.authorization !== `Bearer ${token}`)
    return say(401, { message: "Only commands of this data directory may ask." });
  const found = Object.hasOwn(answers, request.url ?? "") ? answers[request.url ?? ""] : undefined;
  if (!found) return say(404, { message: `There is nothing at ${request.url ?? ""}.` });
  try {
    say(200, await found());
  } catch (error) {
    say(500, { message: error instanceof Error ? error.message : String(error) });
  }
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
