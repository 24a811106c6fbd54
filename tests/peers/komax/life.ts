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
import type { Outage } from "./order-story.ts";
import type { Progress } from "./replay.ts";

export interface Lives {
  readonly hits: readonly KillHit[];
  readonly outages: readonly Outage[];
  /** Ends that nobody planned, in words. */
  readonly surprises: readonly string[];
  /** Planned kills that have not been hit. */
  left(): number;
  /** Sees after the process once: notices its end, starts it again, arms the next kill. */
  tend(progress: Progress): Promise<void>;
  /** Resolves when the process ends, or after so long. */
  doze(ms: number): Promise<void>;
  /** From now on it is started again without a planned end. */
  disarm(): void;
  /** `kill -9` by the harness, outside the plan; it stays down until `begin`. */
  halt(about: string, progress: Progress): Promise<void>;
  /** Starts it on this data directory. */
  begin(data: string): Promise<void>;
  stop(): Promise<void>;
}

/** How long a planned point may stay unreached before the process is killed wherever it stands. */
const patienceMs = 20_000;
const surprisesMost = 3;
/** Part of the machine's records after which the first process is killed when a probe has to be planted. */
const firstKillAt = 0.03;

interface Life {
  readonly child: Child;
  readonly kill: PlannedKill | null;
  readonly since: number;
  /** Set by the proxy, just before it kills. */
  hit: string | null;
  /** The proxy's rule of this life is over. */
  spent: boolean;
}

export function livesOf(line: Line, proxy: FaultProxy, plan: readonly PlannedKill[]): Lives {
  const open = [...plan];
  const hits: KillHit[] = [];
  const outages: { from: number; to: number }[] = [];
  const surprises: string[] = [];
  let data = "";
  let isArmed = false;
  let life: Life | null = null;

  const start = async (): Promise<void> => {
    const kill = isArmed ? (open[0] ?? null) : null;
    const probe = kill === null || kill.class === "posting-sending" ? null : { point: kill.class, nth: kill.nth };
    const child = await line.start(data, probe);
    life = { child, kill: probe === null ? null : kill, since: Date.now(), hit: null, spent: false };
    const outage = outages.at(-1);
    // Until it says that it is ready; a life that ends before that leaves the outage open.
    if (outage !== undefined)
      child.onLine((said) => void (/\bready\b/.test(said) && (outage.to = Math.min(outage.to, Date.now()))));
  };
  const arm = (of: Life, kill: PlannedKill): void => {
    const rule = sendingRule(kill, async (about) => {
      of.hit = about;
      await of.child.kill();
    });
    proxy.rules.push({
      onRequest: (call) => (of.spent ? null : (rule.onRequest?.(call) ?? null)),
      onReply: (call, status) => (of.spent ? null : (rule.onReply?.(call, status) ?? null)),
    });
  };
  const note = (killClass: KillHit["class"], about: string, progress: Progress): void => {
    const { index, count, done } = progress;
    hits.push({ class: killClass, about, index, count, whileRunning: !done && index > 0 });
    outages.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
  };
  const autopsy = (of: Life, progress: Progress): void => {
    of.spent = true;
    const said = announcedKill(of.child.stdout());
    if (of.kill !== null && (of.hit !== null || said?.kill === of.kill.class)) {
      note(of.kill.class, of.hit ?? said?.about ?? "", progress);
      open.shift();
      return;
    }
    surprises.push(
      `Millrace ended by itself at record ${progress.index} of ${progress.count}, see ${of.child.logFile}`,
    );
    if (surprises.length > surprisesMost) throw new Error(surprises.at(-1));
  };
  /** A process without a probe: the proxy can arm it where it stands, a probe needs one that was started with it. */
  const plant = async (of: Life, kill: PlannedKill, progress: Progress): Promise<Life | null> => {
    if (kill.class === "posting-sending") {
      if (progress.index < progress.count * kill.notBefore) return of;
      const armed = { ...of, kill, since: Date.now() };
      arm(armed, kill);
      return armed;
    }
    if (progress.index < progress.count * firstKillAt) return of;
    of.spent = true;
    await of.child.kill();
    note("anytime", "to start it with the first probe", progress);
    await start();
    return life;
  };
  const giveUpWaiting = async (of: Life, progress: Progress): Promise<void> => {
    const [kill] = open;
    of.spent = true;
    await of.child.kill();
    note(
      "anytime",
      kill === undefined ? "nothing planned" : `${kill.class}:${kill.nth} was not reached for ${patienceMs / 1000} s`,
      progress,
    );
    if (kill === undefined) return;
    open.shift();
    if (kill.nth > 1) open.unshift({ ...kill, nth: 1 });
    else open.push(kill);
  };
  return {
    hits,
    outages,
    surprises,
    left: () => open.length,
    tend: async (progress) => {
      if (life === null) return;
      if (!life.child.isRunning()) {
        autopsy(life, progress);
        await start();
      } else if (life.kill === null && isArmed && open[0] !== undefined && !progress.done) {
        life = await plant(life, open[0], progress);
      } else if (life.kill !== null && Date.now() - life.since > patienceMs && !progress.done) {
        await giveUpWaiting(life, progress);
        await start();
      }
    },
    doze: async (ms) => {
      let timer: NodeJS.Timeout | undefined;
      const slept = new Promise<void>((resolve) => void (timer = setTimeout(resolve, ms)));
      await (life === null || !life.child.isRunning() ? slept : Promise.race([slept, life.child.ended]));
      clearTimeout(timer);
    },
    disarm: () => {
      isArmed = false;
      if (life !== null) life.spent = true;
    },
    halt: async (about, progress) => {
      if (life === null) return;
      life.spent = true;
      await life.child.kill();
      note("anytime", about, progress);
      life = null;
    },
    begin: async (directory) => {
      data = directory;
      await start();
      isArmed = open.length > 0;
    },
    stop: async () => {
      if (life === null) return;
      life.spent = true;
      await life.child.stop(30_000);
      life = null;
    },
  };
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
