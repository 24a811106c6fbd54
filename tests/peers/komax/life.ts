/**
 * The lives of the process under test during one run: started, killed where the plan says, started again at once. The
 * machine does not wait meanwhile. What killed it each time is kept; an end that nobody planned is a failure.
 */
import type { Child } from "../child.ts";
import { isPosted, type ErpCall } from "../erp-call.ts";
import { firstOf } from "../fault-rule.ts";
import type { FaultProxy, FaultRule } from "../fault-proxy.ts";
import type { KillHit, PlannedKill, SendingVariant } from "./kill-plan.ts";
import { announcedKill, type Line } from "./line-process.ts";
import type { Progress } from "./replay.ts";

/** How long a planned point may stay unreached by a process that is ready, before it is killed wherever it stands. */
const patienceMs = 20_000;
/** The same for one that is still starting; on a busy computer that takes its time, and stages of it are points too. */
const startPatienceMs = 60_000;
const surprisesMost = 3;
/** The line by which the process says that all its parts run; a JSON log line of the product. */
const saysReady = /"Millrace runs for site |^ready$/;
/** Part of the machine's records after which the first kill is armed: before, there is nothing to post. */
const firstKillAt = 0.03;

interface Life {
  readonly child: Child;
  /** What is to end it; null when nothing is planned for it yet. */
  kill: PlannedKill | null;
  /** When that was planned; for a probe, when the process became ready. */
  since: number;
  isReady: boolean;
  /** Set by the proxy, just before it kills. */
  hit: string | null;
  /** The proxy's rule of this life is over. */
  isSpent: boolean;
}

export class Lives {
  readonly hits: KillHit[] = [];
  readonly outages: { readonly from: number; to: number }[] = [];
  /** Ends that nobody planned, in words. */
  readonly surprises: string[] = [];
  readonly #line: Line;
  readonly #proxy: FaultProxy;
  /** Planned kills that have not been hit. */
  readonly #open: PlannedKill[];
  #data = "";
  #isArmed = false;
  #life: Life | null = null;

  constructor(line: Line, proxy: FaultProxy, plan: readonly PlannedKill[]) {
    this.#line = line;
    this.#proxy = proxy;
    this.#open = [...plan];
  }

  get killsLeft(): number {
    return this.#open.length;
  }

  /** Starts it on this data directory. The first life of all has no planned end: it may get ready in peace. */
  async begin(data: string): Promise<void> {
    this.#data = data;
    await this.#start();
    this.#isArmed = this.#open.length > 0;
  }

