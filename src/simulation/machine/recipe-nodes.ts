/** Setpoints as nodes: writable ones, the active ones beside them, and the method that makes the written ones active. */
import { StatusCodes, type ISessionContext, type UAVariable, type Variant } from "node-opcua";
import type { MachineNodes } from "./address-space.ts";
import type { MachineProfile } from "./profile.ts";
import type { Setpoints } from "./setpoints.ts";

/** @param now  server clock, for source times of what Apply changes */
export function addRecipeNodes(
  nodes: MachineNodes,
  of: { readonly profile: MachineProfile; readonly setpoints: Setpoints; readonly now: () => number },
): void {
  if (of.profile.setpoints.length === 0) return;
  const written: { readonly name: string; readonly node: UAVariable }[] = [];
  for (const { name, type, description, initial } of of.profile.setpoints) {
    const node = nodes.addVariable({ path: `Recipe/${name}`, type, description, initial, writable: true });
    nodes.addVariable({ path: `Recipe/Active/${name}`, type, description: `Active: ${description}`, initial });
    written.push({ name, node });
  }
  nodes.addVariable({
    path: "Recipe/Applied",
    type: "UInt32",
    description: "Plus 1 at each accepted Apply",
    initial: 0,
  });
  const why = "Applied, or why it was refused";
  nodes.addVariable({ path: "Recipe/LastResult", type: "String", description: why, initial: "" });
  let applied = 0;
  const apply = nodes.namespace.addMethod(nodes.folder("Recipe"), {
    nodeId: `s=${of.profile.name}/Recipe/Apply`,
    browseName: "Apply",
    inputArguments: [],
    outputArguments: [],
  });
  // node-opcua tells a promise from a callback by the number of parameters.
  apply.bindMethod(async (_values: Variant[], _context: ISessionContext) => {
    for (const { name, node } of written) {
      const value: unknown = node.readValue().value.value;
      if (typeof value === "number" || typeof value === "string") of.setpoints.write(name, value);
    }
    const refusal = of.setpoints.apply();
    const active = Object.entries(of.setpoints.active).map(
      ([name, value]) => [`Recipe/Active/${name}`, value] as const,
    );
    if (refusal === null) applied += 1;
    // What the machine made of a value stands where it was written, too: that is where it is read back.
    for (const { name, node } of written) {
      const value = of.setpoints.written(name);
      const shown = node.readValue().value;
      if (refusal === null && value !== undefined && shown.value !== value)
        node.setValueFromSource({ dataType: shown.dataType, value });
    }
    nodes.write({
      at: of.now(),
      values: { ...Object.fromEntries(active), "Recipe/Applied": applied, "Recipe/LastResult": refusal ?? "Applied" },
    });
    return { statusCode: refusal === null ? StatusCodes.Good : StatusCodes.BadOutOfRange };
  });
}
