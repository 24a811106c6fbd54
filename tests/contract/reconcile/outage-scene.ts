/** A plant whose ERP was not heard of for a while, and what a person says about what was keyed there by hand meanwhile. */
import { systemClock } from "../../../src/base/clock.ts";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { unwrap, type Result } from "../../../src/base/result.ts";
import { isSomethingElse, standBackFor, type DecidedHand } from "../../../src/flows/decide-hand.ts";
import { heardOf, lookAfterOutage, type LookReport } from "../../../src/flows/look-after-outage.ts";
import type { TestCluster } from "../../../src/store/testing/cluster.ts";
import { oneOperation, openScene, type Scene } from "../final/scene.ts";
import { by } from "../store/mend-scene.ts";

export const erp = "s4";
export const hour = 3_600_000;
/** Metres of wire in the ERP's stock at the beginning. */
export const wireMetres = 100_000;

export interface AskedQuestion {
  readonly question: number;
  readonly version: number;
  readonly text: string;
}

export interface Outage {
  readonly scene: Scene;
  readonly ports: Parameters<typeof lookAfterOutage>[0];
  /** The ERP answers. @returns whether that ends an outage */
  heard(at?: Instant): Promise<boolean>;
  look(): Promise<LookReport>;
  /** The one about this document; without it: the only one that is open. */
  question(document?: string): Promise<AskedQuestion>;
  /** Ids of what waits of ours, in order of planning. */
  waiting(kind?: string): Promise<readonly string[]>;
  /** It was keyed for these postings; left out: for every confirmation that waits. */
  standBack(how?: StandingBack): Promise<Result<DecidedHand>>;
  somethingElse(person?: string): Promise<Result<DecidedHand>>;
  /** Metres of wire in the ERP's stock. */
  wireLeft(): number;
  close(): Promise<void>;
}

export interface StandingBack {
  readonly postings?: readonly string[];
  readonly document?: string;
  readonly person?: string;
}

/**
 * @param lastHeardHours  the ERP was heard of so long ago; null: never
 * @param others          numbers of further orders, which are as the first one
 */
export async function openOutage(
  cluster: TestCluster,
  lastHeardHours: number | null,
  others: readonly string[] = [],
): Promise<Outage> {
  const further = others.map((order) => ({ ...oneOperation, order }));
  const scene = await openScene(cluster, oneOperation, { stock: String(wireMetres), others: further });
  const { world, site, session } = scene;
  const ports = { store: world.store, site, clock: systemClock, erp, session };
  const heard: Outage["heard"] = async (at = systemClock.now()) =>
    (await heardOf({ ...ports, clock: { ...systemClock, now: () => at } })) !== null;
  const question: Outage["question"] = async (document = "") => {
    const [row] = await world.sql(
      "select id, version, text from question where state = 'open' and subject like '%' || $1 order by id",
      [document],
    );
    return { question: Number(row?.["id"]), version: Number(row?.["version"]), text: String(row?.["text"]) };
  };
  const waiting: Outage["waiting"] = async (kind = "confirmation") => {
    const rows = await world.sql(
      "select id from posting where kind = $1 and state not in ('dismissed', 'confirmed') order by ordinal",
      [kind],
    );
    return rows.map((row) => String(row["id"]));
  };
  if (lastHeardHours !== null) await heard(instant(systemClock.now() - Math.round(lastHeardHours * hour)));
  return {
    scene,
    ports,
    heard,
    look: async () => unwrap(await lookAfterOutage(ports, new AbortController().signal)),
    question,
    waiting,
    standBack: async ({ postings, document, person = "p-1" } = {}) => {
      const { question: id, version } = await question(document);
      const named = postings ?? (await waiting());
      return standBackFor(scene.ports, { ...by(version, person), question: id, postings: named });
    },
    somethingElse: async (person = "p-1") => {
      const { question: id, version } = await question();
      return isSomethingElse(scene.ports, { ...by(version, person), question: id });
    },
    wireLeft: () => {
      const place = { material: "WIRE", plant: "1010", storageLocation: "101C", batch: "" };
      return Number(scene.erp.books.stock.on(place)) / 1e6;
    },
    close: () => scene.close(),
  };
}
