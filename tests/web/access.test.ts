import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { permissions } from "../../src/access/permission.ts";
import { findChromium, startBrowser, type Browser } from "./browser.ts";
import { buildWeb, type BuiltWeb } from "./build.ts";
import { quiet, settled } from "./calls.ts";
import { startFixture, type Fixture } from "./fixture.ts";
import { assertAccessible, breachesOf, listenForTrouble } from "./page.ts";
import { fallSilent } from "./silence.ts";
import { until } from "./wait.ts";

const chromium = await findChromium();
const order = "/orders/sap:100:1000000";

/** Address, and what must be there before it is judged; a click opens what is not in the address. */
const screens: readonly {
  readonly at: string;
  readonly ready: string;
  readonly click?: string;
  readonly opens?: string;
}[] = [
  { at: "/floor", ready: ".tile" },
  { at: "/floor?state=production&text=o", ready: ".tile" },
  { at: "/floor?big=true", ready: ".tile" },
  { at: "/floor?text=nothing-like-it", ready: ".page-state h2" },
  { at: "/orders", ready: ".grid-body [role=row]" },
  { at: order, ready: ".entry" },
  { at: order, ready: "article", click: "article button", opens: "textarea" },
  { at: `${order}?open=fact:fact-0`, ready: "[role=dialog] table" },
  { at: `${order}?open=posting:post-1`, ready: "[role=dialog] pre" },
  { at: `${order}?open=run:run-0`, ready: "[role=dialog] li" },
  { at: `${order}?open=instruction:ins-1`, ready: "[role=dialog] table" },
  { at: `${order}?open=message:msg-1`, ready: "[role=dialog] pre" },
  { at: "/mend?list=production", ready: ".mend-card", click: ".mend-card button", opens: "input[type=radio]" },
  { at: "/mend?list=postings", ready: ".mend-card" },
  { at: "/mend?list=postings", ready: ".mend-card", click: ".mend-card button >> nth=1", opens: "input[type=date]" },
  { at: "/mend?list=orders", ready: ".mend-card" },
  { at: "/mend?list=questions", ready: ".mend-card", click: ".mend-card button", opens: "input[type=radio]" },
  {
    at: "/mend?list=questions",
    ready: ".mend-card",
    click: ".mend-card >> nth=1 >> button",
    opens: "input[type=checkbox]",
  },
  { at: "/materials", ready: ".grid-body [role=row]" },
  { at: "/materials?material=WIRE-0.5-BU", ready: ".grid-body [role=row]" },
  { at: "/connections", ready: "tbody tr" },
  { at: "/people", ready: "tbody tr", click: "main .stack button >> nth=0", opens: "[role=dialog] input" },
  { at: "/people?part=keys", ready: "tbody tr" },
  { at: "/people?part=audit", ready: "tbody tr" },
  { at: "/connections", ready: "tbody tr", click: ".bar-button >> nth=0", opens: ".notice" },
  { at: "/connections", ready: "tbody tr", click: ".bar-button >> nth=1", opens: ".panel select" },
  { at: "/no-such-page", ready: ".page-state h1" },
];

