/** What machines really made is stated, once, and from what they said. */
import { instant } from "../../../base/instant.ts";
import type { SampleBatch } from "../../../record/sample-batch.ts";
import { sampleId, type Sample } from "../../../record/sample.ts";
import { fact, question, run, sampleSetAside, type RunColumns } from "../../store/schema/shop-floor.ts";
import type { KeptLoss } from "../happened.ts";
import type { SimulatedMachine } from "../machine.ts";
import { items, numberedItems, type RunTruth } from "../machine-work.ts";
import { checkBegunAnew, isConcerned, lossOf } from "./begun-anew.ts";
import type { Read } from "./read-run.ts";
import { readMachine } from "./reading.ts";
import type { AtRest } from "./scene.ts";
import { countedInRun, type Made } from "./stated.ts";
import { withJobsAsTold } from "./told-again.ts";
import { checkUnheard } from "./unheard.ts";

const micro = 1_000_000n;
/** What comes later than the map allows is kept and named; nothing else may be left unread. */
const mayBeSetAside = /^It came so late/;
/** Where the machine's clock was set back, also what it remembers of that time. */
const mayBeSetAsideToo = /^The machine's clock was set back|^Its time was settled already/;
const shownTwice = /^The machine's clock was set back/;

/** What gateways have heard, machine by machine. */
export function heardOf({ disks }: Pick<AtRest, "disks">): Heard {
  return Map.groupBy(
    disks.flatMap((disk) => disk.rows),
    (row) => row.source,
  );
}

export type Heard = ReadonlyMap<string, readonly SampleBatch[]>;

/** @returns what a simple reader makes of what was heard */
export function checkMachine(
  world: AtRest,
  machine: SimulatedMachine,
  all: Heard,
  made: ReadonlyMap<string, Made>,
): Read["runs"] {
  const { database, complain } = world;
  const { id, hasHistory } = machine.plan;
  const loss = lossOf(world, id);
  const { aside, twofold, unread } = readSetAside(world, machine, loss);
  const rows = all.get(id) ?? [];
  const heard = world.isRestored ? machine.said : rows.flatMap((row) => row.samples);
  // Of a clock that was set back something is told live that was set aside when it was remembered.
  const live = rows.flatMap((row) =>
    row.fromHistory ? [] : row.samples.filter(({ at }) => machine.saidAgain.has(at)),
  );
  const shownAgainAt = Math.min(...live.map(({ receivedAt }) => receivedAt));
  const told = rows.flatMap((row) => row.samples.filter((one) => one.receivedAt <= shownAgainAt));
  // An identity costs more than all else here, and of most machines nothing was set aside.
  const readBefore = twofold.size === 0 ? [] : told.filter((one) => twofold.has(sampleId(id, one)));
  const notAside = aside.size === 0 ? heard : heard.filter((sample) => !aside.has(sampleId(id, sample)));
  const kept = [...notAside, ...live, ...readBefore].map((sample) => {
    return { ...sample, at: instant(machine.saidAgain.get(sample.at) ?? sample.at) };
  });
  const stated = new Map<string, RunColumns>();
  for (const row of database.rows(run)) {
    if (row.source === id && row.result !== "corrected") stated.set(`${row.job} ${row.started_at}`, row);
  }
  const isUnread = (one: Sample): boolean =>
    one.item === numberedItems.number && unread.has(one.at) && aside.has(sampleId(id, one));
  const numbers = new Set(unread.size === 0 ? [] : heard.filter(isUnread).map(({ at }) => at));
  const { runs, doubts } = readAsStated(
    world,
    machine,
    { samples: kept, heard, numbers, givenUp: loss?.position ?? 0 },
    stated,
  );
  const read = machine.setBackAt < Number.POSITIVE_INFINITY ? atStatedTimes(runs, [...stated.values()]) : runs;
  for (const one of read) {
    const row = stated.get(`${one.job} ${one.startedAt}`);
    if (row && row.outside !== one.isOutside)
      complain("made-is-stated", `${id}, ${one.job} at ${one.startedAt}: outside every run by one reading alone`);
    const sums = (row && made.get(row.id)) ?? { good: 0n, scrap: 0n };
    if (!row) complain("made-is-stated", `${id} has said that it did ${one.job} at ${one.startedAt}; no run says so`);
    else if (!isConcerned(loss, one) && !isSame(one, sums))
      complain(
        "made-is-stated",
        `${id} said ${one.good}+${one.scrap} of ${one.job}; stated are ${sums.good}+${sums.scrap}`,
      );
  }
  for (const one of read)
    if (!isConcerned(loss, one)) checkUse(world, machine, one, stated.get(`${one.job} ${one.startedAt}`));
  checkBegunAnew(world, machine, { rows, read }, stated, made);
  // Of a clock that was set back, and of a database that was, nobody can compare the times; what came too late is named.
  const isCompared = machine.plan.runsBy === "number" && machine.setBackAt === Number.POSITIVE_INFINITY;
  if (isCompared && !world.isRestored && aside.size === 0 && loss === null)
    checkUnheard(world, machine, { heard, read }, stated);
  if (read.length !== stated.size)
    complain("made-is-stated", `${id} did ${read.length} runs; stated are ${stated.size}`);
  if (doubts > 0 && ![...database.rows(question)].some(({ subject }) => subject.startsWith(`${id}/`)))
    complain("doubts-asked", `${doubts} values of ${id} cannot be told; nobody is asked`);
  // What it remembers of a time that it showed twice is not read.
  if (hasHistory && machine.setBackAt === Number.POSITIVE_INFINITY)
    compareWithTruth(world, machine, read, { unread, isAllTold: aside.size === 0 && doubts === 0 });
  return read;
}

