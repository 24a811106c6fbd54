/** Starts and stops everything that one process runs: database, buffer, gateway, operations, exchange, control door. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import { randomId } from "../base/id.ts";
import { openBuffer } from "../gateway/buffer.ts";
import type { SampleBuffer } from "../gateway/sample-buffer.ts";
import { expressionEngine, type ExpressionEngine } from "../expression/engine.ts";
import { collectorBook } from "../flows/collector-book.ts";
import { resumeReading } from "../flows/resume-reading.ts";
import type { CollectReport } from "../flows/collect.ts";
import type { Evaluate } from "../flows/segment-place.ts";
import { DispatchViews } from "../flows/dispatch.ts";
import type { LeaseHolder } from "../flows/lease.ts";
import { notifyingStore } from "../flows/notify.ts";
import type { DecisionPorts } from "../flows/operation-view.ts";
import type { Store } from "../flows/ports.ts";
import type { ErpConnector } from "../erp/connector.ts";
import type { MachineConnector } from "../machine/connector.ts";
import type { Probe } from "../record/probe.ts";
import type { Site } from "../site/site.ts";
import { openDatabase, type Database } from "../store/connection.ts";
import { prepareSchema } from "../store/schema.ts";
import { postgresStore } from "../store/store.ts";
import { recipientsAmong } from "../notice/channel.ts";
import { notificationView } from "../store/view/notification-view.ts";
import { postgresBooks } from "../store/view/books-view.ts";
import { postgresViews } from "../store/view/view-store.ts";
import { watchHealth } from "./health.ts";
import { checkListen, startApi, type ApiOptions, type ApiSources } from "./api.ts";
import { openControl, type ControlCommands, type ControlDoor } from "./control.ts";
import { controlCommands } from "./decide.ts";
import { startFollowUp } from "./follow-up.ts";
import { reachDatabase, type OpenedDatabase } from "./database.ts";
import { openDocumentDoors } from "./document-door.ts";
import { startExchange, type Exchange } from "./exchange.ts";
import { startGateway, type Gateway } from "./gateway.ts";
import type { Log } from "./log.ts";
import { machineFeeds, type MachineFeed } from "./machine-feed.ts";
import { startNightly } from "./nightly.ts";
import { noticeNews, startNotices, type NoticeNews, type NoticeSettings } from "./notice.ts";
import { startOperations, type Operations } from "./operations.ts";
import { reconcileAnswers, reconcileCommands, type DoorSources } from "./reconcile-door.ts";
import { watchRecovery } from "./recovery.ts";
import { erpConnectors, machineConnectors } from "./registry.ts";
import { startRetention } from "./retention.ts";
import { newToken, removeRuntime, writeRuntime } from "./runtime-file.ts";
import type { Environment } from "./site.ts";
import { screensOf, type Screens } from "./screens.ts";
import { statusOf, type Status } from "./status.ts";

export interface ServeOptions {
  readonly site: Site;
  readonly dataDir: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
  readonly probe?: Probe;
  /** Replaces parts, for tests that put something between them. */
  readonly parts?: Partial<Parts>;
  /** The HTTP port; none without. */
  readonly api?: ApiOptions;
}

/** What a test may put something in front of. */
export interface Parts {
  readonly erps: readonly ErpConnector[];
  readonly machines: readonly MachineConnector[];
  store(store: Store): Store;
  buffer(buffer: SampleBuffer): SampleBuffer;
}

export interface Running {
  /** Where the HTTP port answers; null without one. */
  readonly url: string | null;
  status(): Promise<Status>;
  readonly store: Store;
  /** New and changed notifications. */
  readonly news: NoticeNews;
  /** To be called after something was written to the store from outside: delivery and dispatching look again. */
  readonly onDecided: () => void;
  /** Resolves with the reason when the process cannot go on. */
  readonly failed: Promise<Fault>;
  stop(): Promise<void>;
}

const noProbe: Probe = () => undefined;
const expressionDeadlineMs = 1_000;

/**
 * @fault see the rooms: store, gateway, app
 */
