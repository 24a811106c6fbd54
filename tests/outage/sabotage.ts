/**
 * The mistakes that the outage tests must catch. Each replaces one part of the running program by one that makes a
 * mistake which is easily made, and changes nothing else.
 */
import { systemClock } from "../../src/base/clock.ts";
import { ok } from "../../src/base/result.ts";
import type { Parts } from "../../src/app/serve.ts";
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

/** What the disk does not take counts as taken. */
function swallowedAppend(): Partial<Parts> {
  return {
    buffer: (buffer) => ({
      ...buffer,
      ended: buffer.ended,
      append: async (source, content, options) => {
        const appended = await buffer.append(source, content, options);
        return appended.ok ? appended : ok(0);
      },
    }),
  };
}

/** Every wait is measured by the clock that people set. */
function waitsByTheWall(): Partial<Parts> {
  Object.assign(systemClock, { monotonicMs: () => Date.now() });
  return {};
}
