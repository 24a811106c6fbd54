/** Many pages of one browser: all are told what happens, and none takes the connections of the others. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { findChromium, type Browser } from "./browser.ts";
import { heardFirst, quiet, settled } from "./calls.ts";
import type { Fixture } from "./fixture.ts";
import { untilIn } from "./page.ts";
import { startScreens, type Screens } from "./screens.ts";
import { until } from "./wait.ts";

const chromium = await findChromium();

describe("many pages of one browser", { skip: chromium === undefined && "no Chromium here" }, () => {
  let screens: Screens;
  let fixture: Fixture;
  let browser: Browser;
  before(async () => {
    screens = await startScreens(chromium ?? "");
    ({ fixture, browser } = screens);
  });
  after(() => screens.close());
  afterEach(() => browser.closePages());

  test("the eighth page loads, and the first and the last hear what happens", async () => {
    const first = await browser.open();
    const pages = [first];
    while (pages.length < 8) pages.push(await first.context().newPage());
    for (const page of pages) {
      await page.goto(`${fixture.url}/floor`);
      await page.locator(".tile").first().waitFor();
    }
    const unit = [...fixture.world.plant.units.values()][0]!;
    const state = { state: "fault" as const, since: new Date().toISOString(), reason: "Door open" };
    fixture.emit({ kind: "unit", unit: { ...unit, state } });
    const shown = `document.querySelector('[data-unit="${unit.id}"]')?.textContent.includes("Door open")`;
    await untilIn(pages[0]!, shown);
    await untilIn(pages[7]!, shown);
    await pages[0]!.reload();
    await pages[0]!.locator(".tile").first().waitFor();
    assert.equal(fixture.streamCount(), 1);
    for (const page of pages.slice(1)) await page.close();
    fixture.emit({ kind: "unit", unit: { ...unit, state: { ...state, reason: "Wire jam" } } });
    await untilIn(pages[0]!, shown.replace("Door open", "Wire jam"));
  });

  test("what happened between the first reading and the first word is read again", async () => {
    const page = await browser.open();
    // A stream of its own, which can be held up.
    await page.addInitScript("delete window.SharedWorker");
    const held = Promise.withResolvers<undefined>();
    await page.route("**/api/v1/stream", async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.goto(`${fixture.url}/floor`);
    await page.locator(".tile").first().waitFor();
    const { units } = fixture.world.plant;
    const unit = [...units.values()][1]!;
    const state = { state: "fault" as const, since: new Date().toISOString(), reason: "Belt torn" };
    units.set(unit.id, { ...unit, state });
    held.resolve(undefined);
    await untilIn(page, `document.querySelector('[data-unit="${unit.id}"]')?.textContent.includes("Belt torn")`);
  });

  test("what happened beside the first reading, before the first word, is read again", async () => {
    const page = await browser.open();
    await page.addInitScript("delete window.SharedWorker");
    const { units } = fixture.world.plant;
    const unit = [...units.values()][2]!;
    const state = { state: "fault" as const, since: new Date().toISOString(), reason: "Cutter worn" };
    const answered = Promise.withResolvers<undefined>();
    await page.route("**/api/v1/stream", async (route) => {
      await answered.promise;
      await route.continue();
    });
    const isOpen = page.waitForResponse("**/api/v1/stream");
    await page.route(
      "**/api/v1/floor",
      async (route) => {
        const reply = await route.fetch(); // what the server knew before
        units.set(unit.id, { ...unit, state });
        answered.resolve(undefined);
        await isOpen;
        await heardFirst(page);
        await route.fulfill({ response: reply });
      },
      { times: 1 },
    );
    await page.goto(`${fixture.url}/floor`);
    await untilIn(page, `document.querySelector('[data-unit="${unit.id}"]')?.textContent.includes("Cutter worn")`);
  });

  test("what is read while the stream begins anew is read again with its first word", async () => {
    const page = await browser.open();
    await page.addInitScript("delete window.SharedWorker");
    const held = Promise.withResolvers<undefined>();
    const seen = { streams: 0, floors: 0 };
    await page.route("**/api/v1/stream", async (route) => {
      seen.streams += 1;
      if (seen.streams === 1) return route.fulfill({ status: 502, body: "" });
      await held.promise;
      await route.continue();
    });
    page.on("response", (response) => void (seen.floors += response.url().endsWith("/api/v1/floor") ? 1 : 0));
    await page.goto(`${fixture.url}/floor`);
    await page.locator(".tile").first().waitFor();
    await until("the stream has begun anew, and all was read again", () => seen.streams >= 2 && seen.floors >= 2);
    await quiet(page);
    const { units } = fixture.world.plant;
    const unit = [...units.values()][3]!;
    units.set(unit.id, {
      ...unit,
      state: { state: "fault", since: new Date().toISOString(), reason: "Blade broken" },
    });
    held.resolve(undefined);
    await untilIn(page, `document.querySelector('[data-unit="${unit.id}"]')?.textContent.includes("Blade broken")`);
  });

  test("a stream that a proxy refuses is silence, however often it is tried", async () => {
    const page = await browser.open();
    await page.goto(`${fixture.url}/floor`);
    await page.locator(".tile").first().waitFor();
    await settled(page);
    try {
      fixture.instead("GET /api/v1/stream", { status: 502, body: {} });
      fixture.cutStreams();
      await page.locator(".stale").waitFor();
    } finally {
      fixture.instead("GET /api/v1/stream", undefined);
    }
    await page.locator(".stale").waitFor({ state: "detached" });
  });
});
