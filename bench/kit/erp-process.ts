/** The simulated ERP in a process of its own, answering at once, with one order for each machine of the plant. */
import { startErp, type SimulatedErp } from "../../src/simulation/erp/server.ts";
import { BenchChild, isChild, serveChild } from "./child.ts";
import { componentOf, orderNumber, plantCode, productOf, store } from "./plant.ts";

export interface ErpProcess {
  readonly pid: number;
  /** For the SAP connector. */
  readonly settings: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

interface Started {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

export async function startErpProcess(orders: number): Promise<ErpProcess> {
  const child = new BenchChild(import.meta.url);
  const { url, user, password } = await child.ask<Started>({ orders });
  const settings = {
    baseUrl: url,
    user,
    password,
    timeZone: "Europe/Warsaw",
    settleMs: 2_000,
    concurrency: 64,
    pageSize: 200,
  };
  return { pid: child.pid, settings, close: () => child.close() };
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

if (isChild) {
  let erp: SimulatedErp | null = null;
  const parent = serveChild<{ orders: number }>(async () => {
    await erp?.close();
  });
  parent.onMessage(({ orders }) => {
    const seeds = Array.from({ length: orders }, (_, machine) => orderSeed(machine) ?? []).flat();
    void startErp({ stock: "unlimited", orders: seeds }).then((started) => {
      erp = started;
      parent.answer({ url: started.url, user: started.login.user, password: started.login.password });
    });
  });
}
