/**
 * The mistakes that the proof must catch. Each replaces one part of the running program by one that makes a mistake
 * which is easily made, and changes nothing else.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { instant } from "../../../src/base/instant.ts";
import { ok } from "../../../src/base/result.ts";
import type { Parts } from "../../../src/app/serve.ts";
import { erpConnectors, machineConnectors } from "../../../src/app/registry.ts";
import type { ErpSession } from "../../../src/erp/connector.ts";
import type { Store, Tx } from "../../../src/flows/ports.ts";
import type { MachineSession } from "../../../src/machine/connector.ts";
import type { Sample } from "../../../src/record/sample.ts";

export const sabotages = [
  "blind-resend",
  "cursor-before-facts",
  "doubled-history",
  "dropped-sample",
  "sending-not-committed",
] as const;
export type Sabotage = (typeof sabotages)[number];

export function sabotagedParts(name: string): Partial<Parts> {
  const known = sabotages.find((s) => s === name);
  if (!known) throw new Error(`There is no sabotage "${name}". Known: ${sabotages.join(", ")}`);
  return parts[known]();
}

const parts: Readonly<Record<Sabotage, () => Partial<Parts>>> = {
  "blind-resend": blindResend,
  "cursor-before-facts": () => ({ store: cursorBeforeFacts }),
  "doubled-history": doubledHistory,
  "dropped-sample": droppedSample,
  "sending-not-committed": () => ({ store: sendingNotCommitted }),
};

/** Whatever is in doubt is taken for absent at once and sent again. */
function blindResend(): Partial<Parts> {
  const blind = (session: ErpSession): ErpSession =>
    Object.create(session, {
      resolve: { value: () => Promise.resolve({ outcome: "absent" }) },
      push: { value: session.push.bind(session) },
      pull: { value: session.pull.bind(session) },
      interpret: { value: session.interpret.bind(session) },
      compose: { value: session.compose.bind(session) },
      check: { value: session.check.bind(session) },
      documents: { value: session.documents.bind(session) },
      close: { value: session.close.bind(session) },
      traits: { value: { ...session.traits, settleMs: 0 } },
    }) as ErpSession; // every member is given above
  return {
    erps: erpConnectors.map((connector) => ({
      ...connector,
      open: async (settings, signal) => {
        const opened = await connector.open(settings, signal);
        return opened.ok ? ok(blind(opened.value)) : opened;
      },
    })),
  };
}

/** The place in the buffer is committed by itself, and only then what was read up to it. */
function cursorBeforeFacts(store: Store): Store {
  return {
    transaction: (work) =>
      store.transaction((tx) => {
        let isMoved = false;
        const collectors: Tx["collectors"] = {
          ...tx.collectors,
          lock: () => tx.collectors.cursors(),
          advance: async (...args) => {
            isMoved = await store.transaction((first) => first.collectors.advance(...args));
            // The window that every crash finds sooner or later.
            await sleep(400);
            return isMoved;
          },
        };
        return work({ ...tx, collectors });
      }),
  };
}

/** What history says is added once more to what is known already, as a gateway does that keeps sums and no identities. */
function doubledHistory(): Partial<Parts> {
  const doubling = (session: MachineSession): MachineSession => {
    const history: MachineSession["history"] = (items, from, onSlice, signal) =>
      session.history(
        items,
        from,
        async (slice) => {
          await onSlice(slice);
          await onSlice({ samples: slice.samples.flatMap(addedAgain), through: slice.through });
        },
        signal,
      );
    return new Proxy(session, {
      get(target, name) {
        if (name === "history") return history;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  };
  return {
    machines: machineConnectors.map((connector) => ({
      protocol: connector.protocol,
      open: async (settings, signal) => {
        const opened = await connector.open(settings, signal);
        return opened.ok ? ok(doubling(opened.value)) : opened;
      },
    })),
  };
}

function addedAgain(sample: Sample): Sample[] {
  const { value } = sample;
  const isCount = typeof value === "number" && /GoodPieces$|\/Total$/.test(sample.item);
  return isCount && value > 0 ? [{ ...sample, at: instant(sample.at + 1), value: value * 2 }] : [];
}

/** One value in nine never reaches the disk. */
function droppedSample(): Partial<Parts> {
  let seen = 0;
  return {
    buffer: (buffer) => ({
      ...buffer,
      ended: buffer.ended,
      append: (source, content, options) => {
        const samples = content.samples.filter(() => (seen += 1) % 9 !== 0);
        return buffer.append(source, { ...content, samples }, options);
      },
    }),
  };
}

/**
 * The attempt is remembered by the process alone: what dies with it was never begun. It is written together with what the
 * ERP has answered, because the database lets no posting be confirmed that was not being sent.
 */
function sendingNotCommitted(store: Store): Store {
  const inFlight = new Map<string, Parameters<Tx["postings"]["takeLanes"]>[0][number]>();
  const begun = new Map<string, Parameters<Tx["postings"]["beginSending"]>[0][number]>();
  return {
    transaction: (work) =>
      store.transaction((tx) => {
        const postings: Tx["postings"] = {
          ...tx.postings,
          due: async (...args) => (await tx.postings.due(...args)).filter((p) => !inFlight.has(p.id)),
          takeLanes: (wanted) => {
            for (const one of wanted) inFlight.set(one.id, one);
            return Promise.resolve(wanted.map((w) => w.id));
          },
          beginSending: (sent) => {
            for (const one of sent) begun.set(one.id, one);
            return Promise.resolve();
          },
          settle: async (settlements, epoch, at) => {
            const settled: string[] = [];
            for (const one of settlements) {
              const [row, sent] = [inFlight.get(one.id), begun.get(one.id)];
              if (row && sent && one.from === "sending") {
                await tx.postings.takeLanes([row]);
                await tx.postings.beginSending([sent], epoch, at);
              }
              settled.push(...(await tx.postings.settle([one], epoch, at)));
              inFlight.delete(one.id);
              begun.delete(one.id);
            }
            return settled;
          },
        };
        return work({ ...tx, postings });
      }),
  };
}
