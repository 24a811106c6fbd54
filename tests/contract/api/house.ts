/**
 * Millrace's HTTP port over a real database and a plant of two areas, for tests that knock at its doors. The clock is
 * the test's.
 */
import assert from "node:assert/strict";
import { startApi, type ApiOptions } from "../../../src/app/api.ts";
import type { Log } from "../../../src/app/log.ts";
import type { Role } from "../../../src/access/permission.ts";
import type { Clock } from "../../../src/base/clock.ts";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { timeZone } from "../../../src/base/site-time.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { Equipment } from "../../../src/isa95/resource/equipment.ts";
import { buildSite, type Site } from "../../../src/site/site.ts";
import { withCluster } from "../../../src/store/testing/cluster.ts";
import { openWorld, type World } from "../store/world.ts";
import { Visitor } from "./visitor.ts";

export interface House {
  readonly url: string;
  readonly store: Store;
  readonly world: World;
  readonly site: Site;
  readonly log: readonly { readonly message: string; readonly detail: unknown }[];
  /** Moves the clock. */
  later(ms: number): void;
  readonly now: () => number;
  /** The first administrator, with a password of his own by now. */
  readonly administrator: Visitor;
  /** A new person with one role, signed in with a password of his own. */
  person(role: Role, equipment: string): Promise<Visitor>;
  visitor(): Visitor;
  close(): Promise<void>;
}

const levels: Readonly<Record<string, Equipment["level"]>> = { plant: "Site" };
const tree: Readonly<Record<string, string | null>> = {
  plant: null,
  north: "plant",
  "north-cell": "north",
  "north-1": "north-cell",
  south: "plant",
  "south-cell": "south",
  "south-1": "south-cell",
};

export const plant: Site = buildSite({
  id: "plant",
  name: "Plant",
  zone: unwrap(timeZone("Europe/Berlin")),
  version: "1",
  equipment: Object.entries(tree).map(([id, partOf]) => ({
    id,
    partOf,
    description: id,
    level: levels[id] ?? (id.endsWith("-cell") ? "WorkCenter" : id.endsWith("-1") ? "WorkUnit" : "Area"),
  })),
  workCenters: [],
  workUnits: [],
  calendars: [],
  calendarOf: {},
  erps: [],
  machines: [],
  maps: [],
  policies: {
    posting: [],
    dispatch: { keepStored: 1 },
    samples: { retentionDays: 1 },
    buffer: { retentionDays: 1 },
    pull: { everySeconds: 1 },
  },
});

const start = Date.UTC(2026, 0, 5, 6);

/** Opens a house; whoever opens it closes it. */
export async function openHouse(options: Partial<ApiOptions> = {}): Promise<House> {
  const cluster = await withCluster({ major: 18 });
  const world = await openWorld(cluster);
  let at = start;
  const clock: Clock = { now: () => instant(at), monotonicMs: () => at, sleep: () => Promise.resolve() };
  const lines: { message: string; detail: unknown }[] = [];
  const say = (message: string, detail?: unknown): void => void lines.push({ message, detail });
  const log: Log = { info: say, warn: say, error: say };
  const first: { login: string; oneTimePassword: string }[] = [];
  const api = unwrap(
    await startApi(
      {
        listen: { host: "127.0.0.1", port: 0 },
        tls: null,
        insecure: false,
        trustProxy: [],
        pages: null,
        onFirstAdministrator: (one) => first.push(one),
        ...options,
      },
      { site: plant, store: world.store, clock, log, status: () => Promise.reject(new Error("No status here.")) },
    ),
  );
  assert.equal(first.length, 1, "the first administrator is told of once");
  const visitor = (): Visitor => new Visitor(api.url);
  const administrator = visitor();
  await administrator.signInFirst(first[0]!.login, first[0]!.oneTimePassword);
  let count = 0;
  return {
    url: api.url,
    store: world.store,
    world,
    site: plant,
    log: lines,
    later: (ms) => void (at += ms),
    now: () => at,
    administrator,
    visitor,
    close: async () => {
      await api.close();
      await world.close();
      await cluster.close();
    },
    person: async (role, equipment) => {
      const login = `${role}-${++count}`;
      const made = await administrator.command("POST", "/api/v1/people", {
        login,
        name: `A ${role}`,
        email: null,
        grants: [{ role, equipment }],
      });
      assert.equal(made.status, 200, JSON.stringify(made.body));
      const person = visitor();
      await person.signInFirst(login, made.body["oneTimePassword"]);
      return person;
    },
  };
}
