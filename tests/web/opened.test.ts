/** Balances are found by the kind of place, and one opens to what it is made of. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { findChromium } from "./browser.ts";
import { startScreens, type Screens } from "./screens.ts";

const chromium = await findChromium();

describe("balances", { skip: chromium === undefined && "no Chromium here" }, () => {
  let screens: Screens;
  before(async () => {
    screens = await startScreens(chromium ?? "");
  });
  after(() => screens.close());

  const places = (page: Page): Promise<readonly string[]> =>
    page.locator(".grid-body [role=row] [role=cell]:nth-child(2)").allInnerTexts();

  async function open(): Promise<Page> {
    const page = await screens.browser.open();
    await page.goto(`${screens.fixture.url}/materials`);
    await page.locator(".grid-body [role=row]").first().waitFor();
    return page;
  }

  test("each kind of place lists what stands there, with the location it is about", async () => {
    const page = await open();
    const choices: readonly (readonly [string, readonly string[]])[] = [
      ["Storage locations", ["Location PL01/101C", "Location PL01/FG01"]],
      ["At machines", ["At CUT-01-001"]],
      ["Unexplained", ["Unexplained PL01/101C"]],
      ["Outside the plant", ["Production", "Unexplained PL01/101C"]],
    ];
    for (const [label, expected] of choices) {
      await page.getByLabel("Place").selectOption({ label });
      for (const hasText of expected) await page.locator(".grid-body [role=row]", { hasText }).first().waitFor();
      await page.waitForFunction(
        `[...document.querySelectorAll(".grid-body [role=row] [role=cell]:nth-child(2)")].every((cell) => ${JSON.stringify(expected)}.includes(cell.innerText))`,
      );
      assert.deepEqual([...new Set(await places(page))].toSorted(), expected, label);
    }
    await page.close();
  });

  test("a balance opens to the movements of its place, its lot or none, and its unit", async () => {
    const page = await open();
    const opened = async (row: string, head: string): Promise<Record<string, string>> => {
      const asking = page.waitForRequest((request) => request.url().includes("/movements?"));
      await page.locator(".grid-body [role=row]", { hasText: row }).first().locator("a").click();
      const { searchParams } = new URL((await asking).url());
      await page.locator(".head", { hasText: head }).waitFor();
      await page.goBack();
      await page.locator(".grid-body [role=row]", { hasText: row }).first().waitFor();
      const { limit: _, ...asked } = Object.fromEntries(searchParams);
      return asked;
    };
    assert.deepEqual(await opened("PL01/101C", "Location PL01/101C · lot LOT-00"), {
      account: "stock:PL01/101C",
      lot: "LOT-00",
      uom: "MTR",
    });
    assert.deepEqual(await opened("PL01/FG01", "Location PL01/FG01 · without a lot"), {
      account: "stock:PL01/FG01",
      lot: "",
      uom: "MTR",
    });
    await page.close();
  });
});
