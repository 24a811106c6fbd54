/** Messages about master data as other systems write them, by hand, and a site with three of them. */
import { randomUUID } from "node:crypto";
import { buildSite, type Site } from "../../../src/site/site.ts";
import { erpSettings, siteWithErp } from "./scene.ts";

/** The office comes first and owns what nobody else is named for. */
export const sharedSite: Site = buildSite({
  ...siteWithErp,
  calendarOf: {},
  calendars: [
    { id: "three-shifts", version: 2, zone: siteWithErp.zone, validFrom: siteWithErp.calendarFor("plant", 0 as never).validFrom, shifts: [{ id: "early", start: "06:00", end: "14:00" }, { id: "night", start: "22:00", end: "06:00" }] }, // prettier-ignore
  ],
  erps: ["office", "plm", "hr"].map((id) => {
    const settings = { ...erpSettings, erp: id, logicalId: id.toUpperCase() };
    return { id, product: "b2mml", company: "", written: settings, settings };
  }),
  policies: {
    ...siteWithErp.policies,
    ownership: [
      { noun: "MaterialDefinition", fields: ["Description", "MaterialDefinitionProperty/Color"], owner: "plm" },
      { noun: "Person", fields: [], owner: "hr" },
    ],
  },
});

export interface MasterMessage {
  readonly from?: "OFFICE" | "PLM" | "HR";
  readonly bodId?: string;
  readonly verb?: "Get" | "Process" | "Change" | "Cancel" | "Sync";
  readonly action?: "Add" | "Change" | "Delete";
  readonly confirmation?: string;
}

/** @param content  elements of the noun, as text */
export function masterMessage(noun: string, content: string, how: MasterMessage = {}): string {
  const { from = "OFFICE", bodId = randomUUID(), verb = "Process", action, confirmation } = how;
  const code = { Process: ' acknowledgeCode="Always"', Change: ' responseCode="Always"' }[verb as string] ?? "";
  const confirm = confirmation ?? (verb === "Sync" || verb === "Cancel" ? "Always" : undefined);
  return `<?xml version="1.0" encoding="UTF-8"?>
<${verb}${noun} xmlns="http://www.mesa.org/xml/B2MML" releaseID="7.0.1">
  <ApplicationArea>
    <Sender><LogicalID>${from}</LogicalID>${confirm === undefined ? "" : `<ConfirmationCode>${confirm}</ConfirmationCode>`}</Sender>
    <CreationDateTime>2026-01-05T05:30:00Z</CreationDateTime>
    <BODID>${bodId}</BODID>
  </ApplicationArea>
  <DataArea>
    <${verb}${code}>${action === undefined ? "" : `<ActionCriteria><ActionExpression actionCode="${action}">/*</ActionExpression></ActionCriteria>`}</${verb}>
    ${content}
  </DataArea>
</${verb}${noun}>
`;
}

export interface MaterialText {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly plant?: string;
  readonly classes?: readonly string[];
}

export function materialText(
  id: string,
  { description, properties = {}, plant, classes = [] }: MaterialText = {},
): string {
  const scope = plant === undefined ? "" : `<HierarchyScope><EquipmentID>${plant}</EquipmentID><EquipmentLevel>Site</EquipmentLevel></HierarchyScope>`; // prettier-ignore
  const own = Object.entries(properties).map(([name, value]) => `<MaterialDefinitionProperty><ID>${name}</ID><Value><ValueString>${value}</ValueString></Value></MaterialDefinitionProperty>`); // prettier-ignore
  const named = classes.map((one) => `<MaterialClassID>${one}</MaterialClassID>`);
  return `<MaterialDefinition><ID>${id}</ID>${description === undefined ? "" : `<Description>${description}</Description>`}${scope}${own.join("")}${named.join("")}</MaterialDefinition>`;
}
