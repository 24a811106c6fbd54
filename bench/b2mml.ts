/**
 * How many B2MML documents are read in a second, a schedule of 20 kB each: scanned, judged by MESA's schema and by meaning,
 * and read into the model. Floors, in the same seconds and by turns: libxml2 alone, which parses and validates the same text
 * in the same WebAssembly, and xmllint, native, by its own repetition. Then one schedule of 2,500, 5,000 and 10,000 requests,
 * each in a process of its own: time, and the most memory that the process ever had.
 * Run: npx node bench/b2mml.ts [documents]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unwrap } from "../src/base/result.ts";
import { openB2mml } from "../src/document/b2mml.ts";
import { openSchemaJudge } from "../src/document/schema-judge.ts";
import { startMeter } from "./kit/meter.ts";
import { note, open, perSecond, refuse, report } from "./kit/table.ts";

const count = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 300);
const sizes = [2_500, 5_000, 10_000];
const turns = 5;
const schemaFile = fileURLToPath(new URL("../src/document/schema/V0701/AllSchemas.xsd", import.meta.url));

/** A schedule of an ordinary shop: two components, a set-up value and a machine for each request. */
function schedule(requests: number): string {
  const quantity = (text: string, unit: string): string =>
    `<Quantity><QuantityString>${text}</QuantityString><DataType>decimal</DataType><UnitOfMeasure>${unit}</UnitOfMeasure></Quantity>`;
  const material = (id: string, definition: string, use: string, amount: string): string =>
    `<MaterialRequirement><ID>${id}</ID><MaterialDefinitionID>${definition}</MaterialDefinitionID><MaterialUse>${use}</MaterialUse>${amount}</MaterialRequirement>`;
  const one = (number: number): string => `
      <OperationsRequest>
        <ID>${number}</ID>
        <StartTime>2026-01-05T06:00:00Z</StartTime>
        <EndTime>2026-01-05T14:00:00Z</EndTime>
        <Priority>${number % 9}</Priority>
        <RequestState>Released</RequestState>
        <SegmentRequirement>
          <ID>${number}/0010</ID>
          <EarliestStartTime>2026-01-05T06:00:00Z</EarliestStartTime>
          <LatestEndTime>2026-01-05T14:00:00Z</LatestEndTime>
          <ProcessSegmentID>MILLING</ProcessSegmentID>
          <Duration>PT8H</Duration>
          <OperationsDefinitionID>FG-${number % 100}/V1</OperationsDefinitionID>
          <OperationsSegmentID>0010</OperationsSegmentID>
          <SegmentParameter><ID>Speed</ID><Value><ValueString>3500</ValueString><DataType>integer</DataType><UnitOfMeasure>RPM</UnitOfMeasure></Value></SegmentParameter>
          <EquipmentRequirement><ID>E1</ID><EquipmentID>CNC-${number % 7}</EquipmentID></EquipmentRequirement>
          ${material("M1", `FG-${number % 100}`, "Produced", quantity(String(number % 500), "H87"))}
          ${material("M2", "RM-200", "Consumed", quantity(`${number % 90}.125`, "KGM"))}
          ${material("M3", "RM-300", "Consumed", quantity(`${number % 17}.5`, "LTR"))}
        </SegmentRequirement>
      </OperationsRequest>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<ProcessOperationsSchedule xmlns="http://www.mesa.org/xml/B2MML" releaseID="7.0.1">
  <ApplicationArea><CreationDateTime>2026-01-05T05:30:00Z</CreationDateTime></ApplicationArea>
  <DataArea>
    <Process/>
    <OperationsSchedule><ID>S</ID>${Array.from({ length: requests }, (_, index) => one(index + 1)).join("")}
    </OperationsSchedule>
  </DataArea>
</ProcessOperationsSchedule>
`;
}

