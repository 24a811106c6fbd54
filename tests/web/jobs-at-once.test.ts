/** A machine that runs several jobs at once, on the terminal and on the floor. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { findChromium } from "./browser.ts";
import type { Fixture } from "./fixture.ts";
import { startStage, take, type Stage } from "./terminal-stage.ts";

const chromium = await findChromium();

describe("several jobs at once", { skip: chromium === undefined && "no Chromium here" }, () => {
  let stage: Stage;
  let fixture: Fixture;
  before(async () => {
    stage = await startStage(chromium ?? "");
    fixture = stage.fixture;
  });
  after(() => stage.close());

  test("two jobs that a machine runs at once are both shown, here and on the floor", async () => {
    const { plant } = fixture.world;
    const unit = take(stage.stopped);
    const shown = plant.units.get(unit)!;
    const [job] = shown.jobs;
    const [first, second] = plant.orders;
    assert.ok(job && first && second);
    const beside = {
      ...job,
      run: "run-beside",
      jobOrder: `job-${second.id}-10`,
      order: second.id,
      number: second.number,
    };
    plant.units.set(unit, { ...shown, jobs: [job, beside] });
    const page = await stage.open(unit);
    const desk = await page.locator(".desk-job").innerText();
    assert.ok(desk.includes(`${first.number} / 0010`), desk);
    assert.match(desk, new RegExp(`At the same time: ${second.number} / 0010 .*Good [\\d.,]+ / [\\d.,]+`));
    await page.goto(`${fixture.url}/floor`);
    const tile = page.locator(`[data-unit="${unit}"]`);
    await tile.waitFor();
    const text = (await tile.textContent()) ?? "";
    for (const { number } of [job, beside]) assert.ok(text.includes(number), text);
  });
});
