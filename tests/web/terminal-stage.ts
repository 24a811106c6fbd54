/** What the terminal's browser tests stand on: a plant of its own, a work unit for each test, presses, and what was booked. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { FloorUnit } from "../../src/api/contract/floor.ts";
import type { Report } from "../../src/api/contract/terminal.ts";
import type { PageOptions } from "./browser.ts";
import { settled } from "./calls.ts";
import type { Fixture } from "./fixture.ts";
import { startScreens } from "./screens.ts";

export const reportRoute = "POST /api/v1/units/:unit/reports";
/** Longer than the pause in which a second press is taken for the bounce of the first. */
export const afterPressMs = 180;
/** Longer than what came of a press has to be seen before another one on the same spot counts. */
const meantMs = 1100;

export interface StagePageOptions extends PageOptions {
  /** Its time can be moved by hand. */
  readonly hasOwnClock?: boolean;
}

export interface Stage {
  readonly fixture: Fixture;
  /** Benches with a job, benches without, and stopped machines: each test takes its own from the front. */
  readonly working: FloorUnit[];
  readonly idle: FloorUnit[];
  readonly stopped: FloorUnit[];
  open(unit: string, options?: StagePageOptions): Promise<Page>;
  /** Reports that were booked at the unit, in the order in which they were. */
  bookedAt(unit: string): Report[];
  /** What one test has opened does nothing any more beside the next. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

export async function startStage(chromium: string): Promise<Stage> {
  const { fixture, browser, close } = await startScreens(chromium, { units: 260, orders: 60 });
  const units = [...fixture.world.plant.units.values()];
  const manual = units.filter(({ kind }) => kind === "manual");
  return {
    fixture,
    working: manual.filter(({ jobs, state }) => jobs.length > 0 && state?.state === "production"),
    idle: manual.filter(({ jobs, state }) => jobs.length === 0 && state !== null),
    stopped: units.filter(({ kind, state }) => kind === "machine" && state?.state === "fault"),
    open: async (unit, options = {}) => {
      const page = await browser.open({ width: 1024, height: 768, hasTouch: true, ...options });
      if (options.hasOwnClock === true) await page.clock.install();
      await page.goto(`${fixture.url}/terminal/${unit}`);
      await page.locator(".desk-job").waitFor();
      await settled(page);
      return page;
    },
    bookedAt: (unit) =>
      fixture.effects
        .filter(({ route, params }) => route === reportRoute && params["unit"] === unit)
        .map(({ body }) => body as Report), // parsed by the fixture with the route's own schema
    closePages: () => browser.closePages(),
    close,
  };
}

export function take(units: FloorUnit[]): string {
  return units.shift()!.id;
}

export function button(within: Page | Locator, name: string | RegExp): Locator {
  return within.getByRole("button", { name });
}

export async function press(within: Page | Locator, name: string | RegExp): Promise<void> {
  await button(within, name).first().click();
  await new Promise((resolve) => setTimeout(resolve, afterPressMs));
}

/** Until a press on the spot of the one before is meant: the page counts from when it has painted what came of that. */
export async function untilMeant(page: Page): Promise<void> {
  await page.evaluate(
    `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, ${meantMs}))))`,
  );
}

/** As a scanner or a quick hand does it: no key waits for what the page makes of the one before. */
export async function typeAtOnce(page: Page, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.flatMap((key) => [page.keyboard.down(key), page.keyboard.up(key)]));
}

/** As a hardware scanner does it: all keys at once, then Enter. */
export async function scan(page: Page, text: string): Promise<void> {
  await typeAtOnce(page, [...text.split(""), "Enter"]);
  await page.waitForTimeout(afterPressMs);
}

/** What can be pressed and is smaller than a gloved finger or sticks out of the screen, and whether the page scrolls sideways. */
const misfits = `(() => {
  const root = document.querySelector("dialog[open]") ?? document.querySelector("main");
  const wrong = [...root.querySelectorAll("button, a, input, select, [role=button]")].flatMap((one) => {
    const { width, height, left, right } = one.getBoundingClientRect();
    const isOut = left < 0 || right > innerWidth;
    return width < 48 || height < 48 || isOut ? [one.textContent + " " + width + "×" + height] : [];
  });
  return document.documentElement.scrollWidth > innerWidth ? [...wrong, "scrolls sideways"] : wrong;
})()`;

export async function assertLargeEnough(page: Page, what: string): Promise<void> {
  assert.deepEqual(await page.evaluate(misfits), [], what);
}
