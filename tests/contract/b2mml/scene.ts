/** A house with one work center and one ERP that speaks B2MML, and somebody with a key who knocks for it. */
import assert from "node:assert/strict";
import { unwrap } from "../../../src/base/result.ts";
import type { ErpSession } from "../../../src/erp/connector.ts";
import { b2mmlConnector } from "../../../src/erp/b2mml/index.ts";
import { buildSite, type Site } from "../../../src/site/site.ts";
import { openHouse, plantData, type House } from "../api/house.ts";
import type { ApiOptions } from "../../../src/app/api.ts";

export interface Scene extends House {
  readonly key: string;
  /** Posts a document with the key. */
  give(text: string, how?: { readonly type?: string; readonly query?: string; readonly key?: string }): Promise<Given>;
  orders(): Promise<readonly { readonly number: string; readonly state: string }[]>;
}

export interface Given {
  readonly status: number;
  readonly verdict: string | null;
  readonly type: string;
  readonly text: string;
}

export const erpSettings = {
  url: "http://127.0.0.1:9/",
  plant: "PL01",
  logicalId: "ERP-1",
  erp: "office",
  company: "",
};

export const siteWithErp: Site = buildSite({
  ...plantData,
  workCenters: [
    {
      id: "north-cell",
      erpCodes: { office: "CUT" },
      description: "north-cell",
      partOf: "north",
      level: "WorkCenter",
      workUnits: ["north-1"],
      materialFrom: null,
      splitAbove: null,
    },
  ],
  erps: [{ id: "office", product: "b2mml", company: "", written: erpSettings, settings: erpSettings }],
});

/** @param site  its ERPs all speak B2MML */
export async function openScene(options: Partial<ApiOptions> = {}, site: Site = siteWithErp): Promise<Scene> {
  const sessions = new Map<string, ErpSession>();
  for (const { id, settings } of site.erps) {
    sessions.set(id, unwrap(await b2mmlConnector.open(settings, new AbortController().signal)));
  }
  const house = await openHouse(options, { site, session: (erp) => sessions.get(erp) ?? null });
  const asked = { name: "office", scopes: ["document.exchange"], equipment: "plant", expiresAt: null };
  const made = await house.administrator.command("POST", "/api/v1/keys", asked);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  const key: string = made.body.secret;
  return {
    ...house,
    key,
    give: async (text, { type = "application/xml", query = "", key: other = key } = {}) => {
      const reply = await fetch(`${house.url}/b2mml${query}`, {
        method: "POST",
        headers: { authorization: `Bearer ${other}`, "content-type": type },
        body: text,
        signal: AbortSignal.timeout(60_000),
      });
      return {
        status: reply.status,
        verdict: reply.headers.get("millrace-verdict"),
        type: reply.headers.get("content-type") ?? "",
        text: await reply.text(),
      };
    },
    orders: async () => {
      const rows = await house.world.sql("select number, state from operations_request order by number");
      return rows.map((row) => ({ number: String(row["number"]), state: String(row["state"]) }));
    },
    close: async () => {
      for (const session of sessions.values()) await session.close();
      await house.close();
    },
  };
}
