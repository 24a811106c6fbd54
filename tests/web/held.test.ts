/** A machine is held, because what is kept of it cannot be read: who may begins it anew on the screen "To mend", with a reason. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { permissions, permissionsOf } from "../../src/access/permission.ts";
import { findChromium, type Browser } from "./browser.ts";
import { settled } from "./calls.ts";
import type { Fixture } from "./fixture.ts";
import { startScreens, type Screens } from "./screens.ts";

const chromium = await findChromium();

describe("a machine that is held", { skip: chromium === undefined && "no Chromium here" }, () => {
  let screens: Screens;
  let fixture: Fixture;
  let browser: Browser;
  let asked: Fixture["world"]["mending"]["questions"];
  before(async () => {
    screens = await startScreens(chromium ?? "");
    ({ fixture, browser } = screens);
    asked = fixture.world.mending.questions;
  });
  after(() => screens.close());
  afterEach(() => void (fixture.world.permissions = permissions));

  function ask(): void {
    const [counter] = asked;
    assert.ok(counter);
    fixture.world.mending.questions = [
      {
        ...counter,
        id: "ask-7",
        version: "3",
        subject: `${counter.workUnit}/kept/812`,
        text: "What is kept in the database of this machine cannot be read.",
        run: null,
        evidence: [],
        answers: ["begin-anew"],
      },
    ];
  }

  test("is begun anew by who may, once a reason is said, and its question is gone", async () => {
    ask();
    const page = await browser.open();
    await page.goto(`${fixture.url}/mend?list=questions`);
    const card = page.locator(".mend-card");
    await card.getByText("cannot be read").waitFor();
    assert.equal(await card.getByRole("button", { name: "Answer" }).count(), 0, "words would leave it held");
    await card.getByRole("button", { name: "Begin anew" }).click();
    const dialog = page.locator("[role=dialog]");
    await dialog.getByText("given up for good").waitFor();
    const sent = fixture.effects.length;
    await dialog.locator("button[type=submit]").click();
    await settled(page);
    assert.equal(fixture.effects.length, sent, "without a reason nothing is sent");
    await dialog.locator("textarea").fill("the page cannot be put back");
    await dialog.locator("button[type=submit]").click();
    await dialog.waitFor({ state: "detached" });
    await card.waitFor({ state: "detached" });
    assert.equal(fixture.effects.length, sent + 1);
    const { version, body } = fixture.effects.at(-1)!;
    assert.equal(version, '"3"');
    assert.deepEqual(body, { because: "the page cannot be put back", answer: { is: "begin-anew" } });
  });

  test("is shown to who may only read, and nothing is offered to them", async () => {
    ask();
    fixture.world.permissions = permissionsOf.planner;
    const page = await browser.open();
    await page.goto(`${fixture.url}/mend?list=questions`);
    await page.locator(".mend-card").getByText("cannot be read").waitFor();
    await settled(page);
    assert.equal(await page.locator(".mend-card button").count(), 0);
  });
});
