/** A machine over OPC UA, as the gateway sees it: paths in, samples and faults out. */
import { fail, makeFault, ok, type Fault, type Result } from "../../base/result.ts";
import type { Instant } from "../../base/instant.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import type {
  HistoryOutcome,
  HistorySlice,
  JobControlPlace,
  MachineJobOrders,
  MachineListener,
  MachineSession,
  WatchedPath,
  WatchOutcome,
} from "../connector.ts";
import { Address, type FoundNode } from "./address.ts";
import { callMethod, readValues, refusesGoneNode, writeValue } from "./client-access.ts";
import { ping, type Link } from "./client.ts";
import type { Connection } from "./connection.ts";
import { isNodeGone } from "./faults.ts";
import { readSlices } from "./history.ts";
import { OpcuaJobOrders, type JobControlHost } from "./job-control.ts";

export class OpcuaSession implements MachineSession, JobControlHost {
  readonly #connection: Connection;
  /** Nodes of one link; a new link may number them anew. */
  #found: { readonly link: Link; readonly address: Address; readonly nodes: Map<string, FoundNode> } | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async check(signal: AbortSignal): Promise<Fault | null> {
    if (signal.aborted) return givenUp().fault;
    const { link, address } = this.#places();
    if (!(await ping(link, link.settings.requestTimeoutMs))) {
      return makeFault(
        "transient",
        "machine/unreachable",
        `${link.settings.endpointUrl} does not answer at the moment.`,
      );
    }
    const root = await address.root();
    return root.ok ? null : root.fault;
  }

  async watch(
    paths: readonly WatchedPath[],
    listener: MachineListener,
    signal: AbortSignal,
  ): Promise<Result<WatchOutcome>> {
    if (signal.aborted) return givenUp();
    return this.#connection.watch(paths, listener);
  }

  async history(
    items: readonly string[],
    from: Instant,
    onSlice: (slice: HistorySlice) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Result<HistoryOutcome>> {
    if (signal.aborted) return givenUp();
    const { link, address, nodes } = this.#places();
    // A slice speaks for all items: what the machine has made anew must be known before the first one.
    this.#forget(items);
    const found = await lookUp(address, nodes, items);
    if (!found.ok) return found;
    const known = items.map((path) => nodes.get(path)).filter((node) => node !== undefined);
    const outcome = await readSlices(link, known, from, onSlice, signal);
    if (!outcome.ok) return outcome;
    // What does not exist remembers nothing.
    const absent = items.filter((path) => !nodes.has(path));
    return ok({ ...outcome.value, withoutHistory: [...outcome.value.withoutHistory, ...absent] });
  }

  async read(paths: readonly string[], signal: AbortSignal): Promise<Result<readonly Sample[]>> {
    if (signal.aborted) return givenUp();
    return this.#onNodes(
      paths,
      (nodes) => readValues(this.#connection.link, nodes),
      (read) => read.ok && read.value.some(({ status }) => isNodeGone(status)),
    );
  }

  async write(path: string, value: SampleValue, signal: AbortSignal): Promise<Result<void>> {
    if (signal.aborted) return givenUp();
    return this.#onNodes(
      [path],
      ([target]) => (target ? writeValue(this.#connection.link, path, target.node, value) : unknownItem([path])),
      (written) => !written.ok && refusesGoneNode(written.fault),
    );
  }

  async call(object: string, method: string, signal: AbortSignal): Promise<Result<void>> {
    if (signal.aborted) return givenUp();
    const name = `${object}/${method}`;
    const outputs = await this.#onNodes(
      [object, name],
      ([owner, called]) =>
        owner && called
          ? callMethod(this.#connection.link, { object: owner.node, method: called.node, name })
          : unknownItem([name]),
      (answer) => !answer.ok && refusesGoneNode(answer.fault),
    );
    return outputs.ok ? ok(undefined) : outputs;
  }

  async jobOrders(place: JobControlPlace, signal: AbortSignal): Promise<Result<MachineJobOrders>> {
    if (signal.aborted) return givenUp();
    const orders = new OpcuaJobOrders(this, place);
    const probed = await orders.probe();
    return probed.ok ? ok(orders) : probed;
  }

  /** The link of this moment. */
  get link(): Link {
    return this.#connection.link;
  }

  notice(path: string, changed: () => void): () => void {
    return this.#connection.notice(path, changed);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #places(): { readonly link: Link; readonly address: Address; readonly nodes: Map<string, FoundNode> } {
    const { link } = this.#connection;
    if (this.#found?.link !== link) this.#found = { link, address: new Address(link), nodes: new Map() };
    return this.#found;
  }

  #forget(paths: readonly string[]): void {
    for (const path of paths) this.#found?.nodes.delete(path);
  }

  /**
   * Does something with the nodes of these paths. A machine may make nodes anew under other ids: where it says that one is
   * gone they are looked up once more, and it is done again only where another node is found. So what a method itself
   * answers with such a status never calls it twice.
   */
  async #onNodes<T>(
    paths: readonly string[],
    work: (nodes: readonly FoundNode[]) => Promise<Result<T>> | Result<never>,
    isGone: (result: Result<T>) => boolean,
  ): Promise<Result<T>> {
    const known = await this.locate(paths);
    if (!known.ok) return known;
    const result = await work(known.value);
    if (!isGone(result)) return result;
    this.#forget(paths);
    const anew = await this.locate(paths);
    if (!anew.ok) return anew;
    const isOther = anew.value.some(({ node }, index) => node.toString() !== known.value[index]?.node.toString());
    return isOther ? work(anew.value) : result;
  }

  /** The node of each path, all of which must exist. @fault invalid machine/unknown-item */
  async locate(paths: readonly string[]): Promise<Result<FoundNode[]>> {
    const { address, nodes } = this.#places();
    const found = await lookUp(address, nodes, paths);
    if (!found.ok) return found;
    const located = paths.map((path) => nodes.get(path)).filter((node) => node !== undefined);
    return located.length === paths.length ? ok(located) : unknownItem(paths.filter((path) => !nodes.has(path)));
  }
}

async function lookUp(
  address: Address,
  nodes: Map<string, FoundNode>,
  paths: readonly string[],
): Promise<Result<void>> {
  const unknown = paths.filter((path) => !nodes.has(path));
  if (unknown.length === 0) return ok(undefined);
  const found = await address.find(unknown);
  if (!found.ok) return found;
  for (const [path, [node]] of found.value) if (node) nodes.set(path, node);
  return ok(undefined);
}

function unknownItem(paths: readonly string[]): Result<never> {
  const shown = paths.slice(0, 5).join(", ") + (paths.length > 5 ? ` and ${paths.length - 5} more` : "");
  return fail("invalid", "machine/unknown-item", `The machine has no ${shown}. Check the map and the root setting.`);
}

function givenUp(): { ok: false; fault: Fault } {
  return fail("transient", "machine/given-up", "The request was given up before it left.");
}
