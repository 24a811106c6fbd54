/** Five recorded days of a real wire machine as samples, by the readers of the machine peer; nothing where there is none. */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { instant } from "../../../base/instant.ts";
import type { Sample, SampleValue } from "../../../record/sample.ts";

const shared = resolve(process.env["MILLRACE_SHARED"] ?? join(import.meta.dirname, "../../../../../shared"));
export const recordedDays = join(shared, "data/machines/komax-alpha-565");
const peer = join(shared, "peers/komax-opcua");
/** Why there are none; false when there are. */
export const noRecordedDays: string | false =
  existsSync(recordedDays) && existsSync(peer) ? false : `the machine's files are not in ${shared}`;

/** Of the peer's modules, what is used here. */
interface TimedRecord {
  readonly sourceMs: number;
  readonly settleMs?: number;
}

interface Update {
  readonly values: Readonly<Record<string, unknown>>;
  readonly force?: readonly string[];
}

interface PeerMachine {
  apply(record: TimedRecord): { readonly update: Update };
  settle(): Update;
}

/** Every value that the machine shows, as a server tells it: changes and forced values, one source time per record. */
export async function readRecordedDays(): Promise<readonly Sample[]> {
  const load = (name: string): Promise<unknown> => import(pathToFileURL(join(peer, name)).href);
  // The peer's modules are plain JavaScript; their shape is stated above.
  const { buildTimeline } = (await load("timeline.mjs")) as { buildTimeline(folders: string[]): TimedRecord[] };
  const { Machine } = (await load("machine.mjs")) as { Machine: new () => PeerMachine };
  const folders = readdirSync(recordedDays).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name));
  const machine = new Machine();
  const shown = new Map<string, unknown>();
  const samples: Sample[] = [];
  const show = ({ values, force = [] }: Update, ms: number): void => {
    for (const [item, said] of Object.entries(values)) {
      const value = (said instanceof Date ? said.toISOString() : said) as SampleValue; // scalars otherwise
      if (!force.includes(item) && Object.is(shown.get(item), value)) continue;
      shown.set(item, value);
      samples.push({ item, at: instant(ms), receivedAt: instant(ms), status: 0, value, mark: "" });
    }
  };
  for (const record of buildTimeline(folders.map((name) => join(recordedDays, name)))) {
    show(machine.apply(record).update, record.sourceMs);
    if (record.settleMs !== undefined) show(machine.settle(), record.settleMs);
  }
  return samples;
}
