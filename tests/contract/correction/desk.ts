/** What tests of corrections say, do and look at, around the scene of one order. */
import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { whole } from "../../../src/base/quantity.ts";
import type { Result } from "../../../src/base/result.ts";
import type { dismissPosting } from "../../../src/flows/decide-posting.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { correctionOf, factOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact, UnitGrade } from "../../../src/record/fact.ts";
import type { OrderSeed } from "../../../src/simulation/erp/order.ts";
import { lateCount, oneOperation, runFacts, type RunMade, type Scene } from "../final/scene.ts";

/** Its pieces are received into 101A. */
export const received: OrderSeed = { ...oneOperation, storageLocation: "101A" };

/** What a person is answered: the state, or the code of the refusal. */
export function codeOf(outcome: Result<{ readonly state: string }>): string {
  return outcome.ok ? outcome.value.state : outcome.fault.code;
}

export interface Desk {
  /** States a run, and keeps what was said by its kind, to take it back. */
  made(name: string, what: RunMade): Promise<ReadonlyMap<Fact["body"]["kind"], Fact>>;
  /** The same count, otherwise. */
  again(fact: Fact | undefined, pieces: number, grade?: UnitGrade): Fact;
  /** The same use, otherwise. */
  usedAgain(fact: Fact | undefined, metres: number, lot?: string): Fact;
  late(run: string, pieces: number): Fact;
  takenBack(fact: Fact | undefined): Fact;
  /** Kind, state and how many facts each posting speaks for, in order of planning. */
  postings(): Promise<string[]>;
  causes(): Promise<string[]>;
  standing(): number;
  movements(): string[];
  decide(how: typeof dismissPosting, kind: string, state: string): Promise<string>;
}

export function deskOf(scene: () => Scene): Desk {
  const made = async (name: string, what: RunMade): Promise<ReadonlyMap<Fact["body"]["kind"], Fact>> => {
    const facts = runFacts(name, what, systemClock.now());
    await scene().state(facts);
    return new Map(facts.map((fact) => [fact.body.kind, fact]));
  };
  const again = (fact: Fact | undefined, pieces: number, grade: UnitGrade = "good"): Fact => {
    assert.ok(fact);
    const { run, source, workUnit, eventAt } = fact;
    return factOf(`${fact.id}-${grade}`, eventAt, units(grade, whole(pieces, "C62")), { run, source, workUnit });
  };
  const usedAgain = (fact: Fact | undefined, metres: number, lot: string | null = null): Fact => {
    assert.ok(fact);
    const { run, source, workUnit, eventAt } = fact;
    const body = { kind: "MaterialConsumed", material: "WIRE", lot, quantity: whole(metres, "MTR") } as const;
    return factOf(`${fact.id}-${metres}${lot ?? ""}`, eventAt, body, { run, source, workUnit });
  };
  /** Counted after the end of the run. */
  const late = (run: string, pieces: number): Fact => lateCount(run, pieces, pieces);
  const takenBack = (fact: Fact | undefined): Fact => {
    assert.ok(fact);
    return correctionOf(fact);
  };
  const postings = async (): Promise<string[]> =>
    (await scene().postings()).map(({ kind, state, facts }) => `${kind} ${state}${facts > 0 ? ` ${facts}` : ""}`);
  /** What was corrected, and how that ended. */
  const causes = async (): Promise<string[]> =>
    (await scene().world.sql("select kind, cause, state from correction order by kind, id")).map((row) =>
      Object.values(row).join(" "),
    );
  /** Good pieces that stand in the ERP. */
  const standing = (): number =>
    scene()
      .confirmations()
      .filter((c) => !c.isReversal && !c.isReversed)
      .reduce((sum, c) => sum + Number(c.yield) / 1e6, 0);
  /** Movements of the order: type and amount, what is cancelled with a minus. */
  const movements = (): string[] =>
    scene()
      .erp.books.movementsOfOrder("1000001")
      .map((item) => `${item.isCancelled ? "-" : ""}${item.movementType} ${Number(item.quantity) / 1e6}`);

  /** A person decides about the newest posting of a kind and state. */
  const decide = async (how: typeof dismissPosting, kind: string, state: string): Promise<string> => {
    const [row] = await scene().world.sql(
      "select id, version from posting where kind = $1 and state = $2 order by ordinal desc limit 1",
      [kind, state],
    );
    const actor = { person: "p-1" as PersonKey, reason: "looked at" }; // a key of the test
    const id = `${how.name} ${String(row?.["id"])} ${String(row?.["version"])}`;
    const decided = await how(scene().ports, {
      id,
      posting: String(row?.["id"]),
      version: Number(row?.["version"]),
      actor,
    });
    return decided.ok ? decided.value.state : decided.fault.code;
  };

  return { made, again, usedAgain, late, takenBack, postings, causes, standing, movements, decide };
}