/** Where it can be read in more than one way: the one with the runs that are stated. What was made in them is compared after that. */
function readAsStated(
  world: AtRest,
  machine: SimulatedMachine,
  of: Parameters<typeof withJobsAsTold>[2],
  stated: ReadonlyMap<string, RunColumns>,
): Read {
  const said = world.happened.decisions.flatMap((one) =>
    one.what === "said-pieces" && one.machine === machine.plan.id ? [one] : [],
  );
  const read = (samples: readonly Sample[]): Read => readMachine(samples, machine.plan, machine.scrapIsGoodFrom, said);
  if (of.numbers.size === 0) return read(of.samples);
  const ways = withJobsAsTold(world, machine, of);
  const isStated = ({ runs }: Read): boolean =>
    runs.length === stated.size && runs.every(({ job, startedAt }) => stated.has(`${job} ${startedAt}`));
  return ways.map(read).find(isStated) ?? read(ways[0]);
}

interface SetAside {
  /** Ids of what was not read. */
  readonly aside: ReadonlySet<string>;
  /** What is set aside so was read when it was told before that; what it remembers of it cannot be told apart from that. */
  readonly twofold: ReadonlySet<string>;
  /** When it said, up to where it was given up, what reached us only after that: it is named, and no run begins with it. */
  readonly unread: ReadonlySet<number>;
}

/** What is kept of the machine's values and was not read; complains of what nothing accounts for. */
function readSetAside({ database, complain }: AtRest, machine: SimulatedMachine, loss: KeptLoss | null): SetAside {
  const { id } = machine.plan;
  // What is told again of what was given up nobody here knows any more: it was read.
  const given = new Set(loss?.samples.map((sample) => sampleId(id, sample)));
  const aside = new Set<string>();
  const twofold = new Set<string>();
  const unread = new Set<number>();
  for (const row of database.find(sampleSetAside, "source", id)) {
    const isGiven = given.has(row.id);
    if (!isGiven) aside.add(row.id);
    if (loss !== null && !isGiven && row.at <= loss.position) unread.add(row.at);
    const isTwofold = (isGiven || machine.setBackAt < Number.POSITIVE_INFINITY) && mayBeSetAsideToo.test(row.why);
    if (shownTwice.test(row.why)) twofold.add(row.id);
    if (!isTwofold && !mayBeSetAside.test(row.why))
      complain("made-is-stated", `a value of ${row.item} was set aside: ${row.why}`);
  }
  return { aside, twofold, unread };
}

