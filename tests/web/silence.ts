/** A server that falls silent with its connections open, seen from a page that has heard all that was said before. */
import type { Page } from "playwright-core";
import { settled } from "./calls.ts";
import type { Fixture } from "./fixture.ts";
import { untilIn } from "./page.ts";

let lastWords = 0;

/**
 * Emits a last word that the floor shows, and none after it. Words come in the order in which they were said: when it is
 * shown nothing is on its way any more that would end the silence. Ended by `fixture.silence(false)`.
 */
export async function fallSilent(page: Page, fixture: Fixture): Promise<void> {
  await settled(page);
  const [unit] = fixture.world.plant.units.values();
  if (!unit) throw new Error("the plant has no work unit");
  const reason = `Last word ${(lastWords += 1)}`;
  fixture.emit({
    kind: "unit",
    unit: { ...unit, state: { state: "fault", since: new Date().toISOString(), reason } },
  });
  fixture.silence(true);
  await untilIn(page, `document.querySelector('[data-unit="${unit.id}"]')?.textContent.includes("${reason}")`);
}
