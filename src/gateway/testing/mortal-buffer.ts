/** A buffer that can be taken away from its feed, as a crash does, or made to refuse, as a full disk does. */
import { fail } from "../../base/result.ts";
import type { SampleBuffer } from "../sample-buffer.ts";

export interface MortalBuffer extends SampleBuffer {
  /** From now on nothing reaches the disk. */
  kill(): void;
  /** The next so many appends are refused. */
  refuse(appends: number): void;
}

export function mortalBuffer(buffer: SampleBuffer): MortalBuffer {
  let dead = false;
  let refusals = 0;
  const full = fail("transient", "gateway/buffer-full", "The disk is full.");
  return {
    ...buffer,
    append: async (source, content, options) => {
      if (dead || refusals-- > 0) return full;
      return buffer.append(source, content, options);
    },
    addItems: async (source, items) => (dead ? full : buffer.addItems(source, items)),
    kill: () => {
      dead = true;
    },
    refuse: (appends) => {
      refusals = appends;
    },
  };
}
