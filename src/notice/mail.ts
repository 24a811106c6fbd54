/**
 * Notices by e-mail: one mail for each recipient, so that a wrong address keeps nobody else from theirs and nobody sees who else
 * is told. The only file that knows the mail library.
 */
import { createTransport } from "nodemailer";
import { contentId } from "../base/id.ts";
import { makeFault, type Fault } from "../base/result.ts";
import { messageId, type NoticeDelivery } from "../record/notice.ts";
import type { Attempt, Channel, Recipient, RecipientsOf } from "./channel.ts";
import { mailOf } from "./message.ts";

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** `tls`: encrypted from the first byte. `starttls`: must become encrypted before anything is said. `none`: never is. */
  readonly security: "tls" | "starttls" | "none";
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** PEM of an authority of one's own. */
  readonly ca?: string | undefined;
  readonly from: string;
  /** Told beside the accounts with the role. */
  readonly to: readonly string[];
  readonly timeoutMs: number;
}

export function mailChannel(id: string, settings: MailSettings, recipientsOf: RecipientsOf): Channel {
  const transport = transportOf(settings);
  return {
    id,
    send: async (delivery, _at, signal) => {
      const all = everybody(settings, await recipientsOf(delivery.role, delivery.equipment));
      const before = delivery.done.map(settledOf);
      if (all.length === 0 && !before.some(({ isTaken }) => isTaken)) {
        return { outcome: "impossible", fault: nobody(id, delivery) };
      }
      const left = all.filter(({ key }) => !before.some((one) => one.key === key));
      const attempted = await sendEach(left, signal, id, (to) => sendOne(transport, settings, id, delivery, to));
      const settled = [...before, ...attempted.settled];
      if (attempted.failed) return again(attempted.failed, settled, attempted.isStopped);
      const isRefused = settled.some(({ isTaken }) => !isTaken);
      const fault = isRefused ? (attempted.refused ?? refusedBefore(id)) : null;
      // The server's final no to everybody is nothing that anybody has.
      if (fault && !settled.some(({ isTaken }) => isTaken)) return { outcome: "impossible", fault };
      return { outcome: "delivered", fault };
    },
    close: () => transport.close(),
  };
}

/** A recipient that needs no other attempt. */
interface Settled {
  readonly key: string;
  /** Else refused for good. */
  readonly isTaken: boolean;
}

/** In the record a refused one carries this before its key: which of both it was decides what became of the delivery. */
const refusedMark = "refused ";

function settledOf(entry: string): Settled {
  const isTaken = !entry.startsWith(refusedMark);
  return { key: isTaken ? entry : entry.slice(refusedMark.length), isTaken };
}

function again(fault: Fault, settled: readonly Settled[], isStopped: boolean): Attempt {
  const done = settled.map(({ key, isTaken }) => (isTaken ? key : `${refusedMark}${key}`));
  return { outcome: "again", fault, done, retryAfterMs: isStopped ? 0 : null };
}

interface Attempted {
  readonly settled: readonly Settled[];
  /** The last one of each. */
  readonly failed: Fault | null;
  readonly refused: Fault | null;
  readonly isStopped: boolean;
}

async function sendEach(
  recipients: readonly Recipient[],
  signal: AbortSignal,
  id: string,
  sendTo: (recipient: Recipient) => Promise<Fault | null>,
): Promise<Attempted> {
  const settled: Settled[] = [];
  let failed: Fault | null = null;
  let refused: Fault | null = null;
  for (const recipient of recipients) {
    if (signal.aborted) return { settled, failed: stopped(id), refused, isStopped: true };
    const fault = await sendTo(recipient);
    if (fault?.kind === "transient") failed = fault;
    else settled.push({ key: recipient.key, isTaken: fault === null });
    if (fault?.kind === "refused") refused = fault;
    // A server that is not there, or does not let us in, is not asked again for every recipient: wrong passwords lock accounts.
    if (fault && !isAboutRecipient(fault.cause)) break;
  }
  return { settled, failed, refused, isStopped: false };
}

type Transport = ReturnType<typeof transportOf>;

function transportOf(settings: MailSettings): ReturnType<typeof createTransport> {
  const { host, port, security, user, password, ca, timeoutMs } = settings;
  return createTransport({
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    // A message is text of ours: nothing of it may name a file or an address to be fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Null when the server has taken it. */
async function sendOne(
  transport: Transport,
  { from }: MailSettings,
  id: string,
  delivery: NoticeDelivery,
  recipient: Recipient,
): Promise<Fault | null> {
  const { subject, text } = mailOf(delivery.body);
  const message = messageId(delivery);
  try {
    await transport.sendMail({
      from,
      to: { name: "", address: recipient.address },
      subject,
      text,
      // The same for every attempt, so that a mail program shows a double once.
      messageId: `<${message}.${recipient.key}@millrace.invalid>`,
      headers: { "auto-submitted": "auto-generated", "x-millrace-notice": message },
    });
    return null;
  } catch (error) {
    return faultOf(id, error);
  }
}

/** The server's answer of class 5 about a recipient or a message is final; everything else can get better. */
function faultOf(id: string, error: unknown): Fault {
  const code = responseCodeOf(error);
  if (code !== null && code >= 500 && isAboutRecipient(error)) {
    const text = `${id}: the mail server refuses a recipient for good (${code}). Check the addresses of the role and of the channel.`;
    return makeFault("refused", "notice/mail-refused", text, error);
  }
  const why = code === null ? "" : ` (${code})`;
  const text = `${id}: the mail server did not take the message${why}. It is tried again; check host, port, security and account.`;
  return makeFault("transient", "notice/mail-failed", text, error);
}

function refusedBefore(id: string): Fault {
  const text = `${id}: the mail server has refused a recipient for good at an earlier attempt. Check the addresses of the role and of the channel.`;
  return makeFault("refused", "notice/mail-refused", text);
}

/** Else the next recipient would hear the same. */
function isAboutRecipient(error: unknown): boolean {
  const command = typeof error === "object" && error !== null && "command" in error ? error.command : null;
  return responseCodeOf(error) !== null && (command === "RCPT TO" || command === "DATA");
}

function responseCodeOf(error: unknown): number | null {
  const code = typeof error === "object" && error !== null && "responseCode" in error ? error.responseCode : null;
  return typeof code === "number" ? code : null;
}

/** Each address once, whoever brings it. */
function everybody({ to }: MailSettings, accounts: readonly Recipient[]): readonly Recipient[] {
  const fixed = to.map((address) => ({ key: contentId("address", address.toLowerCase()), address }));
  const found = new Map<string, Recipient>();
  for (const one of [...accounts, ...fixed]) {
    const name = one.address.toLowerCase();
    if (!found.has(name)) found.set(name, one);
  }
  return [...found.values()];
}

function nobody(id: string, { role, equipment }: NoticeDelivery): Fault {
  const text = `${id}: nobody with the role ${role} at ${equipment} has an e-mail address. Give an account one, or write \`to\` at the channel.`;
  return makeFault("refused", "notice/no-recipient", text);
}

function stopped(id: string): Fault {
  return makeFault(
    "transient",
    "notice/mail-failed",
    `${id}: the program stopped before every recipient was written to.`,
  );
}
