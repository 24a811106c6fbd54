/**
 * `npm run screenshots`: every screen in light and dark, in both languages, out of the fixture into `.cache/screens`, to be
 * looked at; and three of them into `docs/screens` for the readers of the documents. Needs a Chromium.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findChromium, startBrowser } from "../tests/web/browser.ts";
import { buildWeb } from "../tests/web/build.ts";
import { startFixture } from "../tests/web/fixture.ts";

const order = "/orders/sap:100:1000000";

/** File, address, and what to click before the picture is taken. */
const shots: readonly {
  readonly name: string;
  readonly at: string;
  readonly click?: string;
  readonly size?: [number, number];
}[] = [
  { name: "floor", at: "/floor" },
  { name: "floor-big", at: "/floor?big=true", size: [1600, 900] },
  { name: "floor-tablet", at: "/floor", size: [820, 1180] },
  { name: "orders", at: "/orders" },
  { name: "order", at: order, size: [1280, 1100] },
  { name: "fact", at: `${order}?open=fact:fact-0` },
  { name: "posting", at: `${order}?open=posting:post-1` },
  { name: "run", at: `${order}?open=run:run-0` },
  { name: "instruction", at: `${order}?open=instruction:ins-1` },
  { name: "mend-production", at: "/mend?list=production" },
  { name: "mend-postings", at: "/mend?list=postings" },
  { name: "mend-questions", at: "/mend?list=questions", click: ".mend-card button" },
  { name: "materials", at: "/materials" },
  { name: "movements", at: "/materials?material=WIRE-0.5-BU" },
  { name: "connections", at: "/connections" },
  { name: "people", at: "/people" },
  { name: "keys", at: "/people?part=keys" },
  { name: "audit", at: "/people?part=audit" },
  { name: "bell", at: "/connections", click: ".bar-button >> nth=0" },
];

/** What the documents show. */
const kept: readonly string[] = ["floor-light-en", "order-light-en", "mend-postings-dark-en"];

async function main(): Promise<void> {
  const root = dirname(import.meta.dirname);
  const executable = await findChromium();
  if (executable === undefined) throw new Error("There is no Chromium on the PATH: install one, then run this again.");
  const all = join(root, ".cache/screens");
  const shown = join(root, "docs/screens");
  await Promise.all([mkdir(all, { recursive: true }), mkdir(shown, { recursive: true })]);
  const built = await buildWeb();
  const fixture = await startFixture({ webRoot: built.folder, units: 160 });
  const browser = await startBrowser(executable);
  try {
    for (const scheme of ["light", "dark"] as const) {
      for (const language of ["en", "de"] as const) {
        for (const { name, at, click, size } of shots) {
          const [width, height] = size ?? [1280, 800];
          const page = await browser.open({ scheme, language, width, height });
          await page.goto(fixture.url + at, { waitUntil: "load" });
          await page.locator("main h1, main .page-state").first().waitFor();
          await page.waitForTimeout(300);
          if (click !== undefined) await page.locator(click).first().click();
          await page.waitForTimeout(200);
          const file = `${name}-${scheme}-${language}`;
          await page.screenshot({ path: join(all, `${file}.png`) });
          if (kept.includes(file)) await page.screenshot({ path: join(shown, `${name}.png`) });
          await page.close();
        }
      }
    }
    console.log(`${shots.length * 4} pictures in .cache/screens, ${kept.length} in docs/screens`);
  } finally {
    await browser.close();
    await fixture.close();
    await built.remove();
  }
}

if (import.meta.main) await main();
