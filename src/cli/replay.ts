/** `millrace replay`: a recorded day read again, as it was or with another map. Writes nothing. */
import { replayRecorded, type ReplayAnswer } from "../app/replay.ts";
import { isLocalDate } from "../base/instant.ts";
import { misuse, notADay, readArguments, tell, text, type Command } from "./command.ts";

const usage = "replay --day YYYY-MM-DD [--map FILE] [--site DIR] [--data DIR] [--json]";

export const command: Command = {
  usage: usage.slice("replay ".length),
  purpose:
    "Reads a recorded day again, with the site's maps or another one, and shows which facts and postings would differ.",
  async run(args) {
    const string = { type: "string" } as const;
    const options = { day: string, map: string, site: string, data: string, json: { type: "boolean" } } as const;
    const given = readArguments(args, { options, usage, places: 0 });
    const day = given && text(given.values["day"]);
    if (!given) return 2;
    if (!day) return misuse(usage, "Name the day with --day.");
    if (!isLocalDate(day)) return misuse(usage, notADay(day));
    const { values } = given;
    const replayed = await replayRecorded({
      data: text(values["data"]) ?? "data",
      day,
      site: text(values["site"]),
      map: text(values["map"]),
    });
    if (!replayed.ok) return tell(replayed.fault);
    if (values["json"] === true) console.log(JSON.stringify(replayed.value));
    else for (const line of told(replayed.value)) console.log(line);
    return replayed.value.isIdentical ? 0 : 1;
  },
};

/** The answer in lines, for a person. */
export function* told({ day, isRecorded, isIdentical, ...of }: ReplayAnswer): Generator<string> {
  const { samples, facts, postings, seconds, timesRealTime, sources, orders } = of;
  if (!isRecorded) {
    yield `${day}: no machine has said anything on that day, and no fact by a machine is recorded of it. There is nothing to compare.`;
    return;
  }
  yield `${day}: ${samples} samples read again in ${seconds.toFixed(1)} s, ${timesRealTime} times real time`;
  yield isIdentical
    ? `${facts} facts and ${postings} postings are equal byte by byte`
    : `${facts} facts and ${postings} postings were compared; they differ:`;
  for (const { source, differing, holdsTheSame, sums, differences } of sources) {
    if (differing === 0) continue;
    const same = holdsTheSame ? "; what holds is the same, only the way there or the map's version differs" : "";
    yield `  ${source}: ${differing} statements differ${same}`;
    for (const { job, what, unit, recorded, replayed } of sums)
      yield `    job ${job}: ${what} ${recorded} ${unit} recorded, ${replayed} ${unit} now`;
    if (sums.length === 0 && !holdsTheSame)
      for (const { at, was, now } of differences) yield `    ${at}: ${was ?? "nothing"} → ${now ?? "nothing"}`;
  }
  for (const { order, postings: told, bill } of orders) {
    yield `  order ${order}:`;
    for (const { kind, key, was, now } of told)
      yield `    ${kind} ${key}: ${was ?? "not posted"} → ${now.length > 0 ? now.join(" and ") : "not posted"}`;
    for (const { operation, material, unit, recorded, replayed } of bill)
      yield `    use by bill of operation ${operation}: ${material} ${recorded} ${unit} → ${replayed} ${unit}`;
  }
}
