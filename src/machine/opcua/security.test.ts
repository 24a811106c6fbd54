import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, renameSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import type { Fault, Result } from "../../base/result.ts";
import type { MachineSession } from "../connector.ts";
import { opcuaConnector } from "./index.ts";
import { Proxy } from "./testing/proxy.ts";
import { Recorder } from "./testing/recorder.ts";
import { TestServer } from "./testing/server.ts";

const signal = new AbortController().signal;
const encrypted = { security: { mode: "SignAndEncrypt", policy: "Basic256Sha256" } };
let machine: TestServer;
let store: string;

before(async () => {
  machine = await TestServer.start();
  machine.add("Safe", "X", { value: 1, writable: true });
  store = mkdtempSync(join(tmpdir(), "opcua-pki-"));
});
after(async () => {
  await machine.stop();
  rmSync(store, { recursive: true, force: true });
});

function open(more: Record<string, unknown> = {}): Promise<Result<MachineSession>> {
  return opcuaConnector.open(machine.settings({ pkiFolder: store, ...more }), signal);
}

function faultOf(opened: Result<MachineSession>): Fault {
  assert.equal(opened.ok, false);
  if (opened.ok) throw new Error("it was let in");
  return opened.fault;
}

/** What the message tells a person to do. */
function trust(fault: Fault): void {
  const [, file = "", folder = ""] = /move (.+) to (.+)\.$/.exec(fault.message) ?? [];
  renameSync(file, join(folder, basename(file)));
}

test("an unknown certificate is refused with its thumbprint and what to do, and accepted once that is done", async () => {
  const fault = faultOf(await open({ ...encrypted, trust: "explicit", user: "mes", password: "secret" }));
  assert.deepEqual([fault.kind, fault.code], ["refused", "machine/certificate"]);
  const [, thumbprint = ""] = /thumbprint ([\da-f]{40})/.exec(fault.message) ?? [];
  const [rejected = ""] = readdirSync(join(store, "rejected"));
  assert.ok(rejected.toLowerCase().includes(thumbprint), "the file in the store is the one that is named");
  assert.ok(readdirSync(join(store, "own", "certs")).length > 0, "a certificate of our own was made");
  assert.equal(machine.sessions, 0);

  trust(fault);
  const opened = await open({ ...encrypted, trust: "explicit", user: "mes", password: "secret" });
  assert.ok(opened.ok, opened.ok ? "" : opened.fault.message);
  const read = await opened.value.read(["Safe/X"], signal);
  assert.ok(read.ok);
  await opened.value.close();
});

test("a certificate that changed is refused while watching, and watched again once it is trusted", async (t) => {
  let other = await TestServer.start();
  const { port } = other;
  other.add("Safe", "X", { value: 1 });
  const settings = other.settings({ ...encrypted, pkiFolder: store, trust: "explicit", requestTimeoutMs: 1_000 });
  trust(faultOf(await opcuaConnector.open(settings, signal)));
  const opened = await opcuaConnector.open(settings, signal);
  assert.ok(opened.ok, opened.ok ? "" : opened.fault.message);
  t.after(async () => {
    await opened.value.close();
    await other.stop();
  });
  const recorder = new Recorder();
  assert.ok((await opened.value.watch([{ path: "Safe/X", history: false }], recorder, signal)).ok);
  await recorder.until(() => recorder.values("Safe/X").includes(1), "the first value");
  await other.stop();
  // Another folder: another key and certificate under the same address.
  other = await TestServer.start({ port });
  other.add("Safe", "X", { value: 2 });
  await recorder.until(() => recorder.faults().includes("machine/certificate"), "the refusal", 20_000);
  assert.equal(recorder.count("resumed"), 0);
  const refused = recorder.told.findLast(
    (told) => told.what === "interrupted" && told.fault.code === "machine/certificate",
  );
  assert.ok(refused?.what === "interrupted");
  trust(refused.fault);
  await recorder.until(() => recorder.values("Safe/X").includes(2), "the value of the trusted machine", 20_000);
});

