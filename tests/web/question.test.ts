/** Questions on the screen "To mend": in the reader's language, with what they are about, and no longer than a glance. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { findChromium, type Browser } from "./browser.ts";
import { settled } from "./calls.ts";
import type { Fixture } from "./fixture.ts";
import { startScreens, type Screens } from "./screens.ts";

const chromium = await findChromium();

describe("questions to mend", { skip: chromium === undefined && "no Chromium here" }, () => {
  let screens: Screens;
  let fixture: Fixture;
  let browser: Browser;
  before(async () => {
    screens = await startScreens(chromium ?? "");
    ({ fixture, browser } = screens);
  });
  after(() => screens.close());

  test("what is asked is named in German, and many pieces of evidence are folded and can be opened", async () => {
    const [counter] = fixture.world.mending.questions;
    assert.ok(counter);
    const fact = { item: "fact", at: counter.askedAt, value: "", uom: null };
    const evidence = Array.from({ length: 26 }, (_, n) => ({ ...fact, id: `fact-${n}` }));
    fixture.world.mending.questions = [
      counter,
      { ...counter, id: "ask-9", subject: "crimp-1/energy/source", workUnit: null, run: null, uom: null, evidence },
    ];
    const page = await browser.open({ language: "de" });
    await page.goto(`${fixture.url}/mend?list=questions`);
    const [first, second] = [page.locator(".mend-card").first(), page.locator(".mend-card").nth(1)];
    await first.getByText("Ein Zähler ist fraglich").waitFor();
    assert.equal(await first.locator("tbody tr:visible").count(), 2, "few are shown as they are");
    assert.deepEqual(await first.locator("tbody td:nth-child(2)").allInnerTexts(), ["–", "3,5\u202fm"]);
    await second.getByText("Etwas zur Kenntnis").waitFor();
    assert.match(await second.locator("h2").innerText(), /^crimp-1\s/);
    assert.equal(await second.locator("tbody tr:visible").count(), 0);
    await second.getByText("26 Belege").click();
    await second.locator("tbody tr:visible").first().getByRole("link", { name: "Was festgehalten ist" }).click();
    await page.waitForURL(/open=fact%3Afact-0|open=fact:fact-0/);
  });

  test("a grade that cannot be said any more is not sent: what is shown is", async () => {
    const [counter] = fixture.world.mending.questions;
    assert.ok(counter);
    fixture.world.mending.questions = [{ ...counter, grades: ["good", "scrap"] }];
    const page = await browser.open();
    await page.goto(`${fixture.url}/mend?list=questions`);
    await settled(page);
    await page.locator(".mend-card").getByRole("button", { name: "Answer" }).click();
    const dialog = page.locator("[role=dialog]");
    const grade = dialog.locator("select");
    await grade.selectOption("scrap");
    fixture.world.mending.questions = [{ ...counter, grades: ["good"] }];
    fixture.emit({ kind: "mend" });
    await grade.locator("option[value=scrap]").waitFor({ state: "detached" });
    assert.equal(await grade.inputValue(), "good");
    await dialog.getByLabel("Amount in m").fill("12");
    await dialog.locator("textarea").fill("counted by hand");
    await dialog.locator("button[type=submit]").click();
    await dialog.waitFor({ state: "detached" });
    const { body } = fixture.effects.at(-1)!;
    const answer = { is: "counted", grade: "good", quantity: { value: "12", uom: "MTR" } };
    assert.deepEqual(body, { because: "counted by hand", answer });
  });
});
