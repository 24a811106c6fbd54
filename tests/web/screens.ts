/** What the browser tests of the screens stand on: the screens as they are built, a plant behind them, and a browser. */
import { startBrowser, type Browser } from "./browser.ts";
import { buildWeb } from "./build.ts";
import { startFixture, type Fixture } from "./fixture.ts";

export interface Screens {
  readonly fixture: Fixture;
  readonly browser: Browser;
  /** Where the built screens are. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function startScreens(chromium: string, plant = { units: 14, orders: 30 }): Promise<Screens> {
  const built = await buildWeb();
  const fixture = await startFixture({ ...plant, webRoot: built.folder });
  const browser = await startBrowser(chromium);
  return {
    fixture,
    browser,
    folder: built.folder,
    close: async () => {
      await browser.close();
      await fixture.close();
      await built.remove();
    },
  };
}
