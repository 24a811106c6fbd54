/**
 * Orders as we hold them, as an OperationsSchedule: what a Get is shown. The way in, with what each field means, is
 * `../b2mml/operations-request.map.ts`.
 */
import { formatInstant, type Instant } from "../../base/instant.ts";
import type { Information } from "../b2mml/information.ts";
import { quantityValue } from "../b2mml/operations-response.map.ts";
import type { MaterialRequirement, OperationsRequest, SegmentRequirement } from "../schedule/operations-request.ts";

export function scheduleOf(id: string, requests: readonly OperationsRequest[]): Information<"OperationsSchedule"> {
  return { ID: id, OperationsType: "Production", OperationsRequest: requests.map(requestOf) };
}

function requestOf(request: OperationsRequest): Information<"OperationsRequest"> {
  const { reference, version, earliestStart, latestEnd, segments } = request;
  return {
    ID: reference.number,
    ...(version !== "" && { Version: version }),
    ...time("StartTime", earliestStart),
    ...time("EndTime", latestEnd),
    HierarchyScope: { EquipmentID: request.plant, EquipmentLevel: "Site" },
    Priority: String(request.priority),
    RequestState: request.state,
    SegmentRequirement: segments.map((segment, index) => segmentOf(request, segment, index === segments.length - 1)),
  };
}

/** The last segment produces what the order asks for. */
function segmentOf(
  request: OperationsRequest,
  segment: SegmentRequirement,
  isLast: boolean,
): Information<"SegmentRequirement"> {
  const { id, description, workCenter, materials, parameters } = segment;
  const parameterList = Object.entries(parameters);
  const produced: Information<"MaterialRequirement">[] = isLast
    ? [{ ID: request.receiptItem || "product", MaterialDefinitionID: [request.material], ...produce(request) }]
    : [];
  return {
    ID: id,
    ...(description !== "" && { Description: [description] }),
    ...time("EarliestStartTime", segment.earliestStart),
    ...time("LatestEndTime", segment.latestEnd),
    ProcessSegmentID: id,
    OperationsDefinitionID: request.material,
    OperationsSegmentID: id,
    ...(parameterList.length > 0 && {
      SegmentParameter: parameterList.map(([name, value]) => ({ ID: name, Value: [{ ValueString: value }] })),
    }),
    EquipmentRequirement: [{ ID: "1", EquipmentID: [workCenter] }],
    MaterialRequirement: [...materials.map(componentOf), ...produced],
  };
}

function produce({ quantity, receiptLocation }: OperationsRequest): Partial<Information<"MaterialRequirement">> {
  return { MaterialUse: "Produced", ...place(receiptLocation), Quantity: [quantityValue(quantity)] };
}

function componentOf({ id, material, quantity, at, lot }: MaterialRequirement): Information<"MaterialRequirement"> {
  return {
    ID: id,
    MaterialDefinitionID: [material],
    ...(lot !== null && { MaterialLotID: [lot] }),
    MaterialUse: "Consumed",
    ...place(at),
    Quantity: [quantityValue(quantity)],
  };
}

function place(at: MaterialRequirement["at"]): Pick<Information<"MaterialRequirement">, "StorageLocation"> {
  return at === null ? {} : { StorageLocation: { Location: at.location, LocationType: "Operational Location ID" } };
}

function time<N extends string>(name: N, at: Instant | null): { readonly [K in N]?: string } {
  // one computed key, which is `name`
  return at === null ? {} : ({ [name]: formatInstant(at) } as { readonly [K in N]?: string });
}
