/** The simulated ERP in a process of its own, answering at once, with one order for each machine of the plant. */
import { startErp, type SimulatedErp } from "../../src/simulation/erp/server.ts";
import { BenchChild, isChild, serveChild } from "./child.ts";
import { componentOf, orderNumber, plantCode, productOf, store } from "./plant.ts";

export interface ErpProcess {
  readonly pid: number;
  /** For the SAP connector. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What stands in its books, whoever posted it. */
  posted(): Promise<ErpPosted>;
  close(): Promise<void>;
}

export interface ErpPosted {
  readonly confirmations: number;
  /** Good pieces of all confirmations. */
  readonly confirmed: number;
  readonly materialDocuments: number;
}

type Order = { readonly order: "start"; readonly orders: number } | { readonly order: "posted" };

interface Started {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

export async function startErpProcess(orders: number): Promise<ErpProcess> {
  const child = new BenchChild(import.meta.url);
  const { url, user, password } = await child.ask<Started>({ order: "start", orders } satisfies Order);
  const settings = {
    baseUrl: url,
    user,
    password,
    timeZone: "Europe/Warsaw",
    settleMs: 2_000,
    concurrency: 64,
    pageSize: 200,
  };
  const posted = (): Promise<ErpPosted> => child.ask<ErpPosted>({ order: "posted" } satisfies Order);
  return { pid: child.pid, settings, posted, close: () => child.close() };
}

function orderSeed(machine: number): NonNullable<Parameters<typeof startErp>[0]>["orders"] {
  const operation = "0010";
  const quantity = "1000000";
  return [
    {
      order: orderNumber(machine),
      material: productOf(machine),
      plant: plantCode,
      quantity,
      storageLocation: "0002",
      overdeliveryPercent: null,
      operations: [{ operation, text: "Assemble", workCenter: "CELL" }],
      components: [
        { material: componentOf(machine), operation, quantity, unit: "PC", storageLocation: store.location },
      ],
    },
  ];
}

function postedIn({ books }: SimulatedErp): ErpPosted {
  const micro = books.confirmations.reduce((sum, { yield: good }) => sum + good, 0n);
  return {
    confirmations: books.confirmations.length,
    confirmed: Number(micro) / 1e6,
    materialDocuments: books.materialDocuments.length,
  };
}

if (isChild) {
  let erp: SimulatedErp | null = null;
  const parent = serveChild<Order>(async () => {
    await erp?.close();
  });
  parent.onMessage((order) => {
    if (order.order === "posted") {
      if (erp) parent.answer(postedIn(erp));
      return;
    }
    const seeds = Array.from({ length: order.orders }, (_, machine) => orderSeed(machine) ?? []).flat();
    void startErp({ stock: "unlimited", orders: seeds }).then((started) => {
      erp = started;
      parent.answer({ url: started.url, user: started.login.user, password: started.login.password });
    });
  });
}
