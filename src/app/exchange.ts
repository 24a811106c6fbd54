/** The exchange role for one ERP: opens its session, takes the role over, pulls orders and delivers postings. */
import type { Clock } from "../base/clock.ts";
import { formatInstant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { ErpConnector, ErpSession } from "../erp/connector.ts";
import { startDelivery, type Delivery } from "../exchange/delivery.ts";
import { backoffMs, deliveryBackoff } from "../exchange/retry.ts";
import { heardOf, lookAfterOutage, silentMsOf } from "../flows/look-after-outage.ts";
import type { LeaseHolder } from "../flows/lease.ts";
import { outboxPort, roleOf, type OutboxPorts } from "../flows/outbox.ts";
import { pullMasterData } from "../flows/pull-master-data.ts";
import { pullOrders, type PullPorts } from "../flows/pull-orders.ts";
import { stateMaterials } from "../flows/state-materials.ts";
import type { Evaluate } from "../flows/segment-place.ts";
import type { Store } from "../flows/ports.ts";
import type { Probe } from "../record/probe.ts";
import type { ErpConnection, Site } from "../site/site.ts";
import { databaseTrouble } from "./database-trouble.ts";
import type { Log } from "./log.ts";
import { withErp } from "./registry.ts";

export interface ExchangeSettings {
  readonly site: Site;
  readonly connection: ErpConnection;
  readonly connector: ErpConnector;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly evaluate: Evaluate;
  /** Under which name this process delivers. */
  readonly holder: LeaseHolder;
  readonly probe: Probe;
  /** New or changed orders were accepted. */
  readonly onOrders: () => void;
}

export interface Exchange {
  readonly erp: string;
  /** Orders have been pulled completely at least once since the start. */
  isReady(): boolean;
  /** Its orders were pulled the last time that they were asked for. Delivery tells of itself. */
  isReached(): boolean;
  /** Why the ERP cannot be used now; null when it can. */
  fault(): Fault | null;
  /** The open session; null while there is none. */
  session(): ErpSession | null;
  wake(): void;
  close(): Promise<void>;
}

export function startExchange(settings: ExchangeSettings): Exchange {
  const stop = new AbortController();
  const state: State = { ready: false, fault: null, delivery: null, session: null };
  const running = run(settings, state, stop.signal);
  return {
    erp: settings.connection.id,
    isReady: () => state.ready,
    isReached: () => state.ready && state.fault === null,
    fault: () => state.fault,
    session: () => state.session,
    wake: () => state.delivery?.wake(),
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

interface State {
  ready: boolean;
  fault: Fault | null;
  delivery: Delivery | null;
  session: ErpSession | null;
}

async function run(settings: ExchangeSettings, state: State, signal: AbortSignal): Promise<void> {
  const session = await openSession(settings, state, signal);
  if (!session) return;
  state.session = session;
  const log = (line: string, cause: unknown): void =>
    settings.log.warn(`${settings.connection.id}: ${line} ${databaseTrouble(cause)}`, cause);
  const port = outboxPort(outboxOf(settings, session));
  state.delivery = startDelivery({ session, port, clock: settings.clock, log, probe: settings.probe }, signal);
  const looking = lookForEver(settings, session, state.delivery, signal);
  const reading = readMasterDataForEver(settings, session, signal);
  await pullForEver(settings, session, state, signal);
  await Promise.all([state.delivery.ended, looking, reading]);
  await giveBack(settings);
  state.session = null;
  await session.close();
}

async function openSession(settings: ExchangeSettings, state: State, signal: AbortSignal): Promise<ErpSession | null> {
  const { connection, connector, clock, log } = settings;
  const own = withErp(connection.settings, connection.id, connection.company);
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const opened = await connector.open(own, signal, settings.site.zone);
    if (opened.ok) return opened.value;
    state.fault = opened.fault;
    log.warn(`${connection.id}: ${opened.fault.message}`, opened.fault);
    await clock.sleep(backoffMs(deliveryBackoff, attempt, 1), signal);
  }
  return null;
}

function outboxOf(settings: ExchangeSettings, session: ErpSession): OutboxPorts {
  const { store, clock, log, connection, holder, site } = settings;
  return {
    store,
    clock,
    session,
    erp: connection.id,
    holder,
    silentMs: silentMsOf(site),
    onTaken: (doubted) => {
      if (doubted > 0)
        log.warn(
          `${connection.id}: ${doubted} postings were being sent when the last holder of delivery ended; the ERP is asked about them.`,
        );
    },
    onFenced: () =>
      log.warn(
        `${connection.id}: another process delivers; this one sends nothing while that one lives, and takes over when it is silent.`,
      ),
  };
}

/** Nothing is sent any more: whoever is next need not wait for the end of the lease. */
async function giveBack({ store, log, connection, holder }: ExchangeSettings): Promise<void> {
  await store
    .transaction((tx) => tx.site.endLeases([roleOf(connection.id)], holder))
    .catch((error: unknown) => log.warn(`${connection.id}: delivery was not given back; it ends by itself.`, error));
}

async function pullForEver(
  settings: ExchangeSettings,
  session: ErpSession,
  state: State,
  signal: AbortSignal,
): Promise<void> {
  const { site, clock, log, store, evaluate, connection } = settings;
  const accept = { store, site, clock, erp: connection.id, session, evaluate };
  const ports: PullPorts = { ...accept, onPage: (messages) => stateMaterials(accept, messages) };
  for (let failures = 0; !signal.aborted;) {
    let waitMs = site.policies.pull.everySeconds * 1000;
    try {
      const pulled = await pullOrders(ports, signal);
      if (pulled.ok) {
        failures = 0;
        await noteAnswer(settings);
        state.ready = true;
        state.fault = null;
        const { accepted, quarantined } = pulled.value;
        if (accepted + quarantined > 0)
          log.info(`${connection.id}: ${accepted} orders accepted, ${quarantined} quarantined.`);
        if (accepted > 0) settings.onOrders();
      } else {
        state.fault = pulled.fault;
        failures += 1;
        waitMs = Math.min(waitMs, backoffMs(deliveryBackoff, failures, 1));
        if (!signal.aborted) log.warn(`${connection.id}: ${pulled.fault.message}`, pulled.fault);
      }
    } catch (error) {
      failures += 1;
      waitMs = backoffMs(deliveryBackoff, failures, 1);
      log.warn(`${connection.id}: orders could not be taken in; trying again. ${databaseTrouble(error)}`, error);
    }
    await clock.sleep(waitMs, signal);
  }
}

/** Before anything is said to be in order: until the outage is noted, delivery holds back. */
async function noteAnswer({ store, site, clock, log, connection }: ExchangeSettings): Promise<void> {
  const ended = await heardOf({ store, site, clock, erp: connection.id });
  if (ended)
    log.warn(
      `${connection.id}: not reached since ${formatInstant(ended.lostAt)}. Each order's documents are read there before the next one is sent.`,
    );
}

const lookEveryMs = 1_000;

/** Orders that wait because of an outage are looked at one after the other; there are none as a rule. */
async function lookForEver(
  { store, site, clock, log, connection }: ExchangeSettings,
  session: ErpSession,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const ports = { store, site, clock, erp: connection.id, session, turn: { after: 0n } };
  for (let failures = 0; !signal.aborted;) {
    try {
      const looked = await lookAfterOutage(ports, signal);
      failures = looked.ok ? 0 : failures + 1;
      if (!looked.ok && !signal.aborted) log.warn(`${connection.id}: ${looked.fault.message}`, looked.fault);
      if (!looked.ok || looked.value.orders > 0) delivery.wake();
      if (looked.ok && looked.value.questions > 0)
        log.warn(`${connection.id}: ${looked.value.questions} questions about what was keyed by hand; see To mend.`);
    } catch (error) {
      failures += 1;
      log.warn("Orders are not looked at after the outage: the database does not answer.", error);
    }
    await clock.sleep(failures === 0 ? lookEveryMs : backoffMs(deliveryBackoff, failures, 1), signal);
  }
}

/** Master data change seldom, and nothing that is made waits for them. */
const masterDataEveryMs = 15 * 60_000;

async function readMasterDataForEver(
  { store, site, clock, log, connection }: ExchangeSettings,
  session: ErpSession,
  signal: AbortSignal,
): Promise<void> {
  if (!session.masterData) return;
  const ports = { store, site, clock, erp: connection.id, session };
  for (let failures = 0; !signal.aborted;) {
    let waitMs = masterDataEveryMs;
    try {
      const pulled = await pullMasterData(ports, signal);
      failures = pulled.ok ? 0 : failures + 1;
      if (!pulled.ok && !signal.aborted) log.warn(`${connection.id}: ${pulled.fault.message}`, pulled.fault);
      if (pulled.ok) {
        for (const reason of pulled.value.refused) log.warn(`${connection.id}: not taken over: ${reason}`);
        for (const { id, fault } of pulled.value.left)
          log.warn(`${connection.id}: ${id} cannot be read: ${fault.message}`);
      }
    } catch (error) {
      failures += 1;
      log.warn(`${connection.id}: master data could not be taken in. ${databaseTrouble(error)}`, error);
    }
    if (failures > 0) waitMs = Math.min(waitMs, backoffMs(deliveryBackoff, failures, 1));
    await clock.sleep(waitMs, signal);
  }
}
