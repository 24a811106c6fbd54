/** One suite for every ERP connector. */
import { describe } from "node:test";
import { erpConnectors } from "../../../src/app/registry.ts";
import { openB2mmlStage } from "./b2mml-stage.ts";
import { openSapStage } from "./sap-stage.ts";
import { connectorSuite, type Stage } from "./suite.ts";

const stages: Readonly<Record<string, () => Promise<Stage>>> = { sap: openSapStage, b2mml: () => openB2mmlStage() };

for (const { product } of erpConnectors) {
  const open = stages[product];
  if (!open) throw new Error(`The connector ${product} has no stage here.`);
  describe(product, () => connectorSuite(open));
}
