/** `millrace reconcile`: what the ERP has against what was counted, as signed evidence. */
import { systemClock } from "../base/clock.ts";
import { checkEvidence } from "../app/evidence.ts";
import { reconcileRunning, type ReconcileAnswer } from "../app/reconcile.ts";
import { differenceClasses } from "../record/reconciliation.ts";
import { isLocalDate } from "../base/instant.ts";
import { misuse, notADay, readArguments, tell, text, type Arguments, type Command } from "./command.ts";

const usage =
  "reconcile [--order NUMBER] [--day YYYY-MM-DD] [--material ID] [--data DIR] [--out FILE] [--json] | --verify FILE [--data DIR]";

export const command: Command = {
  usage: usage.slice("reconcile ".length),
  purpose:
    "Compares the ERP's documents with ledger and counters; writes signed evidence. Ends with 0 only when nothing is unexplained.",
  async run(args) {
    const string = { type: "string" } as const;
    const options = { order: string, day: string, material: string, data: string, out: string, verify: string };
    const given = readArguments(args, { options: { ...options, json: { type: "boolean" } }, usage, places: 0 });
    if (!given) return 2;
    const day = text(given.values["day"]);
    if (day !== null && !isLocalDate(day)) return misuse(usage, notADay(day));
    const file = text(given.values["verify"]);
    return file === null ? compare(given) : verify(file, text(given.values["data"]));
  },
};

async function compare({ values }: Arguments): Promise<number> {
  const isQuiet = values["json"] === true;
  const question = {
    order: text(values["order"]),
    day: text(values["day"]),
    material: text(values["material"]),
  };
  const compared = await reconcileRunning({
    data: text(values["data"]) ?? "data",
    question,
    out: text(values["out"]),
    clock: systemClock,
    progress: (line) => void (isQuiet || console.error(line)),
  });
  if (!compared.ok) return tell(compared.fault);
  if (isQuiet) console.log(JSON.stringify(compared.value));
  else for (const line of told(compared.value)) console.log(line);
  const { unexplained, notCompared } = compared.value.summary;
  return unexplained === 0 && notCompared === 0 ? 0 : 1;
}

function* told({ scope, summary, findings, files, fingerprint, isNewKey }: ReconcileAnswer): Generator<string> {
  const { unexplained, orders, lines, documents, notCompared, counts } = summary;
  yield `unexplained = ${unexplained}`;
  yield `${scope}: ${orders} orders, ${lines} lines, ${documents} documents of the ERP`;
  if (notCompared > 0) yield `${notCompared} orders could not be compared: the evidence says why`;
  for (const name of differenceClasses) if (counts[name] > 0) yield `  ${name}: ${counts[name]}`;
  for (const { order, line, amount, unit, because } of findings)
    yield `  order ${order}, ${line}: ${amount} ${unit}: ${because}`;
  if (findings.length < unexplained) yield `  and ${unexplained - findings.length} more: see the evidence`;
  for (const file of files) yield `evidence: ${file}`;
  yield `signed by ${fingerprint}`;
  if (isNewKey) yield "That is a new key: write its fingerprint down, and keep a copy of evidence-key.pem";
}

async function verify(file: string, data: string | null): Promise<number> {
  const checked = await checkEvidence(file, data);
  if (!checked.ok) return tell(checked.fault);
  const { fingerprint, key } = checked.value;
  console.log(`${file} is as it was signed by ${fingerprint}.`);
  switch (key) {
    case "not-asked":
      return 0;
    case "own":
      console.log("That is the key of this installation.");
      return 0;
    case "another":
      console.error("That is NOT the key of this installation. Before a restore it may have had another one: compare.");
      return 1;
    case "none":
      console.error(`${data} holds no key of an installation: compare the fingerprint with what was written down.`);
      return 1;
  }
}