async function documents(): Promise<void> {
  const text = schedule(10);
  const bytes = new TextEncoder().encode(text);
  const b2mml = await openB2mml();
  const judge = await openSchemaJudge();
  const ours = (): void => void unwrap(b2mml.read(bytes, "bench"));
  const alone = (): void => {
    if (judge.judge("7.0.1", "ProcessOperationsSchedule", text).length > 0) throw new Error("the bench is not valid");
  };
  for (const warm of [ours, alone]) for (let n = 0; n < 50; n++) warm();
  const meters = { ours: [0, 0], alone: [0, 0] };
  const run = (name: "ours" | "alone", work: () => void): void => {
    const read = startMeter();
    for (let n = 0; n < count / turns; n++) work();
    const { seconds, cpu } = read();
    meters[name] = [(meters[name][0] ?? 0) + seconds, (meters[name][1] ?? 0) + cpu.millrace];
  };
  for (let turn = 0; turn < turns; turn++) {
    run("alone", alone);
    run("ours", ours);
  }
  const stretch = ([seconds = 0, millrace = 0]: readonly number[]): {
    seconds: number;
    cpu: { millrace: number; postgres: number; peers: number };
  } => ({
    seconds,
    cpu: { millrace, postgres: 0, peers: 0 },
  });
  const unit = `of ${(bytes.length / 1000).toFixed(0)} kB`;
  const whole = { offered: count, done: count, unit, backlog: 0, wrong: [] };
  const floor = { ...whole, name: "libxml2 alone: parse and validate", stretch: stretch(meters.alone), floor: null };
  report(floor);
  report({
    ...whole,
    name: "B2MML: scan, validate, meaning, model",
    stretch: stretch(meters.ours),
    floor: { perSecond: perSecond(floor) },
  });
  const native = xmllintPerSecond(text);
  if (native === null) note("without xmllint: it is not installed, or the machine too busy to tell");
  else note(`xmllint, native, the best of three, parse and validate: ${native.toFixed(0)} a second`);
}

/** Documents a second of one process, the compiling of the schema left out; null when there is no xmllint. */
function xmllintPerSecond(text: string): number | null {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    const file = join(folder, "schedule.xml");
    writeFileSync(file, text);
    const seconds = (...more: readonly string[]): number => {
      const from = performance.now();
      const run = spawnSync("xmllint", ["--noout", "--schema", schemaFile, ...more, file]);
      return run.error ? Number.NaN : (performance.now() - from) / 1000;
    };
    // --repeat reads the file a hundred times
    const best = (measure: () => number): number => Math.min(measure(), measure(), measure());
    const took = best(() => seconds("--repeat")) - best(seconds);
    return took > 0 ? 99 / took : null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One large schedule in this process: milliseconds, and megabytes at most. */
async function large(requests: number): Promise<void> {
  const bytes = new TextEncoder().encode(schedule(requests));
  const b2mml = await openB2mml();
  unwrap(b2mml.read(new TextEncoder().encode(schedule(1)), "warm"));
  const from = performance.now();
  const { document, refused } = unwrap(b2mml.read(bytes, "large"));
  const ms = performance.now() - from;
  const read = document.noun === "OperationsSchedule" ? (document.content[0]?.OperationsRequest.length ?? 0) : 0;
  const rss = process.resourceUsage().maxRSS / 1024;
  const megabytes = bytes.length / 1e6;
  process.stdout.write(JSON.stringify({ requests, read, refused: refused.length, ms, rss, megabytes }));
}

function growth(): void {
  const results = sizes.map((size) => {
    const run = spawnSync(process.execPath, [import.meta.filename, `--large=${size}`], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr);
    // what `large` prints
    return JSON.parse(run.stdout) as Record<"requests" | "read" | "refused" | "ms" | "rss" | "megabytes", number>;
  });
  for (const { requests, read, ms, rss, megabytes } of results) {
    const each = (ms / requests).toFixed(3);
    note(
      `${requests} requests, ${megabytes.toFixed(1)} MB: ${(ms / 1000).toFixed(2)} s, ${each} ms each, at most ${rss.toFixed(0)} MB`,
    );
    refuse("b2mml", read === requests ? [] : [`of ${requests} requests ${read} were read`]);
  }
}

const size = process.argv.find((arg) => arg.startsWith("--large="));
if (size !== undefined) await large(Number(size.slice("--large=".length)));
else {
  open();
  await documents();
  growth();
}
