/** What both journeys of the README stand on: one demo on free ports, a browser, and the pages a visitor has open. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { Role } from "../../src/access/permission.ts";
import { startBrowser, type Browser } from "../web/browser.ts";

const root = join(import.meta.dirname, "../..");
const program = join(root, "src/cli/millrace.ts");
/** The screens may have to be built first; both take a minute each on a computer that does other things as well. */
const readyMs = 240_000;
/** Killed sooner, it would leave its database running. */
const endMs = 120_000;
/** Seconds on a quiet machine; a machine that does other things as well gets more. */
const stepMs = 45_000;

export interface Journey {
  /** The simulated ERP's page; it stands still, and is read anew with `reload`. */
  readonly erp: Page;
  /** The simulated machines' page, likewise. */
  readonly machines: Page;
  /** Removed at the end. */
  readonly folder: string;
  /** A window of its own, signed in. */
  signIn(role: Role): Promise<Page>;
  goTo(page: Page, path: string): Promise<void>;
  /** What the page looks like now, kept under `.cache/journey` until the next run. */
  shot(page: Page, name: string): Promise<void>;
  /** What the demo has said. */
  told(): string;
  /** Runs a step; when it fails, what every window shows is kept beside the shots. */
  step(run: () => Promise<void>): Promise<void>;
  /** Runs a command of Millrace's own in `folder`. */
  millrace(...args: readonly string[]): Promise<Ended>;
  /** Ends the demo as Ctrl-C does. @returns its exit code, and what it left in its temporary folder */
  end(): Promise<{ readonly code: number | null; readonly left: readonly string[] }>;
  close(): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** @param speed  how many times faster than real machines */
export async function startJourney(name: string, chromium: string, speed: number): Promise<Journey> {
  const shots = join(root, ".cache/journey", name);
  await rm(shots, { recursive: true, force: true });
  await mkdir(shots, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), "millrace-journey-"));
  const temporary = join(folder, "temporary");
  await mkdir(temporary);
  const demo = startDemo(temporary, speed);
  let browser: Browser | null = null;
  const close = async (): Promise<void> => {
    await browser?.close();
    await demo.kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until("the demo is ready", () => /^Stop/m.test(demo.text()) || demo.child.exitCode !== null, readyMs);
    assert.equal(demo.child.exitCode, null, demo.text());
    const { url, erpUrl, password } = toldAtStart(demo.text());
    const opened = await startBrowser(chromium);
    browser = opened;
    const erp = await opened.open();
    await erp.goto(`${erpUrl}/?still`);
    const machines = await opened.open();
    await machines.goto(`${erpUrl}/machines?still`);
    const pages: Page[] = [erp, machines];
    let count = 0;
    let hasFailed = false;
    const shot = async (page: Page, what: string): Promise<void> => {
      count += 1;
      await page.screenshot({ path: join(shots, `${String(count).padStart(2, "0")}-${what}.png`), fullPage: true });
    };
    return {
      erp,
      machines,
      folder,
      signIn: async (role) => {
        const page = await opened.open();
        page.setDefaultTimeout(stepMs);
        pages.push(page);
        await page.goto(url);
        await enter(page, role, password);
        return page;
      },
      goTo: async (page, path) => void (await page.goto(`${url}${path}`)),
      shot,
      told: demo.text,
      step: async (run) => {
        assert.ok(!hasFailed, "a step before this one has failed");
        try {
          await run();
        } catch (error) {
          hasFailed = true;
          for (const [index, page] of pages.entries()) await shot(page, `failed-${index + 1}`).catch(() => undefined);
          await writeFile(join(shots, "failed.txt"), demo.text());
          throw error;
        }
      },
      millrace: (...args) => millrace(folder, args),
      end: async () => {
        demo.child.kill("SIGINT");
        return { code: await demo.ended, left: await readdir(temporary) };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function toldAtStart(text: string): { readonly url: string; readonly erpUrl: string; readonly password: string } {
  const said = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? assert.fail(text);
  return {
    url: said(/^Millrace +(\S+)$/m),
    erpUrl: said(/^ERP and machines +(\S+)$/m),
    password: said(/the password of all is (\S+)$/m),
  };
}

async function enter(page: Page, login: string, password: string): Promise<void> {
  await page.getByLabel("User name").fill(login);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator(".bar-name").waitFor();
}

interface Demo {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  text(): string;
  /** Whatever has become of it. */
  kill(): Promise<void>;
}

function startDemo(temporary: string, speed: number): Demo {
  let text = "";
  const args = [program, "demo", "--listen", "127.0.0.1:0", "--tell", "--speed", String(speed)];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  }
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    child,
    ended,
    text: () => text,
    kill: async () => {
      if (child.exitCode !== null) return;
      // First as a person would: it then ends its database, too.
      child.kill("SIGINT");
      const timer = setTimeout(() => child.kill("SIGKILL"), endMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

const commandMs = 60_000;

function millrace(folder: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { DATABASE_URL: _, ...environment } = process.env;
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let error = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
    const timer = setTimeout(() => child.kill("SIGTERM"), commandMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, out, error });
    });
  });
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>, limitMs = stepMs): Promise<void> {
  for (const end = performance.now() + limitMs; performance.now() < end;) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`never happened: ${what}`);
}

export interface Document {
  readonly number: string;
  readonly what: string;
  readonly order: string;
  readonly content: string;
  readonly key: string;
}

/** The documents on the ERP's page, newest first. */
export async function documentsOf(erp: Page): Promise<readonly Document[]> {
  await stillAt(erp);
  const rows = await erp.locator("#documents tr").allInnerTexts();
  return rows.slice(1).map((row) => {
    const [, number = "", what = "", order = "", content = "", key = ""] = row.split("\t").map((cell) => cell.trim());
    return { number, what, order, content, key };
  });
}

/** No key on two documents. */
export function assertOnce(documents: readonly Document[]): void {
  const keys = documents.map(({ key }) => key).filter((key) => key !== "");
  const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
  assert.deepEqual(twice, [], "no key stands on two documents");
}

/** Reads a page of the simulation anew; it stands still until it is left. */
export async function stillAt(page: Page): Promise<void> {
  const { origin, pathname } = new URL(page.url());
  await page.goto(`${origin}${pathname}?still`);
}

/** Presses a button of the simulation's pages, in the row that begins with a text or contains it. @returns what was said */
export async function pressAt(page: Page, row: string | null, name: string): Promise<string> {
  await stillAt(page);
  const place = row === null ? page.locator("main") : page.locator("main tr", { hasText: row });
  await place.first().getByRole("button", { name, exact: true }).first().click();
  const said = await page.locator(".said li").first().innerText();
  await stillAt(page);
  return said;
}
