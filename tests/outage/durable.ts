/** A process that says in its log which values its disk has taken, so that a test need not guess how long that takes. */
import type { Parts } from "../../src/app/serve.ts";
import type { SampleValue } from "../../src/record/sample.ts";

/** The line of the log. */
export function durable(source: string, item: string, value: SampleValue): string {
  return `durable: ${source} ${item}=${JSON.stringify(value)};`;
}

export function tellingParts(): Partial<Parts> {
  return {
    buffer: (buffer) => ({
      ...buffer,
      ended: buffer.ended,
      append: async (source, content, options) => {
        const appended = await buffer.append(source, content, options);
        if (appended.ok) for (const { item, value } of content.samples) console.error(durable(source, item, value));
        return appended;
      },
    }),
  };
}
