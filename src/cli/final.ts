/** `millrace final`: a person decides that an operation is final, or takes that back. */
import { giveFinal, type FinalAnswer } from "../app/ask.ts";
import { randomId } from "../base/id.ts";
import { misuse, readArguments, tell, text, type Command } from "./command.ts";

const usage = "final ORDER OPERATION --because TEXT [--reopen] [--data DIR] [--person KEY] [--id ID] [--json]";

/** Whoever may read the data directory and does not say more. */
const somebody = "console";

export const command: Command = {
  usage: "ORDER OPERATION --because TEXT [--reopen] [--data DIR] [--person KEY] [--id ID] [--json]",
  purpose:
    "Decides that nothing more is made for an operation: the ERP gets its final confirmation. --reopen takes it back.",
  async run(args) {
    const string = { type: "string" } as const;
    const boolean = { type: "boolean" } as const;
    const options = { because: string, data: string, person: string, id: string, reopen: boolean, json: boolean };
    const given = readArguments(args, { options, usage, places: 2 });
    const [order, operation] = given?.positionals ?? [];
    const reason = given && text(given.values["because"]);
    if (!given) return 2;
    if (order === undefined || operation === undefined) return misuse(usage, "Name order and operation.");
    if (!reason) return misuse(usage, "Say why with --because.");
    const { values } = given;
    const outcome = await giveFinal(text(values["data"]) ?? "data", {
      id: text(values["id"]) ?? randomId(),
      order,
      operation,
      person: text(values["person"]) ?? somebody,
      reason,
      reopen: values["reopen"] === true,
    });
    if (!outcome.ok) return tell(outcome.fault);
    console.log(values["json"] === true ? JSON.stringify(outcome.value) : sentence(outcome.value));
    return 0;
  },
};

function sentence({ state, order, segment, covers, key, already, doubts }: FinalAnswer): string {
  const where = `Operation ${segment} of order ${order}`;
  if (state === "open") return `${where} is open again. What came meanwhile is posted now.`;
  if (state === "reopening") return `${where} is being reopened: the ERP is told first. See it with: millrace status`;
  if (already) return `${where} is final already.`;
  const others = covers.filter((one) => one !== segment);
  const told = key === null ? "" : ` The ERP gets final confirmation ${key} when everything before it is settled.`;
  const also = others.length > 0 ? ` So are the operations that it covers: ${others.join(", ")}.` : "";
  const open =
    doubts > 0 ? ` ${doubts} amounts of it wait for a decision and are not posted as long as it is final.` : "";
  return `${where} is final.${also}${told}${open}`;
}
