/** Mistakes in `policies.ownership`: each is found on its line, with what to write instead; and who owns what then. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { unwrap } from "../base/result.ts";
import { ownerOf } from "../isa95/master-data/ownership.ts";
import { formatFinding } from "./finding.ts";
import { checkSite } from "./load.ts";
import { changed, lookup, rules, siteYaml } from "./testing/example.ts";

const withRules = (...rows: readonly string[]): ReturnType<typeof changed> =>
  changed([siteYaml, "policies:\n", `policies:\n  ownership:\n${rows.map((row) => `    - ${row}\n`).join("")}`]);
const said = (...rows: readonly string[]): string =>
  checkSite(withRules(...rows), rules, lookup)
    .findings.map(formatFinding)
    .join("\n");

test("the most exact row counts, then the noun's, then the defaults", () => {
  const files = withRules(
    "{ noun: Equipment, owner: s4 }",
    "{ noun: MaterialDefinition, fields: [MaterialDefinitionProperty], owner: millrace }",
    "{ noun: MaterialDefinition, fields: [MaterialDefinitionProperty/Color], owner: site }",
  );
  const { ownership, erps } = unwrap(checkSite(files, rules, lookup).site);
  const first = erps[0]?.id;
  assert.equal(ownerOf(ownership, "MaterialDefinition", "Description"), first);
  assert.equal(ownerOf(ownership, "MaterialDefinition", "MaterialDefinitionProperty/Color"), "site");
  assert.equal(ownerOf(ownership, "MaterialDefinition", "MaterialDefinitionProperty/Grade"), "millrace");
  assert.equal(ownerOf(ownership, "Equipment", "ID"), "s4", "a rule for all fields overrules the defaults");
  const plain = unwrap(checkSite(changed(), rules, lookup).site).ownership;
  assert.equal(ownerOf(plain, "Equipment", "ID"), "site");
  assert.equal(ownerOf(plain, "Equipment", "EquipmentProperty/Cost"), first);
  assert.equal(ownerOf(plain, "WorkCalendarDefinition", "WorkCalendarDefinitionEntry"), "site");
});

test("an owner, a noun or a field that is not there is found", () => {
  assert.match(said("{ noun: MaterialDefinition, owner: sapp }"), /site\.yaml:\d+.*no ERP sapp/);
  assert.match(said("{ noun: Material, owner: site }"), /site\.yaml:\d+.*MaterialDefinition/);
  assert.match(
    said("{ noun: MaterialDefinition, fields: [Descripton], owner: site }"),
    /no field Descripton.*Description/,
  );
  assert.match(
    said("{ noun: MaterialDefinition, fields: [Description/x], owner: site }"),
    /MaterialDefinitionProperty\/ID/,
  );
  assert.equal(said("{ noun: MaterialDefinition, fields: [ID, MaterialDefinitionProperty/x], owner: site }"), "");
});

test("a field has one owner", () => {
  const row = "{ noun: MaterialDefinition, fields: [Description], owner: site }";
  assert.match(said(row, row), /Description of MaterialDefinition already has an owner/);
  assert.match(said(row, "{ noun: MaterialDefinition, owner: millrace }"), /would overrule what stands above/);
  assert.equal(said("{ noun: MaterialDefinition, owner: millrace }", row), "");
});
