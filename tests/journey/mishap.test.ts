/** The README's *Thirty minutes*, steps 10 to 12, in a real browser: a cable, a counter, and an ERP that says no. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { findChromium } from "../web/browser.ts";
import { assertOnce, documentsOf, pressAt, startJourney, stillAt, until, type Journey } from "./journey.ts";

const chromium = await findChromium();
const speed = 20;
/** Until a machine has something to do, and has done it. */
const workMs = 150_000;

describe("thirty minutes, to the end", { skip: chromium === undefined && "no Chromium here", timeout: 500_000 }, () => {
  let journey: Journey;
  let supervisor: Page;

  before(async () => {
    journey = await startJourney("mishap", chromium ?? "", speed);
    supervisor = await journey.signIn("supervisor");
  });
  after(() => journey?.close());

  /** What the machine itself has counted in the run that it is in. */
  const goodAt = async (machine: string): Promise<string | null> => {
    await stillAt(journey.machines);
    const shown = await journey.machines.locator(`#machine-${machine} td`).nth(3).innerText();
    return /^(\d+) of \d+$/.exec(shown)?.[1] ?? null;
  };
  const isRunning = async (machine: string): Promise<boolean> => Number(await goodAt(machine)) > 0;
  const stopInMidRun = (): Promise<void> =>
    until(
      "CUT-1 stands in the middle of a run",
      async () => {
        if (!(await isRunning("CUT-1"))) return false;
        await pressAt(journey.machines, "CUT-1", "Stop");
        if ((await goodAt("CUT-1")) !== null) return true;
        await pressAt(journey.machines, "CUT-1", "Go on");
        return false;
      },
      workMs,
    );
  const faultIn = async (code: string): Promise<string> => {
    const faults = await readFile(join(import.meta.dirname, "../../docs/faults.md"), "utf8");
    return faults.split("\n").find((line) => line.startsWith(`| \`${code}\``)) ?? assert.fail(`${code} is in no list`);
  };

  test("while a cable is out the machines work on; afterwards no piece is missing", () =>
    journey.step(async () => {
      await until("CUT-1 runs", () => isRunning("CUT-1"), workMs);
      await journey.goTo(supervisor, "/floor");
      const line = "Pull the network cable for 10 s";
      assert.match(
        await pressAt(journey.machines, null, line),
        /cable of CUT-1[^.]* is out for 10 s; the machines work on/,
      );
      await journey.machines.getByText("cable out").first().waitFor();
      await journey.shot(journey.machines, "cable-out");
      await until("the cable is in again", async () => {
        await stillAt(journey.machines);
        return (await journey.machines.getByText("cable out").count()) === 0;
      });
      // A machine between two jobs has nothing to compare.
      await stopInMidRun();
      const made = (await goodAt("CUT-1")) ?? assert.fail("it stands in a run");
      const tile = supervisor.locator('[data-unit="CUT-1"]');
      await until(`Millrace has all ${made}`, async () => new RegExp(`\\b${made} / \\d`).test(await tile.innerText()));
      await journey.shot(supervisor, "no-piece-is-missing");
      await pressAt(journey.machines, "CUT-1", "Go on");
    }));

  test("a counter that was set to zero is a question; nothing is guessed", () =>
    journey.step(async () => {
      await until("CUT-1 runs", () => isRunning("CUT-1"), workMs);
      assert.match(await pressAt(journey.machines, "CUT-1", "Counters to zero"), /counters of CUT-1 to zero/);
      await journey.goTo(supervisor, "/mend?list=questions");
      for (const counter of ["Good", "Scrap"]) {
        const card = supervisor.locator(".mend-card", { hasText: `Counters/${counter} fell` }).first();
        await card.waitFor({ timeout: workMs });
        // Its good pieces begin just below the end of 16 bits: there only the scrap tells that they have not rolled over.
        assert.match(
          await card.innerText(),
          /^CUT-1[^]*to 0(, which is neither a rollover nor a reset| as another counter of this machine was set to zero)/,
        );
      }
      await journey.shot(supervisor, "question");
    }));

  test("a month that is closed parks what is posted, in the ERP's words; opened, it goes by itself", () =>
    journey.step(async () => {
      assert.match(await pressAt(journey.erp, null, "Close this month"), /open for postings/);
      await journey.goTo(supervisor, "/mend?list=postings");
      const card = supervisor.locator(".mend-card", { hasText: "Posting only possible in periods" }).first();
      await card.waitFor({ timeout: workMs });
      await journey.shot(supervisor, "month-closed");
      const key = / ([A-Z0-9]{16}): /.exec(await card.innerText())?.[1] ?? assert.fail(await card.innerText());
      assert.match(await faultIn("erp/sap-period-closed"), /period is closed/);
      assert.match(await pressAt(journey.erp, null, "Open all periods"), /Every month is open/);
      const isPosted = async (): Promise<boolean> => (await documentsOf(journey.erp)).some((one) => one.key === key);
      await until(`${key} is posted`, isPosted, workMs);
      await supervisor.locator(".mend-card", { hasText: key }).waitFor({ state: "detached" });
      assertOnce(await documentsOf(journey.erp));
    }));

  test("an order that is locked is held, its documents refused; unlocked, a person sends them again", () =>
    journey.step(async () => {
      // A machine that stands in the middle of a run: what it made is posted while the order is locked.
      await stopInMidRun();
      const job = await journey.machines.locator("#machine-CUT-1 td").nth(2).innerText();
      const order = /^\d+/.exec(job)?.[0] ?? assert.fail(`CUT-1 is at ${job}`);
      assert.match(await pressAt(journey.erp, order, "Lock"), /is locked/);
      await journey.shot(journey.erp, "locked");
      await journey.goTo(supervisor, `/orders?text=${order}`);
      await supervisor.getByRole("link", { name: order, exact: true }).click();
      await supervisor.getByText("s4 · Held").waitFor();
      await journey.shot(supervisor, "held");

      await pressAt(journey.machines, "CUT-1", "Go on");
      await journey.goTo(supervisor, "/mend?list=postings");
      const cards = supervisor.locator(".mend-card", { hasText: order });
      await cards.first().waitFor({ timeout: workMs });
      await journey.shot(supervisor, "refused");
      assert.match(await cards.first().innerText(), /LKD is active|is not allowed \(ORD \d+\)/, "the ERP's words");
      for (const told of [await cards.first().innerText(), await faultIn("erp/sap-order-status")])
        assert.match(told, /Unlock, release or reopen the order.*send.* again/i);

      assert.match(await pressAt(journey.erp, order, "Unlock"), /is unlocked/);
      for (; (await cards.count()) > 0;) {
        const key = / ([A-Z0-9]{16}): /.exec(await cards.first().innerText())?.[1] ?? assert.fail("no key");
        await cards.first().getByRole("button", { name: "Send again" }).click();
        const asked = supervisor.getByRole("dialog");
        await asked.getByLabel("Reason").fill("The order is unlocked");
        await asked.getByRole("button", { name: "Send again" }).click();
        await supervisor.locator(".mend-card", { hasText: key }).waitFor({ state: "detached" });
        const isPosted = async (): Promise<boolean> => (await documentsOf(journey.erp)).some((one) => one.key === key);
        await until(`${key} is posted`, isPosted);
      }
      await journey.shot(supervisor, "sent-again");
      assertOnce(await documentsOf(journey.erp));
      await journey.goTo(supervisor, `/orders?text=${order}`);
      await supervisor.getByRole("link", { name: order, exact: true }).click();
      await supervisor.getByText("s4 · Released").waitFor();
    }));

  test("a document that was reversed in the ERP stays reversed there, and is not posted again", () =>
    journey.step(async () => {
      const isConfirmation = (what: string): boolean => what === "Confirmation";
      await until("a document of ours", async () =>
        (await documentsOf(journey.erp)).some(({ what, key }) => isConfirmation(what) && key !== ""),
      );
      const chosen = (await documentsOf(journey.erp)).find(({ what, key }) => isConfirmation(what) && key !== "");
      assert.ok(chosen);
      assert.match(await pressAt(journey.erp, chosen.number, "Reverse"), /is reversed by/);
      await journey.shot(journey.erp, "reversed");
      await until(
        "other documents come",
        async () => {
          const now = await documentsOf(journey.erp);
          return now.findIndex(({ number }) => number === chosen.number) > 2;
        },
        workMs,
      );
      const same = (await documentsOf(journey.erp)).filter(
        ({ key, what }) => key === chosen.key && isConfirmation(what),
      );
      assert.deepEqual(
        same.map(({ number }) => number),
        [chosen.number],
      );
    }));

  test("Ctrl-C ends it; nothing is left behind", () =>
    journey.step(async () => {
      assert.deepEqual(await journey.end(), { code: 0, left: [] }, journey.told().slice(-2_000));
    }));
});