export async function serve(options: ServeOptions): Promise<Result<Running>> {
  const { dataDir, clock, log } = options;
  const probe = options.probe ?? noProbe;
  let failWith: (fault: Fault) => void = () => undefined;
  const failed = new Promise<Fault>((resolve) => (failWith = resolve));
  const free = options.api ? await checkListen(options.api) : ok(undefined);
  if (!free.ok) return free;
  const made = await makeDirectory(dataDir);
  if (!made.ok) return made;
  await probe("startup", "before the database");
  const database = await reachDatabase({ dataDir, environment: options.environment, clock, log, onFault: failWith });
  if (!database.ok) return database;
  await probe("startup", "before the schema");
  const prepared = await prepareSchema(database.value.connectionString, log.info);
  const buffer = prepared.ok ? await openBuffer({ file: join(dataDir, "buffer.sqlite"), log, clock, probe }) : prepared;
  if (!buffer.ok) {
    await database.value.stop();
    return buffer;
  }
  await probe("startup", "before the roles");
  const started = await startRoles(options, database.value, buffer.value, probe, failWith);
  if (started.ok) return ok({ ...started.value, failed });
  await buffer.value.close();
  await database.value.stop();
  return started;
}

async function makeDirectory(dataDir: string): Promise<Result<void>> {
  try {
    await mkdir(dataDir, { recursive: true });
    return ok(undefined);
  } catch (error) {
    return fail(
      "refused",
      "app/data-directory",
      `The data directory ${dataDir} cannot be made. Check the path and its rights.`,
      error,
    );
  }
}

async function startRoles(
  options: ServeOptions,
  opened: OpenedDatabase,
  rawBuffer: SampleBuffer,
  probe: Probe,
  failWith: (fault: Fault) => void,
): Promise<Result<Omit<Running, "failed">>> {
  const { site, dataDir, clock, log, parts = {} } = options;
  const database = openDatabase({ connectionString: opened.connectionString, log: log.warn });
  const bare = postgresStore(database);
  const news = noticeNews();
  const screens = screensOf(notifyingStore(parts.store?.(bare) ?? bare, site, news.announce), site, clock);
  const { store } = screens;
  const buffer = parts.buffer?.(rawBuffer) ?? rawBuffer;
  const after = await resumeReading(store, buffer, site);
  if (!after.ok) {
    await database.close();
    return after;
  }
  const ports = { site, store, clock, log };
  const retention = await startRetention(ports);
  const expressions = expressionEngine();
  const roles = rolesOf(options, { store, buffer, probe, expressions, after: after.value });
  const notices = noticesOf({ ...ports, news, holder: roles.holder }, roles.gateway);
  if (!notices.ok) failWith(notices.fault);
  void buffer.ended.then((fault) => fault && failWith(fault));
  const sources = { site, store, buffer, ...roles };
  const recovery = watchRecovery({ ...sources, clock, log });
  const nightly = startNightly({ ...sources, books: postgresBooks(database), clock, log });
  const status = (): Promise<Status> => statusOf(sources);
  const wake = (): void => wakeAll(roles);
  const followUp = startFollowUp({ ...ports, connectors: parts.erps ?? erpConnectors, onDecided: wake });
  const onDecided = (): void => (wake(), followUp.wake());
  const documents = openDocumentDoors({ ...ports, ...mendPorts(roles) }, roles.exchanges, onDecided);
  const common = { ...ports, status, onDecided, announceNotices: news.announce, give: documents.give };
  const doors = await openDoors(options.api, common, { database, buffer, roles, screens, news });
  const closeAll = async (): Promise<void> => {
    if (doors.ok) await doors.value.close();
    await documents.close();
    recovery.close();
    await nightly.close();
    if (notices.ok) await notices.value.close();
    await followUp.close();
    await closeRoles(roles);
    await expressions.close();
    await retention.close();
    await database.close();
  };
  if (!doors.ok) {
    await closeAll();
    return doors;
  }
  const control = await openDoor(dataDir, opened, common, sources, documents.commands);
  await probe("startup", "after the roles");
  log.info(`Millrace runs for site ${site.name} on ${dataDir}.`);
  return ok({
    status,
    store,
    news,
    onDecided,
    url: doors.value.url,
    stop: async () => {
      await removeRuntime(dataDir);
      await control.close();
      await closeAll();
      await buffer.close();
      await opened.stop();
    },
  });
}

/** The door of the commands beside this process, and the file by which they find it. */
async function openDoor(
  dataDir: string,
  { connectionString }: OpenedDatabase,
  { site, store, clock, status, onDecided }: DecisionPorts & Pick<Running, "status" | "onDecided">,
  sources: DoorSources,
  documents: ControlCommands,
): Promise<ControlDoor> {
  const token = newToken();
  const answers = { "/status": status, ...reconcileAnswers(sources) };
  const decisions = controlCommands({ site, store, clock }, onDecided);
  const commands = { ...decisions, ...reconcileCommands(sources), ...documents };
  const control = await openControl(token, answers, commands);
  await writeRuntime(dataDir, { pid: process.pid, port: control.port, token, connectionString });
  return control;
}

