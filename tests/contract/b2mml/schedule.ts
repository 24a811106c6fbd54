/** Schedules as an ERP writes them, by hand, so that nothing of what is tested has made them. */
export interface Asked {
  readonly bodId?: string;
  readonly verb?: "Process" | "Change" | "Cancel" | "Sync";
  /** Of the verb's element, e.g. ` acknowledgeCode="Always"`. */
  readonly says?: string;
  /** Inside of the verb's element. */
  readonly criteria?: string;
  readonly sender?: string;
  readonly confirmation?: string;
  readonly orders?: readonly OrderText[];
}

export interface OrderText {
  readonly number: string;
  readonly version?: string;
  readonly quantity?: string;
  readonly unit?: string;
  readonly workCenter?: string;
  readonly state?: string;
  readonly operations?: readonly string[];
  readonly component?: { readonly material: string; readonly quantity: string; readonly unit: string };
  readonly material?: string;
}

export function scheduleMessage(asked: Asked = {}): string {
  const { bodId, verb = "Process", says = ' acknowledgeCode="Always"', criteria = "", sender = "ERP-1" } = asked;
  const { confirmation, orders = [{ number: "4711" }] } = asked;
  return `<?xml version="1.0" encoding="UTF-8"?>
<${verb}OperationsSchedule xmlns="http://www.mesa.org/xml/B2MML" releaseID="7.0.1">
  <ApplicationArea>
    <Sender><LogicalID>${sender}</LogicalID>${confirmation === undefined ? "" : `<ConfirmationCode>${confirmation}</ConfirmationCode>`}</Sender>
    <CreationDateTime>2026-01-05T05:30:00Z</CreationDateTime>
    ${bodId === undefined ? "" : `<BODID>${bodId}</BODID>`}
  </ApplicationArea>
  <DataArea>
    <${verb}${says}>${criteria}</${verb}>
    <OperationsSchedule>
      <ID>SCH-1</ID>
      ${orders.map(orderText).join("\n      ")}
    </OperationsSchedule>
  </DataArea>
</${verb}OperationsSchedule>
`;
}

function orderText(order: OrderText): string {
  const { number, operations = ["0010"], state = "Released" } = order;
  const version = order.version === undefined ? "" : `<Version>${order.version}</Version>`;
  const segments = operations.map((id, index) => segmentText(order, id, index === operations.length - 1)).join("");
  return `<OperationsRequest><ID>${number}</ID>${version}<RequestState>${state}</RequestState>${segments}</OperationsRequest>`;
}

function segmentText(order: OrderText, id: string, isLast: boolean): string {
  const { quantity = "12", unit = "C62", material = "CABLE-A", workCenter = "CUT", component } = order;
  const used = component
    ? `<MaterialRequirement><ID>C-${id}</ID><MaterialDefinitionID>${component.material}</MaterialDefinitionID><MaterialUse>Consumed</MaterialUse>${place}<Quantity><QuantityString>${component.quantity}</QuantityString><UnitOfMeasure>${component.unit}</UnitOfMeasure></Quantity></MaterialRequirement>`
    : "";
  const made = isLast
    ? `<MaterialRequirement><ID>P</ID><MaterialDefinitionID>${material}</MaterialDefinitionID><MaterialUse>Produced</MaterialUse>${place}<Quantity><QuantityString>${quantity}</QuantityString><UnitOfMeasure>${unit}</UnitOfMeasure></Quantity></MaterialRequirement>`
    : "";
  return `<SegmentRequirement><ID>${id}</ID><ProcessSegmentID>${id}</ProcessSegmentID><OperationsDefinitionID>${material}</OperationsDefinitionID><OperationsSegmentID>${id}</OperationsSegmentID><EquipmentRequirement><ID>E</ID><EquipmentID>${workCenter}</EquipmentID></EquipmentRequirement>${used}${made}</SegmentRequirement>`;
}

const place =
  "<StorageLocation><Location>0002</Location><LocationType>Operational Location ID</LocationType></StorageLocation>";
