/** The example in `examples/komax-565` is right, and each single mistake in it is found where it was made. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { z } from "zod";
import { instant } from "../base/instant.ts";
import { unwrap } from "../base/result.ts";
import { checkExpression } from "../expression/syntax.ts";
import { zodSettings } from "./connection.ts";
import { formatFinding } from "./finding.ts";
import { diskFolder, readSiteFiles, type SiteFiles } from "./folder.ts";
import { checkSite, loadSite, type SiteRules } from "./load.ts";
import type { ReferenceLookup } from "./reference.ts";

const folder = diskFolder(fileURLToPath(new URL("../../examples/komax-565", import.meta.url)));
const example = unwrap(await readSiteFiles(folder));
const siteYaml = "site.yaml";
const mapYaml = "maps/komax-alpha-565.yaml";

/** As strict as a connector's own settings, with the keys that the example uses. */
const rules: SiteRules = {
  registry: {
    erps: {
      sap: zodSettings(
        z.strictObject({
          baseUrl: z.url({ error: "write the address of the services" }),
          user: z.string().min(1),
          password: z.string(),
          timeZone: z.string(),
          settleMs: z.int().optional(),
          consumption: z.strictObject({ default: z.enum(["measured", "bill", "issued"]) }).optional(),
        }),
      ),
    },
    machines: {
      opcua: zodSettings(
        z.strictObject({
          endpointUrl: z.string().regex(/^opc\.tcp:/, { error: "write opc.tcp://<host>:<port>" }),
          user: z.string(),
          password: z.string(),
          security: z.strictObject({ mode: z.string(), policy: z.string() }).optional(),
          pkiFolder: z.string().optional(),
          trust: z.enum(["explicit", "accept-unknown"]).optional(),
          root: z.string(),
          publishingIntervalMs: z.number().min(10),
          queueSize: z.int().min(1),
        }),
      ),
    },
  },
  compile: (text) => {
    const result = checkExpression(text);
    return result.ok ? null : result.fault.message;
  },
};

const environment: Readonly<Record<string, string>> = {
  SAP_URL: "http://127.0.0.1:4004/sap/opu/odata/sap",
  SAP_USER: "MES_COMM",
  SAP_PASSWORD: "not shown",
  OPCUA_URL: "opc.tcp://127.0.0.1:4840",
  OPCUA_USER: "mes",
  OPCUA_PASSWORD: "not shown either",
};
const lookup: ReferenceLookup = { environment: (name) => environment[name] ?? null, file: () => null };

