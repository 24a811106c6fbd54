/**
 * How long a person waits at the screens: floor and orders opened, text typed into the filter, the list scrolled, an order
 * opened, and a machine's stop shown on the floor. In a real browser against Millrace's own HTTP port and PostgreSQL, with
 * a plant that goes on changing all the time. The floor is the same in the same run with a small plant: the ratio says
 * what size costs.
 * Run: npx node bench/screens.ts [units] [orders]
 */
import type { Page } from "playwright-core";
import { systemClock } from "../src/base/clock.ts";
import { assert } from "../src/base/result.ts";
import { findChromium, startBrowser, type Browser } from "../tests/web/browser.ts";
import { buildWeb } from "../tests/web/build.ts";
import { openBenchDatabase } from "./kit/database.ts";
import { openHall, type Hall, type HallSize } from "./kit/hall.ts";
import { Latencies } from "./kit/latency.ts";
import { note, refuse } from "./kit/table.ts";

const [units = 500, orders = 10_000] = process.argv.filter((arg) => /^\d+$/.test(arg)).map(Number);
const large: HallSize = { units, orders };
const small: HallSize = { units: 10, orders: 100 };
/** Each unit changes its state once in so many seconds. */
const changeEverySeconds = 10;
const openings = 10;
const stops = 40;
/** The field waits so long for the next letter before it asks; it is part of what a person waits. */
const typed = "1000007";

type Figures = ReadonlyMap<string, Latencies>;

async function main(): Promise<void> {
  const executable = await findChromium();
  if (executable === undefined) return refuse("screens", ["there is no Chromium on the PATH"]);
  const built = await buildWeb();
  const browser = await startBrowser(executable);
  try {
    const floor = await measured(browser, built.folder, small);
    tell(floor, await measured(browser, built.folder, large));
  } finally {
    await browser.close();
    await built.remove();
  }
}

async function measured(browser: Browser, pages: string, size: HallSize): Promise<Figures> {
  const database = await openBenchDatabase();
  const hall = await openHall(database, size, pages);
  const ended = new AbortController();
  try {
    const page = await browser.open({ width: 1280, height: 800 });
    await signIn(page, hall);
    const living = live(hall, ended.signal);
    const figures = new Map<string, Latencies>();
    for (const [name, measure] of Object.entries(measures)) figures.set(name, await measure(page, hall));
    ended.abort();
    const changes = await living;
    note(`${size.units} units, ${size.orders} orders: ${changes} changes of state were committed meanwhile`);
    await page.close();
    return figures;
  } finally {
    ended.abort();
    await hall.close();
    await database.close();
  }
}

async function signIn(page: Page, hall: Hall): Promise<void> {
  page.setDefaultTimeout(60_000);
  await page.goto(`${hall.url}/floor`);
  await page.getByLabel("User name").fill(hall.login);
  await page.getByLabel("Password", { exact: true }).fill(hall.password);
  await page.keyboard.press("Enter");
  await page.locator(".tile").first().waitFor();
}

/** Units change their state in turn, a tenth of a second's worth at a time. The last one is left alone for the stops. */
async function live(hall: Hall, signal: AbortSignal): Promise<number> {
  const share = Math.max(1, Math.round((hall.units.length - 1) / changeEverySeconds / 10));
  const beatMs = (share / (hall.units.length - 1)) * changeEverySeconds * 1_000;
  let changes = 0;
  for (let turn = 0; !signal.aborted; turn++) {
    const which = Array.from({ length: share }, (_, n) => (turn * share + n) % (hall.units.length - 1));
    const ids = which.flatMap((n) => hall.units[n] ?? []);
    await hall.enter(ids, turn % 2 === 0 ? "setup" : "production", systemClock.now());
    changes += ids.length;
    await systemClock.sleep(beatMs, signal);
  }
  return changes;
}

type Measure = (page: Page, hall: Hall) => Promise<Latencies>;

const measures: Readonly<Record<string, Measure>> = {
  "the floor, opened anew, to its first tile": (page, hall) => opened(page, `${hall.url}/floor`, ".tile"),
  "the orders, opened anew, to the first row": (page, hall) =>
    opened(page, `${hall.url}/orders`, ".grid-body [role=row]"),
  "the last letter typed into the filter, to the rows": filtered,
  "a frame while the list is scrolled": scrolled,
  "an order, from the click to its time line": orderOpened,
  "a stop, from the machine's event to the floor": stopShown,
};

