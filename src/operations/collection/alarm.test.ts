/** One alarm is one fact: told again by a new session it is the same, whoever's time counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { MachineMap } from "../../record/machine-map.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { collectAs, contextOf, inOrder } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";

const origin = Date.parse("2026-11-30T08:00:00Z");

/** What the machine shows of its last alarm; `at` left out: it does not say it. */
function alarm(code: SampleValue, text: string, at?: string): Readonly<Record<string, SampleValue>> {
  return {
    "Alarms/Last/Code": code,
    "Alarms/Last/Text": text,
    ...(at === undefined ? {} : { "Alarms/Last/Time": at }),
  };
}

/** Alarms that are stated of these frames, a second apart, as `second code`. */
function raised(
  frames: readonly Readonly<Record<string, SampleValue>>[],
  trust: MachineMap["clock"]["trust"],
  trigger?: string,
): readonly string[] {
  const map = wireMap();
  const context = contextOf([
    {
      ...map,
      clock: { ...map.clock, trust },
      ...(map.alarm && trigger !== undefined && { alarm: { ...map.alarm, trigger } }),
    },
  ]);
  const samples = frames.flatMap((values, second) =>
    Object.entries(values).map(([item, value]): Sample => {
      const at = instant(origin + second * 1_000);
      return { item, at, receivedAt: at, status: 0, value, mark: "" };
    }),
  );
  const { stated } = collectAs(context, samples, inOrder);
  return stated.flatMap(({ body, eventAt }) =>
    body.kind === "AlarmRaised" ? [`${(eventAt - origin) / 1_000} ${body.code}`] : [],
  );
}

const jam = alarm("17", "Wire jam", "08:00:01");

test("a standing alarm that a new session tells again at the gateway's time is the same one", () => {
  assert.deepEqual(raised([jam, {}, jam, jam], "gateway"), ["0 17"]);
  // Of a machine that says when it was, only the time that it says counts.
  assert.deepEqual(raised([jam, {}, alarm("17", "Wire jam", "08:00:03")], "gateway"), ["0 17", "2 17"]);
});

test("one that took its place while nobody listened is another, though the trigger shows what it showed", () => {
  assert.deepEqual(raised([jam, { ...jam, ...alarm("18", "No wire") }], "gateway"), ["0 17", "1 18"]);
});

test("one that comes again after the trigger has shown something else is another", () => {
  const clear = alarm("0", "");
  const frames = [alarm("17", "Wire jam"), clear, alarm("17", "Wire jam"), alarm("17", "Wire jam")];
  assert.deepEqual(raised(frames, "gateway", "alarmCode"), ["0 17", "2 17"]);
});

test("where the machine's time counts, each value that it gives a time of its own is one", () => {
  assert.deepEqual(raised([jam, jam], "device"), ["0 17", "1 17"]);
});