describe("the example", () => {
  test("has no findings, with and without an environment", async () => {
    assert.deepEqual(checkSite(example, rules).findings.map(formatFinding), []);
    const { site, findings } = await loadSite(folder, rules, lookup);
    assert.deepEqual(findings.map(formatFinding), []);
    assert.ok(site.ok);
  });

  test("is the plant that it describes", async () => {
    const site = unwrap((await loadSite(folder, rules, lookup)).site);
    assert.equal(site.id, "PL01");
    assert.equal(site.zone, "Europe/Warsaw");
    assert.equal(site.workCenterByErpCode("s4", "A565-26")?.id, "A565");
    assert.deepEqual(site.workCenter("A565")?.workUnits, ["A565-0026"]);
    assert.equal(site.workUnitByConnection("komax")?.id, "A565-0026");
    assert.equal(site.posting("s4").final, "person");
    assert.equal(site.policies.dispatch.keepStored, "capacity");
    // 3 February 2025, 01:30 in Warsaw: the night shift that began the evening before.
    const calendar = site.calendarFor("A565-0026", instant(Date.parse("2025-02-03T00:30:00Z")));
    assert.deepEqual([calendar.id, calendar.zone, calendar.shifts.length], ["three-shifts", "Europe/Warsaw", 3]);
  });

  test("gives each connector its settings, and nobody else a secret", async () => {
    const site = unwrap((await loadSite(folder, rules, lookup)).site);
    const settings = site.erp("s4")?.settings;
    assert.ok(typeof settings === "object" && settings !== null && "password" in settings);
    assert.equal(settings.password, "not shown");
    assert.doesNotMatch(JSON.stringify(site), /not shown/);
    assert.doesNotMatch(JSON.stringify({ ...site.erp("s4") }), /not shown/);
  });

  test("reads the machine as it behaves", () => {
    const map = unwrap(checkSite(example, rules).site).mapOf("A565-0026");
    assert.equal(map?.frame, "source-time");
    assert.equal(map.clock.lateMs, 10_000);
    assert.equal(map.validFrom, Date.parse("2025-01-01T00:00:00+01:00"));
    const [good] = map.counters;
    assert.deepEqual(
      [good?.type.drop, good?.type.reset, good?.type.baseline, good?.type.modulus],
      ["stale", "per-run", "zero", null],
    );
    const [slots] = map.consumption;
    assert.deepEqual(slots?.uom, {
      from: "item",
      item: "slotKind",
      uoms: { Wire: "MMT", Terminal: "C62", Seal: "C62" },
    });
    assert.deepEqual([slots?.type.baseline, slots?.snapshot], ["first", "snapshot"]);
    assert.deepEqual(map.state?.states, { "0": "idle", "1": "setup", "2": "production", "3": "held", "4": "fault" });
    const withoutHistory = Object.entries(map.items).filter(([, item]) => !item.history);
    assert.ok(withoutHistory.every(([, { path }]) => path.startsWith("Alarms/")));
    const paths = Object.values(map.items).map(({ path }) => path);
    assert.ok(!paths.some((path) => /Operator|Scrap/.test(path)), "neither people nor remade pieces are mapped");
  });
});

/** file, what stands there, what is written instead, the line (as text of the changed file) that the finding names, message. */
type Mutation = readonly [file: string, from: string, to: string, line: string, message: RegExp];

