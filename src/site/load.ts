/**
 * From files to a `Site`: read, check everything, resolve, build. `checkSite` needs no environment and is what editors and
 * pipelines run; `loadSite` resolves the references and judges the settings as the connectors will get them.
 */
import type { Result } from "../base/result.ts";
import { ok, unwrap } from "../base/result.ts";
import type { MachineMap } from "../record/machine-map.ts";
import { versionFault } from "./calendar-check.ts";
import { checkConnection, type ConnectorRegistry } from "./connection.ts";
import { faultOf, inOrder, problem, type Finding, type Problem } from "./finding.ts";
import { isMapFile, readSiteFiles, siteFile, type SiteFiles, type SiteFolder } from "./folder.ts";
import { buildMap } from "./map-build.ts";
import type { CompileExpression } from "./job-check.ts";
import { checkMap } from "./map-check.ts";
import { mapSchema } from "./map-schema.ts";
import { readYaml, type SourceFile } from "./reader.ts";
import { resolveReferences, type ReferenceLookup } from "./reference.ts";
import { siteSchema, type SiteContent } from "./schema.ts";
import { shapeAsFarAsPossible } from "./repair.ts";
import { valueAt } from "./shape.ts";
import { checkChannels } from "./notice-check.ts";
import { checkSiteContent } from "./site-check.ts";
import { siteFrom } from "./site-build.ts";
import type { Site } from "./site.ts";
import { siteVersion } from "./version.ts";

/** What the check needs from rooms that this one may not import. */
export interface SiteRules {
  readonly registry: ConnectorRegistry;
  readonly compile: CompileExpression;
}

export interface LoadedSite {
  /** @fault invalid site/findings, site/folder */
  readonly site: Result<Site>;
  /** Everything that is wrong, by file and line; empty when there is a site, or when the folder cannot be read. */
  readonly findings: readonly Finding[];
}

/** Reads, checks strictly and builds. References are looked up. */
export async function loadSite(folder: SiteFolder, rules: SiteRules, lookup: ReferenceLookup): Promise<LoadedSite> {
  const files = await readSiteFiles(folder);
  if (!files.ok) return { site: files, findings: [] };
  return checkSite(files.value, rules, lookup);
}

/**
 * Checks the files and builds the site. Pure.
 *
 * @param lookup  null: references are taken for fitting texts and stand unresolved in the settings
 */
export function checkSite(files: SiteFiles, rules: SiteRules, lookup: ReferenceLookup | null = null): LoadedSite {
  const findings: Finding[] = [];
  const maps = readMaps(files, rules.compile, findings);
  const content = readSite(files, maps.names, findings, rules.registry, lookup);
  if (findings.length > 0 || content === null) {
    const sorted = inOrder(findings);
    return { site: { ok: false, fault: faultOf(sorted) }, findings: sorted };
  }
  const resolve = (settings: unknown): unknown => (lookup ? unwrap(resolveReferences(settings, lookup)) : settings);
  return { site: ok(siteFrom(content, maps.built, siteVersion(files), resolve)), findings: [] };
}

/** Parts that nothing else refers to: when one is wrong, the rest can be checked without it. */
const ownParts = {
  map: [["counters", "*"], ["consumption", "*"], ["packing"], ["state"], ["energy"], ["alarm"], ["job"]],
  site: [
    ["policies", "posting", "*"],
    ["policies", "dispatch"],
    ["policies", "samples"],
    ["policies", "buffer"],
    ["policies", "pull"],
    ["terminal", "reasons", "stop", "*"],
    ["terminal", "reasons", "scrap", "*"],
    ["terminal", "scans", "*"],
    ["terminal", "clock"],
    ["terminal", "people"],
    ["equipment", "*", "positions"],
    ["notices", "rules", "*"],
    ["notices", "giveUpAfterHours"],
    ["equipment", "*", "erpCodes"],
    ["equipment", "*", "materialFrom"],
    ["calendars", "*", "shifts", "*"],
  ],
} as const;

interface Maps {
  readonly built: readonly MachineMap[];
  /** Also of maps that have problems, so that a reference to one is not called unknown as well. */
  readonly names: readonly string[];
}

function readMaps(files: SiteFiles, compile: CompileExpression, findings: Finding[]): Maps {
  const names: string[] = [];
  const read: { readonly source: SourceFile; readonly map: MachineMap }[] = [];
  for (const [file, text] of files) {
    if (!isMapFile(file)) continue;
    const { source, findings: unreadable } = readYaml(file, text);
    findings.push(...unreadable);
    const name = source ? valueAt(source.content, ["name"]) : undefined;
    // Without a name that can be read, the file's own is the best guess at what is meant.
    names.push(typeof name === "string" && name !== "" ? name : file.replace(/^maps\/|\.ya?ml$/g, ""));
    if (!source) continue;
    const {
      value: content,
      problems: wrongShape,
      asWritten,
    } = shapeAsFarAsPossible(mapSchema, source.content, ownParts.map);
    const problems = [...wrongShape, ...(content ? checkMap(content, compile).map(asWritten) : [])];
    findings.push(...problems.map(source.place));
    const map = content && problems.length === 0 ? buildMap(content) : null;
    if (map?.ok) read.push({ source, map: map.value });
  }
  const versions = read.map(({ map }) => ({ name: map.name, version: map.version, from: map.validFrom }));
  for (const [index, { source }] of read.entries()) {
    const wrong = versionFault(versions, index);
    if (wrong !== null) findings.push(source.place(problem(["version"], wrong)));
  }
  return { built: read.map(({ map }) => map), names };
}

function readSite(
  files: SiteFiles,
  mapNames: readonly string[],
  findings: Finding[],
  registry: ConnectorRegistry,
  lookup: ReferenceLookup | null,
): SiteContent | null {
  const text = files.get(siteFile);
  if (text === undefined) {
    findings.push({
      file: siteFile,
      line: 1,
      column: 1,
      message: "the file is missing; write it, the guide shows how",
    });
    return null;
  }
  const { source, findings: unreadable } = readYaml(siteFile, text);
  findings.push(...unreadable);
  if (!source) return null;
  const { value: content, problems, asWritten } = shapeAsFarAsPossible(siteSchema, source.content, ownParts.site);
  findings.push(...problems.map(source.place));
  if (!content) return null;
  const deeper = [
    ...checkSiteContent(content, mapNames),
    ...checkConnections(content, registry, lookup),
    ...checkChannels(content, lookup),
  ];
  findings.push(...deeper.map((problem) => source.place(asWritten(problem))));
  return content;
}

function checkConnections(
  content: SiteContent,
  registry: ConnectorRegistry,
  lookup: ReferenceLookup | null,
): readonly Problem[] {
  return [
    ...content.erps.flatMap(({ product, settings }, index) =>
      checkConnection(
        { path: ["erps", index], kindKey: "product", kind: product, settings, known: registry.erps },
        lookup,
      ),
    ),
    ...content.machines.flatMap(({ protocol, settings }, index) =>
      checkConnection(
        { path: ["machines", index], kindKey: "protocol", kind: protocol, settings, known: registry.machines },
        lookup,
      ),
    ),
  ];
}
