/**
 * The evidence through the control door of a process: written and signed, checked with openssl alone by the recipe of the
 * guide, and seen when a single byte of it has changed.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { unwrap, type Result } from "../../../src/base/result.ts";
import { openControl, type ControlDoor } from "../../../src/app/control.ts";
import { checkEvidence } from "../../../src/app/evidence.ts";
import { reconcileAnswers, reconcileCommands } from "../../../src/app/reconcile-door.ts";
import { reconcileRunning, type ReconcileAnswer, type ReconcileQuestion } from "../../../src/app/reconcile.ts";
import { newToken, readRuntime, writeRuntime } from "../../../src/app/runtime-file.ts";
import type { EvidenceOrder } from "../../../src/flows/reconcile-evidence.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { oneOperation, openScene, orderNumber, type Scene } from "../final/scene.ts";
import { confirmByHand, issueByHand } from "./hand.ts";

const skip = clusterUnavailable({ major: 18 });
const guide = new URL("../../../docs/guide/reconcile.md", import.meta.url);
const anything: ReconcileQuestion = { order: null, day: null, material: null };

/** What stands in the file, as far as the tests look at it. */
interface EvidenceJson {
  readonly format: string;
  readonly orders: readonly EvidenceOrder[];
  readonly summary: { readonly unexplained: number };
  readonly signature: { readonly fingerprint: string };
}

