/** The operator's terminal in a real browser: what is pressed is booked once, whatever the network, the glove or the scanner does. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Report } from "../../src/api/contract/terminal.ts";
import { findChromium } from "./browser.ts";
import { settled } from "./calls.ts";
import { problem, type Fixture } from "./fixture.ts";
import { assertAccessible, leastOf, listenForTrouble, untilIn } from "./page.ts";
import {
  afterPressMs,
  assertLargeEnough,
  button,
  press,
  reportRoute,
  scan,
  startStage,
  take,
  untilMeant,
  type Stage,
} from "./terminal-stage.ts";
import { changeTerminal } from "./terminal.ts";
import { until } from "./wait.ts";

const chromium = await findChromium();

describe("the operator's terminal", { skip: chromium === undefined && "no Chromium here" }, () => {
  let stage: Stage;
  let fixture: Fixture;
  before(async () => {
    stage = await startStage(chromium ?? "");
    fixture = stage.fixture;
  });
  after(() => stage.close());
  afterEach(async () => {
    fixture.instead(reportRoute, undefined);
    fixture.loseReplies(0);
    await stage.closePages();
  });

  const said = (unit: string): Report["statement"][] => stage.bookedAt(unit).map(({ statement }) => statement);

  test("start, count good, count scrap with its reason, finish", async () => {
    const unit = take(stage.idle);
    const page = await stage.open(unit);
    const trouble = listenForTrouble(page);
    const begun = Date.now();
    await press(page, /^Start 1000001/);
    await page.locator(".desk-job h2", { hasText: "1000001 / 0010" }).waitFor();
    await untilMeant(page); // where the key was there is now another
    await press(page, /^Good$/);
    await press(page.locator("dialog"), /^5$/);
    await press(page, "Book 5 good");
    await until("5 good are shown", async () => /Good\s*5\b/.test(await page.locator(".desk-counts").innerText()));
    await press(page, /^Scrap$/);
    await button(page, "Book 1 scrap").click();
    await page.getByText("Choose a reason.").waitFor();
    await button(page.locator(".pad-keys"), /^2$/).click();
    await press(page, /^Crimp/);
    await press(page, "Pull-off force");
    await press(page, "Book 2 scrap");
    await until("2 scrap are shown", async () => /Scrap\s*2\b/.test(await page.locator(".desk-counts").innerText()));
    await press(page, /Finish$/);
    await page.getByText("Less than was wanted.").waitFor();
    await press(page, "Finish the job");
    await page.locator(".desk-job", { hasText: "No job" }).waitFor();
    await until("all four are booked", () => stage.bookedAt(unit).length === 4);
    const [start, good, scrap, finish] = said(unit);
    assert.ok(start?.kind === "start" && start.phase === "production");
    const count = { kind: "count", quantity: { value: "5", uom: "C62" } };
    assert.deepEqual(good, { ...count, grade: "good", reason: null });
    assert.deepEqual(scrap, { ...count, grade: "scrap", quantity: { value: "2", uom: "C62" }, reason: "crimp-pull" });
    assert.equal(finish?.kind, "finish");
    const times = stage.bookedAt(unit).map(({ at }) => Date.parse(at ?? ""));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
      "each at the moment of its press",
    );
    assert.ok(times.every((at) => at > begun - 3000 && at < Date.now() + 3000));
    assert.deepEqual(trouble, []);
  });

  test("without a network reports wait, also over a reload, and are booked once each when it is back", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    await page.context().setOffline(true);
    await page.getByText("No connection").waitFor();
    await press(page, /^Good$/);
    await press(page, "Book 1 good");
    await press(page, /Hold$/);
    await press(page, "Hold, reason later");
    await page.getByText("2 reports are not booked yet.").waitFor();
    await page.getByText("+1 not booked yet").waitFor();
    await button(page, /Go on$/).waitFor(); // what may be said next follows from what was said
    await press(page, "Show");
    await page.locator(".desk-lines", { hasText: "1 good" }).waitFor();
    assert.equal(stage.bookedAt(unit).length, 0);
    const pressed = Date.now();
    fixture.instead(reportRoute, "drop"); // the page comes again, and the server does not take anything yet
    await page.context().setOffline(false);
    await page.reload();
    await page.getByText("2 reports are not booked yet.").waitFor();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.equal(stage.bookedAt(unit).length, 0);
    fixture.instead(reportRoute, undefined);
    await page.evaluate("window.dispatchEvent(new Event('online'))");
    await until("both are booked", () => stage.bookedAt(unit).length === 2);
    await until("nothing waits", async () => (await page.getByText("not booked yet").count()) === 0);
    assert.deepEqual(
      said(unit).map(({ kind }) => kind),
      ["count", "hold"],
    );
    for (const { at } of stage.bookedAt(unit))
      assert.ok(Date.parse(at ?? "") <= pressed, "the time of the press, not of the sending");
  });

  test("a lost reply and a double tap are one report", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    const sentBefore = fixture.sent.length;
    fixture.loseReplies(1);
    await press(page, /^Good$/);
    await button(page, "Book 1 good").dblclick();
    await until("it is booked", () => stage.bookedAt(unit).length === 1);
    await until("the reply came at last", async () => (await page.locator(".desk-waiting").count()) === 0);
    const keys = fixture.sent.slice(sentBefore).map(({ key }) => key);
    assert.equal(keys.length, 2);
    assert.equal(new Set(keys).size, 1);
    await press(page, /Hold$/);
    await press(page, "Material missing");
    const twice = `document.querySelector(".action-resume").click();
      new Promise((done) => setTimeout(() => done(document.querySelector(".action-good").click()), 50))`;
    await untilMeant(page); // clicks of a script count as those of a key held down
    await page.evaluate(twice);
    assert.equal(await page.locator("dialog").count(), 0, "the second tap did not reach what came in its place");
    await until("it goes on", () => said(unit).some(({ kind }) => kind === "resume"));
    assert.deepEqual(
      said(unit).map(({ kind }) => kind),
      ["count", "hold", "resume"],
    );
  });

  test("what the server refuses is told with its reason, can be sent again, and goes when it was seen", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    const refusal = problem(409, "reporting/job-held", "1000000 / 0010 is held. Ask the planner to release it.");
    fixture.instead(reportRoute, { status: 409, body: refusal });
    await press(page, /^Good$/);
    await press(page, "Book 1 good");
    const alert = page.locator("[role=alert]", { hasText: "Not booked: 1 good" });
    await alert.getByText("Ask the planner to release it.").waitFor();
    await alert.getByText("The planner or the ERP holds this job").waitFor();
    await page.reload();
    await alert.waitFor();
    fixture.instead(reportRoute, undefined);
    await press(alert, "Send again");
    await until("it is booked", () => stage.bookedAt(unit).length === 1);
    fixture.instead(reportRoute, { status: 409, body: refusal });
    await press(page, "Sign on");
    await press(page.locator("[role=alert]", { hasText: "Not booked: Signed on" }), "I have seen it");
    await until("it is gone", async () => (await page.getByText("Not booked").count()) === 0);
    fixture.instead(reportRoute, undefined);
    await page.reload();
    await page.locator(".desk-job").waitFor();
    assert.equal(await page.getByText("Not booked").count(), 0);
    assert.equal(stage.bookedAt(unit).length, 1);
  });

  test("a device that cannot keep a report says so, and nothing was reported", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    await page.evaluate("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }");
    await press(page, /^Good$/);
    await press(page, "Book 1 good");
    assert.equal(await page.locator("dialog").count(), 1, "the entry is still there to be written down");
    await page.keyboard.press("Escape");
    await page.locator("[role=alert]", { hasText: "Nothing was reported" }).waitFor();
    assert.equal(stage.bookedAt(unit).length, 0);
  });

  test("nobody's reports go out under another name, and a session that has ended keeps them", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    fixture.instead(reportRoute, { status: 401, body: problem(401, "access/no-session", "Sign in first") });
    await press(page, /^Good$/);
    await button(page, "Book 1 good").click();
    await page.locator("input[type=password]").waitFor();
    fixture.instead(reportRoute, undefined);
    await page.evaluate("window.dispatchEvent(new Event('online'))");
    await page.waitForTimeout(300);
    assert.equal(stage.bookedAt(unit).length, 0);
    await page.locator("input").first().fill("ada");
    await page.locator("input[type=password]").fill("a-long-password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await until("it is booked", () => stage.bookedAt(unit).length === 1);
  });

  test("a stop without a reason asks for one, two levels deep", async () => {
    const unit = take(stage.stopped);
    const page = await stage.open(unit);
    const banner = page.locator(".desk-stop");
    await banner.getByText("nobody has said why").waitFor();
    assert.equal(await page.locator(".action").count(), 0, "the machine reports its job itself");
    await press(banner, /^Technical/);
    await press(banner, "Wire jam");
    await banner.waitFor({ state: "detached" });
    await until("it is booked", () => stage.bookedAt(unit).length === 1);
    const since = fixture.world.plant.units.get(unit)?.state?.since ?? "";
    assert.deepEqual(said(unit), [{ kind: "stop-reason", reason: "jam", since }]);
  });

  test("the last report is taken back, material goes back, a break begins", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    await press(page, "Sign on");
    await untilMeant(page); // the next key comes to the same place
    await press(page, /^Break$/);
    await button(page, "Back from break").waitFor();
    await press(page, "Take off A1");
    await press(page, /438.375.m go back/);
    await page.locator(".is-missing", { hasText: "WIRE-0.5-BU" }).waitFor();
    await press(page, /Undo$/);
    await page.locator("dialog", { hasText: "A1 taken off" }).waitFor();
    await press(page, /Take it back$/);
    await until("all are booked", () => stage.bookedAt(unit).length === 4);
    const [, , unload, back] = stage.bookedAt(unit);
    assert.deepEqual(unload?.statement, { kind: "unload", position: "A1", returned: { value: "438.375", uom: "MTR" } });
    assert.equal(back?.statement.kind, "take-back");
    assert.equal(back?.corrects, `st-3-${unit}`);
    await page.locator(".desk-loaded", { hasText: "LOT-77" }).waitFor();
    await page.locator(".desk-lines li", { hasText: "Break begins" }).getByRole("button").waitFor();
  });

  test("a supervisor enters afterwards, in the site's time and with a reason", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    await press(page, "Enter afterwards");
    await page.locator("input[type=datetime-local]").fill("2026-03-02T14:05");
    await press(page, "Report for this time");
    await page.getByText("Say why, in three characters or more.").waitFor();
    await page.getByLabel("Why it is entered afterwards").fill("tablet was broken");
    await press(page, "Report for this time");
    await page.locator(".desk-back-date", { hasText: "tablet was broken" }).waitFor();
    await press(page, /^Good$/);
    await press(page, "Book 1 good");
    await until("it is booked", () => stage.bookedAt(unit).length === 1);
    const [report] = stage.bookedAt(unit);
    assert.equal(report?.at, "2026-03-02T13:05:00.000Z");
    assert.deepEqual(report?.backDated, { because: "tablet was broken" });
    await press(page, "Back to now");
    await press(page, "Sign on");
    await until("the next is of now", () => stage.bookedAt(unit).length === 2);
    assert.equal(stage.bookedAt(unit)[1]?.backDated, null);
  });

  test("the ERP's latest priority reorders the next three within a second, and one can be acknowledged", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    const names = (): Promise<string[]> => page.locator(".desk-next h3").allInnerTexts();
    assert.deepEqual(await names(), ["1000001 / 0010", "1000002 / 0010", "1000003 / 0010"]);
    await press(page, "I have seen it: 1000002");
    await page.getByText("✓ Seen").waitFor();
    let first = "1000001 / 0010";
    const took = await leastOf(5, 1000, async () => {
      first = first.startsWith("1000001") ? "1000003 / 0010" : "1000001 / 0010";
      changeTerminal(fixture.world.plant, unit, (terminal) => ({ ...terminal, next: terminal.next.toReversed() }));
      fixture.emit({ kind: "order", order: fixture.world.plant.orders[3]!.id });
      await until("they are turned round", async () => (await names())[0] === first);
    });
    assert.ok(took < 1000, `${took} ms`);
  });

  test("what stands in the way is said beside the job, and a set-up under way is not called right", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    const job = page.locator(".desk-job");
    await job.getByText("Set-up: 1 parameter is wrong").waitFor();
    await job.getByText("Material: 1 is missing").waitFor();
    changeTerminal(fixture.world.plant, unit, (terminal) => ({
      ...terminal,
      setup: terminal.setup.map((line) => ({ ...line, read: null, state: "waiting" as const })),
      materials: terminal.materials.map((material) => ({ ...material, isLoaded: true })),
    }));
    fixture.emit({ kind: "order", order: fixture.world.plant.orders[3]!.id });
    const head = page
      .locator("section", { has: page.locator("#desk-setup") })
      .locator("strong")
      .first();
    await until("it is under way", async () => /^0 \/ \d …$/.test(await head.innerText()));
    assert.equal(await head.getAttribute("class"), null, "neither green nor red");
    assert.equal(await job.locator(".bad-text").count(), 0);
  });

  test("a flood of events asks for the terminal at a pace, and what it shows is the newest", async () => {
    const unit = take(stage.working);
    const page = await stage.open(unit);
    let asked = 0;
    page.on("request", (request) => (asked += request.url().endsWith("/terminal") ? 1 : 0));
    const shown = fixture.world.plant.units.get(unit)!;
    const begun = performance.now();
    for (let n = 1; n <= 40; n++) {
      fixture.emit({ kind: "unit", unit: { ...shown, description: `Bench after ${n}` } });
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await page.locator("h1", { hasText: "Bench after 40" }).waitFor();
    const took = performance.now() - begun;
    assert.ok(asked <= took / 300 + 2, `${asked} requests in ${took} ms`);
  });

  test("a sheet closes with Escape and gives the focus back", async () => {
    const page = await stage.open(take(stage.working));
    await button(page, /^Good$/).focus();
    await page.keyboard.press("Enter");
    await page.locator("dialog").waitFor();
    await page.keyboard.type("12");
    await button(page, "Book 12 good").waitFor();
    await page.keyboard.press("Escape");
    await untilIn(page, `document.activeElement?.textContent === "✓Good"`);
  });

  for (const [scheme, language, width, height] of [
    ["light", "en", 1024, 768],
    ["light", "de", 390, 844],
    ["dark", "en", 390, 844],
    ["dark", "de", 1024, 768],
  ] as const) {
    test(`readable and large enough: ${scheme}, ${language}, ${width} × ${height}`, async () => {
      const page = await stage.open(stage.stopped[0]!.id, { scheme, language, width, height });
      const trouble = listenForTrouble(page);
      const check = async (what: string): Promise<void> => {
        await assertLargeEnough(page, what);
        await assertAccessible(page, what);
      };
      await check("a stopped machine");
      await page.goto(`${fixture.url}/terminal`);
      await page.locator(".desk-unit-key").first().waitFor();
      await assertLargeEnough(page, "choice");
      await page.goto(`${fixture.url}/terminal/${stage.idle[0]!.id}`);
      await page.locator(".desk-next .action-good").first().waitFor();
      await check("nothing under way");
      await page.goto(`${fixture.url}/terminal/${stage.working[0]!.id}`);
      await settled(page);
      for (const key of [".action-good", ".action-scrap", ".action-hold", ".action-finish", ".desk-loaded .key"]) {
        await page.locator(key).first().click();
        await page.waitForTimeout(afterPressMs);
        const box = await page.locator("dialog").boundingBox();
        assert.ok(box && box.height <= height && box.width <= width, `${key} fits`);
        await assertLargeEnough(page, key);
        if (key === ".action-scrap") await assertAccessible(page, key);
        await page.keyboard.press("Escape");
        await untilMeant(page); // the next key is near
      }
      await scan(page, "WRONG:L9");
      await page.locator("dialog .note-bad").waitFor();
      await check("wrong material");
      assert.deepEqual(trouble, []);
    });
  }
});
