/** Maps for tests of collection: the one of the example, and ways to change it. */
import { unwrap } from "../../../base/result.ts";
import type { MachineMap } from "../../../record/machine-map.ts";
import { checkSite } from "../../../site/load.ts";
import { example, rules } from "../../../site/testing/example.ts";

/** The map of a wire machine as people write it. */
export function wireMap(): MachineMap {
  const [map] = unwrap(checkSite(example, rules).site).mapsOf("A565-0026");
  if (!map) throw new Error("the example has a map");
  return map;
}
