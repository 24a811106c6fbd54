/** A posting that waits with nothing wrong with it is dismissed where it is looked at. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { findChromium, type Browser } from "./browser.ts";
import { problem, type Fixture } from "./fixture.ts";
import { startScreens, type Screens } from "./screens.ts";
import { until } from "./wait.ts";

const chromium = await findChromium();
const route = "POST /api/v1/mend/postings/:posting/dismiss";

describe("a planned posting", { skip: chromium === undefined && "no Chromium here" }, () => {
  let screens: Screens;
  let fixture: Fixture;
  let browser: Browser;
  before(async () => {
    screens = await startScreens(chromium ?? "");
    ({ fixture, browser } = screens);
  });
  after(() => screens.close());

  async function evidenceOf(posting: string): Promise<Page> {
    const page = await browser.open();
    await page.goto(`${fixture.url}/orders/sap:100:1000000?open=posting:${posting}`);
    await page.locator("[role=dialog]", { hasText: "Request as it was sent" }).waitFor();
    return page;
  }
  const button = (page: Page): Locator => page.getByRole("button", { name: "Not owed", exact: true });

  test("it is dismissed with a reason, as it was seen, and says so at once", async () => {
    const page = await evidenceOf("wait-1");
    const dialog = page.locator("[role=dialog]").first();
    assert.match(await dialog.innerText(), /planned/i);
    await button(page).click();
    const asking = page.locator("[role=dialog]", { hasText: "It is never sent" }).last();
    const before = fixture.effects.length;
    await asking.locator("button[type=submit]").click();
    assert.equal(fixture.effects.length, before, "not without a reason");
    await asking.locator("textarea").fill("keyed in SAP by hand");
    await asking.locator("button[type=submit]").click();
    await dialog.getByText("dismissed", { exact: false }).first().waitFor();
    const { params, body, version, route: sent } = fixture.effects.at(-1) ?? assert.fail("nothing was sent");
    assert.deepEqual(
      [sent, params, body, version],
      [route, { posting: "wait-1" }, { because: "keyed in SAP by hand" }, '"3"'],
    );
    assert.equal(fixture.effects.length, before + 1);
    await until("it cannot be asked for twice", async () => (await button(page).count()) === 0);
    await page.close();
  });

  test("one that has begun to be sent meanwhile is refused, and nothing is said to be done", async () => {
    const page = await evidenceOf("wait-2");
    fixture.instead(route, { status: 412, body: problem(412, "decision/changed", "It is being sent.") });
    await button(page).click();
    await page.locator("[role=dialog] textarea").fill("keyed in SAP by hand");
    await page.locator("[role=dialog] button[type=submit]").click();
    await page.locator("[role=dialog] .note-bad", { hasText: "It is being sent." }).waitFor();
    fixture.instead(route, undefined);
    await page.close();
  });

  test("who may not decide, and one that the ERP has refused, have no such button there", async () => {
    const refused = await evidenceOf("post-1");
    assert.equal(await button(refused).count(), 0, "that is decided at To mend");
    const all = fixture.world.permissions;
    fixture.world.permissions = ["floor.read", "order.read", "mend.read"];
    const page = await evidenceOf("wait-2");
    assert.equal(await button(page).count(), 0);
    fixture.world.permissions = all;
  });
});