describe("evidence", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  let door: ControlDoor;
  let data: string;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());
  beforeEach(async () => {
    scene = await openScene(cluster, oneOperation);
    data = await mkdtemp(join(tmpdir(), "millrace-evidence-"));
    const { site, world, session } = scene;
    const sources = { site, store: world.store, exchanges: [{ erp: "s4", session: () => session }] };
    const token = newToken();
    door = await openControl(token, reconcileAnswers(sources), reconcileCommands(sources));
    const { connectionString } = world;
    await writeRuntime(data, { pid: process.pid, port: door.port, token, connectionString });
  });
  afterEach(async () => {
    await door.close();
    await scene.close();
    await rm(data, { recursive: true, force: true });
  });

  function ask(question: Partial<ReconcileQuestion> = {}, out: string | null = null): Promise<Result<ReconcileAnswer>> {
    const asked = { ...anything, ...question };
    return reconcileRunning({ data, question: asked, out, clock: systemClock, progress: () => undefined });
  }

  /** The commands of the guide, on this file. @returns what openssl says */
  async function verifyByRecipe(file: string): Promise<string> {
    const text = await readFile(guide, "utf8");
    const recipe = /```sh\n(FILE=.*?)```/s.exec(text)?.[1];
    assert.ok(recipe, "the guide holds the recipe");
    const script = recipe.replace(/^FILE=.*$/m, `FILE='${file}'`);
    return execFileSync("/bin/sh", ["-ec", script], { cwd: data, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  test("signed as JSON and as a page, and openssl alone can check both", async () => {
    await scene.run("r1", { good: 5, wire: 4 });
    await scene.deliver();
    confirmByHand(scene.erp.books, 3);
    const answer = unwrap(await ask());
    assert.deepEqual([answer.summary.unexplained, answer.summary.orders, answer.summary.counts["by-hand"]], [0, 1, 1]);
    const [json = "", html = ""] = answer.files;
    for (const file of [json, html]) {
      const said = await verifyByRecipe(file);
      assert.match(said, /Signature Verified Successfully/);
      assert.ok(said.includes(answer.fingerprint), "the recipe shows the fingerprint");
      assert.deepEqual(await checkEvidence(file, data), {
        ok: true,
        value: { fingerprint: answer.fingerprint, key: "own" },
      });
    }
    // Written by the command.
    const read = JSON.parse(await readFile(json, "utf8")) as EvidenceJson;
    assert.equal(read.format, "millrace-reconciliation-1");
    assert.deepEqual(
      read.orders.map(({ order, lines, postings, documents }) => [
        order,
        lines.length,
        postings.length,
        documents.length,
      ]),
      [[orderNumber, 2, 2, 3]],
    );
    assert.equal(read.orders[0]?.postings[0]?.facts[0]?.amount, "5");
    const page = await readFile(html, "utf8");
    assert.match(page, /Unexplained: 0/);
    assert.doesNotMatch(page.replace(/<script type="application\/json".*/s, ""), /<script|<link|src=|https?:/);
    const key = await stat(join(data, "evidence-key.pem"));
    assert.equal(key.mode & 0o077, 0, "the key is its owner's alone");
  });

  test("a changed byte, a missing line and a foreign signature are seen, by us and by openssl", async () => {
    await scene.run("r1", { good: 5 });
    const answer = unwrap(await ask());
    const [json = ""] = answer.files;
    const text = await readFile(json, "utf8");
    const other = join(data, "other.json");
    const changes = [text.replace('"counted":"5"', '"counted":"6"'), text.split("\n").toSpliced(1, 1).join("\n")];
    for (const changed of changes) {
      assert.notEqual(changed, text);
      await writeFile(other, changed);
      const checked = await checkEvidence(other, null);
      assert.equal(!checked.ok && checked.fault.code, "app/evidence-changed");
      await assert.rejects(verifyByRecipe(other));
    }
    await writeFile(other, "{}\n");
    const unsigned = await checkEvidence(other, null);
    assert.equal(!unsigned.ok && unsigned.fault.code, "app/evidence-read");
    const elsewhere = await mkdtemp(join(tmpdir(), "millrace-evidence-"));
    const foreign = unwrap(await checkEvidence(json, elsewhere));
    await rm(elsewhere, { recursive: true });
    assert.equal(foreign.key, "none");
  });

  test("nothing can be written into the last line beside the signature, unseen by us or by openssl", async () => {
    issueByHand(scene.erp.books, 2, "AAAABBBBCCCCDDDD");
    const [json = "", html = ""] = unwrap(await ask()).files;
    const script = "<script>document.querySelector('h1').textContent='Unexplained: 0'</script>";
    const none = `"orders":[],"summary":{"unexplained":0},`;
    const forged: readonly (readonly [string, string, string])[] = [
      [json, `\n"signature":`, `\n${none}"signature":`],
      [json, `"}}\n`, `"},${none.slice(0, -1)}}\n`],
      [html, `\n<script type`, `\n${script}<script type`],
      [html, `</script></body>`, `</script>${script}</body>`],
      // Where base64 is read kindly, what stands behind its end is passed over.
      [html, `=="}</script>`, `==</script>${script}"}</script>`],
      [html, `"publicKey":"`, `"publicKey":"</script>${script}`],
      [json, `"fingerprint":"`, `"fingerprint":"0`],
    ];
    for (const [file, from, to] of forged) {
      const text = await readFile(file, "utf8");
      const other = join(data, "forged");
      await writeFile(other, text.replace(from, to));
      assert.notEqual(await readFile(other, "utf8"), text, from);
      const checked = await checkEvidence(other, null);
      assert.equal(!checked.ok && checked.fault.code, "app/evidence-changed", to);
      await assert.rejects(verifyByRecipe(other), to);
    }
  });

  test("the same key signs every time, and what differs stands in findings", async () => {
    await scene.run("r1", { good: 5 });
    issueByHand(scene.erp.books, 2, "AAAABBBBCCCCDDDD");
    const first = unwrap(await ask({ order: orderNumber }, join(data, "a")));
    const second = unwrap(await ask({ material: "WIRE" }, join(data, "b")));
    assert.equal(first.fingerprint, second.fingerprint);
    assert.deepEqual([first.summary.unexplained, second.summary.unexplained], [1, 1]);
    assert.deepEqual(
      second.findings.map(({ line, amount }) => [line, amount]),
      [["issue WIRE", "-2"]],
    );
    assert.deepEqual(first.files, [join(data, "a.json"), join(data, "a.html")]);
  });

  test("a question that names nothing is refused, and nothing is left of what could not be ended", async () => {
    const unknown = await ask({ order: "4711" });
    assert.equal(!unknown.ok && unknown.fault.code, "app/unknown-order");
    const day = await ask({ day: "2025-02-30" });
    assert.equal(!day.ok && day.fault.code, "app/day");
    await scene.erp.unplug();
    const away = await ask({}, join(data, "c"));
    assert.equal(!away.ok && away.fault.code, "flows/reconcile-erp");
    await assert.rejects(stat(join(data, "c.json")));
    await assert.rejects(stat(join(data, "c.json.part")));
  });

  test("a database that goes away is said, and nothing is left", async () => {
    const gone = "postgres://x@127.0.0.1:1/none";
    await writeRuntime(data, { ...unwrap(await readRuntime(data)), connectionString: gone });
    for (const question of [{}, { order: orderNumber }]) {
      const answer = await ask(question, join(data, "d"));
      assert.deepEqual(!answer.ok && [answer.fault.kind, answer.fault.code], ["transient", "app/reconcile"]);
    }
    assert.deepEqual(
      (await readdir(data)).filter((name) => name.startsWith("d.")),
      [],
    );
  });
});
