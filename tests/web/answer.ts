/** What the fixture answers, route by route, out of one world. Total: a new route of the contract fails to compile here. */
import type { ReplyOf, RouteName } from "../../src/api/contract/contract.ts";
import { permissions, type Permission } from "../../src/access/permission.ts";
import { makePlant, type Plant, type PlantSize } from "./plant.ts";
import * as account from "./account.ts";
import { makeMending, type Mending } from "./mending.ts";
import * as record from "./record.ts";
import * as stock from "./stock.ts";
import { acknowledgeAt, paperAt, reportAt, terminalOf, scanOf } from "./terminal.ts";

export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

export interface World {
  readonly plant: Plant;
  readonly mending: Mending;
  /** Postings that are not owed any more. */
  readonly dismissed: Set<string>;
  readonly accounts: ReplyOf<"GET /api/v1/people">["items"];
  readonly keys: ReplyOf<"GET /api/v1/keys">["items"];
  /** What the one who is signed in may do; a test narrows it. */
  permissions: readonly Permission[];
  isSignedIn: boolean;
  mustChangePassword: boolean;
  /** Entries on every order's time line. */
  timelineLength: number;
}

export function makeWorld(size: PlantSize): World {
  const plant = makePlant(size);
  return {
    plant,
    mending: makeMending(plant),
    dismissed: new Set(),
    accounts: account.accountsOf(plant),
    keys: account.keysOf(plant),
    permissions,
    isSignedIn: true,
    mustChangePassword: false,
    timelineLength: 120,
  };
}

/** Undefined: not there. */
type Answers = { readonly [R in RouteName]: (world: World, asked: Asked) => ReplyOf<R> | undefined };

function pageOf<T>(items: readonly T[], query: Asked["query"]): { items: T[]; next: string | null } {
  const from = Number(query["cursor"] ?? 0);
  const limit = Number(query["limit"] ?? 100);
  return { items: items.slice(from, from + limit), next: from + limit < items.length ? String(from + limit) : null };
}

const done = (message: string): ReplyOf<"POST /api/v1/mend/production/:run/dismiss"> => ({ isNew: true, message });

function text(query: Asked["query"], name: string): string {
  const value = query[name];
  return typeof value === "string" ? value.toLowerCase() : "";
}

function ordersOf(world: World, query: Asked["query"]): ReplyOf<"GET /api/v1/orders"> {
  const wanted = text(query, "text");
  const rows = world.plant.orders.filter(
    (row) =>
      (query["progress"] === undefined || row.progress === query["progress"]) &&
      (query["workCenter"] === undefined || row.workCenters.includes(String(query["workCenter"]))) &&
      (query["material"] === undefined || row.material === query["material"]) &&
      (query["toMend"] === undefined || row.toMend > 0 === (query["toMend"] === "true")) &&
      (wanted === "" || row.number.includes(wanted) || row.material.toLowerCase().includes(wanted)),
  );
  return { ...pageOf(rows, query), total: rows.length, totalIsCapped: false };
}

function causesOf(world: World): ReplyOf<"GET /api/v1/mend"> {
  const { mending } = world;
  const lists = [
    ...mending.production.map((one) => ({ list: "production" as const, code: one.code, at: one.openedAt })),
    ...mending.orders.map((one) => ({ list: "orders" as const, code: one.code, at: one.openedAt })),
    ...mending.postings.map((one) => ({ list: "postings" as const, code: one.code, at: one.plannedAt })),
    ...mending.questions.map((one) => ({ list: "questions" as const, code: one.subject, at: one.askedAt })),
  ];
  const groups = Map.groupBy(lists, ({ list, code }) => `${list} ${code}`);
  return {
    causes: [...groups.values()].map((all) => ({
      list: all[0]!.list,
      code: all[0]!.code,
      count: all.length,
      oldestAt: all.map(({ at }) => at).sort()[0]!,
    })),
  };
}

function byCode<T extends { readonly code: string }>(items: readonly T[], query: Asked["query"]): T[] {
  return items.filter(({ code }) => query["code"] === undefined || code === query["code"]);
}

function drop(list: { readonly id: string }[], id: string | undefined): void {
  const at = list.findIndex((one) => one.id === id);
  if (at >= 0) list.splice(at, 1);
}

function session(world: World): ReplyOf<"GET /api/v1/session"> {
  return { ...account.sessionOf(world.permissions), mustChangePassword: world.mustChangePassword };
}

function newAccount(world: World, asked: Asked): ReplyOf<"POST /api/v1/people"> {
  // the fixture has parsed the body by the route's schema
  const body = asked.body as { login: string; name: string; email: string | null; grants: [] };
  const made = { ...account.accountsOf(world.plant)[0]!, ...body, person: `p-${body.login}`, lastSignInAt: null };
  world.accounts.push(made);
  return { account: made, oneTimePassword: "once-only-Xk29" };
}

