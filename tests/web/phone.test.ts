/** The screens on a phone: everything is in sight without looking for it to the right, and large enough for a finger. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { findChromium } from "./browser.ts";
import { settled } from "./calls.ts";
import { assertAccessible, untilIn } from "./page.ts";
import { startScreens, type Screens } from "./screens.ts";

const chromium = await findChromium();
const phone = { width: 390, height: 844, hasTouch: true } as const;
const languages = ["en", "de"] as const;
/** A finger's width in CSS pixels. */
const fingerPx = 44;

describe("on a phone", { skip: chromium === undefined && "no Chromium here" }, () => {
  let screens: Screens;
  before(async () => void (screens = await startScreens(chromium ?? "")));
  after(() => screens.close());

  const goTo = async (page: Page, path: string, ready: string): Promise<void> => {
    await page.goto(`${screens.fixture.url}${path}`);
    await page.locator(ready).first().waitFor();
    await settled(page); // with all that takes room
  };
  /** What stands, even in part, beside the window. */
  const outside = (page: Page, selector: string): Promise<readonly string[]> =>
    page
      .locator(selector)
      .evaluateAll(
        (found, width) =>
          found.filter((one) => one.getBoundingClientRect().right > width).map((one) => one.textContent ?? ""),
        page.viewportSize()?.width ?? 0,
      );
  const lowest = (page: Page, selector: string): Promise<number> =>
    page.locator(selector).evaluateAll((found) => Math.min(...found.map((one) => one.getBoundingClientRect().height)));

  for (const language of languages) {
    test(`every entry of the menu is in sight on every screen (${language})`, async () => {
      const page = await screens.browser.open({ ...phone, language });
      for (const path of ["/floor", "/terminal", "/orders", "/mend", "/materials", "/connections", "/people"]) {
        await goTo(page, path, ".menu-entry.active");
        assert.equal(await page.locator(".menu-entry").count(), 7);
        assert.deepEqual(await outside(page, ".menu-entry"), [], path);
      }
    });

    test(`state, reason and actions stand in sight, under their names, on a tablet too (${language})`, async () => {
      const page = await screens.browser.open({ ...phone, language });
      for (const path of ["/connections", "/people", "/people?part=keys", "/people?part=audit"]) {
        await page.setViewportSize({ width: 800, height: 1180 });
        await untilIn(page, "innerWidth === 800");
        await goTo(page, path, "tbody tr");
        assert.deepEqual(await outside(page, "td, td *"), [], path);
        await page.setViewportSize(phone);
        await untilIn(page, `innerWidth === ${phone.width}`);
        assert.deepEqual(await outside(page, "td, td *"), [], path);
        await assertAccessible(page, path);
      }
      await goTo(page, "/connections", "tbody tr");
      const names = { en: "Last error", de: "Letzter Fehler" };
      const name = await page.evaluate(
        'getComputedStyle(document.querySelector("td.wide:not(.nothing):last-child"), "::before").content',
      );
      assert.ok(String(name).includes(names[language]), String(name));
    });
  }

  test("links to orders are as high as a finger is wide", async () => {
    const page = await screens.browser.open(phone);
    await goTo(page, "/floor", ".tile-job a");
    assert.ok((await lowest(page, ".tile-job a")) >= fingerPx, "on the floor");
    await goTo(page, "/orders", ".grid-row a");
    assert.ok((await lowest(page, ".grid-row a")) >= fingerPx, "in the list");
    await goTo(page, "/orders/sap:100:1000000", ".order-back");
    assert.ok((await lowest(page, ".order-back")) >= fingerPx, "back to the list");
  });

  test("of a material the amount is in sight; a list scrolls in its frame, and not the page with it", async () => {
    const page = await screens.browser.open(phone);
    const tooHigh = (): Promise<number> => page.evaluate("document.documentElement.scrollHeight - innerHeight");
    for (const { width, height } of [phone, { width: 1440, height: 900 }])
      for (const path of ["/materials", "/orders"]) {
        await page.setViewportSize({ width, height });
        await untilIn(page, `innerWidth === ${width}`);
        await goTo(page, path, ".grid-body .grid-row");
        assert.ok((await tooHigh()) <= 0, `${path} at ${width}: ${await tooHigh()} px`);
      }
    await page.setViewportSize(phone);
    await untilIn(page, `innerWidth === ${phone.width}`);
    await goTo(page, "/materials", ".grid-body .grid-row");
    assert.deepEqual(await outside(page, ".grid-row > :nth-child(-n + 3)"), []);
    assert.match(await page.locator(".grid-row > :nth-child(3)").first().innerText(), /^Amount$/);
    await page.getByText("not what lies there").waitFor();
  });

  test("what the bar opens stands in the window, whole", async () => {
    for (const language of languages) {
      const page = await screens.browser.open({ ...phone, language });
      await goTo(page, "/connections", ".bar .count");
      for (const index of [0, 1]) {
        await page.locator(".bar-button").nth(index).click();
        await page.locator(".panel").waitFor();
        const box = await page.locator(".panel").boundingBox();
        assert.ok(box && box.x >= 0 && box.x + box.width <= phone.width, JSON.stringify(box));
        await page.keyboard.press("Escape");
      }
    }
  });

  test("of an order the good pieces are in sight, whole", async () => {
    for (const [language, name] of [
      ["en", "Good"],
      ["de", "Gut"],
    ] as const) {
      const page = await screens.browser.open({ ...phone, language });
      await goTo(page, "/orders", ".grid-body .grid-row");
      assert.deepEqual(await outside(page, ".grid-row > :nth-child(-n + 3)"), []);
      assert.match(await page.locator(".grid-row > :nth-child(3)").first().innerText(), new RegExp(`^${name}`));
      const cut = await page
        .locator(".grid-body .grid-row > :nth-child(-n + 3)")
        .evaluateAll((cells) => cells.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent));
      assert.deepEqual(cut, []);
    }
  });

  test("of a posting to mend every line is in sight, with its lot", async () => {
    for (const language of languages) {
      const page = await screens.browser.open({ ...phone, language });
      await goTo(page, "/mend?list=postings", ".mend-card td");
      assert.deepEqual(await outside(page, ".mend-card td, .mend-card td *"), []);
      const names = await page
        .locator(".mend-card td")
        .evaluateAll((found) => found.map((one) => one.dataset["title"]));
      assert.ok(names.includes({ en: "Lot", de: "Charge" }[language]), names.join());
    }
  });

  test("the names of values begin with a capital letter", async () => {
    const page = await screens.browser.open(phone);
    for (const path of ["/connections", "/people", "/mend?list=postings"]) {
      await goTo(page, path, "td");
      const names = await page.locator("td").evaluateAll((found) => found.map((one) => one.dataset["title"] ?? ""));
      assert.deepEqual(
        names.filter((name) => !/^\p{Lu}/u.test(name)),
        [],
        path,
      );
    }
  });

  test("the file of a paper shift can be chosen by its whole key", async () => {
    const unit = [...screens.fixture.world.plant.units.values()].find(({ kind }) => kind === "manual");
    const page = await screens.browser.open({ ...phone, language: "de" });
    await goTo(page, `/terminal/${unit?.id}/paper`, "input[type=file]");
    const box = await page.locator("input[type=file]").boundingBox();
    assert.ok((box?.width ?? 0) > 230, String(box?.width));
  });
});

