/**
 * Materials that the orders of an ERP name, where its orders are all that it says of materials: stated by it as master
 * data, so that what another system owns of them is shown. That a material is there is all that an order tells for sure:
 * its units and texts are those of the order.
 */
import type { ErpSession, InboundMessage } from "../erp/connector.ts";
import { ownerOf } from "../isa95/master-data/ownership.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import type { AcceptPorts } from "./accept-order.ts";
import { takeMasterData } from "./take-master-data.ts";

type Ports = Pick<AcceptPorts, "store" | "site" | "clock" | "erp"> & {
  readonly session: Pick<ErpSession, "interpret" | "traits">;
};

/** What is said does not change what is held already. An order that cannot be understood names nothing. */
export async function stateMaterials(ports: Ports, messages: readonly InboundMessage[]): Promise<void> {
  const { store, site, clock, erp, session } = ports;
  const isOwn = ownerOf(site.ownership, "MaterialDefinition", "ID") === erp;
  if (session.traits.namesMaterials !== true || !isOwn) return;
  const requests = messages.flatMap((message) => {
    const request = session.interpret(message);
    return request.ok ? [request.value] : [];
  });
  const named = [...new Set(requests.flatMap(materialsOf))].toSorted();
  if (named.length === 0) return;
  const content = { ID: erp, MaterialDefinition: named.map((ID) => ({ ID })) };
  const document = { verb: null, noun: "MaterialInformation", content: [content] } as const;
  const said = {
    received: { document, refused: [], place: () => undefined },
    file: "orders",
    bodId: "pull",
    kind: "amend",
  } as const;
  await store.transaction((tx) => takeMasterData(tx, { site, erp }, said, clock.now()));
}

function materialsOf({ material, segments }: OperationsRequest): readonly string[] {
  return [material, ...segments.flatMap(({ materials }) => materials.map((one) => one.material))];
}
