/**
 * Millrace's HTTP port over a real database and a plant of two areas, for tests that knock at its doors. The clock is
 * the test's.
 */
import assert from "node:assert/strict";
import { startApi, type ApiOptions, type ApiSources } from "../../../src/app/api.ts";
import { documentDoor } from "../../../src/app/document-door.ts";
import type { Log } from "../../../src/app/log.ts";
import type { Role } from "../../../src/access/permission.ts";
import type { Clock } from "../../../src/base/clock.ts";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { timeZone } from "../../../src/base/site-time.ts";
import type { Announce } from "../../../src/flows/announce.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { Equipment } from "../../../src/isa95/resource/equipment.ts";
import { buildSite, type Site, type SiteData } from "../../../src/site/site.ts";
import { openDatabase, type Database } from "../../../src/store/connection.ts";
import { notificationView } from "../../../src/store/view/notification-view.ts";
import { postgresViews } from "../../../src/store/view/view-store.ts";
import { withCluster } from "../../../src/store/testing/cluster.ts";
import { openWorld, type World } from "../store/world.ts";
import { Visitor } from "./visitor.ts";

export interface House {
  readonly url: string;
  readonly announce: Announce;
  readonly store: Store;
  readonly world: World;
  readonly sources: ApiSources;
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

export const plantData: SiteData = {
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
};

export const plant: Site = buildSite(plantData);

/** What a house may have besides people: none of it changes what they and keys may do. */
export interface Furniture {
  readonly site: Site;
  readonly session: ApiSources["mend"]["session"];
}

const bare: Furniture = { site: plant, session: () => null };

/** No machines and, without furniture, no ERP. */
export function sourcesOf(
  store: Store,
  database: Database,
  clock: Clock,
  log: Log,
  { site, session }: Furniture = bare,
): ApiSources {
  const mend = {
    session,
    evaluate: () => Promise.reject(new Error("Nothing to evaluate here.")),
  };
  return {
    site,
    store,
    clock,
    log,
    status: () => Promise.reject(new Error("No status here.")),
    onDecided: () => undefined,
    views: postgresViews(database),
    notifications: notificationView(database),
    health: { machines: () => [], erps: () => [], waitingBatches: () => 0 },
    mend,
    give: documentDoor({ site, store, clock, ...mend }, () => undefined),
    announceNotices: () => undefined,
  };
}

const start = Date.UTC(2026, 0, 5, 6);

/** Opens a house; whoever opens it closes it. */
export async function openHouse(options: Partial<ApiOptions> = {}, furniture: Furniture = bare): Promise<House> {
  const cluster = await withCluster({ major: 18 });
  const world = await openWorld(cluster);
  let at = start;
  const clock: Clock = { now: () => instant(at), monotonicMs: () => at, sleep: () => Promise.resolve() };
  const lines: { message: string; detail: unknown }[] = [];
  const say = (message: string, detail?: unknown): void => void lines.push({ message, detail });
  const log: Log = { info: say, warn: say, error: say };
  const database = openDatabase({ connectionString: world.connectionString, log: () => undefined });
  const sources = sourcesOf(world.store, database, clock, log, furniture);
  const first: { login: string; oneTimePassword: string }[] = [];
  const api = unwrap(
    await startApi(
      {
        listen: { host: "127.0.0.1", port: 0 },
        tls: null,
        insecure: false,
        trustProxy: [],
        pages: null,
        // Thousands of tries in seconds; what a hash really costs is in password.test.ts.
        stream: { beatMs: 100, renewMs: 100 },
        passwordCost: { n: 1024, r: 8, p: 1 },
        onFirstAdministrator: (one) => first.push(one),
        ...options,
      },
      sources,
    ),
  );
  assert.equal(first.length, 1, "the first administrator is told of once");
  const visitor = (): Visitor => new Visitor(api.url);
  const administrator = visitor();
  await administrator.signInFirst(first[0]!.login, first[0]!.oneTimePassword);
  let count = 0;
  return {
    url: api.url,
    announce: api.announce,
    store: world.store,
    sources,
    world,
    site: furniture.site,
    log: lines,
    later: (ms) => void (at += ms),
    now: () => at,
    administrator,
    visitor,
    close: async () => {
      await api.close();
      await database.close();
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
