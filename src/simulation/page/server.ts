/**
 * The web server of the simulation's own pages: reads a page, does what a form asks, and comes back to the page.
 * Loopback only, and for the visitor's own browser only: forms of other sites and other names of this host are refused.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Clock } from "../../base/clock.ts";
import type { Instant } from "../../base/instant.ts";
import { localTime, type TimeZone } from "../../base/site-time.ts";
import { assert } from "../../base/result.ts";
import { html, type Html } from "./html.ts";

/** What a button does. @returns what was done, in a sentence, or why not */
export type PageAction = (form: URLSearchParams) => Promise<string> | string;

export interface Page {
  /** `/`, or `/machines`; its actions stand below it. */
  readonly path: string;
  readonly title: string;
  body(): Html;
  readonly actions: Readonly<Record<string, PageAction>>;
}

export interface PageServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

interface Said {
  readonly at: Instant;
  readonly text: string;
}

const refreshSeconds = 2;
const formBytesMax = 16_384;
const saidMax = 4;

/** @param port  0: any free one */
export async function startPages(of: {
  readonly pages: readonly Page[];
  readonly clock: Clock;
  /** In which times are shown: the plant's, as on Millrace's screens. */
  readonly zone: TimeZone;
  readonly port?: number;
}): Promise<PageServer> {
  const said: Said[] = [];
  const server = createServer((request, response) => void serve(of, said, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(of.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  assert(typeof address === "object" && address !== null, "a listening server has an address");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Pages = Parameters<typeof startPages>[0];

async function serve(of: Pages, said: Said[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (!isOurHost(request)) return send(response, 403, "Ask for this page by the address that the demo prints.");
    const url = new URL(request.url ?? "/", "http://localhost");
    if (request.method === "POST") await act(of, said, { request, response, path: url.pathname });
    else if (request.method !== "GET" && request.method !== "HEAD") send(response, 405, "GET and POST only.");
    else if (url.pathname === "/page.css") send(response, 200, style, "text/css; charset=utf-8");
    else show(of, said, { response, url });
  } catch (error) {
    if (response.headersSent) response.destroy();
    else send(response, 500, `The simulation itself failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function show(of: Pages, said: readonly Said[], on: { readonly response: ServerResponse; readonly url: URL }): void {
  const page = of.pages.find(({ path }) => path === on.url.pathname);
  if (!page) return send(on.response, 404, "There is no such page.");
  const isStill = on.url.searchParams.has("still");
  const links = of.pages.map(({ path, title }) =>
    path === page.path ? html`<b>${title}</b> ` : html`<a href="${path}">${title}</a> `,
  );
  const pace = isStill
    ? html`<a href="${page.path}">refresh every ${refreshSeconds} s</a>`
    : html`refreshes every ${refreshSeconds} s · <a href="${page.path}?still">stand still</a>`;
  const notes = said.map(({ at, text }) => html`<li>${localTime(at, of.zone)} ${text}</li>`);
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${isStill ? null : html`<meta http-equiv="refresh" content="${refreshSeconds}" />`}
        <title>${page.title}</title>
        <link rel="stylesheet" href="/page.css" />
      </head>
      <body>
        <header>
          <nav>${links}</nav>
          <small>${pace}</small>
        </header>
        <main>
          <h1>${page.title}</h1>
          <ul class="said" role="status">
            ${notes}
          </ul>
          ${page.body()}
        </main>
      </body>
    </html>`;
  send(on.response, 200, document.text, "text/html; charset=utf-8");
}

async function act(
  of: Pages,
  said: Said[],
  on: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly path: string },
): Promise<void> {
  const { request, response, path } = on;
  if (!isOurForm(request)) return send(response, 403, "Only this page's own buttons may do this.");
  const at = path.lastIndexOf("/");
  const page = of.pages.find((p) => p.path === (path.slice(0, at) || "/"));
  const name = path.slice(at + 1);
  const action = page && Object.hasOwn(page.actions, name) ? page.actions[name] : undefined;
  if (!page || !action) return send(response, 404, "There is no such button.");
  const body = await bodyOf(request);
  if (body === null) return send(response, 413, "The form is too large.");
  said.unshift({ at: of.clock.now(), text: await action(new URLSearchParams(body)) });
  said.length = Math.min(said.length, saidMax);
  response.writeHead(303, { location: page.path, "content-length": "0" });
  response.end();
}

/** A name that points here by somebody else's doing is none of ours. */
function isOurHost(request: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(request.headers.host ?? "");
}

/** Browsers say from where a form was sent; what says nothing is no browser. */
function isOurForm(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin === undefined || origin === `http://${host}`;
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    // Without an encoding the stream gives buffers.
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > formBytesMax) return null;
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const style = `
:root { color-scheme: light dark; font: 14px/1.35 system-ui, sans-serif; }
body { margin: 0; }
header { display: flex; justify-content: space-between; gap: 1rem; padding: .5rem 1rem; border-bottom: 1px solid #8886; }
nav a, nav b { margin-right: 1rem; }
main { padding: .5rem 1rem 2rem; }
h1 { font-size: 1.2rem; margin: .3rem 0; } h2 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; }
td, th { padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #8883; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
form { display: inline; } button { font: inherit; min-height: 1.9rem; margin: 0 .3rem .2rem 0; cursor: pointer; }
.said { list-style: none; margin: 0; padding: 0; min-height: 1.3rem; color: light-dark(#666, #aaa); }
.bad { color: light-dark(#b22, #f88); font-weight: 600; } .quiet { color: light-dark(#666, #aaa); }
`;

function send(response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8"): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    "content-type": type,
    "content-length": String(bytes.length),
    "content-security-policy":
      "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
  });
  response.end(bytes);
}
