/** The operator's terminal over HTTP: reports, scans, shifts on paper, and what the terminal shows. */
import { parseInstant, type Instant } from "../../base/instant.ts";
import { parseQuantity, type Quantity } from "../../base/quantity.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Caller } from "../../access/caller.ts";
import { reportAtUnit, type ReportPorts } from "../../flows/report.ts";
import type { Report } from "../../flows/report-scene.ts";
import type { PersonKey } from "../../isa95/resource/person.ts";
import type { Said } from "../../record/statement.ts";
import type { Amount } from "../contract/answer.ts";
import type { Report as ReportBody, Statement as StatementBody } from "../contract/terminal.ts";
import type { HandlersOf } from "../handler.ts";

type TerminalRoute = "POST /api/v1/units/:unit/reports";

export function terminalHandlers(ports: ReportPorts): HandlersOf<TerminalRoute> {
  return {
    "POST /api/v1/units/:unit/reports": async ({ params, body, caller, command }) => {
      const report = reportOf(params["unit"] ?? "", body, caller);
      if (!report.ok) return report;
      const done = await reportAtUnit(ports, command, report.value);
      return done.ok ? ok({ ...done.value, facts: [...done.value.facts] }) : done;
    },
  };
}

/** A report as it came over HTTP, in our own words. */
export function reportOf(unit: string, body: ReportBody, caller: Caller): Result<Report> {
  const said = saidOf(body.statement);
  if (!said.ok) return said;
  const isPresence = ["sign-on", "sign-off", "break-begin", "break-end"].includes(said.value.kind);
  if (isPresence && caller.person === null) {
    return fail("refused", "reporting/no-person", "Only a person signs on. Sign in with a name of your own.");
  }
  const at = timeOf(body.at);
  if (!at.ok) return at;
  return ok({
    unit,
    said: said.value,
    at: at.value,
    way: body.backDated ? "back-dated" : "terminal",
    because: body.backDated?.because ?? null,
    corrects: body.corrects,
    terminal: body.terminal,
    ...rightsAt(unit, caller),
  });
}

export function rightsAt(unit: string, caller: Caller): Pick<Report, "person" | "mayBackDate" | "maySubstitute"> {
  return {
    // As it stands in facts and audit; a program that reports has no person's key.
    person: caller.person ?? (caller.actor as PersonKey),
    mayBackDate: caller.may("terminal.back-date", unit),
    maySubstitute: caller.may("terminal.substitute", unit),
  };
}

function saidOf(statement: StatementBody): Result<Said> {
  switch (statement.kind) {
    case "count": {
      const quantity = quantityOf(statement.quantity);
      return quantity.ok ? ok({ ...statement, quantity: quantity.value }) : quantity;
    }
    case "load": {
      const quantity = statement.quantity ? quantityOf(statement.quantity) : ok(null);
      return quantity.ok ? ok({ ...statement, quantity: quantity.value }) : quantity;
    }
    case "unload": {
      const returned = statement.returned ? quantityOf(statement.returned) : ok(null);
      return returned.ok ? ok({ ...statement, returned: returned.value }) : returned;
    }
    case "stop-reason": {
      const since = timeOf(statement.since);
      return since.ok ? ok({ ...statement, since: since.value }) : since;
    }
    default:
      return ok(statement);
  }
}

function quantityOf({ value, uom }: Amount): Result<Quantity> {
  return parseQuantity(value, uom);
}

function timeOf(text: string | null): Result<Instant | null> {
  return text === null ? ok(null) : parseInstant(text);
}
