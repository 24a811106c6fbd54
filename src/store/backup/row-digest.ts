/**
 * A digest of a table's rows that does not depend on their order: equal digests mean the same rows, each as often.
 * After a restore the server gives the rows back in an order of its own.
 */
import { hash } from "node:crypto";

export interface RowDigest {
  add(row: Buffer): void;
  /** 64 hexadecimal digits. */
  text(): string;
}

/** The sum of the rows' SHA-256, lane by lane of 32 bits. A sum, not an XOR: a row that stands there twice counts twice. */
export function rowDigest(): RowDigest {
  const lanes = new Uint32Array(8);
  return {
    add: (row) => {
      const digest = hash("sha256", row, "buffer");
      for (let lane = 0; lane < 8; lane++) lanes[lane] = (lanes[lane] ?? 0) + digest.readUInt32BE(lane * 4);
    },
    text: () => [...lanes].map((lane) => lane.toString(16).padStart(8, "0")).join(""),
  };
}
