/** What is happening, in plain words: one line for an event, or none for what only an engineer wants to see. */
import { formatMicro, type Quantity } from "../../base/quantity.ts";
import type { MaterialActual } from "../../isa95/response/operations-response.ts";
import type { Sent, WitnessedEvent } from "../witness/event.ts";

export function lineOf(event: WitnessedEvent): string | null {
  switch (event.kind) {
    case "order-taken":
      return orderTaken(event);
    case "setpoint-written":
      return `${event.machine} is set: ${event.path} = ${String(event.value)}`;
    case "job-allowed":
      return `${event.machine} holds job ${event.job}, read back and equal; it may start`;
    case "run-started":
      return `${event.machine} starts job ${event.job}`;
    case "run-held":
      return `${event.machine} stands still in job ${event.job}`;
    case "run-resumed":
      return `${event.machine} goes on with job ${event.job}`;
    case "alarm":
      return event.text === "" ? null : `${event.machine} alarm: ${event.text}`;
    case "run-ended":
      return `${event.machine} ends job ${event.job}: ${formatMicro(event.good)} good, ${formatMicro(event.scrap)} scrap`;
    case "counter-rolled-over":
      return `${event.machine} counter ${event.item} rolls over: ${event.from}, then ${event.to}; nothing is lost`;
    case "posted":
      if (event.documentKind === "order-accepted") return null;
      return `ERP   ${what(event)} → ${event.document}${event.attempt > 1 ? ` (after ${event.attempt} tries)` : ""}`;
    case "refused":
      return `ERP   refuses ${what(event)}: ${event.text}${event.parked ? " It is parked; nothing else waits for it." : ""}`;
    case "not-applied":
      return `ERP   does not take ${what(event)} now: ${event.text}`;
    case "in-doubt":
      return `ERP   may or may not have ${what(event)}: ${event.text}`;
    case "method-called":
    case "job-stored":
    case "job-removed":
      return null;
  }
}

function orderTaken(event: Extract<WitnessedEvent, { kind: "order-taken" }>): string {
  const number = event.request.slice(event.request.lastIndexOf("/") + 1);
  const bySegment = Map.groupBy(event.parts, (part) => part.segment);
  const operations = [...bySegment].map(([segment, parts]) =>
    parts.length > 1 ? `${segment} split over ${parts.map((part) => part.workUnit).join(" and ")}` : segment,
  );
  const first = [...bySegment.values()][0] ?? [];
  const pieces = first.reduce((sum, part) => sum + part.quantity.micro, 0n);
  return `Order ${number} arrives: ${formatMicro(pieces)} × ${event.material}, operations ${operations.join(", ")}`;
}

function what(sent: Sent): string {
  const { response, order, documentKind } = sent;
  if (documentKind === "confirmation-reversal") return `the reversal of a confirmation of order ${order}`;
  if (documentKind === "movement-reversal") return `the reversal of a goods movement of order ${order}`;
  if (!response || documentKind === "order-accepted") return `the acceptance of order ${order}`;
  const { segment } = response;
  const where = `order ${order}/${segment.segment}`;
  switch (documentKind) {
    case "confirmation":
      return `confirmation ${where}: ${amount(segment.good)} good, ${amount(segment.scrap)} scrap`;
    case "goods-receipt":
      return `receipt ${where}: ${materials(segment.materials)}`;
    case "goods-issue":
      return `issue ${where}: ${materials(segment.materials)}`;
    case "final-confirmation":
      return `final confirmation ${where}`;
  }
}

function materials(actuals: readonly MaterialActual[]): string {
  return actuals.map(({ stock }) => `${amount(stock.quantity)} ${stock.material}`).join(", ");
}

const shownUnits: Readonly<Record<string, string>> = { MTR: " m", MMT: " mm", KGM: " kg", GRM: " g" };

function amount(quantity: Quantity): string {
  return `${formatMicro(quantity.micro)}${shownUnits[quantity.uom] ?? ""}`;
}
