/** A stranger types `npm run demo`: is told where to go, signs in, uses the pages of ERP and machines, and ends it. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { visitor, type Visitor } from "../../src/simulation/page/testing/visitor.ts";
import { startDemo, type DemoProcess } from "./demo-process.ts";

let temporary: string;
let demo: DemoProcess;
let at: Visitor;
/** Of the administrator's session. */
let cookie = "";

before(async () => {
  temporary = await mkdtemp(join(tmpdir(), "millrace-visit-"));
  demo = startDemo(temporary, ["--listen", "127.0.0.1:0", "--speed", "40", "--tell"]);
  await demo.ready();
  at = visitor(demo.told(/^ERP and machines +(\S+)$/m));
});
after(async () => {
  demo.kill();
  await rm(temporary, { recursive: true, force: true });
});

describe("the open demo", () => {
  test("says how long it took, where everything is, and how to sign in; every role can", async () => {
    assert.match(demo.text(), /^Ready after \d+\.\d s\./m);
    const url = demo.told(/^Millrace +(\S+)$/m);
    const logins = demo.told(/^Sign in as (.*); the password/m).split(", ");
    const password = demo.told(/the password of all is (\S+)$/m);
    assert.equal(logins.length, 7);
    for (const login of logins) {
      const reply = await fetch(`${url}/api/v1/session`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: url },
        body: JSON.stringify({ login, password }),
      });
      const session = (await reply.json()) as { mustChangePassword?: boolean };
      assert.deepEqual([reply.status, session.mustChangePassword], [200, false], login);
      if (login === "administrator")
        cookie = reply.headers
          .getSetCookie()
          .map((one) => one.split(";")[0])
          .join("; ");
    }
  });

  test("the audit names the workers at the benches", async () => {
    const said = async (): Promise<readonly { readonly who: string; readonly name: string | null }[]> => {
      const reply = await fetch(`${demo.told(/^Millrace +(\S+)$/m)}/api/v1/audit?limit=500`, { headers: { cookie } });
      return ((await reply.json()) as { items: { who: string; name: string | null }[] }).items;
    };
    const atWork = async (): Promise<boolean> =>
      (await said()).some(({ name }) => name?.startsWith("Worker at") === true);
    await demo.until(atWork, 60_000, "a worker has reported");
    const nameless = (await said()).filter(({ who, name }) => name === null && who !== "system");
    assert.deepEqual(nameless, []);
  });

  test("a pulled plug loses nothing, and a lost answer is asked for and found, once", async () => {
    await at.press("/drop-reply");
    await demo.until(
      () => /may or may not have (confirmation|issue|receipt)/.test(demo.text()),
      60_000,
      "an answer was lost",
    );
    const key = demo.told(/may or may not have [^\n]*?([A-Z0-9]{16})/);
    await demo.until(async () => (await at.look("/?still")).includes(key), 30_000, "the document stands in the ERP");
    await at.press("/unplug");
    await demo.until(() => /nothing listens at that address/.test(demo.text()), 30_000, "the ERP is away");
    const before = demo.text().length;
    await demo.until(() => / → \d/.test(demo.text().slice(before)), 60_000, "documents are posted again");
    let keys: readonly (string | undefined)[] = [];
    const enough = async (): Promise<boolean> => {
      keys = [...(await at.look("/?still")).matchAll(/<code>([^<]+)<\/code>/g)].map(([, found]) => found);
      return keys.length > 3;
    };
    await demo.until(enough, 60_000, "there are some documents");
    assert.equal(new Set(keys).size, keys.length, "no key stands on two documents");
  });

  test("what is short is received in the ERP, and what was parked posts itself", async () => {
    await demo.until(
      () => /refuses issue [^\n]*SLEEVE-6[^\n]*It is parked/.test(demo.text()),
      120_000,
      "an issue is refused",
    );
    const sleeve = { material: "SLEEVE-6", plant: "PL01", location: "0001", batch: "", quantity: "200" };
    assert.match(await at.press("/receive", sleeve), /200 PC of SLEEVE-6 have arrived/);
    await demo.until(
      () => /issue [^\n]*SLEEVE-6[^\n]* → \S+ \(after \d+ tries\)/.test(demo.text()),
      150_000,
      "the parked issue is posted",
    );
  });

  test("a set-up that drifts is undone and tried again", async () => {
    const before = demo.text().length;
    await at.press("/machines/drift-setup", { machine: "CRIMP-1" });
    const set = /CRIMP-1 is set: Recipe\/PressForce = \d+/g;
    await demo.until(() => (demo.text().slice(before).match(set) ?? []).length >= 2, 120_000, "it is written back");
    await demo.until(() => /CRIMP-1 holds job/.test(demo.text().slice(before)), 60_000, "it is tried again");
  });

  test("Ctrl-C ends it; nothing is left behind", async () => {
    demo.interrupt();
    assert.equal(await demo.ended, 0, demo.text().slice(-2_000));
    assert.deepEqual(await readdir(temporary), []);
  });
});
