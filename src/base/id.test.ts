/** Identities: what they are made of, and in which order they stand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { contentId, followingId, timedId } from "./id.ts";
import { instant } from "./instant.ts";

test("the same content at the same time has the same identity; another part makes another one", () => {
  const at = instant(1_738_566_000_123);
  assert.equal(timedId(at, "sample", "m1", "1"), timedId(at, "sample", "m1", "1"));
  assert.notEqual(timedId(at, "ab", "c"), timedId(at, "a", "bc"));
});

test("identities stand in order of their seconds, whatever a clock says", () => {
  const times = [-5, 0, 999, 1000, 1_738_566_000_123, 1_738_566_001_000, 4_294_967_295_000, 9_000_000_000_000_000];
  const ids = times.map((time) => timedId(instant(time), "a"));
  for (const id of ids) assert.match(id, /^t[0-9a-f]{31}$/);
  assert.deepEqual(ids, ids.toSorted());
  assert.deepEqual([ids[0], ids[6]], [ids[1], ids[7]], "before 1970 and after 2106 it is the hash alone that tells");
});

test("what follows has the time of its origin; of an origin without one it is the hash", () => {
  const origin = timedId(instant(1_738_566_000_123), "a");
  assert.equal(followingId(origin, "fact", origin).slice(0, 9), origin.slice(0, 9));
  assert.notEqual(followingId(origin, "fact", origin), followingId(origin, "movement", origin));
  for (const other of [contentId("a"), "t1", "to-be-told"])
    assert.equal(followingId(other, "fact", other), contentId("fact", other));
});
