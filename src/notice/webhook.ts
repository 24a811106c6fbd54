/**
 * Notices to a program of somebody else's: one signed POST. Goes to the configured address alone: redirects are not followed,
 * and what the receiver answers is not read. Private addresses are allowed, since the address is the administrator's own.
 */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Instant } from "../base/instant.ts";
import { fail, makeFault, ok, type Fault, type Result } from "../base/result.ts";
import { messageId, type NoticeDelivery } from "../record/notice.ts";
import type { Attempt, Channel } from "./channel.ts";
import { signatureHeader, webhookKey } from "./signature.ts";

export interface WebhookSettings {
  /** http or https. */
  readonly url: string;
  /** The newest first; each signs every message. */
  readonly secrets: readonly string[];
  readonly timeoutMs: number;
}

/** @fault invalid notice/secret */
export function webhookChannel(id: string, settings: WebhookSettings): Result<Channel> {
  const keys: Buffer[] = [];
  for (const secret of settings.secrets) {
    const key = webhookKey(secret);
    if (!key.ok) return fail("invalid", "notice/secret", `${id}: ${key.fault.message}`);
    keys.push(key.value);
  }
  const url = new URL(settings.url);
  const send = async (delivery: NoticeDelivery, at: Instant, signal: AbortSignal): Promise<Attempt> => {
    const message = { id: messageId(delivery), seconds: Math.floor(at / 1000), body: delivery.body };
    const headers = {
      "content-type": "application/json",
      "user-agent": "millrace",
      "webhook-id": message.id,
      "webhook-timestamp": String(message.seconds),
      "webhook-signature": signatureHeader(keys, message),
    };
    const until = AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]);
    const answered = await post(url, headers, message.body, until);
    return attemptOf(id, answered, at);
  };
  return ok({ id, send, close: () => undefined });
}

type Answered = { readonly status: number; readonly headers: IncomingHttpHeaders } | { readonly error: unknown };

/** The answer's head; its body is thrown away. */
function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Answered> {
  return new Promise((resolve) => {
    const call = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      method: "POST",
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      agent: false,
      signal,
    });
    call.on("error", (error) => resolve({ error }));
    call.on("response", (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
      response.on("error", () => undefined);
      response.destroy();
    });
    call.end(body);
  });
}

function attemptOf(id: string, answered: Answered, now: Instant): Attempt {
  if ("error" in answered) {
    const text = `${id} did not answer. It is tried again.`;
    return again(makeFault("transient", "notice/webhook-unanswered", text, answered.error), null);
  }
  const { status, headers } = answered;
  if (status >= 200 && status < 300) return { outcome: "delivered", fault: null };
  if (status === 410) {
    const text = `${id} says that it is gone (410). Remove the channel from site.yaml, or give it its new address.`;
    return { outcome: "impossible", fault: makeFault("refused", "notice/webhook-gone", text) };
  }
  const isElsewhere = status >= 300 && status < 400;
  const hint = isElsewhere
    ? "It points elsewhere, which is not followed: write the final address."
    : "It is tried again.";
  return again(
    makeFault("transient", "notice/webhook-refused", `${id} answered ${status}. ${hint}`),
    retryAfterMs(headers["retry-after"], now),
  );
}

function again(fault: Fault, wait: number | null): Attempt {
  return { outcome: "again", fault, done: [], retryAfterMs: wait };
}

/** Seconds or a date. */
function retryAfterMs(header: string | undefined, now: Instant): number | null {
  if (header === undefined) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}
