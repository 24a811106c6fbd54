/** What every browser test does with a page: open it, listen for what must not happen, and ask axe. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { until } from "./wait.ts";

/** Everything the page complained about: faults, refused resources, breaches of the policy. */
export function listenForTrouble(page: Page): string[] {
  const trouble: string[] = [];
  page.on("pageerror", (error) => trouble.push(`fault: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") trouble.push(`console: ${message.text()}`);
  });
  return trouble;
}

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = JSON.stringify({
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
  resultTypes: ["violations"],
});

/** Every place that breaks WCAG 2.2 A or AA, in a line each. */
export async function breachesOf(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const violations = (await page.evaluate(
    `axe.run(document, ${rules}).then((found) => found.violations)`,
  )) as Violation[];
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 3).map((node) => `${id}: ${help}\n    ${node.html.slice(0, 200)}\n    ${node.failureSummary ?? ""}`),
  );
}

export async function assertAccessible(page: Page, what: string): Promise<void> {
  assert.deepEqual(await breachesOf(page), [], what);
}

/** Waits until the expression is true; asked from outside, since the page's policy forbids evaluation inside. */
export async function untilIn(page: Page, expression: string): Promise<void> {
  await until(expression, () => page.evaluate<boolean>(`Boolean(${expression})`));
}

/** Presses Tab until the element that matches has the focus; fails after `max`. */
export async function tabTo(page: Page, selector: string, max = 60): Promise<void> {
  for (let n = 0; n < max; n++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`)) return;
  }
  assert.fail(`${selector} is not reached by ${max} tabs`);
}

/**
 * The shortest of up to `tries` runs, in milliseconds; ends with the first that is quick enough. A busy computer is late
 * now and then, a screen that waits for something is late each time.
 */
export async function leastOf(tries: number, enoughMs: number, run: (n: number) => Promise<void>): Promise<number> {
  let least = Infinity;
  for (let n = 1; n <= tries && least >= enoughMs; n += 1) {
    const began = performance.now();
    await run(n);
    least = Math.min(least, performance.now() - began);
  }
  return least;
}
