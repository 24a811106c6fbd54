/** What can be known about a connection without writing: login, services and their fields, rights to read, a token. */
import { makeFault, type Fault, type Result } from "../../base/result.ts";
import type { SapClient } from "./client.ts";
import type { SapConfig } from "./config.ts";
import { readMetadata } from "./metadata.ts";
import { pullProducts } from "./product.ts";
import { checkModel, confirmationSet, documentSet, orderSet, type SapModel } from "./service.ts";

/** Reads the three services' metadata. @fault invalid erp/sap-metadata, or why they cannot be read */
export async function loadModel(client: SapClient, config: SapConfig, signal: AbortSignal): Promise<Result<SapModel>> {
  const { order, confirmation, materialDocument } = config.services;
  const read = [];
  for (const service of [order, confirmation, materialDocument]) {
    const xml = await client.text(`${service}/$metadata`, `the service ${service}`, signal);
    const model = xml.ok ? readMetadata(service, xml.value) : xml;
    if (!model.ok) return model;
    read.push(model.value);
  }
  const [orders, confirmations, documents] = read;
  return orders && confirmations && documents
    ? checkModel({ order: orders, confirmation: confirmations, materialDocument: documents }, config.announceRelease)
    : {
        ok: false,
        fault: makeFault("invalid", "erp/sap-metadata", "SAP described fewer services than were asked for."),
      };
}

/** One row of each set that is read, and a token for each service that is written. Rights to write show only on writing. */
export async function checkRights(client: SapClient, config: SapConfig, signal: AbortSignal): Promise<Fault | null> {
  const { order, confirmation, materialDocument } = config.services;
  for (const [service, set] of [
    [order, orderSet],
    [confirmation, confirmationSet],
    [materialDocument, documentSet],
  ] as const) {
    const rows = await client.rows(`${service}/${set}?$top=1`, `${set} of ${service}`, signal);
    if (!rows.ok) return rows.fault;
  }
  if (config.products) {
    const products = await pullProducts(client, { ...config, pageSize: 1 }, null, signal);
    if (!products.ok) return products.fault;
  }
  const failed = await client.greet(confirmation, signal);
  return failed?.fault ?? null;
}