function rowOf(world: World, id: string | undefined): Plant["orders"][number] | undefined {
  return world.plant.orders.find((one) => one.id === id);
}

export const answers: Answers = {
  "POST /api/v1/session": (world) => ((world.isSignedIn = true), session(world)),
  "GET /api/v1/session": (world) => session(world),
  "DELETE /api/v1/session": (world) => ((world.isSignedIn = false), null),
  "POST /api/v1/session/password": (world) => ((world.mustChangePassword = false), session(world)),
  "GET /api/v1/floor": ({ plant }) => ({
    asOf: new Date().toISOString(),
    equipment: plant.equipment,
    units: [...plant.units.values()],
  }),
  "GET /api/v1/units/:unit": ({ plant }, { params }) => plant.units.get(params["unit"] ?? ""),
  "GET /api/v1/units/:unit/terminal": ({ plant }, { params }) => terminalOf(plant, params["unit"] ?? ""),
  "POST /api/v1/units/:unit/reports": ({ plant }, { params, body }) => reportAt(plant, params["unit"] ?? "", body),
  "POST /api/v1/units/:unit/scans": ({ plant }, { params, body }) => scanOf(plant, params["unit"] ?? "", body),
  "POST /api/v1/units/:unit/paper-shift": (_, { body }) => paperAt(body),
  "POST /api/v1/job-orders/:jobOrder/acknowledge": ({ plant }, { params }) => (
    acknowledgeAt(plant, params["jobOrder"] ?? ""),
    done("Acknowledged")
  ),
  "GET /api/v1/orders": (world, { query }) => ordersOf(world, query),
  "GET /api/v1/orders/:order": (world, { params }) => {
    const row = rowOf(world, params["order"]);
    return row && record.orderOf(world.plant, row);
  },
  "GET /api/v1/orders/:order/timeline": (world, { params, query }) => {
    const row = rowOf(world, params["order"]);
    const kinds = text(query, "kinds").split(",").filter(Boolean);
    const all = row ? record.timelineOf(world.plant, world.timelineLength) : [];
    return (
      row &&
      pageOf(
        all.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind)),
        query,
      )
    );
  },
  "GET /api/v1/runs/:run": ({ plant }, { params }) => record.runOf(plant, params["run"] ?? ""),
  "GET /api/v1/runs/:run/facts": ({ plant }, { query }) => pageOf(record.runFactsOf(plant), query),
  "GET /api/v1/facts/:fact": ({ plant }, { params }) => record.factOf(plant, params["fact"] ?? ""),
  "GET /api/v1/postings/:posting": ({ plant, dismissed }, { params }) => {
    const id = params["posting"] ?? "";
    if (!id.startsWith("wait-")) return record.postingOf(plant, id);
    return record.waitingOf(plant, id, dismissed.has(id) ? "dismissed" : "planned");
  },
  "GET /api/v1/messages/:message": ({ plant }, { params }) => ({
    id: params["message"] ?? "",
    erp: "sap",
    mediaType: "application/json",
    receivedAt: new Date(plant.madeAt).toISOString(),
    text: '{\n  "ManufacturingOrder": "1000000"\n}',
    verdict: "accepted",
  }),
  "GET /api/v1/instructions/:instruction": ({ plant }, { params }) =>
    record.instructionOf(plant, params["instruction"] ?? ""),
  "POST /api/v1/orders/:order/operations/:operation/final": () => done("The operation is final"),
  "POST /api/v1/orders/:order/operations/:operation/reopen": () => done("The operation is open again"),
  "GET /api/v1/mend": (world) => causesOf(world),
  "GET /api/v1/mend/production": ({ mending }, { query }) => pageOf(byCode(mending.production, query), query),
  "GET /api/v1/mend/orders": ({ mending }, { query }) => pageOf(byCode(mending.orders, query), query),
  "GET /api/v1/mend/postings": ({ mending }, { query }) => pageOf(byCode(mending.postings, query), query),
  "GET /api/v1/mend/questions": ({ mending }, { query }) => pageOf(mending.questions, query),
  "POST /api/v1/mend/production/:run/assign": ({ mending }, { params }) => (
    drop(mending.production, params["run"]),
    done("The run belongs to the order now")
  ),
  "POST /api/v1/mend/production/:run/dismiss": ({ mending }, { params }) => (
    drop(mending.production, params["run"]),
    done("The run is never posted")
  ),
  "POST /api/v1/mend/orders/:quarantine/retry": ({ mending }, { params }) => (
    drop(mending.orders, params["quarantine"]),
    done("The order was accepted")
  ),
  "POST /api/v1/mend/orders/:quarantine/dismiss": ({ mending }, { params }) => (
    drop(mending.orders, params["quarantine"]),
    done("The order is not made here")
  ),
  "POST /api/v1/mend/postings/:posting/retry": ({ mending }, { params }) => (
    drop(mending.postings, params["posting"]),
    done("It is sent again now")
  ),
  "POST /api/v1/mend/postings/:posting/edit": ({ mending }, { params }) => (
    drop(mending.postings, params["posting"]),
    done("It is posted with the changes")
  ),
  "POST /api/v1/mend/postings/:posting/dismiss": ({ mending, dismissed }, { params }) => (
    drop(mending.postings, params["posting"]),
    dismissed.add(params["posting"] ?? ""),
    done("It is not owed any more")
  ),
  "POST /api/v1/mend/postings/:posting/take-back": () => done("The ERP is told to take it back"),
  "POST /api/v1/mend/postings/:posting/release": () => done("What is owed is planned"),
  "POST /api/v1/mend/postings/:posting/found": ({ mending }, { params }) => (
    drop(mending.postings, params["posting"]),
    done("It is confirmed under that number")
  ),
  "POST /api/v1/mend/postings/:posting/missing": ({ mending }, { params }) => (
    drop(mending.postings, params["posting"]),
    done("The ERP is asked once more, then it is sent")
  ),
  "POST /api/v1/mend/questions/:question/answer": ({ mending }, { params }) => (
    drop(mending.questions, params["question"]),
    done("Answered")
  ),
  "GET /api/v1/materials": ({ plant }, { query }) =>
    pageOf(
      stock
        .balancesOf(plant)
        .filter(({ material, lot }) => `${material} ${lot ?? ""}`.toLowerCase().includes(text(query, "text")))
        .filter(({ account }) => stock.isAt(account, query["account"])),
      query,
    ),
  "GET /api/v1/materials/:material/movements": ({ plant }, { params, query }) =>
    pageOf(stock.movementsOf(plant, params["material"] ?? ""), query),
  "GET /api/v1/connections": ({ plant }) => stock.connectionsOf(plant),
  "GET /api/v1/connections/refused": ({ plant }, { query }) => pageOf(stock.refusedFieldsOf(plant), query),
  "GET /api/v1/notifications": ({ plant }, { query }) => pageOf(plant.notifications, query),
  "GET /api/v1/notifications/open": ({ plant }) => {
    const open = plant.notifications.filter(({ acknowledgedAt }) => acknowledgedAt === null);
    const groups = Map.groupBy(open, ({ equipment }) => equipment);
    return {
      count: open.length,
      urgent: open.filter(({ severity }) => severity === "urgent").length,
      byEquipment: [...groups].map(([equipment, of]) => ({ equipment, count: of.length })),
    };
  },
  "POST /api/v1/notifications/:notification/acknowledge": ({ plant }, { params }) => {
    const at = plant.notifications.findIndex(({ id }) => id === params["notification"]);
    const found = plant.notifications[at];
    if (!found) return undefined;
    plant.notifications[at] = { ...found, acknowledgedBy: "p-1A", acknowledgedAt: new Date().toISOString() };
    return done("You have it");
  },
  "GET /api/v1/people": ({ accounts }) => ({ items: accounts }),
  "POST /api/v1/people": newAccount,
  "PATCH /api/v1/people/:person": ({ accounts }, { params, body }) => {
    const at = accounts.findIndex(({ person }) => person === params["person"]);
    const found = accounts[at];
    // the fixture has parsed the body by the route's schema
    if (found) accounts[at] = { ...found, ...(body as Partial<typeof found>), version: `${Number(found.version) + 1}` };
    return accounts[at];
  },
  "POST /api/v1/people/:person/password": ({ accounts }, { params }) => {
    const found = accounts.find(({ person }) => person === params["person"]);
    return found && { account: found, oneTimePassword: "once-only-Zz81" };
  },
  "DELETE /api/v1/people/:person/name": ({ accounts }, { params }) => {
    const at = accounts.findIndex(({ person }) => person === params["person"]);
    const found = accounts[at];
    if (found) accounts[at] = { ...found, name: null, email: null };
    return accounts[at];
  },
  "GET /api/v1/keys": ({ keys }) => ({ items: keys }),
  "POST /api/v1/keys": ({ keys, plant }, { body }) => {
    const key = { ...account.keysOf(plant)[0]!, ...(body as { name: string }), id: `key-${keys.length + 1}` };
    keys.push(key);
    return { key, secret: "mr_7f3k_secret_shown_once" };
  },
  "DELETE /api/v1/keys/:key": ({ keys }, { params }) => {
    const at = keys.findIndex(({ id }) => id === params["key"]);
    const found = keys[at];
    if (found) keys[at] = { ...found, revokedAt: new Date().toISOString() };
    return keys[at];
  },
  "GET /api/v1/audit": ({ plant }, { query }) => pageOf(account.auditOf(plant), query),
  // opened by the fixture itself
  "POST /b2mml": () => "",
  "POST /soap": () => "",
  "GET /api/v1/stream": () => ({ kind: "hello", at: new Date().toISOString() }),
};
