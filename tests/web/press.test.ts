/** Hands at the operator's terminal in a real browser: a slow second tap and a quick typist book what they mean, no more. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { findChromium } from "./browser.ts";
import { quiet } from "./calls.ts";
import { button, press, reportRoute, startStage, take, untilMeant, type Stage } from "./terminal-stage.ts";
import { until } from "./wait.ts";

const chromium = await findChromium();

describe("hands at a terminal", { skip: chromium === undefined && "no Chromium here" }, () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage(chromium ?? "");
  });
  after(() => stage.close());
  afterEach(() => stage.closePages());

  test("a slow second tap does not press the key that has come to its place", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit, { hasOwnClock: true });
    for (let n = 1; n <= 3; n++) {
      // the card of the last reports is then as high as it becomes, and moves no key any more
      await press(page, /^Good$/);
      await press(page, "Book 1 good");
      await until("it is booked", () => stage.bookedAt(unit).length === n);
      await untilMeant(page);
      await quiet(page);
    }
    // a hand's taps, not a tester's: what has come to the place is pressed, whatever it is
    const tap = async (name: string | RegExp): Promise<void> => {
      const box = (await button(page, name).boundingBox())!;
      await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    };
    const said = (): string[] => stage.bookedAt(unit).map(({ statement }) => statement.kind);
    await button(page, "Sign on").scrollIntoViewIfNeeded();
    // from here its time is moved by hand: how long this computer takes is no slowness of the hand
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 60_000));
    await tap("Sign on");
    await page.clock.runFor(100); // it is painted
    await button(page, /^Break$/).waitFor();
    await page.clock.runFor(600);
    await tap(/^Break$/);
    await page.clock.runFor(100);
    assert.equal(await button(page, "Back from break").count(), 0, "a slow second tap");
    await until("it is signed on", () => said().length === 4);
    await page.clock.runFor(1000);
    await tap(/^Break$/); // what was to be seen for long is meant
    await until("a break begins", () => said().length === 5);
    assert.deepEqual(said().slice(3), ["sign-on", "break-begin"]);
  });

  test("an amount that is typed quickly is that amount, and Enter at its end books nothing unseen", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    for (const delay of [0, 60]) {
      await press(page, /^Good$/);
      await page.keyboard.type("1000", { delay });
      await button(page, "Book 1,000 good").waitFor();
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
      await untilMeant(page);
    }
    assert.equal(stage.bookedAt(unit).length, 0);
  });

  test("Back closes what lies over the screen, and only then leaves it", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    await page.getByRole("link", { name: "Other unit" }).click();
    await page.locator(`a[href="/terminal/${unit}"]`).click();
    await press(page, /^Good$/);
    await page.locator("dialog").waitFor();
    await page.evaluate("history.back()");
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.waitForURL(`**/terminal/${unit}`);
    await page.evaluate("history.back()");
    await page.waitForURL(/\/terminal$/);
    await page.getByRole("link", { name: "To mend" }).click();
    await page.locator(".mend-card button").first().click();
    await page.locator("[role=dialog] textarea").waitFor();
    await page.evaluate("history.back()");
    await page.locator("[role=dialog]").waitFor({ state: "detached" });
    await page.waitForURL(/\/mend/);
  });

  test("a server that does not answer is told at once, and moves no key", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    const top = async (): Promise<number> => (await button(page, /^Good$/).boundingBox())!.y;
    const before = await top();
    const { fixture } = stage;
    const read = "GET /api/v1/units/:unit/terminal";
    let tries = 0;
    page.on("requestfailed", (request) => void (tries += request.url().endsWith("/terminal") ? 1 : 0));
    try {
      fixture.instead(read, "drop");
      fixture.instead(reportRoute, "drop");
      fixture.emit({ kind: "order", order: fixture.world.plant.orders[3]!.id });
      await page.locator(".stale").waitFor();
      await page.locator(".desk-hearing", { hasText: "No connection" }).waitFor();
      await until("the tries are over", () => tries >= 3);
      await quiet(page); // and what was read stays
      assert.equal(await top(), before);
      assert.equal(await page.getByText("The server does not answer").count(), 0);
      await press(page, "Sign on");
      assert.equal(await page.getByText("Nobody is signed on").count(), 0);
      await page.locator("#desk-people ~ .desk-people", { hasText: "not booked yet" }).waitFor();
    } finally {
      fixture.instead(read, undefined);
      fixture.instead(reportRoute, undefined);
    }
  });
});
