/** What a read that was no success says: whether it is worth asking again, or a person has to do something. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFault } from "./faults.ts";

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
