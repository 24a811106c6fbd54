/** Millrace as `line.ts` starts it, in a process of its own that can be killed; database, machine and ERP live on. */
import type { Running } from "../../src/app/serve.ts";
import type { BenchDatabase } from "./database.ts";
import { BenchChild, isChild, serveChild } from "./child.ts";
import { startLine } from "./line.ts";
import { benchSite } from "./plant.ts";

export interface LinePlace {
  readonly database: Pick<BenchDatabase, "folder" | "connectionString">;
  /** Settings of the one machine and of the ERP. */
  readonly machine: Readonly<Record<string, unknown>>;
  readonly erp: Readonly<Record<string, unknown>>;
}

type Order = ({ readonly order: "start" } & LinePlace) | { readonly order: "waiting" };

export class LineProcess {
  readonly #child: BenchChild;

  private constructor(child: BenchChild) {
    this.#child = child;
  }

  static async start({ database: { folder, connectionString }, machine, erp }: LinePlace): Promise<LineProcess> {
    const child = new BenchChild(import.meta.url);
    const database = { folder, connectionString };
    await child.ask({ order: "start", database, machine, erp } satisfies Order);
    return new LineProcess(child);
  }

  /** Samples and postings that are still on their way. */
  async waiting(): Promise<number> {
    const { waiting } = await this.#child.ask<{ waiting: number }>({ order: "waiting" } satisfies Order);
    return waiting;
  }

  kill(): Promise<void> {
    return this.#child.kill();
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}

if (isChild) {
  let line: Running | null = null;
  const parent = serveChild<Order>(async () => {
    await line?.stop();
  });
  parent.onMessage((order) => void perform(order).then((said) => parent.answer(said)));
  const perform = async (order: Order): Promise<object> => {
    if (order.order === "start") {
      const site = benchSite({
        machines: [{ id: "machine-0", settings: order.machine }],
        erp: { settings: order.erp },
      });
      const warn = (text: string): void => void process.stderr.write(`${text}\n`);
      line = await startLine({ site, database: order.database, onCommit: () => undefined, onWarning: warn });
    }
    const status = await line?.status();
    const { pending = 0, inDoubt = 0, refused = 0 } = status?.outbox ?? {};
    return { waiting: (status?.buffered ?? 0) + pending + inDoubt + refused };
  };
}
