/** Why a work unit stood still: the reason is given when it stops, or afterwards. */
import type { Statement } from "../../record/statement.ts";
import { openStop, type UnitState } from "./unit-state.ts";
import type { Control } from "./unit-table.ts";
import { done, explainedStop, ignored, refused, type SaidOf, type Verdict } from "./verdict.ts";

export function explainStop(
  state: UnitState,
  statement: Statement,
  said: SaidOf<"stop-reason">,
  control: Control,
): Verdict {
  if (control !== "manual") {
    const since = said.since ?? statement.meaning.stop;
    if (since === null)
      return refused("reporting/no-such-stop", "The machine does not stand still: there is no stop to explain.");
    return done(state, [explainedStop(statement, since, said.reason, statement.meaning.run)], "The reason is noted.");
  }
  const stop =
    said.since === null ? (openStop(state) ?? state.stops.at(-1)) : state.stops.find((s) => s.since === said.since);
  if (!stop) return refused("reporting/no-such-stop", "There is no stop without a reason. Look at the list of stops.");
  if (stop.reason === said.reason) return ignored("The stop has this reason already.");
  const stops = state.stops.flatMap((other) => {
    if (other !== stop) return [other];
    return stop.until === null ? [{ ...stop, reason: said.reason }] : [];
  });
  return done(
    { ...state, stops },
    [explainedStop(statement, stop.since, said.reason, state.run?.id ?? null)],
    "The reason is noted.",
  );
}

/** The stops after the job goes on or ends; what has its reason is over. */
export function closeStop(state: UnitState, { eventAt }: Statement): UnitState["stops"] {
  return state.stops.flatMap((stop) => {
    if (stop.until !== null) return [stop];
    return stop.reason === null ? [{ ...stop, until: eventAt }] : [];
  });
}
