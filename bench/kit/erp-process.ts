/**
 * The simulated ERP in a process of its own, answering at once: `{ orders }` in a message starts it, a message with its
 * address and login says that it runs. Ends with the process that started it.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startErp } from "../../src/simulation/erp/server.ts";
import { componentOf, orderNumber, plantCode, productOf, store } from "./plant.ts";

export interface ErpProcess {
  readonly pid: number;
  /** For the SAP connector. */
  readonly settings: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

export async function startErpProcess(orders: number): Promise<ErpProcess> {
  const child = fork(fileURLToPath(import.meta.url), ["serve"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send({ orders });
  const [said] = (await once(child, "message")) as [{ url: string; user: string; password: string }];
  const settings = {
    baseUrl: said.url,
    user: said.user,
    password: said.password,
    timeZone: "Europe/Warsaw",
    settleMs: 2_000,
    concurrency: 64,
    pageSize: 200,
  };
  return { pid: child.pid ?? 0, settings, close: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  child.disconnect();
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

async function serve(orders: number): Promise<void> {
  const erp = await startErp({
    stock: "unlimited",
    orders: Array.from({ length: orders }, (_, machine) => ({
      order: orderNumber(machine),
      material: productOf(machine),
      plant: plantCode,
      quantity: "1000000",
      storageLocation: "0002",
      overdeliveryPercent: null,
      operations: [{ operation: "0010", text: "Assemble", workCenter: "CELL" }],
      components: [
        {
          material: componentOf(machine),
          operation: "0010",
          quantity: "1000000",
          unit: "PC",
          storageLocation: store.location,
        },
      ],
    })),
  });
  process.send?.({ url: erp.url, user: erp.login.user, password: erp.login.password });
  process.once("disconnect", () => void erp.close());
}

if (process.argv[2] === "serve") {
  // The parent sends exactly one message of this form.
  const [{ orders }] = (await once(process, "message")) as [{ orders: number }];
  await serve(orders);
}
