/** The README's *Thirty minutes*, steps 6 to 9, in a real browser and with the commands that stand there. */
import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { findChromium } from "../web/browser.ts";
import { assertOnce, documentsOf, pressAt, startJourney, stillAt, until, type Journey } from "./journey.ts";

const chromium = await findChromium();
/** Faster than the demo's own pace, so that a visit of half an hour is over in two minutes. */
const speed = 20;

describe("thirty minutes", { skip: chromium === undefined && "no Chromium here", timeout: 400_000 }, () => {
  let journey: Journey;
  let supervisor: Page;
  let operator: Page;

  before(async () => {
    journey = await startJourney("thirty", chromium ?? "", speed);
    supervisor = await journey.signIn("supervisor");
    operator = await journey.signIn("operator");
  });
  after(() => journey?.close());

  const timeLineOf = async (order: string): Promise<void> => {
    await journey.goTo(supervisor, "/orders");
    await supervisor.getByRole("link", { name: order }).first().click();
    await supervisor.locator(".timeline").waitFor();
  };

  test("a set-up that drifts is undone; the job is not allowed to start, and is tried again", () =>
    journey.step(async () => {
      await journey.goTo(operator, "/terminal/CUT-1");
      assert.match(await pressAt(journey.machines, "CUT-1", "Next set-up drifts"), /next set-up of CUT-1 reads back/);
      const notice = operator.getByText(/Set-up of CUT-1 for order \S+ failed/).first();
      await notice.waitFor({ timeout: 150_000 });
      await journey.shot(operator, "notice-at-the-terminal");
      const order =
        /order (?:\S+\/)?(\d{7})/.exec(await notice.innerText())?.[1] ?? assert.fail(await notice.innerText());
      await timeLineOf(order);
      await supervisor.getByRole("button", { name: "Machine", exact: true }).click();
      const line = supervisor.locator(".timeline .entry", { hasText: /taken back/i }).first();
      await line.waitFor();
      await journey.shot(supervisor, "set-up-undone");
      await line.getByRole("link").or(line.getByRole("button")).first().click();
      await supervisor.getByText("Wanted").first().waitFor();
      await journey.shot(supervisor, "set-up-evidence");
      const tried = new RegExp(`CUT-\\d holds job ${order}-0010`);
      await until("it is tried again", () => tried.test(journey.told()), 150_000);
    }));

  test("an answer that was lost is asked for by its key and found: posted once", () =>
    journey.step(async () => {
      assert.match(await pressAt(journey.erp, null, "Lose the answer to the next document"), /its answer lost/);
      const lost = /may or may not have [^\n]*?([A-Z0-9]{16})/;
      await until("an answer was lost", () => lost.test(journey.told()), 150_000);
      const key = lost.exec(journey.told())?.[1] ?? "";
      await until("the ERP has it", async () => (await documentsOf(journey.erp)).some((one) => one.key === key));
      const documents = await documentsOf(journey.erp);
      assertOnce(documents);
      const document = documents.find((one) => one.key === key);
      const order = document?.order.split("/")[0] ?? "";
      await journey.shot(journey.erp, "document-in-the-erp");
      await timeLineOf(order);
      await supervisor.getByRole("button", { name: "Postings" }).click();
      const asked = supervisor.locator(".timeline .entry", { hasText: "no sure answer" }).first();
      await asked.waitFor();
      await journey.shot(supervisor, "asked-and-found");
      const found = supervisor.locator(".timeline .entry", { hasText: document?.number ?? "?" }).first();
      await found.waitFor();
      await found.getByRole("link").or(found.getByRole("button")).first().click();
      await supervisor.getByText(key).first().waitFor();
      await journey.shot(supervisor, "posting");
      await stillAt(journey.erp);
      assertOnce(await documentsOf(journey.erp));
    }));

  test("what a machine has is listed and drafted; check accepts the draft, apply knows its versions", () =>
    journey.step(async () => {
      await stillAt(journey.machines);
      await journey.shot(journey.machines, "machines");
      const address = await journey.machines.locator("code").first().innerText();
      const site = join(journey.folder, "my-site");
      await cp(join(import.meta.dirname, "../../examples/demo"), site, { recursive: true });
      const where = ["--under", "Objects/Machines/CUT-1", "--accept-unknown"];
      const listed = await journey.millrace("browse", address, ...where, "--draft", "my-site/maps/my-cutter.yaml");
      assert.equal(listed.code, 0, listed.error);
      assert.match(listed.out, /^Counters\/Good +UInt16/m);
      assert.match(await readFile(join(site, "maps/my-cutter.yaml"), "utf8"), /recipeLength/);
      const checked = await journey.millrace("check", "my-site");
      assert.deepEqual([checked.code, checked.out.trim()], [0, "The site is in order."]);
      const first = await journey.millrace("apply", "my-site", "--data", "my-data");
      assert.match(first.out, /Applied as version 1\./, first.error);
      const file = join(site, "site.yaml");
      await writeFile(file, (await readFile(file, "utf8")).replace("splitAbove: 30", "splitAbove: 50"));
      const second = await journey.millrace("apply", "my-site", "--data", "my-data");
      assert.match(second.out, /^site\.yaml: changed equipment\[CRIMP\]\.splitAbove from 30 to 50$/m, second.error);
    }));

  test("Ctrl-C ends it; nothing is left behind", () =>
    journey.step(async () => {
      assert.deepEqual(await journey.end(), { code: 0, left: [] }, journey.told().slice(-2_000));
    }));
});
