/** Tells people: looks every few seconds at what lasts too long, and brings notices out by webhook and e-mail. */
import type { Clock } from "../base/clock.ts";
import { ok, type Result } from "../base/result.ts";
import type { LeaseHolder } from "../flows/lease.ts";
import { noticeOutbox } from "../flows/notice-outbox.ts";
import type { Store } from "../flows/ports.ts";
import type { AnnounceNotices } from "../flows/notify.ts";
import { sweepNotices, sweepRole, type MachineHealth } from "../flows/sweep-notices.ts";
import type { Channel, RecipientsOf } from "../notice/channel.ts";
import { startNoticeDelivery } from "../notice/delivery.ts";
import { mailChannel } from "../notice/mail.ts";
import { webhookChannel } from "../notice/webhook.ts";
import type { NoticeChannel } from "../record/notice.ts";
import { emailSettings, webhookSettings } from "../site/notice-schema.ts";
import type { Site } from "../site/site.ts";
import { databaseTrouble } from "./database-trouble.ts";
import type { Log } from "./log.ts";

export interface NoticeSettings {
  readonly site: Site;
  /** The notifying one or the bare one: what is told here is told by itself. */
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly holder: LeaseHolder;
  readonly machines: () => readonly MachineHealth[];
  /** Accounts with an e-mail address; the fixed addresses of a channel are told in any case. */
  readonly recipientsOf: RecipientsOf;
  readonly news: NoticeNews;
}

export interface Noticing {
  close(): Promise<void>;
}

/** Who wants to know of new and changed notices: the delivery, and the event stream. */
export interface NoticeNews {
  readonly announce: AnnounceNotices;
  /** @returns ends it */
  listen(listener: AnnounceNotices): () => void;
}

export function noticeNews(): NoticeNews {
  const listeners = new Set<AnnounceNotices>();
  return {
    announce: (notices) => {
      for (const listener of listeners) listener(notices);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

const sweepEveryMs = 5_000;

/** @fault invalid notice/secret  a webhook's secret cannot be used */
export function startNotices(settings: NoticeSettings): Result<Noticing> {
  const { site, store, clock, log, news } = settings;
  const channels: Channel[] = [];
  for (const one of site.notices.channels) {
    const made = channelOf(one, settings.recipientsOf);
    if (!made.ok) return made;
    channels.push(made.value);
  }
  const stop = new AbortController();
  const complain = (line: string, cause?: unknown): void => log.warn(line, cause);
  const outbox = noticeOutbox(store, clock);
  const delivering = startNoticeDelivery({ outbox, channels, clock, log: complain }, stop.signal);
  const unlisten = news.listen(() => delivering.wake());
  const sweeping = sweepForEver(settings, stop.signal);
  return ok({
    close: async () => {
      unlisten();
      stop.abort();
      await Promise.all([sweeping, delivering.ended]);
      await giveBack(settings);
      for (const channel of channels) channel.close();
    },
  });
}

/** The site's check has read the settings by these schemas before; here they get their defaults. */
function channelOf({ id, kind, settings }: NoticeChannel, recipientsOf: RecipientsOf): Result<Channel> {
  if (kind === "webhook") return webhookChannel(id, webhookSettings.parse(settings));
  return ok(mailChannel(id, emailSettings.parse(settings), recipientsOf));
}

/** Whoever is next need not wait for the end of the lease. */
async function giveBack({ store, log, holder }: NoticeSettings): Promise<void> {
  await store
    .transaction((tx) => tx.site.endLeases([sweepRole], holder))
    .catch((error: unknown) => log.warn("Looking after notifications was not given back; it ends by itself.", error));
}

async function sweepForEver(settings: NoticeSettings, signal: AbortSignal): Promise<void> {
  const { clock, log, news } = settings;
  const ports = { ...settings, announce: news.announce };
  while (!signal.aborted) {
    try {
      await sweepNotices(ports);
    } catch (error) {
      log.warn(`Notifications are not looked after. ${databaseTrouble(error)}`, error);
    }
    await clock.sleep(sweepEveryMs, signal);
  }
}
