/** A watched folder: files are taken over once, moved, and told why not; whatever is killed in between. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { takeFiles, type FolderSettings, type Seen } from "../../../src/app/document-folder.ts";
import { fail, ok } from "../../../src/base/result.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openScene, type Scene } from "./scene.ts";
import { scheduleMessage } from "./schedule.ts";

describe("a watched folder", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let scene: Scene;
  let settings: FolderSettings;
  before(async () => void (scene = await openScene()));
  after(() => scene?.close());
  beforeEach(async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-folder-"));
    const { give, clock, log } = scene.sources;
    settings = { erp: "office", folder, give, clock, log };
    await mkdir(join(folder, "in"));
    if ("after" in t) t.after(() => rm(folder, { recursive: true, force: true }));
  });

  const put = (name: string, text: string): Promise<void> => writeFile(join(settings.folder, "in", name), text);
  const list = async (part: string): Promise<readonly string[]> =>
    (await readdir(join(settings.folder, part))).map((name) => name.replace(/^[^_]*_/, "")).toSorted();
  /** Two looks: a file is taken when it has not changed since the last one. */
  const look = async (with_: Partial<FolderSettings> = {}): Promise<void> => {
    const seen: Seen = new Map();
    for (const _ of [1, 2]) await takeFiles({ ...settings, ...with_ }, seen);
  };

  test("a good file goes to done with its answer, a bad one to failed with file, line and reason", async () => {
    await put("a.xml", scheduleMessage({ orders: [{ number: "F-1" }] }));
    await put("b.xml", scheduleMessage({ orders: [{ number: "F-2", quantity: "some" }] }));
    await put("c.xml", "no document");
    await look();
    assert.deepEqual(await list("in"), []);
    assert.deepEqual(await list("done"), ["a.xml", "a.xml.answer.xml"]);
    assert.deepEqual(await list("failed"), ["b.xml", "b.xml.reason.txt", "c.xml", "c.xml.reason.txt"]);
    const reason = await textOf("failed", "b.xml.reason.txt");
    assert.match(reason, /^b\.xml:\d+: .*some/);
    assert.deepEqual((await scene.orders()).filter(({ number }) => number.startsWith("F-")).map((one) => one.number), ["F-1"]); // prettier-ignore
  });

  test("a file in part taken over is done, with the reason beside it", async () => {
    await put("part.xml", scheduleMessage({ orders: [{ number: "P-1" }, { number: "P-2", unit: "?" }] }));
    await look();
    assert.deepEqual(await list("done"), ["part.xml", "part.xml.answer.xml", "part.xml.reason.txt"]);
    assert.match(await textOf("done", "part.xml.reason.txt"), /P-2.*UN\/ECE/);
  });

  test("killed after taking over and before moving: the file is moved, nothing is done twice, the reason is the same", async () => {
    const orders = [{ number: "K-1" }, { number: "K-2", unit: "?" }];
    await put("killed.xml", scheduleMessage({ orders }));
    await look({
      give: async (given) => {
        await settings.give(given);
        throw new Error("killed");
      },
    });
    assert.deepEqual(await list("taking"), ["killed.xml"]);
    const [before] = await scene.world.sql("select count(*)::int as n from erp_message");
    await look();
    const [now] = await scene.world.sql("select count(*)::int as n from erp_message");
    assert.deepEqual(now, before);
    assert.deepEqual(await list("taking"), []);
    assert.deepEqual(await list("done"), ["killed.xml", "killed.xml.answer.xml", "killed.xml.reason.txt"]);
    assert.match(await textOf("done", "killed.xml.reason.txt"), /K-2/);
  });

  test("a file that is still written, or cannot be taken now, stays", async () => {
    const seen: Seen = new Map();
    await put("long.xml", "<Process");
    await takeFiles(settings, seen);
    await put("long.xml", scheduleMessage({ bodId: randomUUID(), orders: [{ number: "L-1" }] }));
    await takeFiles(settings, seen);
    assert.deepEqual(await list("in"), ["long.xml"]);
    const away: FolderSettings["give"] = () =>
      Promise.resolve(fail("transient", "b2mml/partner-away", "Not open yet."));
    await look({ give: away });
    await put("long.xml", scheduleMessage({ bodId: randomUUID(), orders: [{ number: "L-2" }] }));
    await look({ give: away });
    assert.deepEqual([await list("taking"), await list("in")], [["long.xml"], ["long.xml"]], "one after the other");
    await look();
    await look();
    assert.deepEqual(await list("done"), ["long.xml", "long.xml", "long.xml.answer.xml", "long.xml.answer.xml"]);
    const taken = (await scene.orders()).filter(({ number }) => number.startsWith("L-"));
    assert.deepEqual(taken.map(({ number }) => number), ["L-1", "L-2"]); // prettier-ignore
  });

  /** Takes everything over and keeps what it was given. */
  function taker(meanwhile: () => Promise<void> = () => Promise.resolve()): {
    readonly given: string[];
    readonly give: FolderSettings["give"];
  } {
    // prettier-ignore
    const given: string[] = [];
    return {
      given,
      give: async ({ bytes, file }) => {
        given.push(`${file}: ${Buffer.from(bytes).toString()}`);
        await meanwhile();
        return ok({ verdict: "whole", reasons: [], answer: null, isRepeat: false });
      },
    };
  }

  test("a file that is replaced while it is taken over is two files: each is read, each is filed", async () => {
    const { given, give } = taker(async () => {
      if (given.length > 1) return;
      await writeFile(join(settings.folder, ".tmp"), "SECOND");
      await rename(join(settings.folder, ".tmp"), join(settings.folder, "in", "orders.xml"));
    });
    await put("orders.xml", "FIRST");
    await look({ give });
    await look({ give });
    assert.deepEqual(given, ["orders.xml: FIRST", "orders.xml: SECOND"]);
    assert.deepEqual([await list("in"), await list("taking")], [[], []]);
    // Two looks within a millisecond: chance orders their names then.
    const filed = await readdir(join(settings.folder, "done"));
    const texts = await Promise.all(filed.map((name) => readFile(join(settings.folder, "done", name), "utf8")));
    assert.deepEqual(texts.toSorted(), ["FIRST", "SECOND"]);
  });

  test("killed before taking over: what was picked up is taken up again, before what came later", async () => {
    await put("a.xml", "FIRST");
    await look({ give: () => Promise.reject(new Error("killed")) });
    await put("a.xml", "SECOND");
    const { given, give } = taker();
    await look({ give });
    await look({ give });
    assert.deepEqual(given, ["a.xml: FIRST", "a.xml: SECOND"]);
  });

  test("what cannot be taken stops no other file, and is told once", async () => {
    await mkdir(join(settings.folder, "in", "archive"));
    await symlink(join(settings.folder, "nowhere"), join(settings.folder, "in", "gone"));
    for (const name of ["a.xml", "odd.xml", "z.xml"]) await put(name, name);
    const { given, give } = taker();
    const told: string[] = [];
    const log = { ...settings.log, warn: (message: string) => void told.push(message) };
    const stumbles: FolderSettings["give"] = (one) =>
      one.file === "odd.xml" ? Promise.reject(new Error("no disk")) : give(one);
    const seen: Seen = new Map();
    for (const _ of [1, 2, 3, 4]) await takeFiles({ ...settings, log, give: stumbles }, seen);
    assert.deepEqual(given, ["a.xml: a.xml", "z.xml: z.xml"]);
    assert.deepEqual([await list("in"), await list("taking")], [["archive", "gone"], ["odd.xml"]]);
    assert.deepEqual(told.map((one) => /archive|odd/.exec(one)?.[0]), ["archive", "odd"]); // prettier-ignore
  });

  async function textOf(part: string, name: string): Promise<string> {
    const found = (await readdir(join(settings.folder, part))).find((one) => one.endsWith(`_${name}`));
    return readFile(join(settings.folder, part, found ?? name), "utf8");
  }
});
