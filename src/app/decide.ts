/** What people may decide through the control door of the running process: a body is read, a flow decides, others wake. */
import { z } from "zod";
import { fail, type Result } from "../base/result.ts";
import { finalise, type FinalOutcome } from "../flows/finalise.ts";
import type { DecisionPorts } from "../flows/operation-view.ts";
import { reopen } from "../flows/reopen.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import type { ControlCommands } from "./control.ts";

/** `order` is the ERP's number, or the whole id where several ERPs have the number. */
const finalSchema = z.strictObject({
  id: z.string().min(1).max(100),
  order: z.string().min(1),
  operation: z.string().min(1),
  person: z.string().min(1).max(200),
  reason: z.string().min(1).max(2_000),
  reopen: z.boolean().default(false),
});
export type FinalBody = z.input<typeof finalSchema>;

export const finalPath = "/final";

/** @param onDecided  postings were planned, or job orders have changed */
export function controlCommands(ports: DecisionPorts, onDecided: () => void): ControlCommands {
  return {
    [finalPath]: async (body) => {
      const outcome = await decideFinal(ports, body);
      if (outcome.ok) onDecided();
      return outcome;
    },
  };
}

async function decideFinal(ports: DecisionPorts, body: unknown): Promise<Result<FinalOutcome>> {
  const read = finalSchema.safeParse(body);
  if (!read.success) {
    const wrong = read.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; ");
    return fail("invalid", "app/command-body", `The command cannot be read: ${wrong}.`);
  }
  const { id, order, operation, person, reason } = read.data;
  const { found, segments } = await ports.store.transaction(async (tx) => {
    const named = await tx.requests.find(order);
    return {
      found: named,
      segments: (await tx.requests.get(named)).flatMap((one) => one.segments.map(({ id: segment }) => segment)),
    };
  });
  const [request, ...others] = found;
  if (request === undefined)
    return fail(
      "invalid",
      "app/unknown-order",
      `No order ${order} is known here. Give the ERP's number of an order that was taken over.`,
    );
  if (others.length > 0)
    return fail(
      "invalid",
      "app/order-ambiguous",
      `Several orders have the number ${order}. Give one of: ${found.join(", ")}.`,
    );
  // Whoever may use the door says who decides: the key is opaque here.
  const actor = { person: person as PersonKey, reason };
  const command = { id, request, segment: segmentNamed(operation, segments), actor };
  return read.data.reopen ? reopen(ports, command) : finalise(ports, command);
}

/** The operation as the ERP names it: who says `10` means `0010`, unless another one is `10`. */
export function segmentNamed(operation: string, segments: readonly string[]): string {
  const spoken = (name: string): string => name.replace(/^0+(?=\d)/, "");
  const [meant, ...others] = segments.filter((name) => spoken(name) === spoken(operation));
  return meant === undefined || others.length > 0 || segments.includes(operation) ? operation : meant;
}
