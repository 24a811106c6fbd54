/**
 * The controls of the simulated machines, as a person would find them at the machines: stop and go on, a set-up that
 * goes wrong, counters set to zero, the network cable. Shows what the machines are and decides nothing.
 */
import type { Clock } from "../../base/clock.ts";
import { button, html, type Html } from "../page/html.ts";
import type { Page, PageAction } from "../page/server.ts";
import { jobStateName } from "./job-list.ts";
import { machineState } from "./profile.ts";
import type { MachineServer, SimulatedMachine } from "./server.ts";

export interface MachinePage extends Page {
  /** Takes back what is only for a while. */
  close(): Promise<void>;
}

const unpluggedMs = 10_000;
const stateNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(machineState).map(([name, number]) => [number, name]),
);

export function machinePage(lines: readonly MachineServer[], clock: Clock): MachinePage {
  const ended = new AbortController();
  const pauses: Promise<void>[] = [];
  return {
    path: "/machines",
    title: "Simulated machines",
    actions: actionsOf(lines, (line) => {
      pauses.push(clock.sleep(unpluggedMs, ended.signal).then(() => line.plugIn()));
    }),
    body: () => html`${lines.map(lineTable)}`,
    close: async () => {
      ended.abort();
      await Promise.all(pauses);
    },
  };
}

function actionsOf(
  lines: readonly MachineServer[],
  plugInLater: (line: MachineServer) => void,
): Readonly<Record<string, PageAction>> {
  const at =
    (act: (machine: SimulatedMachine, name: string) => string): PageAction =>
    (form) => {
      const name = form.get("machine") ?? "";
      const machine = lines.flatMap((line) => line.machines).find((m) => m.machine.profile.name === name);
      return machine ? act(machine, name) : `There is no machine ${name}.`;
    };
  const breakNext = (fault: "refuses" | "drifts", done: string): PageAction =>
    at((machine, name) =>
      machine.breakNextSetup(fault) ? `The next set-up of ${name} ${done}, once.` : `${name} has nothing to set up.`,
    );
  return {
    stop: at((machine, name) => {
      machine.halt();
      return `${name} stands still, and says nothing about why.`;
    }),
    "go-on": at((machine, name) => {
      machine.goOn();
      return `${name} goes on.`;
    }),
    "refuse-setup": breakNext("refuses", "is refused by the machine"),
    "drift-setup": breakNext("drifts", "reads back other than it was written"),
    "zero-counters": at((machine, name) => {
      machine.zeroCounters();
      return `Somebody has set the counters of ${name} to zero.`;
    }),
    unplug: async (form) => {
      const line = lines[Number(form.get("line"))];
      if (!line) return "There is no such cable.";
      if (!line.isPluggedIn) return "That cable is out already.";
      await line.unplug();
      plugInLater(line);
      return `The cable of ${names(line)} is out for ${unpluggedMs / 1000} s; the machines work on.`;
    },
  };
}

function lineTable(line: MachineServer, index: number): Html {
  const state = line.isPluggedIn ? html`connected` : html`<span class="bad">cable out</span>`;
  return html` <h2>${names(line)}</h2>
    <p><code>${line.endpointUrl}</code> ${state}</p>
    <table>
      <tr>
        <th>Machine</th>
        <th>State</th>
        <th>Job</th>
        <th class="n">Good in this run</th>
        <th class="n">Counter</th>
        <th>List</th>
        <th></th>
      </tr>
      ${line.machines.map(machineRow)}
    </table>
    <p>${button("/machines/unplug", "Pull the network cable for 10 s", { line: String(index) })}</p>`;
}

function machineRow(simulated: SimulatedMachine): Html {
  const { machine } = simulated;
  const { name } = machine.profile;
  const run = machine.runs.at(-1);
  const open = run?.endedAt === null ? run : null;
  const values = { machine: name };
  const list = machine.jobs.all.map(({ content, state }) => html`${content.id} ${jobStateName[state]}<br />`);
  return html`<tr id="machine-${name}">
    <td>${name}</td>
    <td>
      ${machine.isHalted ? html`<span class="bad">${stateNames[machine.state] ?? ""}</span>` : (stateNames[machine.state] ?? "")}
    </td>
    <td>${open?.job ?? ""}</td>
    <td class="n">${open ? `${open.good} of ${open.ordered}` : ""}</td>
    <td class="n">${simulated.value("Counters/Good") ?? ""}</td>
    <td class="quiet">${list}</td>
    <td>
      ${machine.isHalted ? button("/machines/go-on", "Go on", values) : button("/machines/stop", "Stop", values)}
      ${button("/machines/drift-setup", "Next set-up drifts", values)}
      ${button("/machines/refuse-setup", "Next set-up is refused", values)}
      ${button("/machines/zero-counters", "Counters to zero", values)}
    </td>
  </tr>`;
}

function names(line: MachineServer): string {
  return line.machines.map(({ machine }) => machine.profile.name).join(" and ");
}
