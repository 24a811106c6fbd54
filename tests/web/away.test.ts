/** A server that is away while somebody changes the screen: said in words, in its frame, and over by itself. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { findChromium, type Browser } from "./browser.ts";
import type { Fixture } from "./fixture.ts";
import { passSilence } from "./page.ts";
import { startScreens, type Screens } from "./screens.ts";

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
  afterEach(() => fixture.silence(false));

  test("a screen that cannot be loaded is told so beside the menu, and comes when the server is there", async () => {
    const page = await browser.open({ language: "de" });
    // nothing of another screen comes, neither now nor ahead
    await page.route(/\/assets\/(?!index)/, (route) => (isAway ? route.abort() : route.continue()));
    await page.route("**/api/**", (route) => (isAway ? route.abort() : route.continue()));
    let isAway = false;
    await page.goto(`${fixture.url}/floor`);
    await page.locator(".tile").first().waitFor();
    isAway = true;
    await page.getByRole("link", { name: "Aufträge" }).click();
    await page.getByRole("alert").getByText("Diese Seite konnte nicht geladen werden").waitFor();
    assert.equal(await page.getByRole("link", { name: "Live-Übersicht" }).count(), 1, "the menu is there");
    isAway = false;
    await page.locator(".grid-body [role=row]").first().waitFor();
    assert.match(page.url(), /\/orders$/);
  });

  test("the other screens are loaded ahead", async () => {
    const page = await browser.open();
    await page.goto(`${fixture.url}/floor`);
    await page.locator(".tile").first().waitFor();
    await page.waitForTimeout(5000);
    await page.route("**/assets/**", (route) => route.abort());
    for (const [name, ready] of [
      ["Orders", ".grid-body [role=row]"],
      ["To mend", ".mend-card"],
      ["Connections", "h1"],
    ] as const) {
      await page.getByRole("link", { name }).click();
      await page.locator(ready).first().waitFor();
      assert.equal(await page.getByText("could not be loaded").count(), 0, name);
    }
  });

  test("after ten seconds of silence it says since when, and takes it back", async () => {
    const page = await browser.open();
    await page.clock.install();
    await page.goto(`${fixture.url}/floor`);
    await page.locator(".tile").first().waitFor();
    // From here the page's time is moved by hand: how long the browser takes is no silence of the server.
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 15_000));
    fixture.silence(true);
    await passSilence(page);
    fixture.silence(false);
    fixture.emit({ kind: "hello", at: new Date().toISOString() });
    fixture.silence(true);
    await page.locator(".stale").waitFor({ state: "detached" });
    await page.clock.runFor(8000);
    assert.equal(await page.locator(".stale").count(), 0, "eight seconds are no silence");
    await page.clock.runFor(4000);
    await page.locator(".stale").waitFor();
    assert.match(await page.locator(".stale").innerText(), /data from \d\d:\d\d:\d\d/);
    assert.ok((await page.locator(".tile").count()) > 0, "what was read stays");
    fixture.silence(false);
    fixture.emit({ kind: "hello", at: new Date().toISOString() });
    await page.locator(".stale").waitFor({ state: "detached" });
  });

  test("a device's clock that is put right does not hide the silence that follows", async () => {
    const page = await browser.open();
    await page.clock.install();
    await page.goto(`${fixture.url}/floor`);
    await page.locator(".tile").first().waitFor();
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 15_000));
    fixture.silence(true);
    // An hour ahead of the server, until its next word says what time it is.
    await page.clock.fastForward(3_600_000);
    await passSilence(page);
    fixture.silence(false);
    fixture.emit({ kind: "hello", at: new Date().toISOString() });
    fixture.silence(true);
    await page.locator(".stale").waitFor({ state: "detached" });
    await page.clock.runFor(12_000);
    await page.locator(".stale").waitFor();
    fixture.silence(false);
  });
});
