/**
 * What every ERP connector must do, whatever it speaks: the same order has the same key, the same posting the same
 * bytes, what never left is not applied, what may have arrived is in doubt, and asking ends the doubt.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { postingKey } from "../../../src/base/id.ts";
import { whole } from "../../../src/base/quantity.ts";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import type { Envelope, ErpSession } from "../../../src/erp/connector.ts";
import type { OperationsResponse } from "../../../src/isa95/response/operations-response.ts";
import type { OperationsRequest } from "../../../src/isa95/schedule/operations-request.ts";

/** What the ERP does with the next write. */
export type Mishap = "lost after commit" | "cut before reading" | "500 after commit" | "unreadable after commit";

/** An ERP with one connector before it. */
export interface Stage {
  readonly session: ErpSession;
  /** Makes a released order of 100 pieces with one operation and one component. */
  order(number: string): void;
  next(mishap: Mishap): void;
  /** The ERP says no to the next write, for a reason in its words. */
  refuse(): void;
  /** Documents in the ERP. */
  count(): number;
  /** Somebody changes what the newest document says. */
  alter(): void;
  /** The ERP is switched off. */
  away(): Promise<void>;
  close(): Promise<void>;
}

const never = new AbortController().signal;

export function connectorSuite(open: () => Promise<Stage>): void {
  const on = (name: string, act: (stage: Stage) => Promise<void>): void =>
    void test(name, { timeout: 240_000 }, async (t) => {
      const stage = await open();
      t.after(() => stage.close());
      await act(stage);
    });

  on("the same order is read twice under one key, and means the same", async (stage) => {
    stage.order("1000101");
    const [first] = unwrap(await stage.session.pull(null, never)).messages;
    const [again] = unwrap(await stage.session.pull(null, never)).messages;
    assert.ok(first && again);
    assert.equal(first.idempotencyKey, again.idempotencyKey);
    assert.equal(first.number, "1000101");
    const request = unwrap(stage.session.interpret(first));
    assert.deepEqual(unwrap(stage.session.interpret(again)), request);
    assert.equal(request.reference.number, "1000101");
    assert.deepEqual(request.quantity, whole(100, "C62"));
    assert.deepEqual(request.segments.map(({ id }) => id), ["0010"]); // prettier-ignore
    assert.equal(request.segments[0]?.materials.length, 1);
  });

  on("an order that cannot be understood is a fault, and no throw", async ({ session }) => {
    const message = { idempotencyKey: "k", noun: "order" as const, number: "1", mediaType: "text/plain" };
    for (const text of ["", "{", "<x/>", "\u0000"]) {
      const read = session.interpret({ ...message, bytes: new TextEncoder().encode(text) });
      assert.equal(!read.ok && read.fault.kind, "invalid", text);
    }
  });

  on("a posting is composed to the same bytes again, and goes once", async (stage) => {
    const { envelope, compose } = await posting(stage, "once");
    assert.deepEqual(compose(), envelope);
    const outcome = await stage.session.push(envelope, never);
    assert.equal(outcome.outcome, "confirmed", JSON.stringify(outcome));
    assert.equal(stage.count(), 1);
    const found = await stage.session.resolve(envelope, never);
    assert.deepEqual(found, { outcome: "applied", document: outcome.outcome === "confirmed" && outcome.document });
  });

  for (const mishap of ["lost after commit", "500 after commit", "unreadable after commit"] as const) {
    on(`${mishap}: in doubt, and asking finds exactly one document`, async (stage) => {
      const { envelope } = await posting(stage, mishap);
      stage.next(mishap);
      const outcome = await stage.session.push(envelope, never);
      assert.equal(outcome.outcome, "in-doubt", JSON.stringify(outcome));
      assert.equal(outcome.outcome === "in-doubt" && outcome.fault.kind, "ambiguous");
      assert.equal((await stage.session.resolve(envelope, never)).outcome, "applied");
      assert.equal(stage.count(), 1);
    });
  }

  on("cut before the ERP reads: in doubt, and asking finds nothing", async (stage) => {
    const { envelope } = await posting(stage, "cut");
    stage.next("cut before reading");
    assert.equal((await stage.session.push(envelope, never)).outcome, "in-doubt");
    assert.equal((await stage.session.resolve(envelope, never)).outcome, "absent");
    assert.equal(stage.count(), 0);
  });

  on("what says something else under our key is for a person", async (stage) => {
    const { envelope } = await posting(stage, "altered");
    await stage.session.push(envelope, never);
    stage.alter();
    assert.equal((await stage.session.resolve(envelope, never)).outcome, "differs");
  });

  on("a refusal is a refusal, in the ERP's words", async (stage) => {
    const { envelope } = await posting(stage, "refused");
    stage.refuse();
    const outcome = await stage.session.push(envelope, never);
    assert.equal(outcome.outcome, "refused", JSON.stringify(outcome));
    assert.match(outcome.outcome === "refused" ? outcome.fault.message : "", /Period 2026\/10 is closed/);
    assert.equal(stage.count(), 0);
  });

  on("what never left is not applied; who is away is not asked in vain", async (stage) => {
    const { envelope } = await posting(stage, "away");
    const stopped = await stage.session.push(envelope, AbortSignal.abort());
    assert.equal(stopped.outcome, "not-applied");
    await stage.away();
    const away = await stage.session.push(envelope, never);
    assert.equal(away.outcome, "not-applied", JSON.stringify(away));
    assert.equal((await stage.session.resolve(envelope, never)).outcome, "unknown");
    const pulled = await stage.session.pull(null, never);
    assert.equal(!pulled.ok && pulled.fault.kind, "transient");
    assert.notEqual(await stage.session.check(never), null);
  });

  on("a reachable ERP passes its check, which writes nothing", async (stage) => {
    assert.equal(await stage.session.check(never), null);
    assert.equal(stage.count(), 0);
  });

  on("the documents of an order are those that it has, with their keys and quantities", async (stage) => {
    const { envelope, request, response } = await posting(stage, "listed");
    await stage.session.push(envelope, never);
    const [listed, ...others] = unwrap(await stage.session.documents(request, never));
    assert.deepEqual(others, []);
    assert.equal(listed?.key, envelope.key);
    assert.deepEqual(listed.response.segment.good, response.segment.good);
    assert.deepEqual(listed.response.segment.scrap, response.segment.scrap);
  });
}

interface Posted {
  readonly request: OperationsRequest;
  readonly response: OperationsResponse;
  readonly envelope: Envelope;
  compose(): Envelope;
}

/** A confirmation of five good pieces and one of scrap of an order that the ERP has. */
async function posting(stage: Stage, name: string): Promise<Posted> {
  stage.order("1000101");
  const [message] = unwrap(await stage.session.pull(null, never)).messages;
  assert.ok(message);
  const request = unwrap(stage.session.interpret(message));
  const [segment] = request.segments;
  assert.ok(segment);
  const from = instant(Date.UTC(2026, 1, 3, 8));
  const response: OperationsResponse = {
    reference: request.reference,
    dates: { eventFrom: from, eventTo: instant(from + 3_600_000), recordedAt: instant(from + 3_700_000), postingDate: "2026-02-03", documentDate: "2026-02-03" },
    segment: { segment: segment.id, sequence: segment.sequence, workCenter: segment.workCenter, good: whole(5, "C62"), scrap: whole(1, "C62"), rework: whole(0, "C62"), final: false, materials: [] },
  }; // prettier-ignore
  const compose = (): Envelope =>
    unwrap(stage.session.compose(postingKey(name), request, { kind: "confirmation", response }));
  return { request, response, envelope: compose(), compose };
}