describe("what is said of a thing", { skip: chromium === undefined && "no Chromium here" }, () => {
  let screens: Screens;
  before(async () => void (screens = await startScreens(chromium ?? "")));
  after(() => screens.close());

  test("a text on a tile that may be cut off can be read whole", async () => {
    const page = await screens.browser.open();
    await page.goto(`${screens.fixture.url}/floor`);
    await page.locator(".tile-line").first().waitFor();
    const untold = await page
      .locator(".tile-line:not(:empty)")
      .evaluateAll((found) => found.filter((one) => one.getAttribute("title") !== one.textContent).length);
    assert.equal(untold, 0);
  });

  test("an address that is none has a heading of its own", async () => {
    const page = await screens.browser.open({ language: "de" });
    await page.goto(`${screens.fixture.url}/nonsense`);
    await page.getByRole("heading", { level: 1, name: "Diese Seite gibt es nicht" }).waitFor();
  });

  test("the audit names who did what in words; ids and digests are opened", async () => {
    const page = await screens.browser.open({ language: "de" });
    await page.goto(`${screens.fixture.url}/people?part=audit`);
    const row = page.locator("tbody tr", { hasText: "Otto Brandt" }).first();
    await row.getByText("Angemeldet", { exact: true }).waitFor();
    assert.equal(await row.locator("td").nth(1).innerText(), "Otto Brandt");
    const digest = row.getByText(/^[0-9a-f]{64}$/).first();
    assert.equal(await digest.isVisible(), false);
    await row.locator("summary").click();
    await digest.waitFor();
    await row.getByText("3f0c9a7712e84d5fa1b06c2d9e8f7a65").waitFor();
    await page.locator("tbody tr", { hasText: "Buchung erneut gesendet" }).first().getByText("Millrace").waitFor();
  });
});
