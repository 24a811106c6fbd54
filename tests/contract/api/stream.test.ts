/** The event stream through the HTTP port: what is heard, by whom, after coming back, and until when. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { StreamEvent } from "../../../src/api/contract/stream.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openHouse, type House } from "./house.ts";
import type { Visitor } from "./visitor.ts";

interface Heard {
  readonly id: string | null;
  readonly event: StreamEvent;
}

interface Ear {
  readonly heard: readonly Heard[];
  until(count: number): Promise<void>;
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * A browser's EventSource, as far as it matters here. A hello is said again and again, between whatever else: unless
 * `hearsAll`, the first is kept.
 */
async function listen(visitor: Visitor, query = "", lastEventId?: string, hearsAll = false): Promise<Ear> {
  const stop = new AbortController();
  const reply = await fetch(`${visitor.url}/api/v1/stream${query}`, {
    headers: { cookie: visitor.cookie, ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }) },
    signal: stop.signal,
  });
  assert.equal(reply.status, 200);
  assert.match(reply.headers.get("content-type") ?? "", /^text\/event-stream/);
  const heard: Heard[] = [];
  const waiting: (() => void)[] = [];
  const read = async (): Promise<void> => {
    let rest = "";
    for await (const chunk of reply.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split("\n\n");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        const id = /^id: (.*)$/m.exec(part)?.[1] ?? null;
        const event = JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? "null") as StreamEvent;
        if (hearsAll || event.kind !== "hello" || heard.length === 0) heard.push({ id, event });
      }
      for (const wake of waiting.splice(0)) wake();
    }
  };
  return {
    heard,
    ended: read().catch(() => undefined),
    until: async (count) => {
      while (heard.length < count) {
        await Promise.race([
          new Promise<void>((resolve) => waiting.push(resolve)),
          new Promise((_, reject) =>
            setTimeout(() => reject(new Error(`only heard ${JSON.stringify(heard)}`)), 60_000).unref(),
          ),
        ]);
      }
    },
    close: () => stop.abort(),
  };
}

const kinds = (ear: Ear): string[] => ear.heard.map(({ event }) => event.kind);

describe("the event stream", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let house: House;
  let chief: Visitor;
  before(async () => {
    house = await openHouse();
    chief = house.administrator;
  });
  after(() => house?.close());

  test("begins with hello and tells what is announced", async () => {
    const ear = await listen(chief);
    await ear.until(1);
    house.announce({ kind: "order", order: "o1", equipment: ["north-1"] });
    house.announce({ kind: "mend" });
    await ear.until(3);
    assert.deepEqual(kinds(ear), ["hello", "order", "mend"]);
    ear.close();
  });

  test("whoever comes back hears what he has missed, once and in order", async () => {
    const ear = await listen(chief);
    await ear.until(1);
    house.announce({ kind: "order", order: "seen", equipment: ["north-1"] });
    await ear.until(2);
    const last = ear.heard[1]!.id!;
    ear.close();
    await ear.ended;
    house.announce({ kind: "order", order: "missed-1", equipment: ["north-1"] });
    house.announce({ kind: "posting", posting: "p", order: "missed-2", equipment: ["north-1"] });
    const back = await listen(chief, "", last);
    await back.until(3);
    assert.deepEqual(kinds(back), ["hello", "order", "posting"]);
    assert.equal(back.heard[0]!.id, null, "hello must not move the place from which to go on");
    back.close();
    // Nothing missed: a place to go on from all the same.
    const again = await listen(chief, "", back.heard[2]!.id!);
    await again.until(1);
    assert.deepEqual(kinds(again), ["hello"]);
    assert.equal(again.heard[0]!.id, back.heard[2]!.id);
    again.close();
  });

  test("what is not known any more is a reset", async () => {
    for (const id of ["other-1", "nonsense", "", `${house.now().toString(36)}-999999`]) {
      const ear = await listen(chief, "", id);
      await ear.until(2);
      assert.deepEqual(kinds(ear), ["hello", "reset"], id);
      ear.close();
    }
  });

  test("nobody hears of what he may not see", async () => {
    const north = await house.person("operator", "north");
    const ear = await listen(north);
    await ear.until(1);
    house.announce({ kind: "order", order: "south", equipment: ["south-1"] });
    house.announce({ kind: "order", order: "nowhere", equipment: [] });
    house.announce({ kind: "mend" });
    house.announce({ kind: "connections" });
    house.announce({ kind: "notification", notification: "n", equipment: ["south-cell", "north-cell"] });
    await ear.until(2);
    assert.deepEqual(kinds(ear), ["hello", "notification"]);
    ear.close();
  });

  test("kinds and place narrow it", async () => {
    const ear = await listen(chief, "?kinds=order&under=south");
    await ear.until(1);
    house.announce({ kind: "mend" });
    house.announce({ kind: "order", order: "north", equipment: ["north-1"] });
    house.announce({ kind: "order", order: "south", equipment: ["south-1"] });
    await ear.until(2);
    assert.deepEqual(ear.heard[1]!.event, { kind: "order", order: "south" });
    ear.close();
  });

  test("nobody listens without a session, and who is signed out hears no more", async () => {
    assert.equal((await house.visitor().get("/api/v1/stream")).status, 401);
    const person = await house.person("operator", "north");
    const ear = await listen(person);
    await ear.until(1);
    assert.equal((await person.ask("DELETE", "/api/v1/session")).status, 204);
    await ear.ended;
  });

  test("one session opens no more than its share, and others are not kept out", async () => {
    const greedy = await house.person("operator", "north");
    const ears: Ear[] = [];
    for (let n = 0; n < 50; n += 1) ears.push(await listen(greedy));
    const refused = await greedy.get("/api/v1/stream");
    assert.deepEqual([refused.status, refused.body.code], [503, "api/stream-full"]);
    const other = await listen(await house.person("operator", "north"));
    other.close();
    for (const ear of ears) ear.close();
    await Promise.all(ears.map(({ ended }) => ended.catch(() => undefined)));
    // The server hears of it a moment later.
    for (let left = 100; (await greedy.get("/api/v1/session")).status === 200 && left > 0; left -= 1) {
      const again = await fetch(`${greedy.url}/api/v1/stream`, { headers: { cookie: greedy.cookie } });
      await again.body?.cancel();
      if (again.status === 200) return;
    }
    assert.fail("they stay counted after they have gone");
  });

  test("a server that is there says so", async () => {
    const ear = await listen(chief, "", undefined, true);
    await ear.until(4);
    assert.deepEqual(kinds(ear).slice(0, 4), ["hello", "hello", "hello", "hello"]);
    ear.close();
  });
});
