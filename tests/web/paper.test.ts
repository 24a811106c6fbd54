/** A shift on paper in a real browser: chosen or pasted, sent once, booked or refused line by line. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { permissions, permissionsOf } from "../../src/access/permission.ts";
import { paperColumns, readPaper } from "../../src/operations/reporting/paper.ts";
import { lineNumber, linesOf, paperTemplate, paperText } from "../../src/web/screens/operator/paper-file.ts";
import { findChromium, type PageOptions } from "./browser.ts";
import { settled } from "./calls.ts";
import { problem, type Fixture } from "./fixture.ts";
import { assertAccessible, listenForTrouble, tabTo, untilIn } from "./page.ts";
import { assertLargeEnough, button, press, startStage, take, type Stage } from "./terminal-stage.ts";
import { until } from "./wait.ts";

const paperRoute = "POST /api/v1/units/:unit/paper-shift";
const shift = `time;statement;operation;quantity;reason;person
2025-02-03 06:05;setup;1000001/0010;;;Ann
2025-02-03 07:00;good;;forty;;Ann
2025-02-03 07:50;finish;;;;Zoe
`;

test("the template's heading names every column that the server reads, in either language", () => {
  for (const language of ["en", "de"]) {
    const template = paperTemplate(language);
    const separator = language === "de" ? ";" : ",";
    const heading = template.replace(/^\uFEFF/, "").trim();
    assert.deepEqual(heading.split(separator).toSorted(), paperColumns.toSorted());
    const line = ["2025-02-03 07:50", "finish"].join(separator);
    const read = readPaper(`${template}${line}\r\n`);
    assert.deepEqual(read.ok && read.value, [{ line: 2, cells: { time: "2025-02-03 07:50", statement: "finish" } }]);
  }
});

test("a file is read in its own alphabet, and its lines are counted as the server counts them", () => {
  const bytes = (...codes: number[]): ArrayBuffer => new Uint8Array(codes).buffer;
  assert.equal(paperText(bytes(0xef, 0xbb, 0xbf, 0x4a, 0xc3, 0xb6)), "Jö");
  assert.equal(paperText(bytes(0x4a, 0xf6)), "Jö", "not UTF-8");
  for (const end of ["\n", "\r\n", "\r"]) {
    const csv = ["time;statement", "", "a;b", '"c', 'd";e', "f;g"].join(end);
    const read = readPaper(csv);
    assert.ok(read.ok);
    assert.deepEqual(
      read.value.map(({ line }) => linesOf(csv)[line - 1]),
      ["a;b", '"c', "f;g"],
    );
  }
  assert.equal(lineNumber("line 12"), 12);
  assert.equal(lineNumber("body.because"), null);
});

const chromium = await findChromium();

describe("a shift on paper", { skip: chromium === undefined && "no Chromium here" }, () => {
  let stage: Stage;
  let fixture: Fixture;
  before(async () => {
    stage = await startStage(chromium ?? "");
    fixture = stage.fixture;
  });
  after(() => stage.close());
  afterEach(async () => {
    fixture.instead(paperRoute, undefined);
    await stage.closePages();
  });

  const sentAt = (unit: string): unknown[] =>
    fixture.effects.filter(({ route, params }) => route === paperRoute && params["unit"] === unit).map((e) => e.body);
  const open = async (unit: string, options: PageOptions = {}): Promise<Page> => {
    const page = await stage.open(unit, options);
    await page.goto(`${fixture.url}/terminal/${unit}/paper`);
    await page.locator(".paper-text").waitFor();
    await settled(page);
    return page;
  };

  test("from the terminal: a file is chosen, seen, sent, and every booked line stands beside it", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    await press(page, "Enter afterwards");
    await page.getByRole("link", { name: "A whole shift on paper" }).click();
    await page.locator("input[type=file]").setInputFiles({
      name: "night.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(shift, "utf8"),
    });
    await until("its text is shown", async () => (await page.locator(".paper-text").inputValue()) === shift);
    await press(page, "Enter the shift");
    await page.getByText("Say why, in three characters or more.").waitFor();
    assert.deepEqual(sentAt(unit), []);
    await page.getByLabel("Why it is entered afterwards").fill("no network at night");
    fixture.loseReplies(1);
    const before = fixture.sent.length;
    await press(page, "Enter the shift");
    await page.getByText("3 lines are booked.").waitFor();
    const keys = fixture.sent.slice(before).map(({ key }) => key);
    assert.equal(keys.length, 2, "the first reply was lost");
    assert.equal(new Set(keys).size, 1, "one key for one content");
    assert.deepEqual(sentAt(unit), [{ csv: shift, because: "no network at night" }]);
    assert.deepEqual(await page.locator("tbody tr").nth(1).locator("td").allInnerTexts(), [
      "3",
      "2025-02-03 07:00;good;;forty;;Ann",
      "Booked on 1000001 / 0010.",
    ]);
    await press(page, "Enter another shift");
    assert.equal(await page.locator(".paper-text").inputValue(), "");
  });

  test("refused lines stand beside the file's own and go when it is mended; it is then sent under a new key", async () => {
    const unit = take(stage.working);
    const page = await open(unit);
    const refusal = {
      ...problem(422, "reporting/paper-lines", "Nothing was entered: 2 lines cannot be."),
      errors: [
        { at: "line 3", message: '"forty" is no quantity.' },
        { at: "line 4", message: 'Nobody is called "Zoe" here.' },
      ],
    };
    fixture.instead(paperRoute, { status: 422, body: refusal });
    await page.locator(".paper-text").fill(shift);
    await page.getByLabel("Why it is entered afterwards").fill("no network at night");
    const keys = new Set<string | undefined>();
    page.on("request", (request) => {
      if (request.url().endsWith("/paper-shift")) keys.add(request.headers()["idempotency-key"]);
    });
    await press(page, "Enter the shift");
    const alert = page.locator("[role=alert] .note-bad");
    await alert.getByText("Nothing was entered: 2 lines cannot be.").waitFor();
    const shown = await alert.locator("tbody tr").all();
    const rows = await Promise.all(shown.map((row) => row.locator("td").allInnerTexts()));
    assert.deepEqual(rows, [
      ["3", "2025-02-03 07:00;good;;forty;;Ann", '"forty" is no quantity.'],
      ["4", "2025-02-03 07:50;finish;;;;Zoe", 'Nobody is called "Zoe" here.'],
    ]);
    assert.deepEqual(sentAt(unit), []);
    await assertAccessible(page, "refused lines");
    fixture.instead(paperRoute, undefined);
    await page.locator(".paper-text").fill(shift.replace("forty", "40").replace("Zoe", "Ann"));
    await until("numbers of another text are gone", async () => (await alert.count()) === 0);
    await press(page, "Enter the shift");
    await page.getByText("3 lines are booked.").waitFor();
    assert.equal(keys.size, 2);
    assert.equal(sentAt(unit).length, 1);
  });

  test("a shift that was entered before says so", async () => {
    const page = await open(take(stage.working));
    const body = { isNew: false, message: "This shift was entered before.", lines: [] };
    fixture.instead(paperRoute, { status: 200, body });
    await page.locator(".paper-text").fill(shift);
    await page.getByLabel("Why it is entered afterwards").fill("again");
    await press(page, "Enter the shift");
    await page.getByText("nothing was booked twice").waitFor();
    assert.equal(await page.locator("tbody tr").count(), 0);
  });

  test("the template is a file with the columns", async () => {
    const page = await open(take(stage.working));
    const trouble = listenForTrouble(page);
    const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download a template").click()]);
    assert.equal(download.suggestedFilename(), "shift.csv");
    assert.equal(await readFile(await download.path(), "utf8"), paperTemplate("en"));
    assert.deepEqual(trouble, []);
  });

  test("keys alone are enough, and what was booked is told where the focus is", async () => {
    const unit = take(stage.working);
    const page = await open(unit);
    await tabTo(page, "input[type=file]");
    await tabTo(page, ".paper-text");
    await page.keyboard.insertText(shift);
    await tabTo(page, "form input:not([type=file])");
    await page.keyboard.type("no network at night");
    await page.keyboard.press("Enter");
    await page.getByText("3 lines are booked.").waitFor();
    await untilIn(page, 'document.activeElement?.textContent.includes("3 lines are booked")');
    await tabTo(page, "main button", 1);
    assert.equal(sentAt(unit).length, 1);
  });

  test("who may not enter afterwards is told so", async () => {
    fixture.world.permissions = permissionsOf.operator;
    try {
      const page = await stage.open(take(stage.working));
      await page.goto(`${page.url()}/paper`);
      await page.getByText("You may not enter reports afterwards").waitFor();
      assert.equal(await button(page, "Enter the shift").count(), 0);
    } finally {
      fixture.world.permissions = permissions;
    }
  });

  for (const [scheme, language, width, height] of [
    ["light", "en", 1024, 768],
    ["dark", "de", 390, 844],
  ] as const) {
    test(`readable and large enough: ${scheme}, ${language}, ${width} × ${height}`, async () => {
      const page = await open(take(stage.working), { scheme, language, width, height });
      await assertLargeEnough(page, "the form");
      await assertAccessible(page, "the form");
      await page.locator(".paper-text").fill(shift);
      await page.locator("form input:not([type=file])").fill("no network");
      await page.locator("form button[type=submit]").click();
      await page.locator("tbody tr").first().waitFor();
      await assertLargeEnough(page, "what was booked");
      await assertAccessible(page, "what was booked");
    });
  }
});
