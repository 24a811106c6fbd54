/** For which of ours a document was keyed by hand in the ERP: chosen on the screen "To mend". */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { findChromium, startBrowser, type Browser } from "./browser.ts";
import { buildWeb, type BuiltWeb } from "./build.ts";
import { startFixture, type Fixture } from "./fixture.ts";

const chromium = await findChromium();

describe("a document that was keyed by hand", { skip: chromium === undefined && "no Chromium here" }, () => {
  let built: BuiltWeb;
  let fixture: Fixture;
  let browser: Browser;
  let page: Page;
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

  async function open(path: string, ready: string): Promise<void> {
    page = await browser.open();
    await page.goto(fixture.url + path);
    await page.locator(ready).first().waitFor();
  }

  test("nothing is picked where two wait, and the difference is said before", async () => {
    const [, hand] = fixture.world.mending.questions;
    assert.ok(hand?.hand);
    fixture.world.mending.questions = [hand];
    await open("/mend?list=questions", ".mend-card");
    const card = await page.locator(".mend-card").innerText();
    for (const said of ["4711/1", "Good 100", "Good 200", "Posting date"])
      assert.ok(card.includes(said), `${said}: ${card}`);
    // of the page that is open: each case has its own
    const dialog = (inside = ""): Locator => page.locator(`[role=dialog] ${inside}`.trim());
    const tick = (n: number): Locator => dialog("input[type=checkbox]").nth(n);
    const ask = (): Promise<void> => page.locator(".mend-card button", { hasText: "Answer" }).click();
    const says = (text: string | RegExp): Promise<void> => dialog("[role=status]").filter({ hasText: text }).waitFor();
    await ask();
    await tick(1).waitFor();
    assert.equal(await dialog("input[type=checkbox]:checked").count(), 0, "it could be one or the other");
    await says("Choose at least one");
    await dialog("textarea").fill("keyed it myself");
    const effects = fixture.effects.length;
    await dialog("button[type=submit]").click();
    assert.equal(fixture.effects.length, effects, "nothing is chosen, and nothing is sent");
    await tick(0).check();
    await says(/say the same.*1 that you did not choose is sent/s);
    await tick(1).check();
    await says("says more than the document: Good 200");
    await tick(0).uncheck();
    await says("says more than the document: Good 100");
    await dialog("button[type=submit]").click();
    await dialog().waitFor({ state: "detached" });
    assert.equal(fixture.effects.length, effects + 1);
    const { version, body } = fixture.effects.at(-1)!;
    assert.equal(version, '"1"');
    assert.deepEqual(body, {
      because: "keyed it myself",
      answer: { is: "keyed-by-hand", postings: ["wait-2"] },
    });
    const [only] = hand.hand.waiting;
    assert.ok(only);
    const doubtful = { ...only, state: "in-doubt" as const, canStandBack: false };
    for (const [waiting, amounts, picked] of [
      [[only], null, 1],
      [[doubtful], hand.hand.amounts, 0],
      [[only, doubtful], hand.hand.amounts, 0],
      [[], hand.hand.amounts, 0],
    ] as const) {
      fixture.world.mending.questions = [
        { ...hand, hand: { ...hand.hand, waiting: [...waiting], amounts: amounts && [...amounts] } },
      ];
      await open("/mend?list=questions", ".mend-card");
      await ask();
      await dialog("textarea").waitFor();
      assert.equal(await dialog("input[type=checkbox]:checked").count(), picked);
      if (amounts === null) await says("was not kept: compare with the ERP");
      if (waiting.length === 0) await dialog(".note").filter({ hasText: "Nothing of ours waits for it yet" }).waitFor();
    }
    assert.equal(await dialog("input[type=radio]").count(), 2, "it may be something else all the same");
  });
});
