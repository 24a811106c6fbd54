/** Addresses to listen on, and which of them other machines can reach. */
import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { unwrap } from "../base/result.ts";
import { freeAddress, isLoopback, listenFault, parseListen } from "./listen.ts";

test("addresses to listen on are read as people write them", () => {
  assert.deepEqual(unwrap(parseListen("127.0.0.1:8080")), { host: "127.0.0.1", port: 8080 });
  assert.deepEqual(unwrap(parseListen("[::1]:0")), { host: "::1", port: 0 });
  assert.deepEqual(unwrap(parseListen(":443")), { host: "0.0.0.0", port: 443 });
  assert.deepEqual(unwrap(parseListen("plant.example:8443")), { host: "plant.example", port: 8443 });
  for (const wrong of ["", "8080", "::1:80", "a b:80", "host:99999", "host:"])
    assert.equal(parseListen(wrong).ok, false, wrong);
  for (const near of ["127.0.0.1", "127.9.9.9", "::1", "localhost", "::ffff:127.0.0.1"])
    assert.ok(isLoopback(near), near);
  for (const far of ["0.0.0.0", "::", "10.0.0.1", "plant.example", "127.0.0.1.example", "localhost.example"])
    assert.ok(!isLoopback(far), far);
});

test("a port that somebody has is given up for any free one; one that is free is kept, and free afterwards", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const taken = { host: "127.0.0.1", port: (other.address() as AddressInfo).port };
  assert.deepEqual(await freeAddress(taken), { host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => other.close(resolve));
  assert.deepEqual(await freeAddress(taken), taken);
  assert.deepEqual(await freeAddress(taken), taken);
});

test("why it cannot listen is said, each cause with what to do about it", () => {
  const said = (code: string): string =>
    listenFault({ host: "10.0.0.9", port: 443 }, Object.assign(new Error(code), { code })).message;
  assert.match(said("EADDRINUSE"), /cannot listen on 10\.0\.0\.9:443\. Another program has port 443/);
  assert.match(said("EACCES"), /may not take port 443/);
  assert.match(said("EADDRNOTAVAIL"), /no address 10\.0\.0\.9/);
  assert.match(said("ENOTFOUND"), /Nobody knows the name 10\.0\.0\.9/);
  assert.match(said("EWHATEVER"), /--listen/);
});
