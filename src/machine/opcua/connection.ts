/**
 * A connection that stays: makes links, notices when one is gone, makes the next with backoff and brings the watch
 * back. At a break it first tries to keep the session, because the machine goes on queueing values for it.
 */
import { systemClock } from "../../base/clock.ts";
import { fail, makeFault, ok, type Fault, type Result } from "../../base/result.ts";
import type { MachineListener, WatchedPath, WatchOutcome } from "../connector.ts";
import { openStore, type CertificateStore } from "./client-store.ts";
import { connect } from "./client-open.ts";
import { ping, type KeptSession, type Link } from "./client.ts";
import type { OpcuaSettings } from "./config.ts";
import { Watch } from "./watch.ts";

const backoffFirstMs = 100;
const backoffMostMs = 5_000;
/** A session without a subscription is used so often, so that the server keeps it. */
const pingMs = 20_000;

export class Connection {
  readonly settings: OpcuaSettings;
  readonly #store: CertificateStore;
  readonly #closing = new AbortController();
  #link: Link;
  #watch: Watch | null = null;
  #listener: MachineListener | null = null;
  readonly #notices = new Map<string, Set<() => void>>();
  readonly #healing: Promise<void>;
  #turn: Promise<void> = Promise.resolve();

  private constructor(settings: OpcuaSettings, store: CertificateStore, link: Link) {
    this.settings = settings;
    this.#store = store;
    this.#link = link;
    this.#healing = this.#heal();
  }

  /** @fault see `connect`; also refused machine/certificate-store when the folder cannot be used */
  static async open(settings: OpcuaSettings, signal: AbortSignal): Promise<Result<Connection>> {
    let store: CertificateStore;
    try {
      store = await openStore(settings);
    } catch (error) {
      const text = `The certificate folder ${settings.pkiFolder} cannot be used: ${String(error)}.`;
      return fail("refused", "machine/certificate-store", text, error);
    }
    const connected = await connect(settings, store, null, signal);
    if (connected.ok) return ok(new Connection(settings, store, connected.value.link));
    await store.release();
    return connected;
  }

  /** The link of this moment, alive or not; services over a dead one fail at once. */
  get link(): Link {
    return this.#link;
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** One watch at a time: a further one takes the place of the one before. */
  watch(paths: readonly WatchedPath[], listener: MachineListener): Promise<Result<WatchOutcome>> {
    return this.#inTurn(() => this.#watchNow(paths, listener));
  }

  async #watchNow(paths: readonly WatchedPath[], listener: MachineListener): Promise<Result<WatchOutcome>> {
    await this.#watch?.stop();
    this.#watch = null;
    this.#listener = null;
    const watch = new Watch(paths, listener, this.#notices);
    const link = this.#link;
    const outcome = await watch.start(link);
    if (!outcome.ok) return outcome;
    if (!link.alive || this.closed) {
      await watch.stop();
      return fail("transient", "machine/connection-lost", `${this.settings.endpointUrl} was lost while it was asked.`);
    }
    this.#watch = watch;
    this.#listener = listener;
    watch.begin();
    return outcome;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  /** Calls back when the node may have changed, over all breaks of the line. @returns ends it */
  notice(path: string, changed: () => void): () => void {
    const callbacks = this.#notices.get(path) ?? new Set();
    const isNew = callbacks.size === 0;
    this.#notices.set(path, callbacks.add(changed));
    if (isNew) void this.#inTurn(() => this.#startNotice(path));
    return () => {
      callbacks.delete(changed);
      // The item at the machine goes with the subscription.
    };
  }

  async #startNotice(path: string): Promise<void> {
    if (this.#watch) await this.#watch.notice(path);
    else await this.#watchNow([], silent);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#watch?.abandon();
    await this.#link.dispose();
    await this.#healing;
    await this.#store.release();
  }

  async #heal(): Promise<void> {
    while (!this.closed) {
      const link = this.#link;
      const keepAlive = setInterval(() => void this.#keepAlive(link), pingMs);
      const fault = await link.ended;
      clearInterval(keepAlive);
      if (this.closed) return;
      this.#watch?.pause();
      this.#listener?.interrupted(fault);
      await this.#reconnect(link, fault);
    }
  }

  async #keepAlive(link: Link): Promise<void> {
    if (await ping(link, this.settings.requestTimeoutMs)) return;
    link.end(makeFault("transient", "machine/silent", `${this.settings.endpointUrl} no longer answers.`));
  }

  async #reconnect(broken: Link, first: Fault): Promise<void> {
    let told = first;
    let leftOver = takeSession(broken, first);
    let waitMs = backoffFirstMs;
    // Ends the session at the server too when the line still stands.
    const disposed = broken.dispose();
    if (!leftOver) await disposed;
    while (!this.closed) {
      const fault = await this.#attempt(leftOver);
      if (!fault) break;
      if (fault.code !== told.code && fault.code !== "machine/unreachable") this.#listener?.interrupted(fault);
      told = fault;
      if (fault.code !== "machine/unreachable") leftOver = null;
      await systemClock.sleep(waitMs, this.#closing.signal);
      waitMs = Math.min(backoffMostMs, waitMs * 2);
    }
    await disposed;
  }

  /** @returns null when values flow again */
  async #attempt(leftOver: KeptSession | null): Promise<Fault | null> {
    const connected = await connect(this.settings, this.#store, leftOver, this.#closing.signal);
    if (!connected.ok) return connected.fault;
    const { link, sameSession } = connected.value;
    if (this.closed) {
      await link.dispose();
      return null;
    }
    // Before anybody is told: whoever hears that values flow again may ask at once.
    this.#link = link;
    const watch = this.#watch;
    if (watch && sameSession) {
      this.#listener?.resumed();
      await watch.resume(link);
    } else if (watch) {
      const before = new Set(watch.paths);
      const started = await watch.start(link);
      if (!started.ok) {
        await link.dispose();
        return started.fault;
      }
      if (watch !== this.#watch) await watch.stop();
      else this.#listener?.resumed();
      watch.begin(started.value.items.filter((path) => !before.has(path)));
    }
    return null;
  }
}

const silent: MachineListener = { samples: () => {}, interrupted: () => {}, resumed: () => {}, appeared: () => {} };

/** Worth keeping when only the line is to blame: the subscription may live on in it. */
function takeSession(link: Link, why: Fault): KeptSession | null {
  if (why.code !== "machine/connection-lost" && why.code !== "machine/silent") return null;
  const { session } = link;
  link.session = null;
  return session;
}
