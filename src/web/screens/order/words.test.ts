/** Sentences of the time line must be true, not only there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TimelineEntry } from "../../../api/contract/order.ts";
import { de } from "../../text/de.ts";
import { en } from "../../text/en.ts";
import { formatOf } from "../../text/format.ts";
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

function fact(code: string, values: Readonly<Record<string, string>>): string {
  return entryWords({ kind: "state", code, values } as unknown as TimelineEntry, text).title;
}

test("a state is said once, with the machine's or the person's own word where it says more", () => {
  assert.equal(fact("StateEntered", { state: "production", raw: "production" }), "Producing");
  assert.equal(fact("StateEntered", { state: "production", raw: "3" }), "Producing");
  assert.equal(fact("StateEntered", { state: "production" }), "Producing");
  assert.equal(fact("StateEntered", { state: "fault", raw: "Wire jam" }), "Stopped: Wire jam");
});

test("a lot is called one, and nothing is said of one that is not known", () => {
  const loaded = { material: "WIRE", position: "A1" };
  assert.equal(fact("MaterialLoaded", { ...loaded, lot: "L-7" }), "WIRE loaded at A1, lot L-7");
  assert.equal(fact("MaterialLoaded", loaded), "WIRE loaded at A1");
});

test("what may be left out of a sentence is the same in both languages", () => {
  const optional = (said: string | undefined): number => [...(said ?? "").matchAll(/\[[^\]]*\{\w+\}[^\]]*\]/g)].length;
  const german: Readonly<Record<string, string | undefined>> = de;
  for (const [key, said] of Object.entries(words)) assert.equal(optional(german[key]), optional(said), key);
});

test("no date can be misread: in English a month has its name", () => {
  assert.equal(formatOf("en", "UTC").day("2026-12-01T12:00:00Z"), "01 Dec 2026");
  assert.equal(formatOf("de", "UTC").day("2026-12-01T12:00:00Z"), "01.12.2026");
});
