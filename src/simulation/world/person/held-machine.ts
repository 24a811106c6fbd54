/** A machine is held, because what is kept of it cannot be read: after a while somebody gives that up, and it is begun anew. */
import { beginAnewFrom } from "../../../flows/begin-anew.ts";
import { sourceOfKept } from "../../../record/kept-subject.ts";
import type { QuestionColumns } from "../../store/schema/shop-floor.ts";
import { click, type ClickPorts } from "./click.ts";
import type { Site } from "../../../site/site.ts";

export interface HeldPorts extends ClickPorts {
  readonly site: Site;
  /** A person is about to say so. */
  readonly deciding: (machine: string) => void;
  /** A person was told that it was begun anew. */
  readonly begun: (machine: string) => void;
}

/** So long somebody tries to have it put back. */
const patienceMs = 15 * 60_000;

export function isHeldAsked({ state, subject }: Pick<QuestionColumns, "state" | "subject">): boolean {
  return state === "open" && sourceOfKept(subject) !== null;
}

export async function beginHeldAnew(ports: HeldPorts, row: QuestionColumns): Promise<void> {
  const { id, version, subject, asked_at: since } = row;
  const isPatient = ports.chance.fork(`held ${id}/${version}`).chance(0.5);
  if (isPatient && ports.clock.now() - since < patienceMs) return;
  const machine = sourceOfKept(subject) ?? "";
  ports.deciding(machine);
  const seen = { id: `anew/${id}/${version}`, version, reason: "It cannot be put back." };
  const done = await click(ports, seen, (store, command) =>
    beginAnewFrom({ ...ports, store }, { ...command, question: id }),
  );
  if (!done) return;
  ports.begun(machine);
  ports.did("begin-anew");
}
