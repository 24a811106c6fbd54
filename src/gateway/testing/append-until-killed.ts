/**
 * A process for crash tests: appends to the buffer named by its argument for ever, from four sources at once, and
 * writes the seq and first source time of every acknowledged batch as a line on its output. Its end is to be killed.
 */
import { writeSync } from "node:fs";
import { openBuffer } from "../buffer.ts";
import { batchOf } from "./batch.ts";

const [file = "", start = "0"] = process.argv.slice(2);
const opened = await openBuffer({ file, log: { info: () => {}, warn: () => {} } });
if (opened.ok) {
  const buffer = opened.value;
  await Promise.all(
    ["a", "b", "c", "d"].map(async (source) => {
      for (let at = Number(start); ; at += 2) {
        const appended = await buffer.append(source, batchOf(at, at + 1));
        // Written at once: a line that left is an acknowledgement that somebody has.
        if (appended.ok) writeSync(1, `${appended.value} ${source} ${at}\n`);
      }
    }),
  );
} else writeSync(1, `fault ${opened.fault.code}\n`);
