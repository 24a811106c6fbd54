/**
 * The HTTP port of this process: accounts, handlers of all parts, screens. Which address it listens on, and whether that
 * is allowed without TLS, is decided here.
 */
import { readFile } from "node:fs/promises";
import { isLoopback, listenFault, tryToListen, type ListenAddress } from "./listen.ts";
import { passwords, type ScryptCost } from "../access/password.ts";
import { topOf } from "../access/grant.ts";
import type { GiveDocument } from "../api/document-door.ts";
import { floorUnitOf } from "../api/handlers/floor.ts";
import { streamHub, type StreamHub } from "../api/server/stream.ts";
import { serveStream } from "../api/server/stream-route.ts";
import { serveB2mml } from "../api/server/b2mml-route.ts";
import { serveSoap } from "../api/server/soap-route.ts";
import { serveWatch } from "../api/server/watch-route.ts";
import { apiServer, type ApiServer } from "../api/server/server.ts";
import { instant } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { sessionRule, type AccessPorts, type SessionRule } from "../flows/access-ports.ts";
import type { Announce } from "../flows/announce.ts";
import { makeFirstAdministrator } from "../flows/account.ts";
import { entrantOfKey, entrantOfSession } from "../flows/session.ts";
import { schemaText } from "./document-door.ts";
import { handlersOf, type HandlerSources } from "./handlers.ts";
import { unitsOnFloor } from "../flows/view/floor.ts";
import type { Log } from "./log.ts";
import type { Status } from "./status.ts";
import { watchOf } from "./watch.ts";

export interface ApiOptions {
  readonly listen: ListenAddress;
  /** Files with certificate and key, PEM; null: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Plain HTTP beyond loopback was asked for in so many words. */
  readonly insecure: boolean;
  /** Addresses or networks of reverse proxies whose `X-Forwarded-…` headers are believed. */
  readonly trustProxy: readonly string[];
  /** Folder of the built screens; null: none. */
  readonly pages: string | null;
  readonly sessions?: SessionRule;
  /** How often a stream says that it is there, and looks at its session again. */
  readonly stream?: { readonly beatMs: number; readonly renewMs: number };
  /** What hashing a password costs; a small machine may take less. */
  readonly passwordCost?: ScryptCost;
  /** Gets the first administrator's login and one-time password, once: they stand nowhere else. */
  readonly onFirstAdministrator: (first: FirstAdministrator) => void;
}

export interface FirstAdministrator {
  readonly login: string;
  readonly oneTimePassword: string;
}

export interface ApiSources extends HandlerSources {
  readonly log: Log;
  status(): Promise<Status>;
  readonly give: GiveDocument;
}

export interface Api {
  /** e.g. `http://127.0.0.1:8080` */
  readonly url: string;
  /** Tells the screens that something has changed. */
  readonly announce: Announce;
  close(): Promise<void>;
}

/** How often what has ended by itself is taken away. */
const sweepEveryMs = 15 * 60_000;
/** Failed sign-ins that nobody needs any more. */
const attemptsKeptMs = 24 * 3_600_000;

/**
 * Whether it will be able to listen: asked before an ERP or a machine is called.
 *
 * @fault refused app/listen-insecure   beyond loopback without TLS
 * @fault refused app/listen            the address is taken or not ours
 */
export async function checkListen(options: ApiOptions): Promise<Result<void>> {
  const safe = checkSafe(options);
  return safe.ok ? tryToListen(options.listen) : safe;
}

function checkSafe({ listen, tls, insecure }: ApiOptions): Result<void> {
  if (tls || insecure || isLoopback(listen.host)) return ok(undefined);
  const text = `Millrace does not listen on ${listen.host} without TLS: passwords would travel readable. Give --cert and --key, or say --insecure.`;
  return fail("refused", "app/listen-insecure", text);
}

/**
 * @fault refused app/listen-insecure   beyond loopback without TLS
 * @fault refused app/listen            the address is taken or not ours
 * @fault invalid app/tls-files         certificate or key cannot be read or do not fit
 */
