/**
 * When something happened that a person reports: now, by the clock of a terminal that was offline, or at the time that a
 * supervisor states afterwards. A terminal's time is judged against ours, with the tolerance that the site states.
 */
import { formatInstant, instant, type Instant } from "../../base/instant.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { StatementWay } from "../../record/statement.ts";

export interface TimeSaid {
  /** By the terminal's clock, or stated by a supervisor; null: now. */
  readonly at: Instant | null;
  readonly way: "terminal" | "back-dated" | "paper";
}

export interface TimeScope {
  readonly now: Instant;
  /** Event time of the last statement about the unit: what is said now comes after it. */
  readonly newest: Instant | null;
  readonly aheadSeconds: number;
  readonly offlineHours: number;
}

/** What a terminal sends at once arrives within this; older, it was kept while nobody answered. */
const liveMs = 5_000;

export interface JudgedTime {
  readonly eventAt: Instant;
  readonly way: StatementWay;
}

/**
 * @fault invalid reporting/time-missing  entered afterwards without saying when it happened
 * @fault refused reporting/clock-ahead   the time lies in the future by more than the tolerance
 * @fault refused reporting/too-old       a terminal kept it for longer than the site allows
 */
export function judgeTime(said: TimeSaid, scope: TimeScope): Result<JudgedTime> {
  const { at } = said;
  const { now } = scope;
  if (at === null) {
    if (said.way !== "terminal") {
      return fail("invalid", "reporting/time-missing", "Say when it happened: an entry afterwards needs its time.");
    }
    // A clock that was set back must not put what is said now before what was said earlier.
    const after = scope.newest === null ? now : scope.newest + 1;
    return ok({ eventAt: instant(Math.max(now, after)), way: "live" });
  }
  const aheadMs = said.way === "terminal" ? scope.aheadSeconds * 1_000 : 0;
  if (at - now > aheadMs) {
    const text = `${formatInstant(at)} lies in the future. Check the clock of the terminal, or the time that you entered.`;
    return fail("refused", "reporting/clock-ahead", text);
  }
  if (said.way !== "terminal") return ok({ eventAt: at, way: said.way });
  if (now - at > scope.offlineHours * 3_600_000) {
    const text = `The terminal has kept this since ${formatInstant(at)}, longer than ${scope.offlineHours} hours. A supervisor must enter it.`;
    return fail("refused", "reporting/too-old", text);
  }
  const eventAt = instant(Math.min(at, now));
  return ok({ eventAt, way: now - at <= liveMs ? "live" : "offline" });
}
