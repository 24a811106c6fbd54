/** The waits after failures: none at first, doubling, never longer than the longest, forgotten after a while. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant, type Instant } from "../base/instant.ts";
import { addressLimit, blockedUntil, bucketsOf, loginLimit, withFailure, type FailureCount } from "./sign-in-limit.ts";

test("a patient guesser gets so many tries a day and no more", () => {
  for (const rule of [loginLimit, addressLimit]) {
    let at: Instant = instant(0);
    let count: FailureCount | null = null;
    let tries = 0;
    while (at < 24 * 3_600_000) {
      count = withFailure(rule, count, at);
      tries += 1;
      const until = blockedUntil(count, at);
      assert.ok(until === null || until - at <= rule.longestMs);
      at = instant((until ?? at) + 1);
    }
    // Free ones, the doubling ones, then four an hour.
    assert.ok(tries < rule.free + 20 + 24 * 4, `${tries} tries`);
  }
});

test("failures long ago count no more, and a thousand in a row overflow nothing", () => {
  let count = withFailure(loginLimit, null, instant(0));
  for (let n = 0; n < 1_000; n++) count = withFailure(loginLimit, count, instant(n));
  assert.equal(count.blockedUntil, 999 + loginLimit.longestMs);
  assert.deepEqual(withFailure(loginLimit, count, instant(999 + loginLimit.forgetMs)).failures, 1);
});

test("a login is not readable in its bucket", () => {
  const { login, address } = bucketsOf("miller", "10.0.0.1");
  assert.ok(!login.includes("miller"));
  assert.equal(address, "address:10.0.0.1");
});
