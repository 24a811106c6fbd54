/** The door takes decisions: from who has the token, once for each id, and says what is wrong with a body. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ok } from "../base/result.ts";
import { segmentNamed } from "./decide.ts";
import { openControl, type ControlDoor } from "./control.ts";

async function withDoor(work: (door: ControlDoor, seen: unknown[]) => Promise<void>): Promise<void> {
  const seen: unknown[] = [];
  const door = await openControl(
    "token",
    { "/status": () => Promise.resolve({ ready: true }) },
    {
      "/final": (body) => {
        seen.push(body);
        return Promise.resolve(ok({ amount: { micro: 3n } }));
      },
      "/broken": () => Promise.reject(new Error("a bug")),
    },
  );
  try {
    await work(door, seen);
  } finally {
    await door.close();
  }
}

function call(door: ControlDoor, path: string, body: string | undefined, token = "token"): Promise<Response> {
  const how = body === undefined ? {} : { method: "POST", body };
  return fetch(`http://127.0.0.1:${door.port}${path}`, { ...how, headers: { authorization: `Bearer ${token}` } });
}

test("a command is answered with its outcome; without the token nothing is read", () =>
  withDoor(async (door, seen) => {
    const reply = await call(door, "/final", '{"id":"1"}');
    assert.equal(reply.status, 200);
    assert.deepEqual(await reply.json(), { ok: true, value: { amount: { micro: "3" } } });
    assert.equal((await call(door, "/final", '{"id":"2"}', "other")).status, 401);
    assert.deepEqual(seen, [{ id: "1" }]);
  }));

test("what is no JSON, too long, at another path, or asked without a body changes nothing", () =>
  withDoor(async (door, seen) => {
    assert.equal((await call(door, "/final", "{")).status, 400);
    assert.equal((await call(door, "/final", JSON.stringify("x".repeat(70_000)))).status, 400);
    assert.equal((await call(door, "/nothing", "{}")).status, 404);
    assert.equal((await call(door, "/final", undefined)).status, 404);
    assert.equal((await call(door, "/broken", "{}")).status, 500);
    assert.equal((await call(door, "/status", undefined)).status, 200);
    assert.deepEqual(seen, []);
  }));

test("an operation is meant as it is said, with leading zeros or without, whatever the ERP gives it", () => {
  const sap = ["0010", "0020"];
  assert.deepEqual(
    ["10", "0010", "010", "30"].map((said) => segmentNamed(said, sap)),
    ["0010", "0010", "0010", "30"],
  );
  assert.deepEqual(
    ["10", "0010", "CUT"].map((said) => segmentNamed(said, ["10", "CUT"])),
    ["10", "10", "CUT"],
  );
  assert.equal(segmentNamed("10", ["10", "0010"]), "10", "each is said as it is named");
  assert.equal(segmentNamed("010", ["10", "0010"]), "010", "of two nobody is guessed");
});
