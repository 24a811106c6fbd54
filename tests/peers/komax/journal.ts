/**
 * Runs inside the machine's own process (`--import`) and writes down every call on its job order list with the
 * machine's verdict: also what no client can see from outside, i.e. refused stores and starts of a job that nobody had
 * stored. It listens only; the machine does not know that it is there. One JSON object per line goes to `JOB_JOURNAL`.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { JournalLine } from "./journal-line.ts";

interface StoredJob {
  readonly id: string;
  readonly state: number;
}

interface JobOrderArgument {
  readonly jobOrderID?: string;
  readonly description?: readonly unknown[] | null;
  readonly jobOrderParameters?:
    | readonly { readonly ID?: unknown; readonly iD?: unknown; readonly value?: unknown }[]
    | null;
}

interface JobOrderList {
  readonly list: readonly StoredJob[];
  readonly capacity: number;
  get(id: string): StoredJob | undefined;
  store(jobOrder: JobOrderArgument | null, state: number): bigint;
  command(name: string, id: string, before?: unknown): bigint;
}

interface JobEvents {
  readonly orders: JobOrderList;
  onJobEvent(event: JobEvent): void;
}

interface JobEvent {
  readonly type: string;
  readonly run: { readonly job: string; readonly article: string; readonly orderId: string; readonly id: number };
}

const file = process.env["JOB_JOURNAL"];
if (file === undefined) throw new Error("JOB_JOURNAL names no file");

const write = (line: JournalLine): void => appendFileSync(file, `${JSON.stringify(line)}\n`);
const peerModule = async (name: string): Promise<Record<string, unknown>> =>
  import(pathToFileURL(join(process.cwd(), name)).href);

// The peer has no types. What is used of it is named above; a peer that changed fails here or in the tests.
const { JobOrders } = (await peerModule("jobOrders.mjs")) as { JobOrders: { prototype: JobOrderList } };
const { JobControl } = (await peerModule("jobControl.mjs")) as { JobControl: { prototype: JobEvents } };
const noError = 1n;

const { store, command } = JobOrders.prototype;
JobOrders.prototype.store = function (this: JobOrderList, jobOrder, state) {
  const id = jobOrder?.jobOrderID ?? "";
  const known = this.get(id) !== undefined;
  const isFull = this.list.length >= this.capacity;
  const code = store.call(this, jobOrder, state);
  const refused = id === "" ? "no id" : known ? "id known" : isFull ? "list full" : "other";
  const verdict = code === noError ? "stored" : refused;
  write({ at: Date.now(), call: "store", id, parameters: parametersOf(jobOrder), verdict, size: this.list.length });
  return code;
};

JobOrders.prototype.command = function (this: JobOrderList, name, id, before) {
  const from = this.get(id)?.state ?? null;
  const code = command.call(this, name, id, before);
  const to = this.get(id)?.state ?? null;
  write({ at: Date.now(), call: "command", name, id, from, to, done: code === noError, size: this.list.length });
  return code;
};

const { onJobEvent } = JobControl.prototype;
JobControl.prototype.onJobEvent = function (this: JobEvents, event) {
  if (event.type === "started") {
    const { job, article, orderId: id } = event.run;
    write({
      at: Date.now(),
      call: "run",
      id,
      job,
      article,
      state: this.orders.get(id)?.state ?? null,
      size: this.orders.list.length,
    });
  }
  onJobEvent.call(this, event);
};

/** Parameters of a job order as plain text, and its description under its own name. */
function parametersOf(jobOrder: JobOrderArgument | null): Readonly<Record<string, string>> {
  const description = (jobOrder?.description ?? []).map(textOf).join(" ");
  const entries = (jobOrder?.jobOrderParameters ?? []).map((parameter) => [
    String(parameter.ID ?? parameter.iD ?? ""),
    textOf(parameter.value),
  ]);
  if (description !== "") entries.push(["Description", description]);
  return Object.fromEntries(entries) as Record<string, string>; // pairs of texts, as built above
}

function textOf(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    if ("value" in value) return textOf(value.value);
    if ("text" in value) return textOf(value.text);
  }
  return String(value);
}
