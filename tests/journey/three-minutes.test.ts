/** The README's *Three minutes*, step by step, in a real browser. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { findChromium } from "../web/browser.ts";
import { assertOnce, documentsOf, pressAt, startJourney, stillAt, until, type Journey } from "./journey.ts";

const chromium = await findChromium();
/** Faster than the demo's own pace, so that a visit of three minutes is over in one. */
const speed = 20;

describe("three minutes", { skip: chromium === undefined && "no Chromium here", timeout: 400_000 }, () => {
  let journey: Journey;
  let supervisor: Page;
  let operator: Page;

  before(async () => {
    journey = await startJourney("three", chromium ?? "", speed);
    supervisor = await journey.signIn("supervisor");
    operator = await journey.signIn("operator");
  });
  after(() => journey?.close());

  const nextAt = async (page: Page): Promise<readonly string[]> =>
    (await page.locator(".desk-next-job h3").allInnerTexts()).map((text) => text.split(" / ")[0] ?? "");

  test("an order that is rushed in the ERP goes first at the terminal", (t) =>
    journey.step(async () => {
      await journey.shot(supervisor, "floor");
      await journey.goTo(operator, "/terminal/ASSY-1");
      await until("several jobs wait at the bench", async () => (await nextAt(operator)).length >= 2, 150_000);
      const rushed = (await nextAt(operator)).at(-1) ?? "";
      assert.match(await pressAt(journey.erp, rushed, "Rush"), new RegExp(`Order ${rushed} is a rush order`));
      const since = performance.now();
      // The worker at the bench may have finished his job just now: then he begins what is first.
      const current = async (): Promise<string> => operator.locator(".desk-job h2").innerText();
      const isFirst = async (): Promise<boolean> =>
        (await nextAt(operator))[0] === rushed || (await current()).startsWith(rushed);
      await until("it goes first", isFirst);
      t.diagnostic(`first at the terminal after ${Math.round(performance.now() - since)} ms`);
      await journey.shot(operator, "rushed");
      await journey.shot(journey.erp, "erp-rushed");
    }));

  test("the wrong lot is refused at the bench, and the answer says which is wanted", () =>
    journey.step(async () => {
      await operator.getByRole("button", { name: "Scan", exact: true }).click();
      await operator.getByLabel("Code on the label").fill("HOUSING-4|H4-01");
      await operator.keyboard.press("Enter");
      const refusal = operator.locator("dialog [role=alert]");
      await refusal.getByText("the order asks for lot H4-02").waitFor();
      await journey.shot(operator, "wrong-lot");
      assert.equal(await operator.locator("dialog").getByRole("button", { name: /^Load/ }).count(), 0);
      await operator.keyboard.press("Escape");
    }));

  test("a machine that stops without a word is given its reason at its terminal", () =>
    journey.step(async () => {
      await journey.goTo(operator, "/terminal/CRIMP-1");
      await operator.locator(".desk-head").waitFor();
      assert.match(await pressAt(journey.machines, "CRIMP-1", "Stop"), /CRIMP-1 stands still/);
      await journey.goTo(supervisor, "/floor");
      const tile = supervisor.locator("[data-unit=CRIMP-1]");
      await tile.getByText("Stopped").waitFor();
      await journey.shot(supervisor, "stopped-on-the-floor");
      const stop = operator.locator(".desk-stop");
      await stop.waitFor();
      await journey.shot(operator, "stop-without-reason");
      await stop.getByRole("button", { name: "Tool change" }).click();
      await stop.waitFor({ state: "detached" });
      await journey.shot(operator, "stop-explained");
      await tile.getByText("Tool change").waitFor();
      await journey.shot(supervisor, "reason-on-the-floor");
      assert.match(await pressAt(journey.machines, "CRIMP-1", "Go on"), /CRIMP-1 goes on/);
      await tile.getByText("Stopped").waitFor({ state: "detached" });
    }));

  test("what was parked for short stock posts itself when the stock has come", () =>
    journey.step(async () => {
      await journey.goTo(supervisor, "/mend");
      const card = supervisor.locator(".mend-card", { hasText: "SLEEVE-6" }).first();
      await card.waitFor({ timeout: 150_000 });
      await journey.shot(supervisor, "parked");
      const order = (await card.getByRole("link").first().innerText()).split(" / ")[0] ?? "";
      const isIssued = async (): Promise<boolean> =>
        (await documentsOf(journey.erp)).some(
          (one) => one.what === "Goods issue" && one.order === order && one.content.includes("SLEEVE-6"),
        );
      assert.equal(await isIssued(), false);
      assert.match(await pressAt(journey.erp, "SLEEVE-6", "Receive 200"), /200 PC of SLEEVE-6 have arrived/);
      await until("the ERP has the issue", isIssued, 150_000);
      const documents = await documentsOf(journey.erp);
      assertOnce(documents);
      const issue = documents.find((one) => one.order === order && one.content.includes("SLEEVE-6"));
      await journey.shot(journey.erp, "issued");
      await supervisor.locator(".mend-card", { hasText: "SLEEVE-6" }).first().waitFor({ state: "detached" });
      await supervisor.getByText("Nothing waits for you").waitFor();
      await journey.shot(supervisor, "nothing-to-mend");
      await journey.goTo(supervisor, "/orders");
      await supervisor.getByRole("link", { name: order }).first().click();
      await supervisor.getByRole("button", { name: "Postings" }).click();
      const line = supervisor.locator(".timeline .entry", { hasText: issue?.number ?? "?" });
      await line.first().waitFor();
      await journey.shot(supervisor, "time-line");
    }));

  test("while the ERP's plug is out documents wait; afterwards they arrive, each once", () =>
    journey.step(async () => {
      await journey.goTo(supervisor, "/connections");
      assert.match(await pressAt(journey.erp, null, "Pull the plug for 15 s"), /connections are refused/);
      const before = new Set((await documentsOf(journey.erp)).map(({ key }) => key));
      const row = supervisor.locator("tr", { hasText: "s4" }).first();
      const cell = async (index: number): Promise<number> => Number(await row.locator("td").nth(index).innerText());
      await until("documents wait", async () => (await cell(3)) > 0);
      await journey.shot(supervisor, "unplugged");
      await until("the plug is in again", async () => {
        await stillAt(journey.erp);
        return (await journey.erp.getByText("ERP: reachable").count()) > 0;
      });
      const fresh = async (): Promise<number> =>
        (await documentsOf(journey.erp)).filter(({ key }) => key !== "" && !before.has(key)).length;
      await until("they have arrived", async () => (await fresh()) > 0);
      assertOnce(await documentsOf(journey.erp));
      await until("nothing is in doubt", async () => (await cell(4)) === 0);
      await journey.shot(supervisor, "plugged-in");
      await journey.shot(journey.erp, "erp-afterwards");
      await journey.goTo(supervisor, "/mend");
      await supervisor.getByText("Nothing waits for you").waitFor();
    }));

  test("Ctrl-C ends it; nothing is left behind", () =>
    journey.step(async () => {
      assert.deepEqual(await journey.end(), { code: 0, left: [] }, journey.told().slice(-2_000));
    }));
});
