/** The buffer's worker thread seen from outside: one promise per request, faults in words, death noticed. */
import { Worker, type Transferable } from "node:worker_threads";
import { ok, type Fault, type Result } from "../base/result.ts";
import { bufferFault, stoppedFault } from "./buffer-fault.ts";
import type { Answers, BufferAnswer, BufferRequest } from "./buffer-message.ts";

export interface BufferThread {
  ask<K extends keyof Answers>(
    request: Extract<BufferRequest, { kind: K }>,
    transfer?: readonly Transferable[],
  ): Promise<Result<Answers[K]>>;
  /** Resolves when the thread has ended, with the reason when that was not asked for. */
  readonly ended: Promise<Fault | null>;
}

export function startBufferThread(file: string): BufferThread {
  // The worker stands beside this file, in the sources as in a build.
  const entry = new URL(`./buffer-worker${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url);
  const worker = new Worker(entry, { name: "gateway-buffer" });
  const waiting: ((answer: BufferAnswer | null) => void)[] = [];
  let failure: unknown = null;
  let closing = false;
  let stopped: Fault | null = null;

  worker.on("message", (answer: BufferAnswer) => waiting.shift()?.(answer));
  worker.on("error", (error) => {
    failure = error;
  });
  const ended = new Promise<Fault | null>((resolve) => {
    worker.on("exit", (code) => {
      stopped = stoppedFault(file, failure ?? { code });
      for (const settle of waiting.splice(0)) settle(null);
      resolve(closing ? null : stopped);
    });
  });

  return {
    ended,
    ask: (request, transfer = []) =>
      new Promise((resolve) => {
        if (stopped || closing) return resolve({ ok: false, fault: stopped ?? stoppedFault(file) });
        closing = request.kind === "close";
        worker.postMessage(request, transfer);
        waiting.push((answer) => {
          if (!answer) return resolve({ ok: false, fault: stopped ?? stoppedFault(file) });
          if (!answer.ok) return resolve({ ok: false, fault: bufferFault(file, answer.error) });
          // The worker answers in order, each with the type that belongs to the request's kind.
          resolve(ok(answer.value as Answers[typeof request.kind] as never));
        });
      }),
  };
}