function wakeAll({ exchanges, gateway }: Roles): void {
  for (const exchange of exchanges) exchange.wake();
  gateway.dispatch();
}

interface Roles {
  readonly gateway: Gateway;
  readonly operations: Operations;
  readonly exchanges: readonly Exchange[];
  readonly evaluate: Evaluate;
  readonly holder: LeaseHolder;
}

interface Doors {
  readonly url: string | null;
  close(): Promise<void>;
}

/** The HTTP port and what it shows; nothing when none is asked for. */
async function openDoors(
  options: ApiOptions | undefined,
  common: Omit<ApiSources, "views" | "notifications" | "health" | "mend">,
  on: {
    readonly database: Database;
    readonly buffer: SampleBuffer;
    readonly roles: Roles;
    readonly screens: Screens;
    readonly news: NoticeNews;
  },
): Promise<Result<Doors>> {
  const { database, buffer, roles, screens, news } = on;
  if (!options) return ok({ url: null, close: () => Promise.resolve() });
  const feeds = (): readonly MachineFeed[] => machineFeeds(roles);
  const waitingBatches = (): number => buffer.head() - roles.operations.consumed();
  const health = watchHealth({ clock: common.clock, feeds, exchanges: () => roles.exchanges, waitingBatches });
  const reading = { views: postgresViews(database), notifications: notificationView(database), health };
  const api = await startApi(options, { ...common, ...reading, mend: mendPorts(roles) });
  if (!api.ok) {
    await health.close();
    return api;
  }
  const { url, announce, close } = api.value;
  screens.begin(announce, feeds, news);
  return ok({
    url,
    close: async () => {
      await close();
      screens.close();
      await health.close();
    },
  });
}

function mendPorts({ evaluate, exchanges, operations }: Roles): ApiSources["mend"] {
  return {
    evaluate,
    session: (erp) => exchanges.find((exchange) => exchange.erp === erp)?.session() ?? null,
    onBegunAnew: operations.lookAgain,
  };
}

async function closeRoles({ gateway, operations, exchanges }: Roles): Promise<void> {
  await gateway.close();
  await Promise.all([operations.close(), ...exchanges.map((exchange) => exchange.close())]);
}

function noticesOf(
  of: Omit<NoticeSettings, "machines" | "recipientsOf">,
  gateway: Gateway,
): ReturnType<typeof startNotices> {
  return startNotices({
    ...of,
    machines: () => gateway.feeds().map(({ source, connected, since }) => ({ connection: source, connected, since })),
    recipientsOf: async (role, equipment) => {
      const accounts = await of.store.transaction((tx) => tx.accounts.list());
      return recipientsAmong(accounts, role, of.site.upwards(equipment));
    },
  });
}

/** The roles, each waking the others when it has something for them. */
function rolesOf(
  options: ServeOptions,
  on: {
    readonly store: Store;
    readonly buffer: SampleBuffer;
    readonly probe: Probe;
    readonly expressions: ExpressionEngine;
    readonly after: number;
  },
): Roles {
  const { site, dataDir, clock, log, parts = {} } = options;
  const { store, buffer, probe, expressions, after } = on;
  const views = new DispatchViews();
  const exchanges: Exchange[] = [];
  const common = { site, store, clock, log, buffer, probe };
  const connectors = parts.machines ?? machineConnectors;
  // Only one process at a time has the buffer's file open: whoever had it before is gone.
  const holder = { installation: buffer.id, process: `${process.pid}@${randomId()}` };
  const gateway = startGateway({ ...common, views, dataDir, connectors, holder });
  const onCollected = ({ postings, moved }: CollectReport): void => {
    if (postings > 0) for (const exchange of exchanges) exchange.wake();
    if (moved) gateway.dispatch();
  };
  const book = collectorBook(site);
  const operations = startOperations({ ...common, after, dispatched: views, book, onCollected });
  const evaluate = (text: string, input: unknown): Promise<Result<unknown>> =>
    expressions.evaluate(text, input, expressionDeadlineMs);
  for (const connection of site.erps) {
    const connector = (parts.erps ?? erpConnectors).find((c) => c.product === connection.product);
    if (!connector) continue; // the site's check names products that nobody speaks
    const onOrders = (): void => gateway.dispatch();
    exchanges.push(startExchange({ ...common, connection, connector, evaluate, holder, onOrders }));
  }
  return { gateway, operations, exchanges, evaluate, holder };
}
