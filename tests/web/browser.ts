/** The system's own Chromium for the screens' tests: found, started with a fresh profile, and closed with all it made. */
import { access, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { follow } from "./calls.ts";
import { patienceMs } from "./wait.ts";

export interface Browser {
  /** A page of its own: its own storage, cookies and colour scheme. */
  open(options?: PageOptions): Promise<Page>;
  /** What one test has opened does nothing any more beside the next. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

export interface PageOptions {
  readonly scheme?: "light" | "dark";
  readonly language?: "en" | "de";
  readonly width?: number;
  readonly height?: number;
  readonly hasTouch?: boolean;
}

const names = ["chromium", "chromium-browser", "google-chrome"];

/** Undefined: this machine has none. */
export async function findChromium(): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  for (const path of folders.flatMap((folder) => names.map((name) => join(folder, name)))) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function startBrowser(executablePath: string): Promise<Browser> {
  const home = await mkdtemp(join(tmpdir(), "millrace-web-"));
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: flags,
    env: { ...process.env, HOME: home },
    timeout: 4 * patienceMs,
  });
  const contexts: BrowserContext[] = [];
  const closePages = async (): Promise<void> => {
    for (const context of contexts.splice(0)) await context.close();
  };
  return {
    closePages,
    open: async (options = {}) => {
      const context = await browser.newContext({
        colorScheme: options.scheme ?? "light",
        locale: options.language === "de" ? "de-DE" : "en-GB",
        timezoneId: "America/New_York", // not the site's: what is shown must be the site's time all the same
        viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
        hasTouch: options.hasTouch ?? false,
        reducedMotion: "reduce",
      });
      contexts.push(context);
      context.setDefaultTimeout(patienceMs);
      context.on("page", follow);
      return context.newPage();
    },
    close: async () => {
      await closePages();
      await browser.close();
      await endThoseOf(home);
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

/**
 * The browser's crash handlers leave its process group and may outlive it; no flag of Debian's build prevents them. Ends
 * the processes that name our own profile's folder, one by one. Elsewhere than on Linux there is nothing to look at.
 */
async function endThoseOf(home: string): Promise<void> {
  const entries = await readdir("/proc").catch(() => []);
  for (const entry of entries.filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    if (!line.includes(`${home}/`)) continue;
    try {
      process.kill(Number(entry));
    } catch {
      // It has just ended by itself.
    }
  }
}
