/**
 * Stands in for the process under test where the harness itself is tested: an honest clerk who knows from the start
 * what will be made and posts it while the machine plays, order by order, asking the ERP for each key first. It can be
 * told to forget a document, to post one twice, or to resend without asking, and it dies where its probe says.
 */
import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { existsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ExpectedOrder } from "../day-set.ts";
import { conclusive } from "../day-set.ts";
import { connectReplay } from "../replay.ts";

type Fault = "none" | "forgets" | "posts-twice" | "resends-blind" | "dies-once";

interface Component {
  readonly ManufacturingOrder: string;
  readonly Material: string;
  readonly Reservation: string;
  readonly ReservationItem: string;
  readonly StorageLocation: string;
}

interface Document {
  readonly service: "confirmation" | "movement";
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    site: { type: "string" },
    kill: { type: "string" },
    sabotage: { type: "string" },
  },
});
const environment = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};
const root = environment("SAP_URL");
const fault = environment("CLERK_FAULT") as Fault; // only the harness's own test sets it
const authorization = `Basic ${Buffer.from(`${environment("SAP_USER")}:${environment("SAP_PASSWORD")}`).toString("base64")}`;
const paths = {
  confirmation: "API_PROD_ORDER_CONFIRMATION_2_SRV/ProdnOrdConf2",
  movement: "API_MATERIAL_DOCUMENT_SRV/A_MaterialDocumentHeader",
};
const headers = { authorization, accept: "application/json", "content-type": "application/json" };

const [point, nth] = (values.kill ?? "none:0").split(":");
let reached = 0;
const probe = (about: string): void => {
  reached += 1;
  if (point === "none" || reached !== Number(nth)) return;
  writeSync(1, `${JSON.stringify({ kill: point, about })}\n`);
  process.kill(process.pid, "SIGKILL");
};

async function get<T>(path: string): Promise<T[]> {
  const reply = await fetch(`${root}/${path}`, { headers });
  if (!reply.ok) throw new Error(`${reply.status} for ${path}`);
  return ((await reply.json()) as { d: { results: T[] } }).d.results; // OData v2, as this ERP answers
}

const keyField = { confirmation: "ExternalSystemConfirmation", movement: "ReferenceDocument" };

async function post(document: Document, asked = true): Promise<void> {
  const value = document.service === "confirmation" ? `guid'${document.key}'` : `'${document.key}'`;
  const path = paths[document.service];
  if (asked && (await get(`${path}?$filter=${keyField[document.service]} eq ${value}&$top=1`)).length > 0) return;
  const session = await fetch(`${root}/${path.split("/")[0]}/`, { headers: { ...headers, "x-csrf-token": "Fetch" } });
  const cookie = session.headers.getSetCookie().map((one) => one.split(";")[0]);
  const token = session.headers.get("x-csrf-token") ?? "";
  const body = JSON.stringify({ ...document.body, [keyField[document.service]]: document.key });
  const send = (): Promise<Response> =>
    fetch(`${root}/${path}`, {
      method: "POST",
      headers: { ...headers, cookie: cookie.join("; "), "x-csrf-token": token },
      body,
    });
  try {
    const reply = await send();
    if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // what fetch throws when the connection breaks
    await post(document, fault !== "resends-blind");
  }
}

function documentsOf(
  order: ExpectedOrder & { goodByDay?: Record<string, number> },
  components: readonly Component[],
): Document[] {
  const last = order.lastEnd?.slice(0, 10) ?? "2025-01-01";
  const at = (day: string): string => `/Date(${Date.parse(day)})/`;
  const item = { Plant: "PL01", StorageLocation: "101A", ManufacturingOrder: order.order };
  const receipt = {
    ...item,
    GoodsMovementType: "101",
    Material: order.article,
    EntryUnit: "PC",
    QuantityInEntryUnit: String(order.good),
  };
  const issues = Object.entries(order.consumed).map(([material, use]) => {
    const planned = components.find((one) => one.ManufacturingOrder === order.order && one.Material === material);
    const { Reservation, ReservationItem } = planned ?? { Reservation: "", ReservationItem: "" };
    const quantity = { EntryUnit: "PC", QuantityInEntryUnit: String(use.total) };
    return { ...item, GoodsMovementType: "261", Material: material, Reservation, ReservationItem, ...quantity };
  });
  const confirmations = Object.entries(order.goodByDay ?? {}).map(([day, good]) => ({
    service: "confirmation" as const,
    key: guid(`${order.order} ${day}`),
    body: {
      OrderID: order.order,
      OrderOperation: "0010",
      ConfirmationYieldQuantity: String(good),
      PostingDate: at(day),
      APIConfHasNoGoodsMovements: true,
    },
  }));
  const movement = (code: string, items: readonly object[]): Document[] =>
    items.length === 0
      ? []
      : [
          {
            service: "movement",
            key: guid(`${order.order} ${code}`).slice(0, 16),
            body: { GoodsMovementCode: code, PostingDate: at(last), to_MaterialDocumentItem: items },
          },
        ];
  return [...confirmations, ...movement("02", order.good > 0 ? [receipt] : []), ...movement("03", issues)];
}

function guid(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

const data = values.data ?? ".";
/** In one step: he may be killed while he writes, and is asked while he writes. */
const tell = async (idle: boolean): Promise<void> => {
  const status = join(data, "status.json");
  await writeFile(`${status}.new`, JSON.stringify({ ready: true, idle, outbox: {}, quarantine: 0 }));
  await rename(`${status}.new`, status);
};
const expected = JSON.parse(await readFile(environment("CLERK_EXPECTED"), "utf8")) as { orders: ExpectedOrder[] };
const orders = conclusive(expected.orders).toSorted((a, b) => ((a.lastEnd ?? "") < (b.lastEnd ?? "") ? -1 : 1));
await get("API_PRODUCTION_ORDER_2_SRV/A_ProductionOrder_2?$top=1");
const components = await get<Component>("API_PRODUCTION_ORDER_2_SRV/A_ProductionOrderComponent_4?$top=5000");
const replay = await connectReplay(environment("OPCUA_URL"));
process.once("SIGTERM", () => process.exit(0));
await tell(true);
writeSync(1, "ready\n");

const documents = orders.flatMap((order) => documentsOf(order, components));
for (let next = 0; ;) {
  const { index, count } = await replay.progress();
  const due = count === 0 ? 0 : Math.floor((documents.length * index) / count);
  await tell(next >= due);
  for (; next < due; next += 1) {
    const document = documents[next];
    if (document === undefined || (fault === "forgets" && next === 5)) continue;
    probe(`before ${document.service} ${document.key}`);
    await post(document);
    if (fault === "posts-twice" && next === 5) await post(document, false);
    if (fault === "dies-once" && next === 5 && !existsSync(join(data, "died"))) {
      await writeFile(join(data, "died"), "");
      process.exit(7);
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
}
