/**
 * `npm run screenshots`: every screen in light and dark, in both languages, out of the fixture into `.cache/screens`, to be
 * looked at; and three of them into `docs/screens` for the readers of the documents. Needs a Chromium.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { findChromium, startBrowser, type Browser, type PageOptions } from "../tests/web/browser.ts";
import { buildWeb } from "../tests/web/build.ts";
import { problem, startFixture, type Fixture } from "../tests/web/fixture.ts";
import type { Plant } from "../tests/web/plant.ts";

interface Shot {
  /** Of the file, before scheme and language. */
  readonly name: string;
  readonly at: string;
  /** What is clicked, or scanned, before the picture is taken. */
  readonly click?: string;
  readonly scan?: string;
  readonly size?: readonly [number, number];
  /** What the server is like: signed in unless it says otherwise. */
  readonly server?: "nobody-signed-in" | "refuses" | "fails";
}

const order = "/orders/sap:100:1000000";
const tablet = [1024, 768] as const;

const shots: readonly Shot[] = [
  { name: "sign-in", at: "/floor", server: "nobody-signed-in" },
  { name: "floor", at: "/floor" },
  { name: "floor-big", at: "/floor?big=true", size: [1600, 900] },
  { name: "floor-tablet", at: "/floor", size: [820, 1180] },
  { name: "orders", at: "/orders" },
  { name: "orders-empty", at: "/orders?text=nothing-like-it" },
  { name: "order", at: order, size: [1280, 1100] },
  { name: "fact", at: `${order}?open=fact:fact-0` },
  { name: "posting", at: `${order}?open=posting:post-1` },
  { name: "run", at: `${order}?open=run:run-0` },
  { name: "instruction", at: `${order}?open=instruction:ins-1` },
  { name: "message", at: `${order}?open=message:msg-1` },
  { name: "mend-production", at: "/mend?list=production" },
  { name: "mend-postings", at: "/mend?list=postings" },
  { name: "mend-orders", at: "/mend?list=orders" },
  { name: "mend-questions", at: "/mend?list=questions", click: ".mend-card button" },
  { name: "mend-hand", at: "/mend?list=questions", click: ".mend-card >> nth=1 >> button", size: [1280, 1000] },
  { name: "materials", at: "/materials" },
  { name: "movements", at: "/materials?material=WIRE-0.5-BU" },
  { name: "connections", at: "/connections" },
  { name: "people", at: "/people" },
  { name: "keys", at: "/people?part=keys" },
  { name: "audit", at: "/people?part=audit" },
  { name: "bell", at: "/connections", click: ".bar-button >> nth=0" },
  { name: "not-allowed", at: "/connections", server: "refuses" },
  { name: "broken", at: "/connections", server: "fails" },
];

/** A bench at work, one without a job, and a machine that stands. */
function terminalShots(plant: Plant): readonly Shot[] {
  const units = [...plant.units.values()];
  const atBench = units.filter(({ kind, state }) => kind === "manual" && state !== null);
  const working = atBench.find(({ jobs, state }) => jobs.length > 0 && state?.state === "production");
  const idle = atBench.find(({ jobs }) => jobs.length === 0);
  const stopped = units.find(({ kind, state }) => kind === "machine" && state?.state === "fault");
  if (!working || !idle || !stopped) throw new Error("The plant of the fixture has no such work units.");
  const at = `/terminal/${working.id}`;
  return [
    { name: "terminals", at: "/terminal", size: tablet },
    { name: "terminal", at, size: tablet },
    { name: "terminal-upright", at, size: [800, 1180] },
    { name: "terminal-idle", at: `/terminal/${idle.id}`, size: tablet },
    { name: "terminal-stopped", at: `/terminal/${stopped.id}`, size: tablet },
    { name: "terminal-good", at, click: ".action-good", size: tablet },
    { name: "terminal-scrap", at, click: ".action-scrap", size: tablet },
    { name: "terminal-scan", at, scan: "LOT:A 4711", size: tablet },
    { name: "terminal-wrong-lot", at, scan: "OTHER:L9", size: tablet },
    { name: "paper", at: `${at}/paper`, size: tablet },
  ];
}

/** What the documents show. */
const kept: readonly string[] = ["floor-light-en", "order-light-en", "mend-postings-dark-en"];

interface Studio {
  readonly browser: Browser;
  readonly fixture: Fixture;
  readonly all: string;
  readonly shown: string;
}

async function main(): Promise<void> {
  const root = dirname(import.meta.dirname);
  const executable = await findChromium();
  if (executable === undefined) throw new Error("There is no Chromium on the PATH: install one, then run this again.");
  const [all, shown] = [join(root, ".cache/screens"), join(root, "docs/screens")];
  await Promise.all([mkdir(all, { recursive: true }), mkdir(shown, { recursive: true })]);
  const built = await buildWeb();
  const fixture = await startFixture({ webRoot: built.folder, units: 160 });
  const browser = await startBrowser(executable);
  const every = [...shots, ...terminalShots(fixture.world.plant)];
  try {
    for (const scheme of ["light", "dark"] as const) {
      for (const language of ["en", "de"] as const) {
        for (const shot of every) await take({ browser, fixture, all, shown }, shot, { scheme, language });
      }
    }
    console.log(`${every.length * 4} pictures in .cache/screens, ${kept.length} in docs/screens`);
  } finally {
    await browser.close();
    await fixture.close();
    await built.remove();
  }
}

async function take(
  studio: Studio,
  shot: Shot,
  how: Required<Pick<PageOptions, "scheme" | "language">>,
): Promise<void> {
  const { name, at, click, scan, size = [1280, 800] } = shot;
  const { fixture } = studio;
  const [width, height] = size;
  fixture.world.isSignedIn = shot.server !== "nobody-signed-in";
  if (shot.server === "refuses") {
    fixture.instead("GET /api/v1/connections", { status: 403, body: problem(403, "access/forbidden", "") });
  } else {
    fixture.instead(
      "GET /api/v1/connections",
      shot.server === "fails" ? { status: 500, body: "a proxy's page" } : undefined,
    );
  }
  const page = await studio.browser.open({ ...how, width, height });
  await page.goto(fixture.url + at, { waitUntil: "load" });
  await page
    .locator("main h1, main .page-state, .desk-job, input[type=password], [role=alert] strong")
    .first()
    .waitFor();
  await page.waitForTimeout(300);
  if (click !== undefined) await page.locator(click).first().click();
  if (scan !== undefined) await scanAt(page, scan);
  await page.waitForTimeout(200);
  const file = `${name}-${how.scheme}-${how.language}`;
  await page.screenshot({ path: join(studio.all, `${file}.png`) });
  if (kept.includes(file)) await page.screenshot({ path: join(studio.shown, `${name}.png`) });
  await page.close();
}

/** By hand: a burst of keys is only one while the machine is quick. */
async function scanAt(page: Page, text: string): Promise<void> {
  await page.locator(".desk-head button").first().click();
  await page.locator("dialog input").fill(text);
  await page.keyboard.press("Enter");
  await page.locator("dialog .note").waitFor();
}

if (import.meta.main) await main();
