/** What this process tells whoever watches it: its status as readiness and as gauges. */
import { metrics, type Gauge, type Labels, type Metrics } from "../api/server/metric.ts";
import type { Status } from "./status.ts";

export interface Watch {
  readonly metrics: Metrics;
  /** What is not in order, for a person. @throws while the database does not answer */
  readonly waits: () => Promise<readonly string[]>;
  readonly onAnswer: (route: string, method: string, status: number, ms: number) => void;
  readonly onRefused: (code: string) => void;
}

const secondsBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function watchOf(status: () => Promise<Status>, streamClients: () => number): Watch {
  const registry = metrics();
  const answers = registry.counter("millrace_http_answers_total", "Answers of the HTTP port.");
  const seconds = registry.histogram("millrace_http_answer_seconds", "How long answers took.", secondsBounds);
  const refused = registry.counter("millrace_sign_in_refused_total", "Sign-ins that were refused.");
  registry.gauges(async () => gaugesOf(await status()));
  registry.gauges(() => Promise.resolve([gauge("millrace_stream_clients", "Screens that listen.", streamClients())]));
  registry.gauges(() => Promise.resolve(processGauges()));
  return {
    metrics: registry,
    waits: async () => waitsOf(await status()),
    onAnswer: (route, method, code, ms) => {
      answers({ route, method, status: String(code) });
      // A stream lasts as long as somebody looks.
      if (!route.endsWith("/stream")) seconds({ route, method }, ms / 1000);
    },
    onRefused: (code) => refused({ code }),
  };
}

function waitsOf(status: Status): readonly string[] {
  return [
    ...status.machines.filter((m) => !m.connected).map((m) => `machine ${m.id} is not connected`),
    ...status.machines.filter((m) => m.held).map((m) => `machine ${m.id} is held: what is kept of it cannot be read`),
    ...status.erps.filter((e) => !e.reached).map((e) => `ERP ${e.id} is not reached`),
    ...(status.bufferFault === null ? [] : [status.bufferFault]),
    ...(status.recovering ? ["recovery after a restore is not over"] : []),
  ];
}

function gaugesOf(status: Status): readonly Gauge[] {
  const { outbox } = status;
  const postings = Object.entries(outbox).map(([state, value]) => ({ labels: { state }, value }));
  const machine = (read: (m: Status["machines"][number]) => number): readonly { labels: Labels; value: number }[] =>
    status.machines.map((m) => ({ labels: { machine: m.id }, value: read(m) }));
  const erps = status.erps.map((e) => ({ labels: { erp: e.id }, value: e.reached ? 1 : 0 }));
  return [
    gauge("millrace_ready", "1 while every ERP and machine is reached.", status.ready ? 1 : 0),
    gauge("millrace_recovering", "1 after a restore, until everything was asked.", status.recovering ? 1 : 0),
    { name: "millrace_postings", help: "Postings that are not settled, by state.", values: postings },
    gauge("millrace_buffer_damaged", "1 when the buffer is damaged.", status.bufferFault === null ? 0 : 1),
    gauge("millrace_buffered_batches", "Batches that are durable and no facts yet.", status.buffered),
    gauge("millrace_instructions_open", "Instructions to machines on their way.", status.instructions),
    gauge("millrace_quarantine", "What stands in quarantine.", status.quarantine),
    gauge("millrace_questions", "Questions that wait for a person.", status.questions),
    {
      name: "millrace_machine_connected",
      help: "1 while a machine is connected.",
      values: machine((m) => (m.connected ? 1 : 0)),
    },
    {
      name: "millrace_machine_held",
      help: "1 while samples of a machine wait, because what is kept of it cannot be read.",
      values: machine((m) => (m.held ? 1 : 0)),
    },
    {
      name: "millrace_machine_samples_per_second",
      help: "Samples that a machine delivers.",
      values: machine((m) => m.samplesPerSecond),
    },
    {
      name: "millrace_machine_gaps_unfilled",
      help: "Gaps since the process began in which something that a machine said may be missing: its history did not fill them, and not every item stood afterwards as it stood before.",
      values: machine((m) => m.unfilledGaps),
    },
    {
      name: "millrace_machine_samples_lost",
      help: "Samples that had no room at the gateway, since the process began; they lie in a gap.",
      values: machine((m) => m.lostSamples),
    },
    {
      name: "millrace_erp_reached",
      help: "1 while an ERP's orders were pulled the last time; 0 before its first answer too.",
      values: erps,
    },
  ];
}

function processGauges(): readonly Gauge[] {
  const { user, system } = process.cpuUsage();
  return [
    gauge("process_cpu_seconds", "Processor time so far.", (user + system) / 1e6),
    gauge("process_resident_memory_bytes", "Memory in use.", process.memoryUsage.rss()),
    gauge("process_uptime_seconds", "Since the process began.", process.uptime()),
  ];
}

function gauge(name: string, help: string, value: number): Gauge {
  return { name, help, values: [{ labels: {}, value }] };
}