test("where unknown certificates are accepted, one is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "opcua-pki-"));
  const opened = await open({ ...encrypted, pkiFolder: folder, trust: "accept-unknown" });
  assert.ok(opened.ok, opened.ok ? "" : opened.fault.message);
  await opened.value.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a wrong password or an unknown user is refused, in plain words and without the password", async () => {
  for (const [user, password] of [
    ["mes", "wrong-s3cret"],
    ["nobody", "wrong-s3cret"],
  ]) {
    for (const more of [{}, { ...encrypted, trust: "accept-unknown" }]) {
      const fault = faultOf(await open({ user, password, ...more }));
      assert.deepEqual([fault.kind, fault.code], ["refused", "machine/login-refused"]);
      assert.match(fault.message, new RegExp(`user "${user}"`));
      assert.doesNotMatch(JSON.stringify(fault), /s3cret/);
    }
  }
  assert.equal(machine.sessions, 0);
});

test("a cut line is made anew under encryption too, with the session and its user", async (t) => {
  const proxy = await Proxy.start(machine.port);
  const opened = await open({
    ...encrypted,
    trust: "accept-unknown",
    user: "mes",
    password: "secret",
    endpointUrl: proxy.url,
  });
  assert.ok(opened.ok, opened.ok ? "" : opened.fault.message);
  t.after(async () => {
    await opened.value.close();
    await proxy.close();
    assert.equal(machine.sessions, 0);
  });
  const recorder = new Recorder();
  assert.ok((await opened.value.watch([{ path: "Safe/X", history: false }], recorder, signal)).ok);
  await recorder.until(() => recorder.values("Safe/X").includes(1), "the first value");
  proxy.cut();
  for (const value of [2, 3, 4]) machine.set("Safe/X", value);
  await recorder.until(() => recorder.values("Safe/X").includes(4), "the values of the break");
  assert.deepEqual([...new Set(recorder.values("Safe/X"))], [1, 2, 3, 4], "the machine queued for the same session");
  assert.equal(machine.sessions, 1);
  assert.ok((await opened.value.write("Safe/X", 5, signal)).ok, "the user's rights live on");
});

test("a machine that does not trust our certificate is told apart from one whose certificate we do not trust", async (t) => {
  const wary = await TestServer.start({ trustsClients: false });
  t.after(() => wary.stop());
  const settings = wary.settings({ ...encrypted, pkiFolder: store, trust: "accept-unknown" });
  const fault = faultOf(await opcuaConnector.open(settings, signal));
  assert.deepEqual([fault.kind, fault.code], ["refused", "machine/certificate-refused"]);
  assert.ok(fault.message.includes(join(store, "own", "certs")), "it says which certificate the machine has to trust");
});

test("a mode that the machine does not offer is told as such", async () => {
  const fault = faultOf(await open({ security: { mode: "Sign", policy: "Basic256Sha256" }, trust: "accept-unknown" }));
  assert.equal(fault.code, "machine/security");
  assert.match(fault.message, /does not offer security mode Sign/);
});

test("what a power cut has left without a byte is made anew", async () => {
  const cut = mkdtempSync(join(tmpdir(), "opcua-cut-"));
  try {
    const settings = { ...encrypted, trust: "accept-unknown", user: "mes", password: "secret", pkiFolder: cut };
    const first = await open(settings);
    assert.ok(first.ok, first.ok ? "" : first.fault.message);
    await first.value.close();
    const files = readdirSync(cut, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.ok(files.some(({ name }) => name === "private_key.pem"));
    for (const { parentPath, name } of files) truncateSync(join(parentPath, name));
    const again = await open(settings);
    assert.ok(again.ok, again.ok ? "" : again.fault.message);
    await again.value.close();
  } finally {
    rmSync(cut, { recursive: true, force: true });
  }
});

test("a store that cannot be used is told", async () => {
  const fault = faultOf(await open({ pkiFolder: join(import.meta.filename, "pki") }));
  assert.equal(fault.code, "machine/certificate-store");
});

test("connections that share a store do not disturb each other", async () => {
  const [first, second] = await Promise.all([open(), open()]);
  assert.ok(first.ok && second.ok);
  await first.value.close();
  const third = await open();
  assert.ok(third.ok);
  assert.ok((await second.value.read(["Safe/X"], signal)).ok);
  await second.value.close();
  await third.value.close();
});