  /** Sees after the process once: notices its end, starts it again, arms the next kill. */
  async tend(progress: Progress): Promise<void> {
    const life = this.#life;
    if (life === null) return;
    if (!life.child.isRunning()) {
      this.#autopsy(life, progress);
      await this.#start();
      return;
    }
    const [next] = this.#open;
    if (!this.#isArmed || next === undefined || progress.done) return;
    if (life.kill === null) await this.#plant(life, next, progress);
    else if (Date.now() - life.since > (life.isReady ? patienceMs : startPatienceMs))
      await this.#giveUpWaiting(life, next, progress);
  }

  /** Resolves when the process ends, or after so long. */
  async doze(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const slept = new Promise<void>((resolve) => void (timer = setTimeout(resolve, ms)));
    const isUp = this.#life?.child.isRunning() === true;
    await (isUp ? Promise.race([slept, this.#life?.child.ended]) : slept);
    clearTimeout(timer);
  }

  /** From now on it is started again without a planned end. */
  disarm(): void {
    this.#isArmed = false;
    if (this.#life !== null) this.#life.isSpent = true;
  }

  /** `kill -9` by the harness, outside the plan; it stays down until `begin`. */
  async halt(about: string, progress: Progress): Promise<void> {
    if (this.#life !== null) await this.#killAnytime(this.#life, about, progress);
    this.#life = null;
  }

  async stop(): Promise<void> {
    if (this.#life !== null) this.#life.isSpent = true;
    await this.#life?.child.stop(30_000);
    this.#life = null;
  }

  async #start(): Promise<void> {
    const next = this.#isArmed ? (this.#open[0] ?? null) : null;
    const kill = next === null || next.class === "posting-sending" ? null : next;
    const child = await this.#line.start(this.#data, kill === null ? null : { point: kill.class, nth: kill.nth });
    const life: Life = { child, kill, since: Date.now(), isReady: false, hit: null, isSpent: false };
    this.#life = life;
    const outage = this.outages.at(-1);
    child.onLine((said) => {
      if (life.isReady || !saysReady.test(said)) return;
      life.isReady = true;
      life.since = Date.now();
      // A life that ends before it is ready leaves the outage open.
      if (outage !== undefined) outage.to = Math.min(outage.to, life.since);
    });
  }

  /** A process without a probe: the proxy can arm it where it stands, a probe needs one that was started with it. */
  async #plant(life: Life, kill: PlannedKill, progress: Progress): Promise<void> {
    if (progress.index < progress.count * firstKillAt) return;
    if (kill.class === "posting-sending") return this.#arm(life, kill);
    await this.#killAnytime(life, "to start it with the first probe", progress);
    await this.#start();
  }

  #arm(life: Life, kill: PlannedKill): void {
    life.kill = kill;
    life.since = Date.now();
    const rule = sendingRule(kill, async (about) => {
      life.hit = about;
      await life.child.kill();
    });
    this.#proxy.rules.push({
      onRequest: (call) => (life.isSpent ? null : (rule.onRequest?.(call) ?? null)),
      onReply: (call, status) => (life.isSpent ? null : (rule.onReply?.(call, status) ?? null)),
    });
  }

  /** What ended it: the kill that was planned for it, or nobody. */
  #autopsy(life: Life, progress: Progress): void {
    life.isSpent = true;
    const said = announcedKill(life.child.stdout());
    if (life.kill !== null && (life.hit !== null || said?.kill === life.kill.class)) {
      this.#note(life.kill.class, life.hit ?? said?.about ?? "", progress);
      this.#open.shift();
      return;
    }
    const surprise = `Millrace ended by itself at record ${progress.index} of ${progress.count}, see ${life.child.logFile}`;
    this.surprises.push(surprise);
    if (this.surprises.length > surprisesMost) throw new Error(surprise);
  }

  /** The point may be a rare one: once more at its first time, then after all others. */
  async #giveUpWaiting(life: Life, kill: PlannedKill, progress: Progress): Promise<void> {
    const waited = Math.round((Date.now() - life.since) / 1000);
    await this.#killAnytime(life, `${kill.class}:${kill.nth} was not reached for ${waited} s`, progress);
    this.#open.shift();
    if (kill.nth > 1) this.#open.unshift({ ...kill, nth: 1 });
    else this.#open.push(kill);
    await this.#start();
  }

  async #killAnytime(life: Life, about: string, progress: Progress): Promise<void> {
    life.isSpent = true;
    await life.child.kill();
    this.#note("anytime", about, progress);
  }

  #note(killClass: KillHit["class"], about: string, { index, count, done }: Progress): void {
    this.hits.push({ class: killClass, about, index, count, whileRunning: !done && index > 0 });
    this.outages.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
  }
}

const variantWords: Readonly<Record<SendingVariant, string>> = {
  committed: "the ERP had committed it",
  never: "the ERP never got it",
  afterwards: "the ERP got it after the process was dead",
};

/** Holds the planned document in the proxy, has the process killed meanwhile, and breaks the connection then. */
function sendingRule(kill: PlannedKill, die: (about: string) => Promise<void>): FaultRule {
  const variant = kill.variant ?? "committed";
  let seen = 0;
  const isDue = (call: ErpCall): boolean => {
    if (!isPosted(call.kind)) return false;
    seen += 1;
    return seen >= kill.nth;
  };
  const until = (call: ErpCall) => (): Promise<void> =>
    die(`${call.kind} ${call.key ?? "without key"} of order ${call.order ?? "?"}, ${variantWords[variant]}`);
  if (variant === "committed") {
    return firstOf(1, () => true, {
      onReply: (call, status) => (status < 300 && isDue(call) ? { fate: "hold-reply", until: until(call) } : null),
    });
  }
  return firstOf(1, () => true, {
    onRequest: (call) =>
      isDue(call) ? { fate: "hold-request", until: until(call), deliver: variant === "afterwards" } : null,
  });
}
