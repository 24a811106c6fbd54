/** What the suites about notices have in common: a site with channels and rules, causes, and a sweep at a stated time. */
import type { Clock } from "../../../src/base/clock.ts";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { notifyingStore } from "../../../src/flows/notify.ts";
import type { MachineHealth, SweepPorts } from "../../../src/flows/sweep-notices.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { Cause } from "../../../src/notice/cause.ts";
import { checkSite } from "../../../src/site/load.ts";
import type { Site } from "../../../src/site/site.ts";
import { changed, mapYaml, rules, siteYaml } from "../../../src/site/testing/example.ts";
import { now, type World } from "./world.ts";

const notices = `notices:
  channels:
    - { id: andon, kind: webhook, settings: { url: { env: HOOK }, secrets: [{ env: KEY }] } }
    - { id: mail, kind: email, settings: { host: mail.example, from: millrace@plant.example } }
  rules:
    - kinds: [question, stop-without-reason, machine-stale]
      role: operator
      by: [andon]
      escalate: { afterMinutes: 10, role: supervisor, by: [mail] }
policies:
`;
export const noticeSite: Site = unwrap(
  checkSite(changed([siteYaml, "policies:\n", notices], [mapYaml, "mode: replay", "mode: live"]), rules).site,
);

export const minute = 60_000;
export const later = (ms: number): Instant => instant(now + ms);

export function clockAt(time: { at: Instant }): Clock {
  return { now: () => time.at, monotonicMs: () => 0, sleep: () => Promise.resolve() };
}

export interface Row {
  readonly id: string;
  readonly kind: string;
  readonly count: number;
  readonly text: string;
  readonly role: string;
  readonly equipment: string;
  readonly severity: string;
  readonly said: Readonly<Record<string, string>>;
  readonly escalated_at: Date | null;
  readonly acknowledged_at: Date | null;
  readonly acknowledged_by: string | null;
  readonly resolved_at: Date | null;
}

export async function noticesOf(world: World, subject: string): Promise<readonly Row[]> {
  // The columns of the table.
  return (await world.sql("select * from notice where subject like $1 order by raised_at, id", [
    subject,
  ])) as unknown as readonly Row[];
}

export function question(subject: string, text = "Where from?"): Extract<Cause, { cause: "question" }> {
  return { cause: "question", subject, text, place: "A565-0026", askedAt: now };
}

/** A question that is there, so that nothing says that it is answered. */
export async function ask(store: Store, subject: string, at: Instant, site = noticeSite): Promise<void> {
  await notifyingStore(store, site, () => undefined).transaction((tx) =>
    tx.attention.ask([{ subject, text: "Where from?", evidence: [] }], at),
  );
}

export const telling = (store: Store, site = noticeSite): Store => notifyingStore(store, site, () => undefined);

/** @param holder  the installation whose process sweeps */
export function sweepPorts(
  store: Store,
  time: { at: Instant },
  machines: readonly MachineHealth[] = [],
  holder = "test",
): SweepPorts {
  const announce = (): void => undefined;
  return {
    store,
    site: noticeSite,
    clock: clockAt(time),
    holder: { installation: holder, process: "p" },
    machines: () => machines,
    announce,
  };
}
