/** The clock of our own computer is set while a machine is connected, whose clock goes on as before. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { opcuaConnector } from "./index.ts";
import { Recorder } from "./testing/recorder.ts";

const signal = new AbortController().signal;
const hourMs = 3_600_000;

for (const hours of [5, -5]) {
  test(`set by ${hours} hours, values go on without an interruption, and so do requests`, async (t) => {
    const settings = await machineElsewhere(t);
    const opened = await opcuaConnector.open(
      { ...settings, security: { mode: "SignAndEncrypt", policy: "Basic256Sha256" } },
      signal,
    );
    assert.ok(opened.ok, opened.ok ? "" : opened.fault.message);
    t.after(() => opened.value.close());
    const recorder = new Recorder();
    const watched = await opened.value.watch([{ path: "Steps/Count", history: false }], recorder, signal);
    assert.ok(watched.ok);
    await recorder.until(() => recorder.all().length > 5, "the first values");
    setClock(t, hours * hourMs);
    const before = recorder.all().length;
    await recorder.until(() => recorder.all().length > before + 100, "values after the step");
    assert.deepEqual(recorder.faults(), []);
    const read = await opened.value.read(["Steps/Count"], signal);
    assert.ok(read.ok, read.ok ? "" : read.fault.message);
  });
}

async function machineElsewhere(t: TestContext): Promise<Record<string, unknown>> {
  const file = new URL("testing/server-process.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  // One event with one line.
  const [line] = (await once(lines, "line")) as [string];
  const settings = JSON.parse(line) as Record<string, unknown> & { readonly pkiFolder: string };
  t.after(async () => {
    child.kill();
    await once(child, "exit");
    rmSync(dirname(settings.pkiFolder), { recursive: true, force: true });
  });
  return settings;
}

/** The wall clock of this process is so far off from now on; time passes as before. */
function setClock(t: TestContext, byMs: number): void {
  const before = Date;
  const now = (): number => before.now() + byMs;
  globalThis.Date = new Proxy(before, {
    construct: (of, args) => Reflect.construct(of, args.length === 0 ? [now()] : args) as Date,
    get: (of, name) => (name === "now" ? now : (Reflect.get(of, name) as unknown)),
  });
  t.after(() => void (globalThis.Date = before));
}
