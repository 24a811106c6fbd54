/** `millrace status`: how the running process is. */
import { askStatus } from "../app/ask.ts";
import { machineWorkOf, summaryOf, type MachineStatus } from "../app/status.ts";
import { misuse, noData, readArguments, tell, text, type Command } from "./command.ts";

const usage = "status --data DIR [--json]";

export const command: Command = {
  usage: "--data DIR [--json]",
  purpose: "Tells how the process running on a data directory is, and what waits.",
  async run(args) {
    const given = readArguments(args, {
      options: { data: { type: "string" }, json: { type: "boolean" } },
      usage,
      places: 0,
    });
    const data = given && text(given.values["data"]);
    if (!given) return 2;
    if (!data) return misuse(usage, noData);
    const asked = await askStatus(data);
    if (!asked.ok) return tell(asked.fault);
    const status = asked.value;
    if (given.values["json"] === true) {
      console.log(JSON.stringify(status));
      return 0;
    }
    for (const machine of status.machines) {
      if (machine.held) console.log(`machine ${machine.id}: held. ${machine.fault ?? ""}`);
      const state = machine.connected
        ? `connected, ${machine.samplesPerSecond} samples/s, last ${machine.lastSampleAt ?? "none"}`
        : `not connected${machine.held ? "" : `: ${machine.fault ?? "connecting"}`}`;
      console.log(`machine ${machine.id}: ${state}${machine.backfilling ? ", reading history" : ""}`);
      if (machine.unfilledGaps > 0) console.log(`machine ${machine.id}: ${missed(machine)}`);
    }
    for (const erp of status.erps) console.log(`ERP ${erp.id}: ${erp.fault ?? "in order"}`);
    console.log(machineWorkOf(status));
    const { pending, inDoubt, refused, parked } = status.outbox;
    console.log(`postings: ${pending} to send, ${inDoubt} in doubt, ${refused} refused, ${parked} parked`);
    if (status.bufferFault !== null) console.log(`buffer: ${status.bufferFault}`);
    for (const { order, operation, state, waits } of status.finals)
      console.log(`${state}: order ${order}, operation ${operation}: ${waits}`);
    console.log(`for people: ${status.quarantine} in quarantine, ${status.questions} questions`);
    if (status.reconcile)
      console.log(`compared with the ERP: ${status.reconcile.at}, unexplained = ${status.reconcile.unexplained}`);
    console.log(summaryOf(status));
    return 0;
  },
};

function missed({ unfilledGaps, lostSamples }: MachineStatus): string {
  const gaps = `${unfilledGaps} ${unfilledGaps === 1 ? "gap" : "gaps"} since the start in which something may be missing`;
  return lostSamples === 0 ? gaps : `${gaps}; ${lostSamples} samples had no room at the gateway`;
}
