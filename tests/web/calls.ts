/** What a page asks of the server: a test waits here until the page has heard its stream and read all that it reads then. */
import assert from "node:assert/strict";
import type { Page, Request } from "playwright-core";
import { until } from "./wait.ts";

interface Calls {
  /** Asked and not answered yet. */
  readonly open: Set<Request>;
  /**
   * How often the page asked who is signed in: first when it begins, then with the first word of its stream. A page on which
   * something is refused for want of a right asks for that, too: of it this does not tell whether it hears.
   */
  sessions: number;
}

const followed = new WeakMap<Page, Calls>();

/** From before the page's first address on; each address begins anew. */
export function follow(page: Page): void {
  const calls: Calls = { open: new Set(), sessions: 0 };
  followed.set(page, calls);
  page.on("request", (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) {
      calls.open.clear();
      calls.sessions = 0;
    }
    const { pathname } = new URL(request.url());
    if (!pathname.startsWith("/api/") || pathname === "/api/v1/stream") return;
    calls.open.add(request);
    if (pathname === "/api/v1/session") calls.sessions += 1;
  });
  const end = (request: Request): void => void calls.open.delete(request);
  page.on("requestfinished", end);
  page.on("requestfailed", end);
}

function callsOf(page: Page): Calls {
  return followed.get(page) ?? assert.fail("the page was not opened by browser.ts");
}

/** The first word of the stream has come: with it a page asks for everything again. */
export async function heardFirst(page: Page): Promise<void> {
  await until("the page hears its stream", () => callsOf(page).sessions >= 2);
}

/** Nothing that was asked has still to be answered, nor does an answer lead to another question. */
export async function quiet(page: Page): Promise<void> {
  let looks = 0;
  await until("all is answered", async () => {
    await page.evaluate("0"); // the page has had its turn since
    looks = callsOf(page).open.size === 0 ? looks + 1 : 0;
    return looks > 3;
  });
}

/** From here on the page reads nothing again because of the first word of its stream, which may come late. */
export async function settled(page: Page): Promise<void> {
  await heardFirst(page);
  await quiet(page);
}
