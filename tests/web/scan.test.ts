/** What a scan is told at the operator's terminal when it does not fit, and who may load it all the same. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { permissions, permissionsOf } from "../../src/access/permission.ts";
import { findChromium } from "./browser.ts";
import type { Fixture } from "./fixture.ts";
import { button, scan, startStage, take, type Stage } from "./terminal-stage.ts";

const chromium = await findChromium();

describe("a scan that does not fit", { skip: chromium === undefined && "no Chromium here" }, () => {
  let stage: Stage;
  let fixture: Fixture;
  before(async () => {
    stage = await startStage(chromium ?? "");
    fixture = stage.fixture;
  });
  after(() => stage.close());

  test("a wrong lot and a full place are told as what they are, in the reader's language", async () => {
    const page = await stage.open(take(stage.working), { language: "de" });
    await page.locator(".is-missing", { hasText: "TERM-6.3 · Charge A 4711" }).waitFor();
    await scan(page, "OTHER:L9");
    const note = page.locator("dialog .note-bad");
    await note.getByText("Falsche Charge. Nicht laden.").waitFor();
    await note.getByText("Gebraucht: TERM-6.3 · Charge A 4711").waitFor();
    await note.locator("[lang=en]", { hasText: "the order asks for lot A 4711" }).waitFor();
    await page.getByText("Als Ersatz verwenden für").waitFor();
    await scan(page, "FULL:A 4711");
    await note.getByText("Der Platz ist belegt: erst leeren").waitFor();
    const wrong = page.getByText(/Gebraucht:|Als Ersatz verwenden für/);
    assert.equal(await wrong.count(), 0, "what was scanned is right");
  });

  test("an operator may neither substitute nor enter afterwards", async () => {
    fixture.world.permissions = permissionsOf.operator;
    try {
      const page = await stage.open(take(stage.working));
      assert.equal(await button(page, "Enter afterwards").count(), 0);
      await scan(page, "WRONG:L9");
      await page.getByText("Wrong material. Do not load it.").waitFor();
      assert.equal(await page.getByText("Use it in place of").count(), 0);
    } finally {
      fixture.world.permissions = permissions;
    }
  });
});
