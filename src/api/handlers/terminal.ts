/** The operator's terminal over HTTP: reports, scans, shifts on paper, and what the terminal shows. */
import { parseInstant, type Instant } from "../../base/instant.ts";
import { parseQuantity, type Quantity } from "../../base/quantity.ts";
import { fail, ok, type Fault, type Result } from "../../base/result.ts";
import type { Caller } from "../../access/caller.ts";
import type { Permission } from "../../access/permission.ts";
import { acknowledgeJobOrder } from "../../flows/acknowledge.ts";
import { enterShift } from "../../flows/paper-shift.ts";
import { meaningOfScan, readTerminal } from "../../flows/view/terminal.ts";
import { reportAtUnit, type ReportPorts } from "../../flows/report.ts";
import type { Report } from "../../flows/report-scene.ts";
import type { PersonKey } from "../../isa95/resource/person.ts";
import type { Said } from "../../record/statement.ts";
import type { Site, SiteWorkUnit } from "../../site/site.ts";
import type { Amount } from "../contract/answer.ts";
import type { FloorUnit } from "../contract/floor.ts";
import type { Report as ReportBody, Statement as StatementBody } from "../contract/terminal.ts";
import type { HandlersOf } from "../handler.ts";
import { scanAnswer, terminalAnswer } from "./terminal-answer.ts";

type TerminalRoute =
  | "GET /api/v1/units/:unit/terminal"
  | "POST /api/v1/units/:unit/reports"
  | "POST /api/v1/units/:unit/scans"
  | "POST /api/v1/units/:unit/paper-shift"
  | "POST /api/v1/job-orders/:jobOrder/acknowledge";

export interface TerminalPorts extends ReportPorts {
  /** The work unit as the floor shows it; null when it is not there. */
  readonly floorUnit: (unit: string, caller: Caller) => Promise<FloorUnit | null>;
}

export function terminalHandlers(ports: TerminalPorts): HandlersOf<TerminalRoute> {
  const { site, store, clock } = ports;
  return {
    "GET /api/v1/units/:unit/terminal": async ({ params, caller }) => {
      const unit = unitOf(site, params["unit"], caller, "terminal.read");
      if (!unit.ok) return unit;
      const shown = await ports.floorUnit(unit.value.id, caller);
      if (!shown) return noUnit(unit.value.id);
      const now = clock.now();
      const terminal = await store.transaction((tx) => readTerminal(tx, site, unit.value, now));
      return ok(terminalAnswer(terminal, { shown, unit: unit.value }, site, now));
    },

    "POST /api/v1/units/:unit/reports": async ({ params, body, caller, command }) => {
      const unit = unitOf(site, params["unit"], caller, "terminal.report");
      const report = unit.ok ? reportOf(unit.value.id, body, caller) : unit;
      if (!report.ok) return report;
      const done = await reportAtUnit(ports, command, report.value);
      return done.ok ? ok({ ...done.value, facts: [...done.value.facts] }) : done;
    },

    "POST /api/v1/units/:unit/scans": async ({ params, body, caller }) => {
      const unit = unitOf(site, params["unit"], caller, "terminal.report");
      if (!unit.ok) return unit;
      const now = clock.now();
      return ok(scanAnswer(await store.transaction((tx) => meaningOfScan(tx, site, unit.value, body.text, now))));
    },

    "POST /api/v1/units/:unit/paper-shift": async ({ params, body, caller, command }) => {
      const unit = unitOf(site, params["unit"], caller, "terminal.back-date");
      if (!unit.ok) return unit;
      const done = await enterShift(ports, command, {
        ...body,
        unit: unit.value.id,
        ...rightsAt(unit.value.id, caller),
      });
      return done.ok ? ok({ ...done.value, lines: [...done.value.lines] }) : done;
    },

    "POST /api/v1/job-orders/:jobOrder/acknowledge": async ({ params, caller, command }) => {
      const jobOrder = params["jobOrder"] ?? "";
      const place = await store.transaction((tx) => tx.terminal.placeOf(jobOrder));
      if (!place || !caller.may("terminal.report", place.workUnit ?? place.workCenter)) {
        const text = `There is no job order ${jobOrder} here, or it is not yours to see.`;
        return fail("invalid", "reporting/unknown-job-order", text);
      }
      return acknowledgeJobOrder(ports, command, { jobOrder, person: personOf(caller) });
    },
  };
}

/** What is not there, or not for this caller: both look the same. */
function unitOf(site: Site, id = "", caller: Caller, permission: Permission): Result<SiteWorkUnit> {
  const unit = site.workUnit(id);
  return unit && caller.may(permission, unit.id) ? ok(unit) : noUnit(id);
}

function noUnit(id: string): { ok: false; fault: Fault } {
  return fail(
    "invalid",
    "reporting/unknown-unit",
    `There is no work unit ${id} here, or it is not yours to report at.`,
  );
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
    person: personOf(caller),
    mayBackDate: caller.may("terminal.back-date", unit),
    maySubstitute: caller.may("terminal.substitute", unit),
  };
}

function personOf(caller: Caller): PersonKey {
  // As it stands in facts and audit; a program that reports has no person's key.
  return caller.person ?? (caller.actor as PersonKey);
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
