/**
 * A counter has risen by more than a step, because what it showed meanwhile is held up. Somebody who was there says how many
 * pieces were made since it was heard last: they know which run the machine was in, and what it can have made.
 */
import { whole } from "../../../base/quantity.ts";
import { countByPerson } from "../../../flows/decide-question.ts";
import type { CounterDoubt } from "../../../record/counter-answer.ts";
import type { Site } from "../../../site/site.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { run, type QuestionColumns } from "../../store/schema/shop-floor.ts";
import type { SaidPieces } from "../happened.ts";
import { click, type ClickPorts } from "./click.ts";

export interface LeapPorts extends ClickPorts {
  readonly site: Site;
  readonly database: MemoryDatabase;
  readonly decided: (said: { readonly what: "said-pieces" } & SaidPieces) => void;
}

const micro = 1_000_000n;
/** More than a machine makes unheard; another counter shows more beside the one that it has replaced. */
const leapMax = 10_000n * micro;

/** Some are left for tomorrow. */
export async function sayPieces(ports: LeapPorts, row: QuestionColumns): Promise<void> {
  const leap = leapOf(ports, row);
  const { id, version } = row;
  if (!leap || !ports.chance.fork(`leap ${id}`).chance(0.8)) return;
  const seen = { id: `leap/${id}/${version}`, version, reason: "Counted in the box." };
  const units = [{ grade: "good", quantity: whole(leap.pieces, "C62") }] as const;
  const done = await click(ports, seen, (store, command) =>
    countByPerson({ ...ports, store }, { ...command, question: id, units }),
  );
  if (!done) return;
  ports.decided({ what: "said-pieces", ...leap });
  ports.did("say-pieces");
}

/** Null: it is about something else, or nobody can say. */
function leapOf({ database }: LeapPorts, { state, about }: QuestionColumns): SaidPieces | null {
  // Written by collection.
  const { rule, run: id, at, value, source, stood } = about as unknown as Partial<CounterDoubt>;
  if (state !== "open" || rule !== "good" || !id || at === undefined || value === undefined || !source) return null;
  const since = stood?.since;
  const row = database.row(run, id);
  if (!stood || since === undefined || !row || row.started_at > since) return null;
  const made = BigInt(value) - BigInt(stood.value);
  return made > 0n && made < leapMax ? { machine: source, since, at, pieces: Number(made / micro) } : null;
}