const mutations: readonly Mutation[] = [
  [siteYaml, "  timeZone: Europe/Warsaw\n\n", "\n", "site:", /`timeZone` is missing; write an IANA time zone/],
  [
    siteYaml,
    "timeZone: Europe/Warsaw\n\n",
    "timeZone: Europe/Warschau\n\n",
    "timeZone: Europe/Warschau",
    /no IANA time zone/,
  ],
  [
    siteYaml,
    "  timeZone: Europe/Warsaw\n\n",
    "  timezone: Europe/Warsaw\n\n",
    "timezone:",
    /no `timezone` in `site`; write timeZone/,
  ],
  [
    siteYaml,
    "id: PL01\n  name",
    "id: PL02\n  name",
    "id: PL02",
    /no equipment of level Site has the id PL02; write PL01/,
  ],
  [siteYaml, "level: Area", "level: Aria", "level: Aria", /`level` is "Aria"; write .*did you mean Area/],
  [siteYaml, "partOf: CUTTING", "partOf: CUTING", "partOf: CUTING", /no equipment CUTING \(did you mean CUTTING\?\)/],
  [siteYaml, "    partOf: CUTTING\n", "", "- id: A565", /A565 has no `partOf`, but PL01 is already the top/],
  [siteYaml, "partOf: PL01", "partOf: A565", "partOf: A565", /CUTTING is part of itself/],
  [
    siteYaml,
    "partOf: A565\n",
    "partOf: CUTTING\n",
    "partOf: CUTTING\n    description: Komax",
    /must be part of a work center/,
  ],
  [siteYaml, "id: late,", "id: early,", 'id: early, start: "14:00"', /another shift is called early/],
  [siteYaml, "    description: Komax Alpha 565, machine 26\n", "", "- id: A565-0026", /`description` is missing/],
  [siteYaml, "s4: A565-26", "s5: A565-26", "s5: A565-26", /no ERP s5 \(did you mean s4\?\)/],
  [siteYaml, "s4: A565-26", "s4: 26", "s4: 26", /`s4` is 26; write the ERP's work centre code in quotes/],
  [
    siteYaml,
    "connection: komax",
    "connection: comax",
    "connection: comax",
    /no connection comax \(did you mean komax\?\)/,
  ],
  [siteYaml, "    connection: komax\n", "", "map: komax", /a map without a connection has nothing to read/],
  [siteYaml, "    map: komax-alpha-565\n", "", "connection: komax", /nobody knows what the samples .* mean/],
  [
    siteYaml,
    "map: komax-alpha-565",
    "map: komax-alpha-566",
    "map: komax-alpha-566",
    /no map komax-alpha-566 \(did you mean komax-alpha-565\?\)/,
  ],
  [siteYaml, "calendar: three-shifts", "calendar: two-shifts", "calendar: two-shifts", /no calendar two-shifts/],
  [
    siteYaml,
    'start: "14:00", end: "22:00"',
    'start: "13:00", end: "22:00"',
    'start: "13:00"',
    /shift late overlaps with shift early/,
  ],
  [siteYaml, 'start: "14:00"', 'start: "24:00"', 'start: "24:00"', /`start` is "24:00"; write a time of day/],
  [siteYaml, "product: sap", "product: sapp", "product: sapp", /no connector sapp \(did you mean sap\?\)/],
  [siteYaml, "protocol: opcua", "protocol: modbus", "protocol: modbus", /no connector modbus; write opcua/],
  [
    siteYaml,
    "password: { env: SAP_PASSWORD }",
    "password: welcome1",
    "password: welcome1",
    /secret and must not stand in this file/,
  ],
  [
    siteYaml,
    "password: { env: SAP_PASSWORD }",
    "password: { env: SAP_PASSWORD, default: welcome1 }",
    "default: welcome1",
    /default for a secret/,
  ],
  [
    siteYaml,
    "password: { env: OPCUA_PASSWORD }",
    "password: { environment: OPCUA_PASSWORD }",
    "environment: OPCUA",
    /`password` is a group of keys; write a text|secret/,
  ],
  [
    siteYaml,
    "baseUrl: { env: SAP_URL }",
    "baseUrl: https://me:welcome1@sap.example/odata",
    "baseUrl: https",
    /password in its address/,
  ],
  [siteYaml, "baseUrl: { env: SAP_URL }", "baseUrl: sap", "baseUrl: sap", /write the address of the services/],
  [
    siteYaml,
    "baseUrl: { env: SAP_URL }",
    "baseUrl: { env: SAP URL }",
    "env: SAP URL",
    /no name of an environment variable/,
  ],
  [siteYaml, "      user: { env: SAP_USER }\n", "", "settings:\n      baseUrl", /`user` is missing/],
  [siteYaml, "queueSize: 1000", "queuesize: 1000", "queuesize", /no `queuesize` here; write queueSize/],
  [siteYaml, "queueSize: 1000", "queueSize: many", "queueSize: many", /`queueSize` is "many"; write a/],
  [siteYaml, "  - erp: s4", "  - erp: s3", "- erp: s3", /no ERP s3/],
  [siteYaml, "final: person", "final: persons", "final: persons", /`final` is "persons"; write person, or/],
  [
    siteYaml,
    "final: person",
    "final: { whenQuantityReached: true }",
    "final: {",
    /`andNoOpenRun` is missing; write true/,
  ],
  [siteYaml, "receipt: true", "receipt: yes", "receipt: yes", /`receipt` is "yes"; write true or false/],
  [siteYaml, "periodClosed: ask", "periodClosed: next", "periodClosed: next", /write next-open or ask/],
  [siteYaml, "keepStored: capacity", "keepStored: 0", "keepStored: 0", /`keepStored` is 0; write at least 1/],
  [siteYaml, "retentionDays: 90", "retentionDays: 0.5", "retentionDays: 0.5", /write a whole number of days/],
  [siteYaml, "everySeconds: 10", "everySeconds: 10s", "everySeconds: 10s", /write a number of seconds/],
  [siteYaml, "policies:", "polices:", "polices:", /no `polices` here; write policies/],
  [siteYaml, "policies:", "erps: []\npolicies:", "erps: []", /no valid YAML/],
  [mapYaml, "name: komax-alpha-565\n", "", "version: 1", /`name` is missing/],
  [mapYaml, "version: 1", "version: 0", "version: 0", /`version` is 0; write 1 or more/],
  [mapYaml, '"2025-01-01T00:00:00+01:00"', '"2025-01-01"', "validFrom", /is no instant/],
  [mapYaml, "frame: source-time", "frame: sourceTime", "frame: sourceTime", /did you mean source-time/],
  [mapYaml, "late: 10s", "late: 10", "late: 10", /`late` is 10; write a duration/],
  [mapYaml, "late: 10s", "late: ten", "late: ten", /write a duration/],
  [mapYaml, "path: Production/State,", "path: Production/State/,", "path: Production/State/", /has an empty element/],
  [
    mapYaml,
    "path: Production/State,",
    "path: Production/GoodPieces,",
    "state: { path: Production/GoodPieces",
    /already item goodPieces/,
  ],
  [mapYaml, "Slot{slot}/Kind", "Slot{slot/Kind", "slotKind", /brace without its partner/],
  [
    mapYaml,
    "Slot{slot}/Kind",
    "Slot{no}/Kind",
    "item: slotKind",
    /placeholder \{no\}, but amount slotTotal has only \{slot\}/,
  ],
  [
    mapYaml,
    "  goodPieces: { path: Production/GoodPieces, history: true }\n",
    "",
    "item: goodPieces",
    /no item goodPieces/,
  ],
  [
    mapYaml,
    "item: goodPieces",
    "item: goodPiece",
    "item: goodPiece\n",
    /no item goodPiece \(did you mean goodPieces\?\)/,
  ],
  [
    mapYaml,
    "item: goodPieces",
    "item: slotTotal",
    "item: slotTotal",
    /has a placeholder in its path and so many values/,
  ],
  [mapYaml, "number: activeRun", "number: activRun", "number: activRun", /did you mean activeRun/],
  [
    mapYaml,
    "number: lastEndedRun",
    "number: activeRun",
    "number: activeRun\n    result",
    /write the item that names the run that ended/,
  ],
  [mapYaml, "by: number", "by: nummer", "by: nummer", /`by` is "nummer"; write number or job/],
  [mapYaml, "  none: 0\n", "", "run:", /`none` is missing/],
  [
    mapYaml,
    "path: Production/RunsEnded, history: true",
    "path: Production/RunsEnded",
    "runsEnded: { path",
    /read together, but runsEnded has no history/,
  ],
  [mapYaml, "grade: good", "grade: ok", "grade: ok", /write good, scrap or rework/],
  [mapYaml, "uom: C62\n", "uom: PCS\n", "uom: PCS", /no known UN\/ECE Rec 20 unit/],
  [mapYaml, "uom: C62\n", "uom: KWH\n", "uom: KWH\n    reset", /KWH is a unit of energy/],
  [mapYaml, "uom: KWH", "uom: C62", "uom: C62\n  reset", /C62 is a unit of count; write a unit of energy/],
  [mapYaml, "Wire: MMT", "Wire: MM", "Wire: MM,", /"MM" is no known/],
  [mapYaml, "baseline: zero", "baseline: null", "baseline: null", /`baseline` is empty; write zero or first/],
  [mapYaml, "reset: never", "reset: per-day", "reset: per-day", /write never, per-run or manual/],
  [mapYaml, "baseline: first\n  drop", "baseline: zero\n  drop", "baseline: zero\n  drop", /write `baseline: first`/],
  [
    mapYaml,
    "drop: stale\n    stepMax: 100000 ",
    "drop: stale\n    bits: 16\n    stepMax: 10000 ",
    "bits: 16",
    /rolls over can fall by itself/,
  ],
  [mapYaml, "drop: classify", "drop: classify\n  bits: 8", "stepMax: 1000 ", /more than the whole range of 256/],
  [mapYaml, "stepMax: 1000 ", "stepMax: -1 ", "stepMax: -1", /write a step greater than zero/],
  [
    mapYaml,
    "because: The meter runs on for as long as the machine has power and is never set back by a job.",
    "because: It runs.",
    "because: It runs.",
    /whole sentence/,
  ],
  [
    mapYaml,
    "  because: The meter runs on for as long as the machine has power and is never set back by a job.\n",
    "",
    "energy:\n  rule",
    /`because` is missing; write one sentence/,
  ],
  [
    mapYaml,
    "rule: slot-use",
    "rule: good-pieces",
    "rule: good-pieces\n    amount",
    /another rule is called good-pieces/,
  ],
  [mapYaml, "{ item: slotMaterial }", "{ placeholder: slott }", "slott", /has no placeholder \{slott\}; write slot/],
  [
    mapYaml,
    "{ item: slotMaterial }",
    "slotMaterial",
    "material: slotMaterial",
    /write \{item: …\}, \{placeholder: …\} or \{fixed: …\}/,
  ],
  [mapYaml, "snapshot: snapshot\n", "snapshot: snapshots\n", "snapshot: snapshots", /did you mean snapshot/],
  [mapYaml, "3: held", "3: paused", "3: paused", /`3` is "paused"; write idle, setup, production, held, fault or off/],
  [mapYaml, "trigger: alarmTime", "triger: alarmTime", "triger", /no `triger` in `alarm`; write trigger/],
  [mapYaml, '/,[^,]*$/, ""))', '/,[^,]*$/, "")', "jobOrderId", /cannot be read at its end/],
  [mapYaml, "article: request.material", "article: $now()", "article: $now()", /gives another result each time/],
  [mapYaml, "receiver: JobOrderControl", "receiver: /JobOrderControl", "receiver: /", /empty element/],
];

describe("one mistake in the example gives one finding on its line", () => {
  for (const [file, from, to, line, message] of mutations) {
    test(`${file}: ${from.trim().split("\n")[0]} → ${to.trim().split("\n")[0] || "nothing"}`, () => {
      const before = example.get(file) ?? "";
      assert.ok(before.includes(from), `the example holds ${from}`);
      const after = before.replace(from, () => to);
      const { findings, site } = checkSite(new Map([...example, [file, after]]), rules);
      assert.equal(findings.length, 1, findings.map(formatFinding).join("\n"));
      assert.equal(site.ok, false);
      const [finding] = findings;
      assert.match(finding?.message ?? "", message);
      assert.equal(finding?.file, file);
      assert.equal(finding.line, lineOf(after, line), formatFinding(finding));
      assert.ok(finding.column >= 1 && finding.column <= (after.split("\n")[finding.line - 1] ?? "").length + 1);
    });
  }
});

test("several mistakes at once are all found, in the order of the files", () => {
  const files = changed(
    [siteYaml, "connection: komax", "connection: comax"],
    [siteYaml, "receipt: true", "receipts: true"],
    [siteYaml, "s4: A565-26", "s5: A565-26"],
    [siteYaml, "queueSize: 1000", "queuesize: 1000"],
    [mapYaml, "uom: C62\n", "uomm: PCS\n"],
    [mapYaml, "snapshot: snapshot\n", "snapshot: snapshots\n"],
    [mapYaml, "3: held", "3: paused"],
    [mapYaml, "trigger: alarmTime", "trigger: alarmTimes"],
    [mapYaml, "receiver: JobOrderControl", "receiver: /JobOrderControl"],
  );
  const { findings } = checkSite(files, rules);
  const expected = [
    /no ERP s5/,
    /no connection comax/,
    /write queueSize/,
    /write receipt/,
    /write uom/,
    /"PCS" is no known/,
    /no item snapshots/,
    /"paused"/,
    /no item alarmTimes/,
    /empty element/,
  ];
  assert.equal(findings.length, expected.length, findings.map(formatFinding).join("\n"));
  for (const [index, pattern] of expected.entries()) assert.match(findings[index]?.message ?? "", pattern);
});

test("a wrong entry does not move the findings behind it to other lines", () => {
  const counter = `  - rule: second
    item: goodPieces
    grade: good
    uom: PCS
    reset: per-run
    baseline: zero
    drop: stale
    stepMax: 1
    because: This counter is only here to be wrong in one more place.
`;
  const text = (example.get(mapYaml) ?? "")
    .replace("grade: good", "grade: ok")
    .replace("\nconsumption:\n", `${counter}\nconsumption:\n`);
  const { findings } = checkSite(new Map([...example, [mapYaml, text]]), rules);
  assert.deepEqual(
    findings.map(({ line }) => line),
    [lineOf(text, "grade: ok"), lineOf(text, "uom: PCS")],
    findings.map(formatFinding).join("\n"),
  );
});

test("at the start, whatever the environment does not hold is a finding where it is referred to", async () => {
  const { findings } = await loadSite(folder, rules, {
    environment: (name) => (name === "SAP_URL" ? "sap" : null),
    file: () => null,
  });
  const text = example.get(siteYaml) ?? "";
  assert.deepEqual(
    findings.map(({ line }) => line),
    ["SAP_URL", "SAP_USER", "SAP_PASSWORD", "OPCUA_URL", "OPCUA_USER", "OPCUA_PASSWORD"].map((name) =>
      lineOf(text, name),
    ),
  );
  assert.match(findings[0]?.message ?? "", /`baseUrl` is "sap"; write the address/);
  assert.match(findings[1]?.message ?? "", /SAP_USER is not set/);
});

test("a file that is missing, empty, no YAML or no site is a finding and no crash", () => {
  for (const text of ["", "---\n", "[]", "just words", "a: [1, 2", "a: &x [*x, *x]", "\t", "a: 1\na: 2", "- 1\n- 2"]) {
    const { findings, site } = checkSite(new Map([...example, [siteYaml, text]]), rules);
    assert.ok(findings.length > 0 && !site.ok, JSON.stringify(text));
    assert.ok(findings.every(({ line, column }) => line >= 1 && column >= 1));
  }
  const without: SiteFiles = new Map([...example].filter(([file]) => file !== siteYaml));
  assert.match(checkSite(without, rules).findings.map(formatFinding).join(), /site.yaml:1:1: the file is missing/);
});

test("whatever happens to the text, the check ends with places inside the file", () => {
  const files = [siteYaml, mapYaml];
  const slip = fc.record({
    file: fc.constantFrom(...files),
    at: fc.nat(),
    length: fc.nat({ max: 30 }),
    insert: fc.constantFrom("", " ", "  ", "\n", ":", "- ", "{", "'", "x", "0", "~", "&a ", "*a"),
  });
  fc.assert(
    fc.property(fc.array(slip, { minLength: 1, maxLength: 3 }), (slips) => {
      const broken = new Map(example);
      for (const { file, at, length, insert } of slips) {
        const text = broken.get(file) ?? "";
        const from = at % (text.length + 1);
        broken.set(file, text.slice(0, from) + insert + text.slice(from + length));
      }
      const { findings, site } = checkSite(broken, rules);
      assert.equal(site.ok, findings.length === 0);
      for (const { file, line, column, message } of findings) {
        const lines = (broken.get(file) ?? "").split("\n");
        assert.ok(line >= 1 && line <= lines.length, `${file}:${line}`);
        assert.ok(column >= 1 && column <= (lines[line - 1] ?? "").length + 1, `${file}:${line}:${column}`);
        assert.ok(message.length > 10);
      }
    }),
    { numRuns: 300 },
  );
});

function changed(...changes: readonly (readonly [string, string, string])[]): SiteFiles {
  const files = new Map(example);
  for (const [file, from, to] of changes) {
    const text = files.get(file) ?? "";
    assert.ok(text.includes(from), from);
    files.set(
      file,
      text.replace(from, () => to),
    );
  }
  return files;
}

/** The line, from 1, on which a text begins. */
function lineOf(text: string, part: string): number {
  const at = text.indexOf(part);
  assert.ok(at >= 0, `the text holds ${part}`);
  return text.slice(0, at).split("\n").length;
}
