/** How the demo starts where other programs have the ports that the README names, and what it refuses to start with. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startDemo } from "./demo-process.ts";

let temporary: string;
let others: readonly (Server | null)[];

before(async () => {
  temporary = await mkdtemp(join(tmpdir(), "millrace-port-"));
  others = await Promise.all([8080, 8081].map(occupy));
});
after(async () => {
  for (const other of others) other?.close();
  await rm(temporary, { recursive: true, force: true });
});

/**
 * Another demo, of a test that runs beside this one, may have the port and give it back: it is waited for. Null: somebody
 * keeps it, which serves as well.
 */
async function occupy(port: number): Promise<Server | null> {
  for (const end = Date.now() + 90_000; ; await setTimeout(200)) {
    const server = createServer();
    const isOurs = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (isOurs || Date.now() > end) return isOurs ? server : null;
  }
}

test("where its ports are taken the demo takes others, and says so", async () => {
  const demo = startDemo(temporary, []);
  try {
    await demo.ready();
    assert.match(demo.text(), /^Another program has port 8080\. Millrace takes one that is free\.$/m);
    assert.match(demo.text(), /^Another program has port 8081\. The simulated ERP takes one that is free\.$/m);
    for (const url of [demo.told(/^Millrace +(\S+)$/m), demo.told(/^ERP and machines +(\S+)$/m)]) {
      assert.doesNotMatch(url, /:808[01]$/);
      assert.equal((await fetch(url, { headers: { accept: "text/html" } })).status, 200, url);
    }
    demo.interrupt();
    assert.equal(await demo.ended, 0, demo.text().slice(-2_000));
    assert.match(demo.text(), /^Stopping/m, "it says that it has heard");
  } finally {
    demo.kill();
  }
});

test("a demo of which nobody reads the rest ends in good order and leaves nothing behind", async () => {
  const place = await mkdtemp(join(temporary, "unread-"));
  const demo = startDemo(place, ["--once"]);
  try {
    await demo.until(() => demo.text().includes("Starting Millrace"), 60_000, "the database is being started");
    demo.closeOutput();
    await demo.ended;
    assert.deepEqual(await readdir(place), []);
  } finally {
    demo.kill();
  }
});

test("an address that was asked for is the one or none", async () => {
  const refused = startDemo(temporary, ["--listen", "127.0.0.1:8080"]);
  assert.equal(await refused.ended, 1);
  assert.match(refused.text(), /cannot listen on 127\.0\.0\.1:8080[\s\S]*app\/listen/);
});

test("the demo listens on this computer alone", async () => {
  const refused = startDemo(temporary, ["--listen", "0.0.0.0:0"]);
  assert.equal(await refused.ended, 1);
  assert.match(refused.text(), /app\/demo-listen/);
});

test("a bench for a visitor is one that there is", async () => {
  const refused = startDemo(temporary, ["--listen", "127.0.0.1:0", "--visitor", "CUT-1"]);
  assert.equal(await refused.ended, 1);
  assert.match(refused.text(), /Choose ASSY-1 or PACK-1[\s\S]*app\/demo-unit/);
});