describe(
  "every screen, in light and English, in dark and German",
  { skip: chromium === undefined && "no Chromium here" },
  () => {
    let built: BuiltWeb;
    let fixture: Fixture;
    let browser: Browser;
    before(async () => {
      built = await buildWeb();
      fixture = await startFixture({ units: 14, orders: 30, webRoot: built.folder });
      browser = await startBrowser(chromium ?? "");
    });
    after(async () => {
      await browser.close();
      await fixture.close();
      await built.remove();
    });
    afterEach(async () => {
      await browser.closePages();
      fixture.world.permissions = permissions;
      fixture.instead("GET /api/v1/connections", undefined);
    });

    // what a scheme changes and what a language changes do not meet; contrast.test.ts holds every pair of colours
    for (const [scheme, language] of [
      ["light", "en"],
      ["dark", "de"],
    ] as const) {
      test(`${scheme}, ${language}`, async () => {
        const page = await browser.open({ scheme, language });
        const trouble = listenForTrouble(page);
        const wrong: string[] = [];
        await page.goto(`${fixture.url}/floor`);
        for (const { at, ready, click, opens } of screens) {
          await page.goto(fixture.url + at);
          await page.locator(ready).first().waitFor();
          await settled(page); // no part of it is judged while it still waits
          if (click !== undefined) await page.locator(click).first().click();
          if (opens !== undefined) await page.locator(opens).first().waitFor();
          const breaches = await breachesOf(page);
          wrong.push(...breaches.map((breach) => `${at} ${opens ?? ""}: ${breach}`));
          assert.equal(await page.locator("html").getAttribute("lang"), language);
          assert.equal(await page.locator("html").getAttribute("data-mantine-color-scheme"), scheme);
        }
        assert.deepEqual(wrong, []);
        assert.deepEqual(trouble, [], "neither faults nor breaches of the page's policy");
      });
    }

    test("the sign-in and the first change of a password", async () => {
      fixture.world.isSignedIn = false;
      const page = await browser.open({ scheme: "dark", language: "de" });
      await page.goto(`${fixture.url}/orders`);
      await page.locator("input[type=password]").waitFor();
      await assertAccessible(page, "sign-in");
      fixture.world.isSignedIn = true;
      fixture.world.mustChangePassword = true;
      await page.reload();
      await page.locator("input[type=password] >> nth=2").waitFor();
      await assertAccessible(page, "new password");
      fixture.world.mustChangePassword = false;
    });

    test("a planted breach is found", async () => {
      const page = await browser.open();
      await page.goto(`${fixture.url}/connections`);
      await page.locator("tbody tr").first().waitFor();
      await page.evaluate(`document.querySelector("h1").insertAdjacentHTML("afterend",
      '<button></button><p id="pale">pale</p>'); document.querySelector("#pale").style.color = "#ccc"`);
      const breaches = (await breachesOf(page)).map((breach) => breach.slice(0, breach.indexOf(":")));
      assert.deepEqual(breaches.sort(), ["button-name", "color-contrast"]);
    });

    test("errors and missing permissions are told in words", async () => {
      const page = await browser.open();
      const problem = { type: "t", title: "x", status: 403, code: "access/forbidden", detail: "" };
      fixture.instead("GET /api/v1/connections", { status: 403, body: problem });
      await page.goto(`${fixture.url}/connections`);
      await settled(page);
      await page.locator("[role=alert] strong").waitFor();
      assert.match(await page.locator("main").innerText(), /may not see.*role.*access\/forbidden/s);
      await assertAccessible(page, "no permission");
      fixture.instead("GET /api/v1/connections", { status: 500, body: "a proxy's page" });
      await page.reload();
      await settled(page); // from here on only a person asks again
      await page.locator("[role=alert] button").waitFor();
      await assertAccessible(page, "a fault of the server");
      fixture.instead("GET /api/v1/connections", undefined);
      await page.locator("[role=alert] button").click();
      await page.locator("tbody tr").first().waitFor();
    });

    test("what somebody before the server refuses is no want of a right, and is asked again", async () => {
      const page = await browser.open();
      await page.clock.install();
      fixture.instead("GET /api/v1/connections", { status: 403, body: "a proxy's page" });
      await page.goto(`${fixture.url}/connections`);
      await settled(page);
      const alert = page.getByRole("alert").filter({ hasText: "web/status-403", hasNotText: "role" });
      await alert.getByRole("button", { name: "Try again" }).waitFor();
      fixture.instead("GET /api/v1/connections", undefined);
      await page.clock.runFor(15_000);
      await page.locator("tbody tr").first().waitFor();
    });

    /** A page that hears its stream, on a screen that whoever is signed in may not see. */
    const refused = async (): Promise<Page> => {
      fixture.world.permissions = ["floor.read", "order.read"];
      const page = await browser.open();
      await page.clock.install();
      await page.goto(`${fixture.url}/floor`);
      await page.locator(".tile").first().waitFor();
      await settled(page);
      await page.evaluate('history.pushState(null, "", "/connections")'); // no entry of the menu leads there
      const alert = page.getByRole("alert");
      await alert.getByText("You may not see or do this").waitFor();
      await alert.getByText("ask an administrator for the right role").waitFor();
      await quiet(page);
      return page;
    };

    test("who has not the right for a screen is told so in words, and the server is asked once", async () => {
      const page = await refused();
      let asked = 0;
      page.on("request", (request) => void (asked += request.url().endsWith("/api/v1/connections") ? 1 : 0));
      fixture.emit({ kind: "connections" });
      fixture.emit({ kind: "reset" });
      for (let seconds = 0; seconds < 60; seconds += 5) await page.clock.runFor(5_000);
      const resumed = fixture.resumedFrom.length;
      fixture.cutStreams();
      await until("the stream is there again", () => fixture.resumedFrom.length > resumed);
      await page.clock.runFor(5_000);
      await quiet(page);
      assert.equal(asked, 0, "never again");
    });

    test("who is given the right sees the screen that was refused within half a minute", async () => {
      const page = await refused();
      fixture.world.permissions = permissions; // the server says nothing of it
      await page.clock.runFor(31_000);
      await page.locator("tbody tr").first().waitFor();
    });

    test("who is given the right and opens the screen again sees it at once", async () => {
      const page = await refused();
      await page.locator('.menu-entry[href^="/floor"]').click();
      await page.locator(".tile").first().waitFor();
      await quiet(page);
      fixture.world.permissions = permissions;
      await page.clock.pauseAt(Number(await page.evaluate("Date.now()")) + 1_000);
      await page.goBack();
      // in steps so small that no half minute is over when patience is
      await until("the screen is shown", async () => {
        await page.clock.runFor(5);
        return (await page.locator("tbody tr").count()) > 0;
      });
    });

    test("waiting, and data that is no longer live, are told in words", async () => {
      const page = await browser.open({ scheme: "dark", language: "de" });
      await page.clock.install();
      fixture.instead("GET /api/v1/connections", "hang");
      await page.goto(`${fixture.url}/connections`);
      await page.clock.runFor(500);
      await page.locator(".page-state[role=status] .waiting").waitFor();
      await assertAccessible(page, "waiting");
      fixture.instead("GET /api/v1/connections", undefined);
      await page.goto(`${fixture.url}/floor`);
      await page.locator(".tile").first().waitFor();
      await fallSilent(page, fixture);
      await page.clock.runFor(12_000);
      assert.match(await page.locator(".stale").innerText(), /Daten von/);
      await assertAccessible(page, "no longer live");
      fixture.silence(false);
    });
  },
);
