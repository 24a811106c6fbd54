/** What an answer that was no success says: whether it is worth asking again, or a person has to do something, and where. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFault, writeVerdict } from "./faults.ts";

const replied = (status: number, text = "{}"): Parameters<typeof readFault>[0] => ({
  reply: { status, text, bytes: new TextEncoder().encode(text), headers: {} },
});

test("an answer to another call is asked for again: nobody has to look in SAP for it", () => {
  for (const status of [201, 202, 204]) {
    const { kind, code, message } = readFault(replied(status, '{"d":{"Order":"1"}}'), "confirmations");
    assert.deepEqual([kind, code], ["transient", "erp/sap-failed"], message);
  }
  assert.equal(readFault(replied(400), "confirmations").kind, "invalid");
});

test("who refuses a message without SAP's words need not be SAP", () => {
  const said = (text: string): string => writeVerdict(replied(413, text), "goods-issue A", []).fault.message;
  assert.match(
    said("<title>413 Request Entity Too Large</title>"),
    /^SAP, or a proxy before it, does not understand .*Too Large/,
  );
  const { code, value } = { code: "/IWBEP/CM_MGW_RT/021", value: "Property 'X' is invalid" };
  assert.match(said(JSON.stringify({ error: { code, message: { lang: "en", value } } })), /^SAP does not understand/);
});
