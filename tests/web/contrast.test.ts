import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

const css = await readFile(join(import.meta.dirname, "../../src/web/theme.css"), "utf8");

/** The tokens of a block of the theme, by name. */
function tokensOf(selector: string): Readonly<Record<string, string>> {
  const block = css.slice(css.indexOf(`${selector} {`));
  const body = block.slice(0, block.indexOf("}"));
  return Object.fromEntries([...body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
}

/** Relative luminance. @source WCAG 2.2 */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((one, other) => other - one);
  return (light + 0.05) / (dark + 0.05);
}

const grounds = ["ground", "surface", "surface-soft"] as const;
const tones = ["good", "warning", "bad", "info", "quiet", "accent"] as const;

/** Ink and what it stands on: 4.5 for text, 3 for lines of controls and the focus. */
const pairs: readonly (readonly [ink: string, ground: string, least: number])[] = [
  ...grounds.flatMap((ground) => ["ink", "ink-soft", "accent"].map((ink) => [ink, ground, 4.5] as const)),
  ...tones.map((tone) => [tone, `${tone}-soft`, 4.5] as const),
  ...tones.map((tone) => ["ink", `${tone}-soft`, 4.5] as const),
  ...["bad", "warning", "good"].map((tone) => [tone, "surface", 4.5] as const),
  ["on-accent", "accent", 4.5],
  ["surface", "bad", 4.5],
  ["ink-soft", "accent-soft", 4.5],
  ...grounds.map((ground) => ["line-strong", ground, 3] as const),
  ...grounds.map((ground) => ["focus", ground, 3] as const),
];

for (const [name, selector] of [
  ["light", ":root"],
  ["dark", ':root[data-mantine-color-scheme="dark"]'],
] as const) {
  test(`every pair of colours in ${name} can be read`, () => {
    const tokens = tokensOf(selector);
    for (const [ink, ground, least] of pairs) {
      const found = contrast(tokens[ink] ?? "#000000", tokens[ground] ?? "#000000");
      assert.ok(found >= least, `--${ink} on --${ground}: ${found.toFixed(2)}, ${least} needed`);
    }
  });
}
