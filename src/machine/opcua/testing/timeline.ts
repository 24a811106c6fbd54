/** A memory of values that a test writes itself, in whatever order, for the library's historian. Only for tests. */
import type { DataValue } from "node-opcua";

/** The part of the library's queue that its historian uses: linked entries, in order. */
export class Timeline {
  readonly head: Entry = { next: null, prev: null };
  length = 0;

  constructor(values: readonly DataValue[]) {
    this.head.next = this.head;
    this.head.prev = this.head;
    for (const value of values) this.push(value);
  }

  push(data: DataValue): void {
    const last = this.head.prev ?? this.head;
    const entry: Entry = { data, next: this.head, prev: last };
    last.next = entry;
    this.head.prev = entry;
    this.length += 1;
  }

  first(): DataValue | undefined {
    return this.head.next?.data;
  }
}

interface Entry {
  data?: DataValue;
  next: Entry | null;
  prev: Entry | null;
}
