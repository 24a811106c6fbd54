/** The simulation's pages as a browser, and somebody who means no good, meet them. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { unwrap } from "../../base/result.ts";
import { timeZone } from "../../base/site-time.ts";
import { button, html } from "./html.ts";
import { startPages, type PageServer } from "./server.ts";
import { visitor } from "./testing/visitor.ts";

let pages: PageServer;
let pressed: string[] = [];

before(async () => {
  const page = {
    path: "/",
    title: "A <page>",
    body: () =>
      html`<p>${pressed.join()}</p>
        ${button("/press", "Press", { what: `"><script>alert(1)</script>` })}`,
    actions: {
      press: (form: URLSearchParams) => {
        pressed.push(form.get("what") ?? "");
        return `Pressed ${form.get("what")}`;
      },
    },
  };
  pages = await startPages({
    pages: [page, { ...page, path: "/other" }],
    clock: systemClock,
    zone: unwrap(timeZone("Europe/Berlin")),
  });
});
after(() => pages.close());

function ask(method: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${pages.url}${path}`, { method, headers, agent: false }, (incoming) => {
      incoming.resume();
      incoming.on("end", () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

test("whatever a value holds, it is text on the page", async () => {
  pressed = [];
  const shown = await visitor(pages.url).press("/press", { what: `<img src=x onerror="x">&'` });
  assert.ok(shown.includes("Pressed &lt;img src=x onerror=&quot;x&quot;&gt;&amp;&#39;"), shown);
  assert.ok(shown.includes("<title>A &lt;page&gt;</title>"));
  assert.ok(!shown.includes("<script>") && !shown.includes("<img"));
});

test("a page refreshes itself, stands still when asked, and needs no script", async () => {
  const look = visitor(pages.url).look;
  assert.match(await look("/"), /http-equiv="refresh" content="2"/);
  assert.doesNotMatch(await look("/?still"), /http-equiv="refresh"/);
  assert.doesNotMatch(await look("/"), /<script/);
  const reply = await fetch(pages.url);
  assert.match(reply.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  await reply.text();
});

test("a button of another page is found below its page", async () => {
  pressed = [];
  await visitor(pages.url).press("/other/press", { what: "it" });
  assert.deepEqual(pressed, ["it"]);
});

test("forms of other sites and other names of this host are refused, and press nothing", async () => {
  pressed = [];
  const host = new URL(pages.url).host;
  assert.equal(await ask("POST", "/press", { origin: "https://evil.example" }), 403);
  assert.equal(await ask("POST", "/press", { origin: "null" }), 403);
  assert.equal(await ask("POST", "/press", { host: "evil.example", origin: "http://evil.example" }), 403);
  assert.equal(await ask("GET", "/", { host: "evil.example:80" }), 403);
  assert.equal(await ask("GET", "/press", {}), 404);
  assert.equal(await ask("PUT", "/", {}), 405);
  assert.equal(await ask("POST", "/toString", {}), 404);
  assert.deepEqual(pressed, []);
  assert.equal(await ask("POST", "/press", { origin: `http://${host}` }), 303);
  assert.equal(pressed.length, 1);
});

test("a form that is too large is refused", async () => {
  const reply = await fetch(`${pages.url}/press`, { method: "POST", body: "x".repeat(20_000) });
  assert.equal(reply.status, 413);
  await reply.text();
});
