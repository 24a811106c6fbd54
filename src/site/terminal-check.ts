/** What a schema cannot see in `terminal`: reasons told apart by code, scan formats that can be read. */
import { unitOf } from "../base/unit.ts";
import { problem, type ContentPath, type Problem } from "./finding.ts";
import { didYouMean, listed } from "./spelling.ts";
import type { TerminalContent } from "./terminal-schema.ts";

/** What a scan format's groups may be called. */
export const scanGroups = ["order", "operation", "material", "lot", "handlingUnit", "quantity"] as const;

type Reason = TerminalContent["reasons"]["stop"][number];

export function checkTerminal({ reasons, scans }: TerminalContent): readonly Problem[] {
  return [
    ...checkReasons(reasons.stop, ["terminal", "reasons", "stop"], new Set()),
    ...checkReasons(reasons.scrap, ["terminal", "reasons", "scrap"], new Set()),
    ...scans.flatMap((scan, index) => checkScan(scan, ["terminal", "scans", index])),
    ...scans.flatMap(({ name }, index) =>
      scans.findIndex((other) => other.name === name) === index
        ? []
        : [problem(["terminal", "scans", index, "name"], `${name} is already there; write another name`)],
    ),
  ];
}

/** A code is kept with what was reported: within one tree it means one thing. */
function checkReasons(tree: readonly Reason[], at: ContentPath, seen: Set<string>): readonly Problem[] {
  return tree.flatMap(({ code, children = [] }, index) => {
    const twice = seen.has(code)
      ? [problem([...at, index, "code"], `${code} is already a reason of this tree; write another code`)]
      : [];
    seen.add(code);
    return [...twice, ...checkReasons(children, [...at, index, "children"], seen)];
  });
}

function checkScan({ pattern, uom }: TerminalContent["scans"][number], at: ContentPath): readonly Problem[] {
  const unit =
    uom === undefined || unitOf(uom)
      ? []
      : [problem([...at, "uom"], `"${uom}" is no known UN/ECE Rec 20 unit; write for example C62`)];
  return [...unit, ...checkPattern(pattern, [...at, "pattern"])];
}

function checkPattern(pattern: string, at: ContentPath): readonly Problem[] {
  const read = compiled(pattern);
  if (read === null) {
    return [
      problem(at, `"${pattern}" is no regular expression; write one, e.g. "(?<order>\\\\d+)/(?<operation>\\\\d+)"`),
    ];
  }
  const known: readonly string[] = scanGroups;
  const names = [...pattern.matchAll(/\(\?<(\w+)>/g)].map(([, name = ""]) => name);
  const wrong = names.filter((name) => !known.includes(name));
  if (wrong.length > 0) {
    const [first = ""] = wrong;
    return [problem(at, `there is no group ${first}${didYouMean(first, known)}; write ${listed(known)}`)];
  }
  if (names.includes("material") || names.includes("handlingUnit")) return [];
  if (names.includes("order") && names.includes("operation")) return [];
  return [
    problem(
      at,
      "the pattern says neither an operation nor a material; write the groups order and operation, or material",
    ),
  ];
}

function compiled(pattern: string): RegExp | null {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return null;
  }
}
