/** A server that is away while somebody changes the screen: said in words, in its frame, and over by itself. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { findChromium, type Browser } from "./browser.ts";
import { firstLoad } from "./build.ts";
import { settled } from "./calls.ts";
import type { Fixture } from "./fixture.ts";
import { startScreens, type Screens } from "./screens.ts";
import { fallSilent } from "./silence.ts";
import { until } from "./wait.ts";

const chromium = await findChromium();

describe("a server that is away", { skip: chromium === undefined && "no Chromium here" }, () => {
  let screens: Screens;
  let fixture: Fixture;
  let browser: Browser;
  before(async () => {
    screens = await startScreens(chromium ?? "");
    ({ fixture, browser } = screens);
  });
  after(() => screens.close());
  afterEach(async () => {
    fixture.silence(false);
    await browser.closePages();
  });

  /** Paths of all that the screens need before they can be shown. */
  async function filesOf(...names: readonly string[]): Promise<ReadonlySet<string>> {
    const loads = await Promise.all(names.map((name) => firstLoad(screens.folder, `screens/${name}`)));
    return new Set(loads.flatMap((files) => [...files.keys()].map((file) => `/${file}`)));
  }

  /** The floor in a page that has heard all that was said; from here on its time is moved by hand, a minute ahead. */
  async function openSilent(): Promise<Page> {
    const page = await browser.open();
    await page.clock.install();
    await page.goto(`${fixture.url}/floor`);
    await page.locator(".tile").first().waitFor();
    await fallSilent(page, fixture);
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 60_000));
    return page;
  }

  /** The one word that ends the silence, which then begins anew. */
  async function speakOnce(page: Page): Promise<void> {
    fixture.silence(false);
    fixture.emit({ kind: "hello", at: new Date().toISOString() });
    fixture.silence(true);
    await page.locator(".stale").waitFor({ state: "detached" });
  }

  test("a screen that cannot be loaded is told so beside the menu, and comes when the server is there", async () => {
    const page = await browser.open({ language: "de" });
    const own = await filesOf("floor/screen.tsx", "operator/sending.tsx");
    let [isAway, isBack] = [false, false];
    // nothing of another screen comes, neither now nor ahead
    await page.route("**/assets/**", (route) =>
      isBack || own.has(new URL(route.request().url()).pathname) ? route.continue() : route.abort(),
    );
    await page.route("**/api/**", (route) => (isAway ? route.abort() : route.continue()));
    await page.goto(`${fixture.url}/floor`);
    await page.locator(".tile").first().waitFor();
    isAway = true;
    await page.getByRole("link", { name: "Aufträge" }).click();
    await page.getByRole("alert").getByText("Diese Seite konnte nicht geladen werden").waitFor();
    assert.equal(await page.getByRole("link", { name: "Live-Übersicht" }).count(), 1, "the menu is there");
    [isAway, isBack] = [false, true];
    await page.locator(".grid-body [role=row]").first().waitFor();
    assert.match(page.url(), /\/orders$/);
  });

  test("the other screens are loaded ahead", async () => {
    const page = await browser.open();
    const missing = new Set(await filesOf("orders/screen.tsx", "mend/screen.tsx", "connections/screen.tsx"));
    page.on("requestfinished", (request) => missing.delete(new URL(request.url()).pathname));
    await page.goto(`${fixture.url}/floor`);
    await page.locator(".tile").first().waitFor();
    await until("the files of the other screens are there", () => missing.size === 0);
    await settled(page);
    await page.route("**/assets/**", (route) => route.abort());
    for (const [name, ready] of [
      ["Orders", ".grid-body [role=row]"],
      ["To mend", ".mend-card"],
      ["Connections", "tbody tr"],
    ] as const) {
      await page.getByRole("link", { name }).click();
      await page.locator(ready).first().waitFor();
      assert.equal(await page.getByText("could not be loaded").count(), 0, name);
    }
  });

  test("after ten seconds of silence it says since when, and takes it back", async () => {
    const page = await openSilent();
    const stale = page.locator(".stale");
    await stale.waitFor();
    await speakOnce(page);
    await page.clock.runFor(8000);
    assert.equal(await stale.count(), 0, "eight seconds are no silence");
    await page.clock.runFor(4000);
    await stale.waitFor();
    assert.match(await stale.innerText(), /data from \d\d:\d\d:\d\d/);
    assert.ok((await page.locator(".tile").count()) > 0, "what was read stays");
    fixture.silence(false);
    fixture.emit({ kind: "hello", at: new Date().toISOString() });
    await stale.waitFor({ state: "detached" });
  });

  test("a device's clock that is put right does not hide the silence that follows", async () => {
    const page = await openSilent();
    // An hour ahead of the server, until its next word says what time it is.
    await page.clock.fastForward(3_600_000);
    await page.locator(".stale").waitFor();
    await speakOnce(page);
    await page.clock.runFor(12_000);
    await page.locator(".stale").waitFor();
  });

  test("a reply that puts the page's time right is no silence", async () => {
    const page = await openSilent();
    await page.locator(".stale").waitFor();
    await speakOnce(page);
    await page.route(/\/api\/v1\/orders\?/, async (route) => {
      const response = await route.fetch();
      const date = new Date((await page.evaluate(() => Date.now())) + 3_600_000).toUTCString();
      await route.fulfill({ response, headers: { ...response.headers(), date } });
    });
    await page.getByRole("link", { name: "Orders", exact: true }).click();
    await until("the orders are there", async () => {
      await page.clock.runFor(5);
      return (await page.locator(".grid-body [role=row]").count()) > 0;
    });
    assert.equal(await page.locator(".stale").count(), 0);
  });
});
