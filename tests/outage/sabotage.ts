/**
 * The mistakes that the outage tests must catch. Each replaces one part of the running program by one that makes a
 * mistake which is easily made, and changes nothing else.
 */
import { systemClock } from "../../src/base/clock.ts";
import { ok } from "../../src/base/result.ts";
import type { Parts } from "../../src/app/serve.ts";
import type { SampleValue } from "../../src/record/sample.ts";
import { sabotagedParts as lineParts } from "../peers/komax/sabotage.ts";

export const sabotages = ["blind-resend", "swallowed-append", "waits-by-the-wall"] as const;
export type Sabotage = (typeof sabotages)[number];

export function sabotagedParts(name: string): Partial<Parts> {
  const known = sabotages.find((sabotage) => sabotage === name);
  if (!known) throw new Error(`There is no sabotage "${name}". Known: ${sabotages.join(", ")}`);
  return parts[known]();
}

const parts: Readonly<Record<Sabotage, () => Partial<Parts>>> = {
  "blind-resend": () => lineParts("blind-resend"),
  "swallowed-append": swallowedAppend,
  "waits-by-the-wall": waitsByTheWall,
};

/** The line of the log by which a test sees that a value is lost. */
export function swallowed(source: string, item: string, value: SampleValue): string {
  return `swallowed: ${source} ${item}=${JSON.stringify(value)};`;
}

/** What the disk does not take counts as taken. */
function swallowedAppend(): Partial<Parts> {
  return {
    buffer: (buffer) => ({
      ...buffer,
      ended: buffer.ended,
      append: async (source, content, options) => {
        const appended = await buffer.append(source, content, options);
        if (appended.ok) return appended;
        for (const { item, value } of content.samples) console.error(swallowed(source, item, value));
        return ok(0);
      },
    }),
  };
}

/** Every wait is measured by the clock that people set. */
function waitsByTheWall(): Partial<Parts> {
  Object.assign(systemClock, { monotonicMs: () => Date.now() });
  return {};
}
