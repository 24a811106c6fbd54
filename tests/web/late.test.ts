/** Replies that come late and words that come early: what a page shows in the end is the newest that was said. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Locator, Page, Route } from "playwright-core";
import { findChromium, type Browser } from "./browser.ts";
import { quiet, settled } from "./calls.ts";
import type { Fixture } from "./fixture.ts";
import { untilIn } from "./page.ts";
import { startScreens, type Screens } from "./screens.ts";

const chromium = await findChromium();

describe("a reply that comes late", { skip: chromium === undefined && "no Chromium here" }, () => {
  let screens: Screens;
  let fixture: Fixture;
  let browser: Browser;
  before(async () => {
    screens = await startScreens(chromium ?? "");
    ({ fixture, browser } = screens);
  });
  after(() => screens.close());
  afterEach(() => browser.closePages());

  async function open(path: string, ready: string): Promise<Page> {
    const page = await browser.open();
    await page.goto(fixture.url + path);
    await page.locator(ready).first().waitFor();
    await settled(page);
    return page;
  }

  /** The next answer to it is what the server knows now, and comes when `meanwhile` is over. */
  async function holdNext(page: Page, address: RegExp, meanwhile: () => Promise<void>): Promise<void> {
    const hold = async (route: Route): Promise<void> => {
      const response = await route.fetch();
      await meanwhile();
      await route.fulfill({ response });
    };
    await page.route(address, hold, { times: 1 });
  }

  /** The order of that place in the list loses so many pieces, and nobody is told. */
  function lose(place: number, pieces: number): string {
    const row = fixture.world.plant.orders[place]!;
    fixture.world.plant.orders[place] = { ...row, scrap: { value: String(pieces), uom: "C62" } };
    return row.id;
  }
  const linkOf = (page: Page, place: number): Locator =>
    page.getByRole("link", { name: fixture.world.plant.orders[place]!.number, exact: true });
  const rowOf = (page: Page, place: number, text: string): Locator =>
    page.locator(".grid-body [role=row]", { has: linkOf(page, place), hasText: text });

  test("it does not overwrite what the stream has said of a work unit since", async () => {
    const page = await open("/floor", ".tile");
    const [old, other] = [...fixture.world.plant.units.values()].slice(3, 5);
    assert.ok(old && other);
    const since = new Date().toISOString();
    const tells = (id: string, text: string): Promise<void> =>
      untilIn(page, `document.querySelector('[data-unit="${id}"]')?.textContent.includes("${text}")`);
    fixture.world.plant.units.set(other.id, { ...other, state: { state: "fault", since, reason: "In the reply" } });
    await holdNext(page, /\/api\/v1\/floor$/, async () => {
      fixture.emit({ kind: "unit", unit: { ...old, state: { state: "setup", since, reason: "Fresh" } } });
      await tells(old.id, "Fresh");
    });
    fixture.emit({ kind: "reset" });
    await tells(other.id, "In the reply");
    assert.match((await page.locator(`[data-unit="${old.id}"]`).textContent()) ?? "", /Fresh/);
  });

  test("a list that comes late does not overwrite a row that was renewed since", async () => {
    const page = await open("/orders", ".grid-body [role=row]");
    lose(3, 4812);
    await holdNext(page, /\/api\/v1\/orders\?/, async () => {
      const order = lose(2, 4711);
      fixture.emit({ kind: "order", order });
      await rowOf(page, 2, "4,711").waitFor();
    });
    fixture.emit({ kind: "reset" });
    await rowOf(page, 3, "4,812").waitFor();
    await quiet(page);
    assert.equal(await rowOf(page, 2, "4,711").count(), 1);
  });

  test("of two readings of one row the one that was asked for last is shown", async () => {
    const page = await open("/orders", ".grid-body [role=row]");
    const order = lose(2, 5711);
    await holdNext(page, /\/api\/v1\/orders\/[^/?]+$/, async () => {
      lose(2, 5712);
      fixture.emit({ kind: "order", order });
      await rowOf(page, 2, "5,712").waitFor();
    });
    const isAnswered = page.waitForEvent("requestfinished", (request) => request.url().includes("/api/v1/orders/"));
    fixture.emit({ kind: "order", order });
    await isAnswered;
    await rowOf(page, 2, "5,712").waitFor();
    await quiet(page);
    assert.equal(await rowOf(page, 2, "5,712").count(), 1);
  });

  test("what is said while something is read for the first time is not lost", async () => {
    const page = await open("/orders", ".grid-body [role=row]");
    const order = fixture.world.plant.orders[2]!.id;
    await holdNext(page, /\/api\/v1\/orders\/[^/?]+$/, async () => {
      lose(2, 6711);
      // what the two make old is asked for at once: when the notifications are, the order was heard of
      const isHeard = page.waitForRequest(/\/api\/v1\/notifications/);
      fixture.emit({ kind: "order", order });
      fixture.emit({ kind: "notification", notification: "n-1" });
      await isHeard;
    });
    await linkOf(page, 2).click();
    await page.locator("header", { hasText: "6,711" }).waitFor();
  });

  test("what is said of an order while the list is read for the first time is not lost", async () => {
    const page = await open("/floor", ".tile");
    await holdNext(page, /\/api\/v1\/orders\?/, async () => {
      const isHeard = page.waitForRequest(/\/api\/v1\/notifications/);
      fixture.emit({ kind: "order", order: lose(2, 7711) });
      fixture.emit({ kind: "notification", notification: "n-1" });
      await isHeard;
    });
    await page.getByRole("link", { name: "Orders", exact: true }).click();
    await rowOf(page, 2, "7,711").waitFor();
  });

  test("what is said while a terminal is read for the first time is not lost", async () => {
    const page = await open("/terminal", ".desk-unit-key");
    const [unit] = fixture.world.plant.units.values();
    assert.ok(unit);
    await holdNext(page, /\/api\/v1\/units\/[^/]+\/terminal$/, async () => {
      const description = "Moved to the other hall";
      fixture.emit({ kind: "unit", unit: { ...unit, description } });
      fixture.emit({ kind: "notification", notification: "n-1" });
      await page.waitForRequest(/\/api\/v1\/notifications/);
    });
    await page.locator(`a[href="/terminal/${unit.id}"]`).click();
    await page.locator("h1", { hasText: "Moved to the other hall" }).waitFor();
  });
});