async function opened(page: Page, url: string, ready: string): Promise<Latencies> {
  const taken = new Latencies();
  for (let n = 0; n < openings; n++) {
    const since = performance.now();
    await page.goto(url);
    await page.locator(ready).first().waitFor();
    taken.add(performance.now() - since);
  }
  return taken;
}

async function filtered(page: Page, hall: Hall): Promise<Latencies> {
  const taken = new Latencies();
  for (let n = 0; n < openings; n++) {
    await page.goto(`${hall.url}/orders`);
    await page.locator(".grid-body [role=row]").nth(9).waitFor();
    await page.getByLabel("Number or material").pressSequentially(typed.slice(0, -1));
    const since = performance.now();
    await page.keyboard.press(typed.slice(-1));
    await page.waitForURL(new RegExp(`text=${typed}`));
    await page.locator(".grid-body [role=row]").nth(1).waitFor({ state: "detached" });
    taken.add(performance.now() - since);
  }
  return taken;
}

async function scrolled(page: Page, hall: Hall): Promise<Latencies> {
  await page.goto(`${hall.url}/orders`);
  await page.locator(".grid-body [role=row]").first().waitFor();
  const frames = (await page.evaluate(`new Promise((resolve) => {
    const grid = document.querySelector(".grid");
    const frames = [];
    let last = performance.now(), n = 0;
    const step = (now) => {
      frames.push(now - last);
      last = now;
      grid.scrollTop += n % 2 === 0 || grid.scrollTop < 300 ? 600 : -300;
      if (++n === 200) resolve(frames.slice(1));
      else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`)) as number[];
  const taken = new Latencies();
  for (const frame of frames) taken.add(frame);
  return taken;
}

async function orderOpened(page: Page, hall: Hall): Promise<Latencies> {
  const taken = new Latencies();
  for (let n = 0; n < openings; n++) {
    await page.goto(`${hall.url}/orders?sort=number`);
    const link = page.locator(".grid-body [role=row] a").nth(n);
    await link.waitFor();
    const since = performance.now();
    await link.click();
    await page.locator(".timeline .entry").first().waitFor();
    taken.add(performance.now() - since);
  }
  return taken;
}

/** Seen in the page itself, whose clock is this machine's. */
async function stopShown(page: Page, hall: Hall): Promise<Latencies> {
  const taken = new Latencies();
  const unit = hall.units.at(-1) ?? "";
  await page.goto(`${hall.url}/floor`);
  await page.locator(`[data-unit="${unit}"]`).waitFor();
  for (let n = 0; n < stops; n++) {
    const state = n % 2 === 0 ? "fault" : "production";
    const seen = page.evaluate(`new Promise((resolve) => {
      const shown = () => document.querySelector('[data-unit="${unit}"]')?.classList.contains("tile-${state}");
      const look = new MutationObserver(() => shown() && (look.disconnect(), resolve(Date.now())));
      look.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
      if (shown()) resolve(-1);
    })`);
    await page.evaluate("0"); // the observer is there
    const at = systemClock.now();
    await hall.enter([unit], state, at);
    const shownAt = (await seen) as number;
    assert(shownAt > 0, `${unit} was not ${state} before`);
    taken.add(shownAt - at);
    await systemClock.sleep(300);
  }
  return taken;
}

function tell(floor: Figures, figures: Figures): void {
  const ms = (taken: Latencies, share: number): string => `${Math.round(taken.quantile(share))} ms`;
  const row = (cells: readonly string[]): void =>
    void process.stdout.write(
      `${(cells[0] ?? "").padEnd(54)}${cells
        .slice(1)
        .map((cell) => cell.padStart(16))
        .join("")}\n`,
    );
  const sizes = [small, large].map((size) => `${size.units}/${size.orders}`);
  row(["units/orders", ...sizes.flatMap((size) => [`${size} p50`, "p95"]), "of floor"]);
  for (const [name, taken] of figures) {
    const low = floor.get(name);
    if (!low) continue;
    const ratio = taken.quantile(0.5) / low.quantile(0.5);
    row([name, ms(low, 0.5), ms(low, 0.95), ms(taken, 0.5), ms(taken, 0.95), ratio.toFixed(2)]);
  }
  const late = figures.get("a stop, from the machine's event to the floor");
  if (late && late.quantile(1) > 1_000) {
    refuse("screens", [
      `a stop was on the floor only after ${Math.round(late.quantile(1))} ms; one second is promised`,
    ]);
  }
}

await main();
