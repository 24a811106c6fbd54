/**
 * An ERP that speaks B2MML, in this process, and misbehaves on demand: has schedules ready, takes performances once for
 * their BODID, shows what it has. It knows no business rules.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../../base/clock.ts";
import { randomId } from "../../../base/id.ts";
import { unwrap } from "../../../base/result.ts";
import type { Document } from "../../../isa95/b2mml/document.ts";
import type { Information } from "../../../isa95/b2mml/information.ts";
import { answerTo, areaOf, type Asked, type Told } from "../../../isa95/conversation/answer.ts";
import { performanceOf } from "../../../isa95/conversation/performance.ts";
import { openDocuments } from "../documents.ts";

type Response = Information<"OperationsResponse">;

/** What happens to one write; `commit` takes it over and gives the answer's text. */
export type Mishap = (request: IncomingMessage, response: ServerResponse, commit: () => string) => void;

export interface FakePartner {
  readonly url: string;
  readonly pullUrl: string;
  /** Every response that was taken over and not taken back, in order. */
  readonly responses: Response[];
  /** Taken from the front, one per write. */
  readonly mishaps: Mishap[];
  /** The document at `pullUrl`, in whatever encoding; null: 404. */
  schedule: string | Uint8Array | null;
  /** Its content type. */
  scheduleType: string;
  /** What becomes of the answers to the next questions, from the front, one for each: something in between alters them. */
  readonly shown: ((answer: string) => string)[];
  /** The status with which it answers OPTIONS. */
  probed: number;
  /** Says no to everything, with this reason. */
  refusal: string | null;
  readonly seen: { readonly line: string; readonly headers: IncomingMessage["headers"]; readonly body: string }[];
  close(): Promise<void>;
}

export async function startFakePartner(): Promise<FakePartner> {
  const b2mml = await openDocuments();
  const taken = new Set<string>();
  const responses: Response[] = [];
  const fake: Omit<FakePartner, "url" | "pullUrl" | "close"> = {
    responses,
    mishaps: [],
    shown: [],
    schedule: null,
    scheduleType: usualType,
    probed: 405,
    refusal: null,
    seen: [],
  };

  const answered = (asked: Asked, told: Pick<Told, "verdict" | "reasons" | "content">): string => {
    const area = areaOf("ERP-1", asked.applicationArea.Sender?.LogicalID, systemClock.now(), randomId());
    const answer = answerTo(asked, { ...told, area });
    return answer ? unwrap(b2mml.write(answer)) : "";
  };
  const take = (document: Asked): string => {
    if (document.noun !== "OperationsPerformance") throw new Error(`The ERP takes no ${document.noun}.`);
    const told = { reasons: [], content: document.content };
    if (fake.refusal !== null) return answered(document, { ...told, verdict: "none", reasons: [fake.refusal] });
    const bodId = document.applicationArea.BODID ?? "";
    const all = document.content.flatMap(({ OperationsResponse }) => OperationsResponse);
    if (!taken.has(bodId)) {
      taken.add(bodId);
      if (document.verb === "Process") responses.push(...all);
      else for (const { ID } of all) removeById(responses, ID);
    }
    return answered(document, { ...told, verdict: "whole" });
  };
  const show = (document: Asked): string => {
    if (document.noun !== "OperationsPerformance") throw new Error(`The ERP shows no ${document.noun}.`);
    const wanted = document.content.flatMap(({ OperationsResponse }) => OperationsResponse);
    const found = responses.filter((one) => wanted.some((asked) => fits(asked, one)));
    const empty = performanceOf("shown", []);
    const content = [found.length > 0 ? { ...empty, OperationsResponse: found } : empty];
    return answered(document, { verdict: "whole", reasons: [], content });
  };

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      fake.seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      if (request.method === "OPTIONS") return send(response, fake.probed, "");
      if (request.method === "GET") {
        return send(response, fake.schedule === null ? 404 : 200, fake.schedule ?? "", fake.scheduleType);
      }
      const read = b2mml.read(Buffer.from(body), "request");
      if (!read.ok) return send(response, 400, read.fault.message);
      const document: Document = read.value.document;
      if (document.verb === null) return send(response, 400, "no message");
      if (document.verb === "Get") {
        const text = show(document);
        return send(response, 200, fake.shown.shift()?.(text) ?? text);
      }
      const commit = (): string => take(document);
      const mishap = fake.mishaps.shift();
      return mishap ? mishap(request, response, commit) : send(response, 200, commit());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, {
    url: `http://127.0.0.1:${port}/b2mml`,
    pullUrl: `http://127.0.0.1:${port}/schedule`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

const usualType = "application/xml; charset=utf-8";

export function send(
  response: ServerResponse,
  status: number,
  content: string | Uint8Array,
  type: string = usualType,
): void {
  // A connection that is kept could break under the next call, which would then be in doubt for good reason.
  response.writeHead(status, { "content-type": type, connection: "close" }).end(content);
}

/** By the order when one is named, else by ID. */
function fits(asked: Response, one: Response): boolean {
  const orders = asked.OperationsRequestID ?? [];
  if (orders.length === 0) return asked.ID === one.ID;
  return orders.some((order) => one.OperationsRequestID?.includes(order));
}

function removeById(responses: Response[], id: string): void {
  const index = responses.findIndex((one) => one.ID === id);
  if (index >= 0) responses.splice(index, 1);
}
