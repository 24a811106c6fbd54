/** Hands at the operator's terminal in a real browser: a slow second tap and a quick typist book what they mean, no more. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { findChromium } from "./browser.ts";
import { button, press, startStage, take, until, type Stage } from "./terminal-stage.ts";

const chromium = await findChromium();

describe("hands at a terminal", { skip: chromium === undefined && "no Chromium here" }, () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage(chromium ?? "");
  });
  after(() => stage.close());

  test("a slow second tap does not press the key that has come to its place", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    for (let n = 1; n <= 3; n++) {
      // the card of the last reports is then as high as it becomes, and moves no key any more
      await press(page, /^Good$/);
      await press(page, "Book 1 good");
      await until("it is booked", () => stage.bookedAt(unit).length === n);
      await page.waitForTimeout(1000);
    }
    // a hand's taps, not a tester's: what has come to the place is pressed, whatever it is
    const tap = async (name: string | RegExp): Promise<void> => {
      const box = (await button(page, name).boundingBox())!;
      await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    };
    await button(page, "Sign on").scrollIntoViewIfNeeded();
    await tap("Sign on");
    await button(page, /^Break$/).waitFor();
    await page.waitForTimeout(520); // no double click any more for the browser
    await tap(/^Break$/);
    await page.waitForTimeout(1200);
    const said = (): string[] => stage.bookedAt(unit).map(({ statement }) => statement.kind);
    assert.deepEqual(said().slice(3), ["sign-on"]);
    await tap(/^Break$/); // what was to be seen for long is meant
    await until("a break begins", () => said().at(-1) === "break-begin");
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
      await page.waitForTimeout(1000);
    }
    assert.equal(stage.bookedAt(unit).length, 0);
  });
});
