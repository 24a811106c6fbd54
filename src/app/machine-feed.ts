/** How machines are heard and read, for all who show it. */
import type { Gateway } from "./gateway.ts";
import type { Operations } from "./operations.ts";

export type MachineFeed = ReturnType<Gateway["feeds"]>[number] & {
  /** What it says waits, because what is kept of it cannot be read. */
  readonly isHeld: boolean;
};

/** A machine that is held shows why, whatever else is wrong with its connection. */
export function machineFeeds(of: {
  readonly gateway: Pick<Gateway, "feeds">;
  readonly operations: Pick<Operations, "fault">;
}): readonly MachineFeed[] {
  return of.gateway.feeds().map((feed) => {
    const held = of.operations.fault(feed.source);
    return { ...feed, fault: held ?? feed.fault, isHeld: held !== null };
  });
}
