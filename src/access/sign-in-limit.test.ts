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

test("of IPv6 whoever has one address has its whole network, of IPv4 the address alone", () => {
  const of = (address: string): string => bucketsOf("x", address).address;
  assert.equal(of("2001:db8::1"), "address:2001:db8:0:0::/64");
  for (const same of ["2001:db8::2", "2001:0DB8:0:0:ffff::9", "2001:db8:0:0:1:2:3:4", "2001:db8::1.2.3.4"])
    assert.equal(of(same), of("2001:db8::1"), same);
  assert.notEqual(of("2001:db8:0:1::1"), of("2001:db8::1"));
  assert.equal(of("fe80::1%eth0"), "address:fe80:0:0:0::/64");
  assert.equal(of("::1"), "address:0:0:0:0::/64");
  assert.equal(of("::ffff:10.0.0.1"), of("10.0.0.1"));
  assert.notEqual(of("10.0.0.1"), of("10.0.0.2"));
});

test("a login is not readable in its bucket", () => {
  const { login, address } = bucketsOf("miller", "10.0.0.1");
  assert.ok(!login.includes("miller"));
  assert.equal(address, "address:10.0.0.1");
});
