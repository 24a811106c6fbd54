/** The files of `examples/komax-565` for tests, rules to check them by, and ways to put mistakes into them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { unwrap } from "../../base/result.ts";
import { checkExpression } from "../../expression/syntax.ts";
import { zodSettings } from "../connection.ts";
import { formatFinding } from "../finding.ts";
import { diskFolder, readSiteFiles, type SiteFiles } from "../folder.ts";
import { checkSite, type SiteRules } from "../load.ts";
import type { ReferenceLookup } from "../reference.ts";

export const folder = diskFolder(fileURLToPath(new URL("../../../examples/komax-565", import.meta.url)));
export const example = unwrap(await readSiteFiles(folder));
export const siteYaml = "site.yaml";
export const mapYaml = "maps/komax-alpha-565.yaml";

/** As strict as a connector's own settings, with the keys that the example uses. */
export const rules: SiteRules = {
  registry: {
    erps: {
      sap: zodSettings(
        z.strictObject({
          baseUrl: z.url({ error: "write the address of the services" }),
          user: z.string().min(1),
          password: z.string(),
          timeZone: z.string(),
          settleMs: z.int().optional(),
          concurrency: z.int().optional(),
          consumption: z.strictObject({ default: z.enum(["measured", "bill", "issued"]) }).optional(),
        }),
      ),
    },
    machines: {
      opcua: zodSettings(
        z.strictObject({
          endpointUrl: z.string().regex(/^opc\.tcp:/, { error: "write opc.tcp://<host>:<port>" }),
          user: z.string(),
          password: z.string(),
          security: z.strictObject({ mode: z.string(), policy: z.string() }).optional(),
          pkiFolder: z.string().optional(),
          trust: z.enum(["explicit", "accept-unknown"]).optional(),
          root: z.string(),
          publishingIntervalMs: z.number().min(10),
          queueSize: z.int().min(1).optional(),
        }),
      ),
    },
  },
  compile: (text) => {
    const result = checkExpression(text);
    return result.ok ? null : result.fault.message;
  },
};

const environment: Readonly<Record<string, string>> = {
  SAP_URL: "http://127.0.0.1:4004/sap/opu/odata/sap",
  SAP_USER: "MES_COMM",
  SAP_PASSWORD: "not shown",
  OPCUA_URL: "opc.tcp://127.0.0.1:4840",
  OPCUA_USER: "mes",
  OPCUA_PASSWORD: "not shown either",
};
export const lookup: ReferenceLookup = { environment: (name) => environment[name] ?? null, file: () => null };

/** What stands there, what is written instead, the line (as text of the changed file) that the finding names, message. */
export type Mutation = readonly [from: string, to: string, line: string, message: RegExp];

/** One test per mutation: the mistake gives exactly one finding, on its line. */
export function testMutations(file: string, mutations: readonly Mutation[]): void {
  for (const [from, to, line, message] of mutations) {
    void test(`${file}: ${from.trim().split("\n")[0]} → ${to.trim().split("\n")[0] || "nothing"}`, () => {
      const files = changed([file, from, to]);
      const after = files.get(file) ?? "";
      const { findings, site } = checkSite(files, rules);
      assert.equal(findings.length, 1, findings.map(formatFinding).join("\n"));
      assert.equal(site.ok, false);
      const [finding] = findings;
      assert.match(finding?.message ?? "", message);
      assert.equal(finding?.file, file);
      assert.equal(finding.line, lineOf(after, line), formatFinding(finding));
      assert.ok(finding.column >= 1 && finding.column <= (after.split("\n")[finding.line - 1] ?? "").length + 1);
    });
  }
}

export function changed(...changes: readonly (readonly [string, string, string])[]): SiteFiles {
  const files = new Map(example);
  for (const [file, from, to] of changes) {
    const text = files.get(file) ?? "";
    assert.ok(text.includes(from), from);
    files.set(
      file,
      text.replace(from, () => to),
    );
  }
  return files;
}

/** The line, from 1, on which a text begins. */
export function lineOf(text: string, part: string): number {
  const at = text.indexOf(part);
  assert.ok(at >= 0, `the text holds ${part}`);
  return text.slice(0, at).split("\n").length;
}
