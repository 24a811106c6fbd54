/**
 * The machine's own list of job orders over ISA-95 Job Control V2: which method is called, and what its answer means.
 * When an order is stored, verified or taken away again is decided by the instruction lane.
 * @source OPC 10031-4, 6.2 and annex B.2 (ReturnStatus)
 */
import { fail, ok, type Fault, type Result } from "../../base/result.ts";
import type { MachineJobOrder } from "../../record/instruction.ts";
import type { JobControlPlace, MachineJobOrders, StoredJobOrder } from "../connector.ts";
import type { FoundNode } from "./address.ts";
import { callMethod, readDataValues } from "./client-access.ts";
import {
  buildJobOrder,
  emptyComment,
  jobOrderType,
  readJobOrders,
  returnStatus,
  textInput,
  type JobOrderType,
} from "./client-job.ts";
import type { Link } from "./client.ts";

/** What job control needs of its session: the link of the moment, nodes behind paths, word of changes. */
export interface JobControlHost {
  readonly link: Link;
  locate(paths: readonly string[]): Promise<Result<FoundNode[]>>;
  notice(path: string, changed: () => void): () => void;
}

type MethodName = "Store" | "Start" | "RevokeStart" | "Cancel" | "Clear";

const noError = 1n << 0n;
const unknownId = 1n << 1n;
const wrongState = 1n << 3n;
const cannotAccept = 1n << 4n;
const invalidRequest = 1n << 32n;

export class OpcuaJobOrders implements MachineJobOrders {
  readonly #host: JobControlHost;
  readonly #place: JobControlPlace;
  #type: { readonly link: Link; readonly type: JobOrderType } | null = null;

  constructor(host: JobControlHost, place: JobControlPlace) {
    this.#host = host;
    this.#place = place;
  }

  /** Reads what the receiver is: told apart before the first order is sent. @fault see `jobOrderType` */
  async probe(): Promise<Result<void>> {
    const type = await this.#orderType();
    return type.ok ? ok(undefined) : type;
  }

  async capacity(signal: AbortSignal): Promise<Result<number>> {
    if (signal.aborted) return givenUp();
    const nodes = await this.#locate(["MaxDownloadableJobOrders"]);
    if (!nodes.ok) return nodes;
    const values = await readDataValues(
      this.#host.link,
      nodes.value.map(({ node }) => node),
    );
    if (!values.ok) return values;
    const most: unknown = values.value[0]?.value?.value;
    if (typeof most === "number") return ok(most);
    return fail("invalid", "machine/job-control", "The machine does not tell how many job orders it can keep.");
  }

  async list(signal: AbortSignal): Promise<Result<readonly StoredJobOrder[]>> {
    if (signal.aborted) return givenUp();
    const nodes = await this.#locate(["JobOrderList"]);
    if (!nodes.ok) return nodes;
    const [list] = nodes.value;
    return list ? readJobOrders(this.#host.link, list.node) : ok([]);
  }

  async store(order: MachineJobOrder, signal: AbortSignal): Promise<Result<void>> {
    if (signal.aborted) return givenUp();
    const type = await this.#orderType();
    if (!type.ok) return type;
    const built = await buildJobOrder(this.#host.link, type.value, order);
    if (!built.ok) return built;
    return this.#call("Store", order.jobOrderId, [built.value, emptyComment()]);
  }

  allowStart(jobOrderId: string, signal: AbortSignal): Promise<Result<void>> {
    return this.#command("Start", jobOrderId, signal);
  }

  revokeStart(jobOrderId: string, signal: AbortSignal): Promise<Result<void>> {
    return this.#command("RevokeStart", jobOrderId, signal);
  }

  cancel(jobOrderId: string, signal: AbortSignal): Promise<Result<void>> {
    return this.#command("Cancel", jobOrderId, signal);
  }

  clear(jobOrderId: string, signal: AbortSignal): Promise<Result<void>> {
    return this.#command("Clear", jobOrderId, signal);
  }

  onChange(listener: () => void): () => void {
    return this.#host.notice(`${this.#place.receiver}/JobOrderList`, listener);
  }

  async #command(method: MethodName, jobOrderId: string, signal: AbortSignal): Promise<Result<void>> {
    if (signal.aborted) return givenUp();
    return this.#call(method, jobOrderId, [textInput(jobOrderId), emptyComment()]);
  }

  async #call(method: MethodName, jobOrderId: string, inputs: Parameters<typeof callMethod>[2]): Promise<Result<void>> {
    const { receiver } = this.#place;
    const nodes = await this.#host.locate([receiver, `${receiver}/${method}`]);
    if (!nodes.ok) return noJobControl(nodes.fault);
    const [object, called] = nodes.value;
    if (!object || !called) return noJobControl(null);
    const target = { object: object.node, method: called.node, name: `${method} of job order ${jobOrderId}` };
    const outputs = await callMethod(this.#host.link, target, inputs);
    return outputs.ok ? verdict(method, jobOrderId, returnStatus(outputs.value)) : outputs;
  }

  async #orderType(): Promise<Result<JobOrderType>> {
    const { link } = this.#host;
    if (this.#type?.link === link) return ok(this.#type.type);
    const nodes = await this.#locate(["Store"]);
    if (!nodes.ok) return nodes;
    const [store] = nodes.value;
    if (!store) return noJobControl(null);
    const type = await jobOrderType(link, store.node);
    if (type.ok) this.#type = { link, type: type.value };
    return type;
  }

  async #locate(names: readonly string[]): Promise<Result<FoundNode[]>> {
    const nodes = await this.#host.locate(names.map((name) => `${this.#place.receiver}/${name}`));
    return nodes.ok ? nodes : noJobControl(nodes.fault);
  }
}

/** Only what is missing at the machine means that there is no job control; a broken line stays what it is. */
function noJobControl(fault: Fault | null): { ok: false; fault: Fault } {
  if (fault && fault.code !== "machine/unknown-item") return { ok: false, fault };
  const text =
    "There is no complete ISA-95 job order receiver at this place of the machine. Check jobControl in the map.";
  return fail("invalid", "machine/job-control", text, fault ?? undefined);
}

function verdict(method: MethodName, jobOrderId: string, status: bigint | null): Result<void> {
  const what = `${method} of job order ${jobOrderId}`;
  const has = (bit: bigint): boolean => status !== null && (status & bit) !== 0n;
  if (status === null) {
    return fail(
      "ambiguous",
      "machine/call-unanswered",
      `${what}: the machine's answer was empty. Read its list of job orders.`,
    );
  }
  if (has(unknownId))
    return fail("refused", "machine/job-unknown", `${what}: the machine does not know this order.`, status);
  if (has(wrongState)) {
    return fail("refused", "machine/job-state", `${what}: the machine does not allow it in the order's state.`, status);
  }
  if (has(cannotAccept)) {
    const text = `${what}: the machine takes no further order; its list is full, or the id is already stored.`;
    return fail("refused", "machine/job-capacity", text, status);
  }
  if (has(invalidRequest)) {
    return fail("invalid", "machine/job-request", `${what}: the machine calls the request malformed.`, status);
  }
  if (has(noError)) return ok(undefined);
  return fail(
    "refused",
    "machine/job-refused",
    `${what}: the machine refuses it with return status ${status}.`,
    status,
  );
}

function givenUp(): { ok: false; fault: Fault } {
  return fail("transient", "machine/given-up", "The request was given up before it left.");
}
