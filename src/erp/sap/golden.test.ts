/**
 * Whole documents, in and out, kept for ever: orders as SAP writes them, postings as SAP reads them. `UPDATE_GOLDEN=1`
 * writes what is missing or changed, for a reviewer to read.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fromJson, toJson } from "../../base/json.ts";
import { unwrap } from "../../base/result.ts";
import type { OperationsResponse } from "../../isa95/response/operations-response.ts";
import { composeConfirmation } from "./confirmation.map.ts";
import { thaw } from "./envelope.ts";
import { composeGoodsMovement } from "./goods-movement.map.ts";
import { composeOrderAccepted } from "./order-accepted.map.ts";
import { readOrder } from "./order.map.ts";
import type { Row } from "./row.ts";
import { config } from "./testing/sample.ts";

interface Golden {
  readonly settings: Record<string, unknown>;
  readonly order: Row;
  readonly key: string;
  readonly response: OperationsResponse;
}

const root = fileURLToPath(new URL("golden/", import.meta.url));

function outOf(document: string, { settings, order, key, response }: Golden): unknown {
  const around = { config: config(settings), model: null };
  const read = readOrder(order, around.config);
  if (document === "order")
    return read.ok ? read.value : { fault: { code: read.fault.code, message: read.fault.message } };
  const request = unwrap(read);
  const composed =
    document === "confirmation"
      ? composeConfirmation(key, request, response, around)
      : document === "order-accepted"
        ? composeOrderAccepted(key, request, around.config)
        : composeGoodsMovement(
            key,
            request,
            { kind: document === "goods-receipt" ? "goods-receipt" : "goods-issue", response },
            around,
          );
  const { body, ...write } = unwrap(thaw(unwrap(composed)));
  return { ...write, body: body === null ? null : (JSON.parse(body) as unknown) };
}

for (const document of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  for (const name of readdirSync(join(root, document.name))) {
    test(`${document.name} ${name}`, () => {
      const file = (end: string): string => join(root, document.name, name, end);
      const given = fromJson<Golden>(readFileSync(file("in.json"), "utf8"));
      const got = JSON.parse(toJson(outOf(document.name, given))) as unknown;
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file("out.json"), `${JSON.stringify(got, null, 2)}\n`);
      assert.deepEqual(got, JSON.parse(readFileSync(file("out.json"), "utf8")));
      assert.ok(existsSync(file("source.md")), "every case says where it comes from");
    });
  }
}
