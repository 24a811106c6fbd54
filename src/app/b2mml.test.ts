import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { convertFile, reasonsOf } from "./b2mml.ts";

const older = (inside: string): string =>
  `<ProductionRequest xmlns="http://www.mesa.org/xml/B2MML-V0600">\n<ID> 7</ID>${inside}</ProductionRequest>`;

test("a file is converted to 7.0.1 or refused with file, line and reason", async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-b2mml-"));
  const file = join(folder, "in.xml");
  const convert = (text: string, form: "xml" | "json" = "xml"): ReturnType<typeof convertFile> => {
    writeFileSync(file, text);
    return convertFile(file, form);
  };
  try {
    const xml = await convert(older(""));
    assert.ok(xml.ok);
    assert.match(
      xml.value.text,
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<OperationsRequest xmlns="[^"]*B2MML">\n {2}<ID>7</,
    );
    assert.ok(
      xml.value.warnings.includes(`${file}:2: " 7" has blanks around it: read without them. (/ProductionRequest/ID)`),
    );
    const json = await convert(xml.value.text, "json");
    assert.ok(json.ok);
    assert.equal((JSON.parse(json.value.text) as { OperationsRequest: { ID: string } }).OperationsRequest.ID, "7");
    const back = await convert(json.value.text);
    assert.equal(back.ok && back.value.text, xml.value.text);
    const reasons = async (text: string): Promise<readonly string[]> => {
      const result = await convert(text);
      return result.ok ? [] : reasonsOf(result.fault).map((line) => line.replace(file, "FILE"));
    };
    const end = "\n<StartTime>2026-01-05T06:00:00Z</StartTime>\n<EndTime>2026-01-05T05:00:00Z</EndTime>";
    assert.deepEqual(await reasons(older(end)), [
      "FILE:4: 2026-01-05T05:00:00Z is before StartTime 2026-01-05T06:00:00Z. (/ProductionRequest/EndTime)",
    ]);
    const schedule = (two: string): string =>
      `<ProductionSchedule xmlns="http://www.mesa.org/xml/B2MML-V0600">\n<ProductionRequest/>\n<ProductionRequest>${two}</ProductionRequest></ProductionSchedule>`;
    assert.deepEqual(await reasons(schedule("")), []);
    const [first] = await reasons(schedule("<RequestState>Perhaps</RequestState>"));
    assert.match(
      first ?? "",
      /^FILE:3: Element 'RequestState': .* \(\/ProductionSchedule\/ProductionRequest\[2\]\/RequestState\)$/,
    );
    const missing = await convertFile(join(folder, "no.xml"), "xml");
    assert.equal(!missing.ok && missing.fault.code, "b2mml/unreadable");
    assert.match(missing.ok ? "" : missing.fault.message, /no\.xml is not there\. Check its name\.$/);
    const itself = await convertFile(folder, "xml");
    assert.match(itself.ok ? "" : itself.fault.message, /is a folder/);
    writeFileSync(join(folder, "package.json"), '{\n"name": "millrace",\n"version": "0.1.0"}');
    const other = await convertFile(join(folder, "package.json"), "xml");
    assert.match(other.ok ? "" : reasonsOf(other.fault).join(), /json:2: The document should end after "name": B2MML/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
