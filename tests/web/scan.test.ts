/** A scan at the operator's terminal: what it does and does not press, what it is told, and who may load what does not fit. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { permissions, permissionsOf } from "../../src/access/permission.ts";
import { findChromium } from "./browser.ts";
import type { Fixture } from "./fixture.ts";
import { afterPressMs, button, press, scan, startStage, take, typeAtOnce, type Stage } from "./terminal-stage.ts";
import { until } from "./wait.ts";

const chromium = await findChromium();

describe("a scan", { skip: chromium === undefined && "no Chromium here" }, () => {
  let stage: Stage;
  let fixture: Fixture;
  before(async () => {
    stage = await startStage(chromium ?? "");
    fixture = stage.fixture;
  });
  after(() => stage.close());
  afterEach(() => stage.closePages());

  test("a scanner's burst is shown, not pressed: the right lot is loaded, the wrong one is refused", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    await button(page, /Finish$/).focus();
    await typeAtOnce(page, "LOT:A 47".split(""));
    await page.waitForTimeout(700); // longer than one code is put together
    assert.equal(await page.locator("dialog").count(), 0, "the blank did not press the key in focus");
    await scan(page, "LOT:A 4711");
    await page.getByText("Right. It belongs to B1.").waitFor();
    assert.equal(
      await page.getByText("Finish the job").count(),
      0,
      "neither the blank nor Enter reached the key in focus",
    );
    assert.equal(stage.bookedAt(unit).length, 0, "a scan alone books nothing");
    await press(page, "Load at B1");
    await until("it is loaded", () => stage.bookedAt(unit).length === 1);
    const loaded = stage.bookedAt(unit)[0]?.statement;
    assert.ok(
      loaded?.kind === "load" && loaded.lot === "A 4711" && loaded.position === "B1" && loaded.substitutes === null,
    );
    await press(page, /^Good$/);
    await scan(page, "WRONG:L9-0815");
    await page.getByText("Wrong material. Do not load it.").waitFor();
    assert.equal(
      await page.getByText(/^Book .* good$/).count(),
      0,
      "the count is not booked with what the scanner typed",
    );
    assert.equal(await button(page, /^Load at/).count(), 0);
    await page.getByText("Wanted:").waitFor();
    await press(page, "TERM-6.3");
    const places = page.getByRole("group", { name: "Place" });
    assert.equal(await button(places, "A1 (taken)").isDisabled(), true);
    await button(places, "B2 Right press").click();
    await page.waitForTimeout(afterPressMs);
    await press(page, "Load TERM-9.5 in place of TERM-6.3");
    await until("the substitute is booked", () => stage.bookedAt(unit).length === 2);
    const substitute = stage.bookedAt(unit)[1]?.statement;
    assert.ok(substitute?.kind === "load" && substitute.substitutes === "c1" && substitute.position === "B2");
    await press(page, "Scan");
    await scan(page, "no such code");
    await page.getByText("has the code no such code").waitFor();
    assert.equal(stage.bookedAt(unit).length, 2);
  });

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
