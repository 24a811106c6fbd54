/** When a command that runs on is to end: it is told to, or nobody reads any more what it says. */

export type EndReason = "told" | "unread";

/**
 * Listens from the call on, so that nothing ends the process before what it has started is stopped. A reader that goes
 * away is no error of ours: without a listener it would end the process at once, and leave its database running.
 */
export function end(): Promise<EndReason> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve("told"));
    for (const stream of [process.stdout, process.stderr])
      stream.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE") throw error;
        resolve("unread");
      });
  });
}