export async function startApi(options: ApiOptions, sources: ApiSources): Promise<Result<Api>> {
  const { listen, tls } = options;
  const safe = checkSafe(options);
  if (!safe.ok) return safe;
  const ports = accessPorts(sources, options.sessions ?? sessionRule, options.passwordCost);
  const opened = await openServer(options, sources, ports);
  if (!opened.ok) return opened;
  const { server, hub } = opened.value;
  const listening = await listenOn(server, listen);
  if (!listening.ok) {
    hub.close();
    await server.close();
    return listening;
  }
  // Its password is shown once: not before the process is sure to run.
  const first = await makeFirstAdministrator(ports, topOf(sources.site));
  if (first) {
    const { account, oneTimePassword } = first;
    options.onFirstAdministrator({ login: account.login, oneTimePassword });
  }
  const url = `${tls ? "https" : "http"}://${urlHost(listen.host)}:${listening.value}`;
  sources.log.info(`Millrace answers at ${url}.`);
  const sweeping = setInterval(() => void sweep(ports, sources.log), sweepEveryMs);
  sweeping.unref();
  return ok({
    url,
    announce: hub.announce,
    close: async () => {
      clearInterval(sweeping);
      hub.close();
      await server.close();
    },
  });
}

export function accessPorts(
  { site, store, clock }: Pick<ApiSources, "site" | "store" | "clock">,
  sessions: SessionRule,
  passwordCost?: ScryptCost,
): AccessPorts {
  return { store, clock, hierarchy: site, passwords: passwords(passwordCost), sessions };
}

async function openServer(options: ApiOptions, sources: ApiSources, ports: AccessPorts): Promise<Result<Opened>> {
  const { tls, trustProxy, pages } = options;
  try {
    const read = tls && { cert: await readFile(tls.cert, "utf8"), key: await readFile(tls.key, "utf8") };
    const hub = hubOf(sources);
    const watch = watchOf(sources.status, () => hub.clients());
    const server = await apiServer({
      handlers: handlersOf(sources, ports, watch.onRefused),
      also: (instance, services) => {
        serveStream(instance, { hub, services, ...options.stream });
        serveB2mml(instance, { services, give: sources.give });
        serveSoap(instance, { services, give: sources.give, schema: schemaText });
        serveWatch(instance, { services, metrics: watch.metrics, waits: watch.waits });
      },
      alsoServed: ["GET /api/v1/stream", "POST /b2mml", "POST /soap"],
      onAnswer: watch.onAnswer,
      keeper: { ofSession: (token) => entrantOfSession(ports, token), ofKey: (text) => entrantOfKey(ports, text) },
      log: sources.log,
      tls: read,
      trustProxy,
      pages,
    });
    return ok({ server, hub });
  } catch (error) {
    if (!tls) throw error;
    const text = `The certificate ${tls.cert} and its key ${tls.key} cannot be used. Check that both are PEM files that Millrace may read.`;
    return fail("invalid", "app/tls-files", text, error);
  }
}

interface Opened {
  readonly server: ApiServer;
  readonly hub: StreamHub;
}

function hubOf(sources: ApiSources): StreamHub {
  const { clock, site, log } = sources;
  return streamHub({
    clock,
    upwards: (equipment) => site.upwards(equipment),
    onFailure: log.warn,
    readUnit: async (id) => {
      const [unit] = await unitsOnFloor(sources, new Set([id]));
      return unit ? floorUnitOf(unit) : null;
    },
  });
}

async function listenOn(server: ApiServer, at: ListenAddress): Promise<Result<number>> {
  try {
    return ok(await server.listen(at.host, at.port));
  } catch (error) {
    return { ok: false, fault: listenFault(at, error) };
  }
}

async function sweep({ store, clock, sessions }: AccessPorts, log: Log): Promise<void> {
  const now = clock.now();
  try {
    await store.transaction(async (tx) => {
      await tx.sessions.sweep(now, instant(now - sessions.idleMs));
      await tx.signIns.sweep(instant(now - attemptsKeptMs));
    });
  } catch (error) {
    log.warn("Ended sessions could not be taken away; it is tried again.", error);
  }
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
