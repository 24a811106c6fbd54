/** A part of the plant in a process of its own: started with a first message, answers in order, ends with its parent. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export class BenchChild {
  readonly #child: ChildProcess;

  /** @param file the module that calls `serveChild` when it is started as a program */
  constructor(file: string) {
    this.#child = fork(fileURLToPath(file), ["serve"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  tell(message: object): void {
    this.#child.send(message);
  }

  /** Tells, and waits for the one answer. The caller knows its form: both sides are one module. */
  async ask<T>(message: object): Promise<T> {
    const heard = new AbortController();
    const answer = once(this.#child, "message", heard);
    const ended = once(this.#child, "exit", heard).then(() => {
      throw new Error("a process of the bench ended before it answered");
    });
    try {
      this.tell(message);
      const [said] = await Promise.race([answer, ended]);
      return said as T;
    } finally {
      // The other one would wait for ever, and there are as many as questions.
      heard.abort();
    }
  }

  /** As a power cut would end it. Resolves when it has ended. */
  async kill(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}

/** True in a process that a `BenchChild` started. */
export const isChild: boolean = process.argv[2] === "serve" && process.send !== undefined;

export interface ParentLine<Message> {
  onMessage(listener: (message: Message) => void): void;
  answer(said: object): void;
}

/** The other end of `BenchChild`, inside the process; `ended` is called when the parent has let go. */
export function serveChild<Message>(ended: () => Promise<void>): ParentLine<Message> {
  process.once("disconnect", () => void ended());
  return {
    onMessage: (listener) => void process.on("message", (message) => listener(message as Message)),
    // Who asked may have let go meanwhile.
    answer: (said) => void (process.connected && process.send?.(said)),
  };
}
