/** Whatever is asked, a wrong question is the asker's: nothing of it is a bug of ours, and none reaches the database. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openHouse, type House } from "./house.ts";

/** As a list writes its places. */
const place = (...parts: readonly unknown[]): string => Buffer.from(JSON.stringify(parts)).toString("base64url");

const asked: readonly string[] = [
  "orders?text=%00",
  "orders?material=%00",
  `orders?cursor=${place("dispatch", "\0")}`,
  "orders/%00",
  "orders/%00/timeline",
  "runs/%00",
  "facts/%00",
  "postings/%00",
  "units/%00",
  "materials?text=%00",
  `materials?cursor=${place("\0", "", "", "")}`,
  ...[1e300, 8.7e15, 3e14, -1e15].map((time) => `materials/x/movements?cursor=${place(time, "a")}`),
  ...["questions", "production", "orders"].flatMap((list) => [
    `mend/${list}?cursor=1.abc`,
    `mend/${list}?cursor=1.99999999999999999999999`,
  ]),
  "mend/postings?cursor=9999999999999999.abc",
  "mend/postings?cursor=1.a%00",
  "mend/production?code=%00",
  "connections/refused?cursor=1.abc",
  `notifications?cursor=999999999999999.${"0".repeat(32)}`,
  "audit?cursor=9007199254740991",
  "audit?about=%00",
];

describe("what nobody can mean", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let house: House;
  before(async () => void (house = await openHouse()));
  after(() => house?.close());

  for (const path of asked)
    test(`GET ${path.replaceAll("%00", "NUL")}`, async () => {
      const { status, body } = await house.administrator.get(`/api/v1/${path}`);
      assert.ok(status < 500, `${status} ${body.code}`);
    });

  for (const [what, name] of [
    ["a NUL", "a\0b"],
    ["half of an emoji", "a\ud83d"],
  ] as const)
    test(`${what} in what is sent`, async () => {
      const sent = { login: "new", name, email: null, grants: [{ role: "operator", equipment: "plant" }] };
      const { status, body } = await house.administrator.command("POST", "/api/v1/people", sent);
      assert.deepEqual([status, body.code], [422, "api/nul"]);
    });
});
