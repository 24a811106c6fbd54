/** What is written for SAP and read back is the same: dates, times, stamps, numbers, units, amounts, cursors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant, type LocalDate } from "../../base/instant.ts";
import { formatMicro, parseQuantity } from "../../base/quantity.ts";
import { unwrap } from "../../base/result.ts";
import { localDate, localTime, timeZone } from "../../base/site-time.ts";
import { forAll } from "../../base/testing/chance.ts";
import { knownUnits } from "../../base/unit.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { atPlant, readDate, readTime, stampBefore, writeDate, writeDateTime, writeTime } from "./date.ts";
import { readError } from "./error.ts";
import { readMetadata } from "./metadata.ts";
import { orderForms, pad, unpad } from "./number.ts";
import { parseJson } from "./row.ts";
import { readUnit, writeUnit } from "./unit.ts";

const zones = [
  "Europe/Warsaw",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "UTC",
  "America/St_Johns",
  "Pacific/Apia",
];
const plain = { noNullPrototype: true } as const;
const moment = fc
  .integer({ min: Date.UTC(1995, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 })
  .map((s) => instant(s * 1000));
const day = moment.map((at) => new Date(at).toISOString().slice(0, 10) as LocalDate); // the form that toISOString gives

test("a date is the same after writing and reading", () => {
  forAll(fc.property(day, (date) => assert.equal(readDate(writeDate(date)), date)));
  assert.equal(readDate("/Date(1738540800000+0000)/"), "2025-02-03");
  assert.equal(readDate("2025-02-03T00:00:00"), "2025-02-03");
  for (const none of ["", "/Date()/", "soon", "/Date(99999999999999999)/", "2025-02-30T00:00:00", "0000-00-00"])
    assert.equal(readDate(none), null, none);
});

test("a time of day is the same after writing and reading", () => {
  const clock = fc.integer({ min: 0, max: 86_399 });
  forAll(
    fc.property(clock, (s) => {
      const two = (n: number): string => String(n).padStart(2, "0");
      const text = `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
      assert.equal(readTime(writeTime(text)), s);
      assert.equal(readTime(text), s);
    }),
  );
  assert.equal(readTime("PT24H00M00S"), 86_400);
  assert.equal(readTime("PT6H"), 21_600);
  for (const none of ["", "PT", "PT25H", "PT10H61M", "06:30", "PT24H00M01S"]) assert.equal(readTime(none), null, none);
});

test("an instant is the same after writing at the plant and reading, except in the hour that comes twice", () => {
  forAll(
    fc.property(moment, fc.constantFrom(...zones), (at, name) => {
      const zone = unwrap(timeZone(name));
      const { date, time } = writeDateTime(at, zone);
      const back = atPlant(readDate(date) ?? assert.fail(), readTime(time) ?? assert.fail(), zone);
      // The wall clock is the same in any case; a second 02:30 is read as the first one.
      assert.equal(
        `${localDate(back, zone)} ${localTime(back, zone)}`,
        `${localDate(at, zone)} ${localTime(at, zone)}`,
      );
      assert.ok(back <= at && at - back <= 3_600_000, `${name} ${at}`);
    }),
    { numRuns: 500 },
  );
});

test("a wall clock that is skipped or comes twice", () => {
  const zone = unwrap(timeZone("Europe/Warsaw"));
  assert.equal(atPlant("2025-03-30", 2.5 * 3600, zone), Date.UTC(2025, 2, 30, 1, 30)); // 02:30 does not exist: 03:30
  assert.equal(atPlant("2025-10-26", 2.5 * 3600, zone), Date.UTC(2025, 9, 26, 0, 30)); // the earlier 02:30
  assert.equal(atPlant("2025-10-26", 86_400, zone), Date.UTC(2025, 9, 26, 23)); // the end of a day of 25 hours
});

test("stamps step back over any border and text order stays time order", () => {
  const stamp = moment.map((at) => new Date(at).toISOString().replace(/\D/g, "").slice(0, 14));
  forAll(
    fc.property(stamp, fc.integer({ min: 0, max: 86_400 }), (text, seconds) => {
      const before = stampBefore(text, seconds);
      assert.ok(before <= text && (seconds === 0) === (before === text));
      assert.equal(stampBefore(before, -seconds), text);
    }),
  );
  assert.equal(stampBefore("20270101000000", 1), "20261231235959");
  assert.equal(stampBefore("", 60), "");
});

test("leading zeros come off and go on without another change", () => {
  forAll(
    fc.property(fc.bigInt({ min: 0n, max: 999_999_999_999n }), fc.integer({ min: 1, max: 12 }), (n, width) => {
      assert.equal(unpad(pad(String(n), width)), String(n));
      assert.equal(pad(unpad(pad(String(n), 12)), 12), pad(String(n), 12));
      assert.ok(
        orderForms(String(n))
          .map(unpad)
          .every((form) => form === String(n)),
      );
    }),
  );
  forAll(
    fc.property(
      fc.string({ minLength: 1 }).filter((s) => !/^\s*\d+\s*$/.test(s)),
      (s) => assert.equal(unpad(s), s.trim()),
    ),
  );
  assert.deepEqual(orderForms("1000101"), ["1000101", "000001000101"]);
});

test("every unit that can be written can be read as the same amount's unit", () => {
  for (const language of ["EN", "DE"]) {
    for (const { code } of knownUnits()) {
      const written = writeUnit(code, {}, language);
      if (!written.ok) assert.ok(["CEN"].includes(code), code);
      else
        assert.equal(
          unwrap(readUnit({ unit: written.value, iso: "", sap: "" }, {})),
          code === "H87" ? "C62" : code,
          code,
        );
    }
  }
  assert.equal(unwrap(readUnit({ unit: "KI", iso: "", sap: "ST" }, {})), "C62");
  assert.equal(unwrap(readUnit({ unit: "PC", iso: "PCE", sap: "ST" }, { PC: "EA" })), "EA");
});

test("a decimal keeps every digit through JSON, quoted or bare", () => {
  const micro = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
  forAll(
    fc.property(micro, fc.boolean(), (value, quoted) => {
      const text = formatMicro(value);
      const row = parseJson(`{"Q":${quoted ? JSON.stringify(text) : text}}`) as { Q: string }; // the text just built
      assert.equal(unwrap(parseQuantity(row.Q, "C62")).micro, value);
    }),
  );
});

test("a cursor is the same after writing and reading", () => {
  const content = fc.stringMatching(/^[0-9a-f]{16}$/);
  const cursor = fc.record(
    {
      from: fc.stringMatching(/^\d{14}$/),
      newest: fc.stringMatching(/^\d{14}$/),
      after: fc.option(fc.record({ stamp: fc.stringMatching(/^\d{14}$/), number: fc.option(fc.string()) }, plain)),
      seen: fc.uniqueArray(fc.tuple(fc.string(), content), { selector: ([n]) => n }).map((list) => new Map(list)),
    },
    plain,
  );
  forAll(
    fc.property(cursor, (one) => {
      const back = unwrap(readCursor(writeCursor(one)));
      assert.deepEqual(back, one);
      assert.deepEqual([...back.seen.keys()], [...one.seen.keys()]);
    }),
  );
});

test("whatever a server answers, reading its error and its metadata ends in words or a fault, never in a throw", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom("<", "<?xml", "<!--", "<![CDATA[", "<a b='", '{"error":', "<error><code>"),
  );
  const mixed = fc.array(texts, { maxLength: 5 }).map((parts) => parts.join(""));
  forAll(
    fc.property(mixed, (body) => {
      assert.equal(typeof readError(body).text, "string");
      assert.ok(readError(body).text.length <= 501);
      const read = readMetadata("S", body);
      assert.equal(read.ok || read.fault.code === "erp/sap-metadata", true);
    }),
    { numRuns: 500 },
  );
});
