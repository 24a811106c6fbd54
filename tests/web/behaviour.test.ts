import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { permissions } from "../../src/access/permission.ts";
import { findChromium, startBrowser, type Browser } from "./browser.ts";
import { buildWeb, type BuiltWeb } from "./build.ts";
import { settled } from "./calls.ts";
import { problem, startFixture, type Fixture } from "./fixture.ts";
import { leastOf, listenForTrouble, tabTo, untilIn } from "./page.ts";
import { atRank, scrollToEnd } from "./scroll.ts";
import { until } from "./wait.ts";

const chromium = await findChromium();

describe("the screens in a browser", { skip: chromium === undefined && "no Chromium here" }, () => {
  let built: BuiltWeb;
  let fixture: Fixture;
  let browser: Browser;
  let page: Page;
  before(async () => {
    built = await buildWeb();
    fixture = await startFixture({ webRoot: built.folder });
    browser = await startBrowser(chromium ?? "");
  });
  after(async () => {
    await browser.close();
    await fixture.close();
    await built.remove();
  });
  afterEach(async () => {
    fixture.loseReplies(0);
    fixture.world.permissions = permissions;
    fixture.world.isSignedIn = true;
    await browser.closePages();
  });

  async function open(path: string, ready: string): Promise<void> {
    page = await browser.open();
    await page.goto(fixture.url + path);
    await page.locator(ready).first().waitFor();
    await settled(page);
  }

  /** The third order of the list loses pieces, and the list shows it. */
  async function countOn(scrap: string): Promise<void> {
    const row = fixture.world.plant.orders[2]!;
    fixture.world.plant.orders[2] = { ...row, scrap: { value: scrap, uom: "C62" } };
    fixture.emit({ kind: "order", order: row.id });
    const shown = Number(scrap).toLocaleString("en");
    await page.locator(".grid-body [role=row]", { hasText: shown }).waitFor();
  }

  function unit(n: number) {
    return [...fixture.world.plant.units.values()][n]!;
  }

  test("a stop is on the floor within a second of its event", async () => {
    await open("/floor", ".tile");
    const running = [...fixture.world.plant.units.values()].find(({ state }) => state?.state === "production")!;
    const tile = page.locator(`[data-unit="${running.id}"]`);
    assert.match((await tile.textContent()) ?? "", /Producing/);
    const took = await leastOf(5, 1000, async (n) => {
      const state = { state: "fault" as const, since: new Date().toISOString(), reason: `Door ${n} open` };
      fixture.emit({ kind: "unit", unit: { ...running, state } });
      await untilIn(
        page,
        `document.querySelector('[data-unit="${running.id}"]')?.textContent.includes("Door ${n} open")`,
      );
    });
    assert.match((await tile.textContent()) ?? "", /Stopped/);
    assert.ok(took < 1000, `${Math.round(took)} ms with ${fixture.world.plant.units.size} units`);
  });

  test("a broken stream comes back where it was, and a reset asks for everything again", async () => {
    await open("/floor", ".tile");
    const state = { state: "fault" as const, since: new Date().toISOString(), reason: "Before the cut" };
    fixture.emit({ kind: "unit", unit: { ...unit(0), state } });
    await untilIn(
      page,
      `document.querySelector('[data-unit="${unit(0).id}"]')?.textContent.includes("Before the cut")`,
    );
    fixture.cutStreams();
    await until("Last-Event-ID was sent", () => fixture.resumedFrom.length > 0);
    const asked = page.waitForRequest("**/api/v1/floor");
    fixture.emit({ kind: "reset" });
    await asked;
  });

  test("filters stand in the address and survive a reload", async () => {
    await open("/orders", ".grid");
    await page.getByLabel("Progress").selectOption("done");
    await page.getByLabel("Number or material").fill("W-4711");
    await page.waitForURL(/text=W-4711/);
    await page.reload();
    await page.locator(".grid-body [role=row]").first().waitFor();
    assert.match(page.url(), /progress=done/);
    assert.equal(await page.getByLabel("Progress").inputValue(), "done");
    assert.equal(await page.getByLabel("Number or material").inputValue(), "W-4711");
    const rows = await page.locator(".grid-body [role=row]").allInnerTexts();
    assert.ok(rows.length > 0 && rows.every((row) => row.includes("Done") && row.includes("W-4711")));
    await page.goto(`${fixture.url}/floor?state=held`);
    await page.locator(".tile").first().waitFor();
    await page.reload();
    await page.locator(".tile").first().waitFor();
    assert.equal(await page.locator(".tile:not(.tile-held)").count(), 0);
  });

  test("ten thousand orders scroll to the end, few rows at a time and without long pauses", async (t) => {
    await open("/orders", ".grid-body [role=row]");
    const measured = await scrollToEnd(page);
    const least = 1000 / 60;
    const floor = Math.max(least, atRank(measured.bare, 0.5));
    const median = atRank(measured.frames, 0.5);
    t.diagnostic(
      `${measured.frames.length} frames, median ${median.toFixed(1)} ms, 95 of 100 under ` +
        `${atRank(measured.frames, 0.95).toFixed(1)} ms; ${floor.toFixed(1)} ms for bare rows`,
    );
    assert.equal(measured.shown, 10_001, "the last row is reached");
    assert.ok(measured.rows < 100, `${measured.rows} rows in the page`);
    assert.ok(median < 6 * floor, `median frame ${median.toFixed(1)} ms, ${floor.toFixed(1)} ms for bare rows`);
    assert.equal(await page.locator(".grid").getAttribute("aria-rowcount"), "10001");
  });

  test("a row of the list is renewed when its order counts on, without reading the list again", async () => {
    await open("/orders", ".grid-body [role=row]");
    const lists: string[] = [];
    page.on("request", (request) => {
      if (/\/api\/v1\/orders\?/.test(request.url())) lists.push(request.url());
    });
    await countOn("4712");
    assert.deepEqual(lists, []);
  });

  test("everything is reached by keyboard: floor, order, evidence, decision", async () => {
    await open("/floor", ".tile");
    await tabTo(page, '.menu a[href="/orders"]');
    await page.keyboard.press("Enter");
    await page.locator(".grid-body [role=row]").first().waitFor();
    await tabTo(page, ".grid-body a");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await untilIn(page, `document.activeElement?.closest("[data-index]")?.getAttribute("data-index") === "2"`);
    await page.keyboard.press("End");
    await untilIn(page, `Number(document.activeElement?.closest("[data-index]")?.getAttribute("data-index")) > 400`);
    await page.keyboard.press("Home");
    await untilIn(page, `document.activeElement?.closest("[data-index]")?.getAttribute("data-index") === "0"`);
    await page.keyboard.press("Enter");
    await page.locator(".entry a").first().waitFor();
    await tabTo(page, ".entry a", 80);
    await page.keyboard.press("Enter");
    await page.locator("[role=dialog] pre").waitFor();
    assert.match(page.url(), /open=message/);
    await page.keyboard.press("Escape");
    await page.locator("[role=dialog]").waitFor({ state: "detached" });
    await tabTo(page, "article button", 200);
    await page.keyboard.press("Enter");
    await untilIn(page, `document.activeElement?.matches("[role=dialog] textarea")`);
    await page.keyboard.type("All is made");
    const before = fixture.effects.length;
    await tabTo(page, "[role=dialog] button[type=submit]");
    await page.keyboard.press("Enter");
    await page.locator("[role=dialog]").waitFor({ state: "detached" });
    assert.equal(fixture.effects.length, before + 1);
  });

  test("evidence goes down to raw samples, and Back goes up again", async () => {
    await open("/orders/sap:100:1000000", ".entry");
    await page.locator(".entry a", { hasText: "Goods issue refused" }).click();
    await page.locator("[role=dialog] pre").waitFor();
    await page.locator("[role=dialog] a", { hasText: "Fact 1" }).click();
    await page.locator("[role=dialog]", { hasText: "Raw samples" }).waitFor();
    assert.match(await page.locator("[role=dialog]").innerText(), /ns=2;s=Good\s+1512/);
    await page.reload();
    await page.locator("[role=dialog]", { hasText: "Raw samples" }).waitFor();
    await page.goBack();
    await page.locator("[role=dialog]", { hasText: "Request as it was sent" }).waitFor();
  });

  test("a command that is clicked twice and whose replies are lost has one key and one effect", async () => {
    await open("/mend?list=postings", ".mend-card");
    await page.locator(".mend-card button", { hasText: "Send again" }).first().click();
    await page.locator("[role=dialog] textarea").fill("The period is open now");
    // Chromium itself sends once more on a connection that broke: of three that are lost at least one is tried again by us
    fixture.loseReplies(3);
    const [effects, sent] = [fixture.effects.length, fixture.sent.length];
    await page.evaluate(`for (const n of [1, 2]) document.querySelector("[role=dialog] button[type=submit]").click()`);
    await page.locator(".note-good").waitFor();
    const keys = fixture.sent.slice(sent).map(({ key }) => key);
    assert.equal(keys.length, 4, "three replies were lost, the fourth came");
    assert.equal(new Set(keys).size, 1);
    assert.equal(fixture.effects.length, effects + 1);
    const { version, body } = fixture.effects.at(-1)!;
    assert.equal(version, '"3"', "the version that the person saw");
    assert.deepEqual(body, { because: "The period is open now" });
  });

  test("a question is answered in its counter's unit; where nobody knows it, the unit is asked for", async () => {
    const route = "POST /api/v1/mend/questions/:question/answer";
    const bodies = (): unknown[] => fixture.effects.filter((effect) => effect.route === route).map(({ body }) => body);
    const answer = async (count: string, label: string): Promise<void> => {
      await page.locator(".mend-card button", { hasText: "Answer" }).first().click();
      await page.getByLabel(label).fill(count);
    };
    const decide = async (): Promise<void> => {
      await page.locator("[role=dialog] textarea").fill("counted the coil");
      const before = bodies().length;
      await page.locator("[role=dialog] button", { hasText: "Answer" }).click();
      await untilIn(page, "document.querySelector('[role=dialog]') === null");
      assert.equal(bodies().length, before + 1);
    };
    const [asked] = fixture.world.mending.questions;
    assert.ok(asked);
    await open("/mend?list=questions", ".mend-card");
    await answer("12,5", "Amount in m");
    assert.equal(await page.getByLabel("Unit (UN/ECE code)").count(), 0);
    await decide();
    fixture.world.mending.questions = [{ ...asked, uom: null }];
    await open("/mend?list=questions", ".mend-card");
    await answer("3", "Amount");
    await page.getByLabel("Unit (UN/ECE code)").fill("kgm");
    await decide();
    assert.deepEqual(bodies().slice(-2), [
      {
        because: "counted the coil",
        answer: { is: "counted", grade: "good", quantity: { value: "12.5", uom: "MTR" } },
      },
      { because: "counted the coil", answer: { is: "counted", grade: "good", quantity: { value: "3", uom: "KGM" } } },
    ]);
    fixture.world.mending.questions = [asked];
  });

  test("after no answer at all, trying again by hand is the same intent; another reason is another", async () => {
    await open("/mend?list=orders", ".mend-card");
    const route = "POST /api/v1/mend/orders/:quarantine/retry";
    await page.locator(".mend-card button", { hasText: "Judge again" }).first().click();
    await page.locator("[role=dialog] textarea").fill("The work center is there now");
    const sent = fixture.sent.length;
    const cards = await page.locator(".mend-card").count();
    fixture.loseReplies(Infinity);
    await page.locator("[role=dialog] button[type=submit]").click();
    await page.locator("[role=dialog] .note-bad").waitFor();
    assert.match(await page.locator("[role=dialog] .note-bad").innerText(), /does not answer.*web\/no-answer/s);
    fixture.loseReplies(0);
    await page.locator("[role=dialog] button[type=submit]").click();
    await page.locator(".note-good").waitFor();
    const keys = fixture.sent.slice(sent).map(({ key }) => key);
    assert.ok(keys.length >= 5, "four attempts by itself, one by hand");
    assert.equal(new Set(keys).size, 1);
    // the decided one goes, and with it whatever is open in its card
    await until("it is gone", async () => (await page.locator(".mend-card").count()) === cards - 1);
    fixture.instead(route, { status: 412, body: problem(412, "mend/changed", "Somebody has decided it.") });
    await page.locator(".mend-card button", { hasText: "Judge again" }).first().click();
    await page.locator("[role=dialog] textarea").fill("Now it is");
    await page.locator("[role=dialog] button[type=submit]").click();
    await page.locator("[role=dialog] .note-bad").waitFor();
    assert.match(
      await page.locator("[role=dialog] .note-bad").innerText(),
      /changed meanwhile.*Somebody has decided it/s,
    );
    fixture.instead(route, undefined);
    await page.locator("[role=dialog] button[type=submit]").click();
    await page.locator("[role=dialog]").waitFor({ state: "detached" });
    assert.equal(new Set(fixture.sent.slice(sent).map(({ key }) => key)).size, 2, "the refused one was answered");
  });

  test("at a work unit stands how many of one's own notifications are about it, as in the bell", async () => {
    const { notifications, units } = fixture.world.plant;
    const [other, own] = [...units.values()];
    const [first] = notifications;
    assert.ok(first && own && other);
    const before = [...notifications];
    const one = { ...first, equipment: own.id, acknowledgedAt: null };
    // More than a list is read of at once, and one that somebody has.
    const open = Array.from({ length: 60 }, (_, n) => ({ ...one, id: `own-${n}` }));
    notifications.splice(0, Infinity, { ...first, equipment: own.id, acknowledgedAt: first.at }, ...open);
    const page = await browser.open();
    await page.goto(`${fixture.url}/floor`);
    await page.locator(`[data-unit="${own.id}"]`).getByText("60 notifications").waitFor();
    assert.doesNotMatch(await page.locator(`[data-unit="${other.id}"]`).innerText(), /notification/);
    const bell = page.getByRole("button", { name: "60 open notifications" });
    assert.equal(await bell.innerText(), "60");
    await bell.click();
    await page.getByRole("button", { name: "Show more" }).click();
    await untilIn(page, `document.querySelectorAll(".notice").length === 61`);
    notifications.splice(0, Infinity, ...before);
    await page.close();
  });

  test("a notification is taken over from the bell", async () => {
    await open("/connections", "tbody tr");
    await page.locator(".bar-button").first().click();
    await page.locator(".notice button").first().waitFor();
    const count = await page.locator(".notice button").count();
    await page.locator(".notice button").first().click();
    await untilIn(page, `document.querySelectorAll(".notice button").length === ${count - 1}`);
    assert.equal(fixture.effects.at(-1)?.route, "POST /api/v1/notifications/:notification/acknowledge");
  });

  test("on a tablet the bar is one row with every entry in it, and each of its controls takes a finger", async () => {
    for (const language of ["en", "de"] as const) {
      page = await browser.open({ width: 1024, height: 768, hasTouch: true, language });
      await page.goto(`${fixture.url}/connections`);
      await page.locator(".bar .count").waitFor();
      const boxes = await Promise.all(
        (await page.locator(".bar a, .bar button").all()).map((one) => one.boundingBox()),
      );
      assert.equal(boxes.length, 9, "seven entries, the bell and the account");
      for (const box of boxes) {
        assert.ok(box && box.width >= 48 && box.height >= 48, JSON.stringify(box));
        assert.ok(box.x >= 0 && box.x + box.width <= 1024, JSON.stringify(box));
      }
      assert.equal(new Set(boxes.map((box) => box?.y)).size, 1, "one row");
      await page.close();
    }
  });

  test("at a desk every column of a list is in view, under its whole title", async () => {
    const [first] = fixture.world.plant.orders;
    if (first) fixture.world.plant.orders[0] = { ...first, workCenters: ["ASSEMBLY-1", "CRIMPING-2", "CUTTING-1"] };
    for (const language of ["en", "de"] as const) {
      page = await browser.open({ language });
      for (const path of ["/orders", "/materials", "/materials?material=WIRE-0.5-BU"]) {
        await page.goto(fixture.url + path);
        await page.locator(".grid-body [role=row]").first().waitFor();
        const cut = await page.evaluate(`(() => {
          const grid = document.querySelector(".grid");
          const titles = [...grid.querySelectorAll("[role=columnheader]")];
          const cut = titles.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent);
          return grid.scrollWidth > grid.clientWidth ? [...cut, "scrolls sideways"] : cut;
        })()`);
        assert.deepEqual(cut, [], `${path} ${language}`);
      }
      await page.close();
    }
  });

  test("nobody sees a menu entry or a button that the roles do not allow", async () => {
    fixture.world.permissions = ["floor.read", "order.read", "mend.read"];
    await open("/mend?list=postings", ".mend-card");
    assert.deepEqual(await page.locator(".menu a").allInnerTexts(), ["Live floor", "Orders", "To mend"]);
    assert.equal(await page.locator(".mend-card button").count(), 0);
    assert.equal(await page.locator(".bar-button").count(), 1, "no bell without the right to read it");
  });

  test("a session that ends shows the sign-in, and signing in leads back to where one was", async () => {
    await open("/orders", ".grid-body [role=row]");
    fixture.world.isSignedIn = false;
    await page.locator('.menu a[href="/connections"]').click();
    await page.locator("input[type=password]").waitFor();
    await page.getByLabel("User name").fill("ada");
    await page.getByLabel("Password", { exact: true }).fill("correct horse");
    await page.keyboard.press("Enter");
    await page.locator("tbody tr").first().waitFor();
    assert.match(page.url(), /\/connections$/);
  });

  test("times are the site's, wherever the browser stands", async () => {
    await open("/orders/sap:100:1000000", ".entry");
    const at = await page.locator(".entry time").first().getAttribute("datetime");
    const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit" });
    const shown = await page.locator(".entry time").first().innerText();
    assert.ok(shown.includes(clock.format(new Date(at ?? ""))), `${shown} for ${at}`);
  });

  test("a tablet and a telephone show everything without scrolling sideways, and large enough to hit", async () => {
    for (const [width, height] of [
      [800, 1180],
      [390, 800],
    ] as const) {
      page = await browser.open({ width, height, hasTouch: true });
      const trouble = listenForTrouble(page);
      for (const [path, ready] of [
        ["/floor", ".tile"],
        ["/orders", ".grid-body [role=row]"],
        ["/orders/sap:100:1000000", ".entry"],
        ["/mend", ".mend-card"],
        ["/connections", "tbody tr"],
      ] as const) {
        await page.goto(fixture.url + path);
        await page.locator(ready).first().waitFor();
        await settled(page);
        const overflow = await page.evaluate(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        assert.equal(overflow, 0, `${path} at ${width}`);
      }
      assert.deepEqual(trouble, []);
    }
  });
});
