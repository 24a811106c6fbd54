/** Faults of the simulated ERP on demand: which calls go wrong, how, and how often. Each is counted when it happens. */
import type { Random } from "../random.ts";

export type ErpFault =
  /** The connection breaks before anything was done. */
  | { readonly kind: "request-lost" }
  /** Everything is done; the connection breaks instead of the answer. */
  | { readonly kind: "reply-lost" }
  /** No answer; the ERP does the work only after this time, and then the connection breaks. */
  | { readonly kind: "late-commit"; readonly ms: number }
  /** The answer comes late. */
  | { readonly kind: "delay"; readonly ms: number }
  /** 503 of a web server; nothing was done. */
  | { readonly kind: "unavailable" }
  /** 429; nothing was done. */
  | { readonly kind: "too-many-calls"; readonly retryAfterSeconds: number }
  /** 500; nothing was done. */
  | { readonly kind: "failed-before" }
  /** 500, although everything was done. */
  | { readonly kind: "failed-after" }
  /** 423: somebody works on the order; nothing was done. */
  | { readonly kind: "locked" }
  /** The session has expired: its token no longer counts. */
  | { readonly kind: "session-expired" }
  /** 401 with an HTML page. */
  | { readonly kind: "login-refused" };

export interface FaultRule {
  readonly fault: ErpFault;
  readonly calls: "read" | "write" | "any";
  /** Against the path behind the service root, e.g. `/ProdnOrdConf2$/`; every path when left out. */
  readonly path?: RegExp;
  /** How many calls go wrong; 1 when left out. */
  readonly times?: number;
  /** Of the calls that fit; every one when left out. */
  readonly probability?: number;
}

export interface ErpCall {
  readonly calls: "read" | "write";
  readonly path: string;
}

export class FaultPlan {
  readonly #random: Random;
  readonly #counts = new Map<ErpFault["kind"], number>();
  #rules: { readonly rule: FaultRule; left: number }[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? 1 });
  }

  clear(): void {
    this.#rules = [];
  }

  /** How often each fault has happened. */
  get counts(): ReadonlyMap<ErpFault["kind"], number> {
    return this.#counts;
  }

  /** The fault of this call, if it has one. The first rule that fits is used up. */
  take(call: ErpCall): ErpFault | null {
    for (const entry of this.#rules) {
      const { rule } = entry;
      if (rule.calls !== "any" && rule.calls !== call.calls) continue;
      if (rule.path && !rule.path.test(call.path)) continue;
      if (rule.probability !== undefined && !this.#random.chance(rule.probability)) continue;
      entry.left -= 1;
      if (entry.left <= 0) this.#rules = this.#rules.filter((other) => other !== entry);
      this.#counts.set(rule.fault.kind, (this.#counts.get(rule.fault.kind) ?? 0) + 1);
      return rule.fault;
    }
    return null;
  }
}
