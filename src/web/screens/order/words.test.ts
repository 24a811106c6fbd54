/** Sentences of the time line must be true, not only there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TimelineEntry } from "../../../api/contract/order.ts";
import { en } from "../../text/en.ts";
import type { Texts } from "../../text/text.tsx";
import { entryWords } from "./words.ts";

const words: Readonly<Record<string, string | undefined>> = en;
const text = { look: (key: string) => words[key] } as Texts; // an instruction names neither amounts nor times

function instruction(code: string, state: string): string {
  const entry = { kind: "instruction", code, values: { state, machineOrder: "1000001-0010" } };
  return entryWords(entry as unknown as TimelineEntry, text).title; // nothing else of it is read
}

test("a job that was taken from the machine is not called ready there", () => {
  assert.equal(instruction("store", "armed"), "Job and set-up written to the machine: Ready at the machine");
  assert.equal(instruction("remove", "armed"), "Job taken from the machine: No longer at the machine");
  assert.equal(instruction("remove", "refused"), "Job taken from the machine: Refused");
});
