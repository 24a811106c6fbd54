/** What a proof run is asked to do, and how it is asked on the command line. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { killClasses, type KillClass } from "./kill-plan.ts";

export interface ProofOptions {
  /** Folder with day folders, orders.json and expected.json; null: the five days beside the peers. */
  readonly set: string | null;
  /** Only the first so many days; null for all. */
  readonly days: number | null;
  readonly kills: number;
  readonly killClasses: readonly KillClass[];
  readonly seed: number;
  readonly lostReplies: number;
  readonly restore: boolean;
  readonly sabotage: string | null;
  /** Times real time; 0 as fast as subscribers follow; null: chosen for what is to happen during the run. */
  readonly speed: number | null;
  /** How long the process under test may take to come to rest after the machine's last record. */
  readonly restSeconds: number;
}

export const plainProof: ProofOptions = {
  set: null,
  days: null,
  kills: 0,
  killClasses,
  seed: 1,
  lostReplies: 0,
  restore: false,
  sabotage: null,
  speed: null,
  restSeconds: 180,
};

export const proofUsage = `usage: npm run proof:komax -- [options]
  --set DIR           other days: a folder with day folders YYYY-MM-DD, orders.json and expected.json
  --days N            only the first N days
  --kills N           kill -9 the process N times while the machine runs
  --kill-class NAME   only at these points (repeatable): ${killClasses.join(", ")}
  --lost-replies N    lose the ERP's reply to N documents after it has committed them
  --seed S            of what is drawn: kills, points, replies (default 1)
  --restore           back up at half the run, restore into a new data directory after more has been posted
  --sabotage NAME     run a process that is broken on purpose; the proof has to fail
  --speed F           times real time; 0 is as fast as the machine can tell
  --rest SECONDS      how long it may take to come to rest at the end (default ${plainProof.restSeconds})`;

/** Options, or what is wrong with them, for a person. */
export function parseProofOptions(
  args: readonly string[],
): { readonly options: ProofOptions } | { readonly wrong: string } {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        set: { type: "string" },
        days: { type: "string" },
        kills: { type: "string" },
        "kill-class": { type: "string", multiple: true },
        "lost-replies": { type: "string" },
        seed: { type: "string" },
        restore: { type: "boolean" },
        sabotage: { type: "string" },
        speed: { type: "string" },
        rest: { type: "string" },
      },
    }));
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
  const wrong: string[] = [];
  const count = <T>(name: string, text: string | undefined, otherwise: T): number | T => {
    if (text === undefined) return otherwise;
    if (!/^\d+$/.test(text)) wrong.push(`--${name} wants a whole number, not "${text}"`);
    return Number(text);
  };
  const chosen = killClasses.filter((known) => values["kill-class"]?.includes(known) ?? true);
  const unknown = values["kill-class"]?.filter((name) => !killClasses.some((known) => known === name)) ?? [];
  if (unknown.length > 0) wrong.push(`--kill-class knows ${killClasses.join(", ")}, not ${unknown.join(", ")}`);
  const speed = values.speed === undefined ? null : Number(values.speed);
  if (speed !== null && !(speed >= 0)) wrong.push(`--speed wants a number from 0 on, not "${values.speed}"`);
  const options: ProofOptions = {
    set: values.set === undefined ? null : resolve(values.set),
    days: count("days", values.days, null),
    kills: count("kills", values.kills, plainProof.kills),
    killClasses: chosen,
    seed: count("seed", values.seed, plainProof.seed),
    lostReplies: count("lost-replies", values["lost-replies"], plainProof.lostReplies),
    restore: values.restore ?? false,
    sabotage: values.sabotage ?? null,
    speed,
    restSeconds: count("rest", values.rest, plainProof.restSeconds),
  };
  return wrong.length > 0 ? { wrong: wrong.join("\n") } : { options };
}