function isSame({ good, scrap }: Read["runs"][number], sums: Made): boolean {
  return sums.good === BigInt(good) * micro && sums.scrap === BigInt(scrap) * micro;
}

/** Runs of a machine whose clock was set back are known by their order: it hangs on what was heard before when each begins. */
function atStatedTimes(runs: Read["runs"], stated: readonly RunColumns[]): Read["runs"] {
  const inOrder = stated.toSorted((a, b) => a.started_at - b.started_at);
  return runs.map((one, i) => {
    const row = inOrder[i];
    return row?.job === one.job ? { ...one, startedAt: row.started_at } : one;
  });
}

function checkUse(
  { database, complain }: AtRest,
  { plan }: SimulatedMachine,
  one: Read["runs"][number],
  row: RunColumns | undefined,
): void {
  const stated = row ? countedInRun(database, row.id) : new Map<string, bigint>();
  for (const { material } of plan.slots) {
    const said = one.used.get(material) ?? 0;
    if ((stated.get(material) ?? 0n) !== BigInt(said) * micro)
      complain(
        "made-is-stated",
        `${plan.id} said that ${one.job} used ${said} of ${material}; stated are ${stated.get(material) ?? 0n}`,
      );
  }
}

/**
 * What a machine remembers reaches us whatever happens in between.
 *
 * @param of  `unread`: when it said what is set aside by name, because all of that time was given up before it came;
 *            `isAllTold`: nothing came too late, and there is no doubt; else, where counts were held up, runs that were over before are compared
 */
function compareWithTruth(
  world: AtRest,
  machine: SimulatedMachine,
  read: Read["runs"],
  { unread, isAllTold }: { readonly unread: ReadonlySet<number>; readonly isAllTold: boolean },
): void {
  // With neither name nor number it is nobody's; with another counter it is asked about.
  const isTold = (job: string): boolean => job !== "" || machine.plan.runsBy === "number";
  const rushedAt = (isAllTold ? undefined : world.happened.rushed.get(machine.plan.id)) ?? Number.POSITIVE_INFINITY;
  const toldUntil = Math.min(machine.replacedAt, rushedAt);
  const told = machine.runs.filter((one) => isTold(one.job) && one.endedAt < toldUntil);
  // Of a run whose end is not read the next one may be a part; and what named it may have been said before it began.
  const names = machine.plan.runsBy === "number" ? [numberedItems.number, numberedItems.job] : [items.job];
  const isNamed = (at: number): boolean =>
    names.every((name) => !unread.has(machine.said.findLast((one) => one.item === name && one.at <= at)?.at ?? at));
  const isRead = ({ startedAt, endedAt }: RunTruth): boolean => isNamed(startedAt) && !unread.has(endedAt);
  const truths = told.filter(isRead).map(inShort);
  const found = read.map(inShort);
  for (const truth of truths) {
    if (!found.includes(truth))
      world.complain("made-is-stated", `${machine.plan.id} really did ${truth}; it was not read so`);
  }
}

function inShort({ job, startedAt, good, scrap, used }: Omit<RunTruth, "isOutside" | "endedAt">): string {
  const amounts = [...used].filter(([, amount]) => amount > 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${job} ${startedAt}: ${good}+${scrap} ${amounts.map(([material, amount]) => `${amount} of ${material}`).join(", ")}`;
}

export function checkEvidence({ database, machines, complain }: AtRest): void {
  const said = new Set(machines.flatMap((machine) => machine.said.map((sample) => sampleId(machine.plan.id, sample))));
  for (const row of database.rows(fact)) {
    // A gap is seen by the gateway, not said by the machine.
    if (row.said_by.by !== "machine" || row.rule.startsWith("gap/")) continue;
    if (row.evidence.length === 0) complain("facts-evident", `fact ${row.id} (${row.rule}) names no evidence`);
    const wrong = row.evidence.find((one) => !said.has(one.id));
    if (wrong)
      complain("facts-evident", `fact ${row.id} (${row.rule}) names a value of ${wrong.item} that was never said`);
  }
}
