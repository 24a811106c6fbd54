/** What people said about work units: kept in order of event time, taken back once, judged by one at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { whole } from "../../../src/base/quantity.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { at, factOf, jobOrderOf, requestOf } from "../../../src/operations/testing/order.ts";
import { noMeaning, statementId, type Said, type Statement } from "../../../src/record/statement.ts";
import { now, race, seedRun, type StoreWorld } from "./world.ts";

// A key of the test.
const ann = "p-ann" as PersonKey;
/** What is asked about in these tests. */
const counter = { workUnit: "U-9", run: "r-9", uom: "C62", grade: "good", mapVersion: 1 } as const;

interface Saying {
  readonly unit: string;
  readonly ms: number;
  readonly said?: Said;
  readonly corrects?: string;
  readonly isEffective?: boolean;
  readonly isKept?: boolean;
  readonly with?: Partial<Statement>;
}

export function statementSuite(world: () => StoreWorld): void {
  let commands = 0;
  const say = async (saying: Saying, store: Store = world().store): Promise<string> => {
    const command = `statement-${(commands += 1)}`;
    const id = statementId(command, 0);
    await store.transaction(async (tx) => {
      const actor = { person: ann, reason: "test" };
      await tx.commands.claim({ id: command, name: "terminal/report", content: saying.ms, actor, hash: command }, now);
      await tx.statements.lockUnit(saying.unit);
      const plain: Omit<Statement, "ordinal"> = {
        id,
        unit: saying.unit,
        said: saying.said ?? { kind: "sign-on" },
        meaning: noMeaning,
        person: ann,
        because: null,
        way: "live",
        eventAt: at(saying.ms),
        saidAt: null,
        terminal: null,
        command,
        corrects: saying.corrects ?? null,
      };
      await tx.statements.add({ ...plain, ...saying.with }, saying.isEffective ?? true, now);
      if (saying.isKept ?? true) await tx.statements.keepStates([{ statement: id, state: { after: saying.ms } }]);
    });
    return id;
  };
  const read = <T>(work: Parameters<typeof readIn<T>>[1]): Promise<T> => readIn(world().store, work);

  test("a statement with all its parts, exactly", async () => {
    const said: Said = {
      kind: "count",
      grade: "good",
      quantity: { micro: 9_007_199_254_740_993n, uom: "C62" },
      reason: null,
    };
    const uses = [{ requirement: "1", material: "W", lot: "L", quantity: whole(3, "MMT"), isLoadKept: true }];
    const meaning = { ...noMeaning, uses, run: "r", stop: at(3), workedMs: 5 };
    const rest = { meaning, because: "paper", way: "back-dated", saidAt: at(1), terminal: "t-1" } as const;
    const id = await say({ unit: "U-parts", ms: 10, said, with: rest });
    const held = await read((tx) => tx.statements.get(id));
    assert.ok(held);
    const { ordinal, command, ...statement } = held.statement;
    assert.ok(ordinal > 0 && command.startsWith("statement-"));
    const expected = { id, unit: "U-parts", said, person: ann, eventAt: at(10), corrects: null, ...rest };
    assert.deepEqual(statement, expected);
    assert.equal(held.isTakenBack, false);
    assert.equal(await read((tx) => tx.statements.get("no-such")), null);
  });

  test("those that stand, in order of event time and then as they came", async () => {
    const unit = "U-order";
    const late = await say({ unit, ms: 30 });
    const early = await say({ unit, ms: 10 });
    const same = await say({ unit, ms: 30 });
    await say({ unit, ms: 20, isEffective: false, isKept: false });
    await say({ unit: "U-other", ms: 25 });
    const from = async (ms: number, ordinal = 0): Promise<readonly string[]> =>
      (await read((tx) => tx.statements.standingFrom(unit, { at: at(ms), ordinal }))).map((one) => one.id);
    assert.deepEqual(await from(0), [early, late, same]);
    const first = await read((tx) => tx.statements.get(late));
    assert.deepEqual(await from(30, (first?.statement.ordinal ?? 0) + 1), [same]);
    const back = await say({
      unit,
      ms: 30,
      said: { kind: "take-back" },
      corrects: late,
      isEffective: false,
      isKept: false,
    });
    assert.deepEqual(await from(0), [early, same]);
    assert.equal((await read((tx) => tx.statements.get(late)))?.isTakenBack, true);
    assert.equal((await read((tx) => tx.statements.get(back)))?.statement.corrects, late);
  });

  test("the state before a place is that of the last statement that stands and has one", async () => {
    const unit = "U-state";
    const before = (ms: number | null, ordinal = 0): Promise<unknown> =>
      read((tx) => tx.statements.stateBefore(unit, ms === null ? null : { at: at(ms), ordinal }));
    assert.equal(await before(null), null);
    const first = await say({ unit, ms: 10 });
    const second = await say({ unit, ms: 20 });
    await say({ unit, ms: 30, isKept: false });
    assert.deepEqual(await before(null), { eventAt: at(20), state: { after: 20 } });
    assert.deepEqual(await before(20), { eventAt: at(10), state: { after: 10 } });
    assert.deepEqual(await before(20, Number.MAX_SAFE_INTEGER), { eventAt: at(20), state: { after: 20 } });
    await read((tx) => tx.statements.keepStates([{ statement: first, state: { micro: 10n ** 20n } }]));
    await read((tx) => tx.statements.dropState(second));
    await read((tx) => tx.statements.dropState(second));
    assert.deepEqual(await before(null), { eventAt: at(10), state: { micro: 10n ** 20n } });
    await say({ unit, ms: 10, said: { kind: "take-back" }, corrects: first, isEffective: false, isKept: false });
    assert.equal(await before(null), null);
  });

  test("of two that correct one statement one is kept; what is entered afterwards has a reason", async () => {
    const { store, other } = world();
    const wrong = await say({ unit: "U-twice", ms: 10 });
    const correct = (on: Store, unit: string): Promise<string> =>
      say({ unit, ms: 10, said: { kind: "take-back" }, corrects: wrong, isKept: false }, on);
    // Not at one unit: there its lock decides before the database has to.
    const ends = await race(correct(store, "U-twice"), correct(other, "U-twice-2"));
    assert.deepEqual(ends, ["ok", "statement_corrects_key"]);
    const unfounded = say({ unit: "U-twice", ms: 20, with: { way: "back-dated" } });
    assert.deepEqual(await race(unfounded), ["afterwards_has_reason"]);
  });

  test("who reports about a unit waits for whoever does", async () => {
    const { store, other } = world();
    const order: string[] = [];
    let locked = (): void => undefined;
    const isLocked = new Promise<void>((resolve) => (locked = resolve));
    const first = store.transaction(async (tx) => {
      await tx.statements.lockUnit("U-lock");
      locked();
      while ((await world().waiting()) === 0) await new Promise((resolve) => setImmediate(resolve));
      order.push("first");
    });
    await isLocked;
    const second = other.transaction(async (tx) => {
      await tx.statements.lockUnit("U-lock");
      order.push("second");
    });
    await Promise.all([first, second]);
    assert.deepEqual(order, ["first", "second"]);
  });

  test("a shift on paper and an acknowledgement are kept once", async () => {
    const { store } = world();
    await say({ unit: "U-once", ms: 1 });
    const command = `statement-${commands}`;
    const claim = (): Promise<boolean> => read((tx) => tx.statements.claimShift("U-once", "digest", command));
    assert.deepEqual([await claim(), await claim()], [true, false]);
    const request = requestOf({ reference: { erp: "s4", company: "", number: "seen" } });
    await store.transaction(async (tx) => {
      await tx.requests.save(request, null, now);
      await tx.jobOrders.insert([jobOrderOf({ id: "j-seen", request: request.id })]);
    });
    const seen = (ms: number): Promise<number> =>
      read((tx) => tx.statements.acknowledge("j-seen", ann, instant(at(ms))));
    assert.deepEqual([await seen(5), await seen(9)], [at(5), at(5)]);
  });

  test("when somebody was there; what was taken back is left out", async () => {
    // Somebody of whom no other test speaks.
    const person = "p-marks" as PersonKey;
    const unit = "U-marks";
    const mark = (ms: number, kind: "sign-on" | "sign-off" | "break-begin" | "hold"): Promise<string> =>
      say({ unit, ms, said: kind === "hold" ? { kind, reason: null } : { kind }, with: { person } });
    await mark(10, "sign-on");
    await mark(15, "hold");
    const wrong = await mark(20, "break-begin");
    await mark(30, "sign-off");
    await say({ unit, ms: 20, said: { kind: "take-back" }, corrects: wrong, isKept: false, with: { person } });
    const marks = await read((tx) => tx.terminal.presenceMarks(person, at(10)));
    assert.deepEqual(marks, [
      { unit, kind: "sign-on", at: at(10) },
      { unit, kind: "sign-off", at: at(30) },
    ]);
    assert.deepEqual(await read((tx) => tx.terminal.presenceMarks(person, at(31))), []);
  });

  test("what a machine does at a time, and since when it stands still", async () => {
    const { store } = world();
    const { run } = await store.transaction((tx) => seedRun(tx, "terminal"));
    const [row] = await world().rows("run", { id: run });
    const unit = String(row?.["work_unit"]);
    const found = await read((tx) => tx.statements.machineRuns(unit, now));
    assert.ok(
      found.some(({ id }) => id === run),
      "the run of the unit goes on",
    );
    const { run: beside } = await store.transaction((tx) => seedRun(tx, "terminal-beside"));
    const both = await read((tx) => tx.statements.machineRuns(unit, now));
    assert.ok(
      [run, beside].every((one) => both.some(({ id }) => id === one)),
      "and so does another one beside it",
    );
    assert.deepEqual(await read((tx) => tx.statements.machineRuns(unit, instant(now - 1))), []);
    assert.deepEqual(await read((tx) => tx.statements.machineRuns("U-none", at(0))), []);
    const state = (id: string, ms: number, name: "held" | "production"): ReturnType<typeof factOf> =>
      factOf(
        id,
        at(ms),
        { kind: "StateEntered", state: name, raw: "" },
        { source: "m", workUnit: "U-stop", run: null },
      );
    const stop = (): Promise<unknown> => read((tx) => tx.statements.machineStop("U-stop"));
    assert.equal(await stop(), null);
    await store.transaction((tx) => tx.facts.append([state("stop-1", 10, "held")], now));
    assert.equal(await stop(), at(10));
    await store.transaction((tx) => tx.facts.append([state("stop-2", 20, "production")], now));
    assert.equal(await stop(), null);
  });

  test("what people have said about counters, and closed, in order of event time; what is open is not among it", async () => {
    const { store, rows } = world();
    const source = "counters-of-a-test";
    const plain = { ...counter, source, rule: "good" };
    const asked = [3, 1, 2, 4].map((n) => ({
      subject: `${source}/${n}`,
      text: "?",
      evidence: [{ id: `sample-${n}` }],
      about: { ...plain, at: at(n), value: n },
    }));
    await store.transaction((tx) => tx.attention.ask(asked, now));
    const settled = [
      { state: "answered", answer: { units: [], goesOn: true } },
      { state: "answered", answer: { text: "wild", goesOn: false } },
      { state: "dismissed", answer: {} },
    ] as const;
    for (const [i, how] of settled.entries()) {
      const [row] = await rows("question", { subject: `${source}/${i + 1}` });
      await store.transaction((tx) => tx.decisions.settleQuestion(Number(row?.["id"]), how, `settled-${i}`, now));
    }
    const said = { rule: "good", run: "r-9", uom: "C62" } as const;
    assert.deepEqual(await store.transaction((tx) => tx.decisions.answers(source)), [
      { ...said, at: at(1), value: 1 },
      { ...said, at: at(2), value: 2, closes: true },
      { ...said, at: at(3), value: 3, closes: true },
    ]);
  });

  test("an open question about where a counter begins goes over to an earlier value, and to no later one", async () => {
    const { store, rows } = world();
    const source = "begins-9";
    const plain = { ...counter, source, rule: "good" };
    const ask = async (
      subject: string,
      n: number,
      begins: { readonly begins?: true } = { begins: true },
    ): Promise<void> =>
      store.transaction((tx) =>
        tx.attention.ask(
          [
            {
              subject,
              text: `shows ${n}`,
              evidence: [{ id: `b-${n}` }],
              about: { ...plain, at: at(n), value: n, ...begins },
            },
          ],
          now,
        ),
      );
    const asked = async (subject: string): Promise<readonly unknown[]> => {
      const [row] = await rows("question", { subject });
      return [row?.["text"], row?.["version"]];
    };
    await ask("begins-9/a", 5);
    await ask("begins-9/a", 7);
    assert.deepEqual(await asked("begins-9/a"), ["shows 5", 0]);
    await ask("begins-9/a", 3);
    await ask("begins-9/a", 3);
    await ask("begins-9/a", 2, {});
    assert.deepEqual(await asked("begins-9/a"), ["shows 3", 1]);
    await ask("begins-9/b", 5, {});
    await ask("begins-9/b", 3);
    assert.deepEqual(await asked("begins-9/b"), ["shows 5", 0]);
    const [row] = await rows("question", { subject: "begins-9/a" });
    const answer = { state: "answered", answer: { units: [], goesOn: true } } as const;
    await store.transaction((tx) => tx.decisions.settleQuestion(Number(row?.["id"]), answer, "begins-9", now));
    await ask("begins-9/a", 1);
    assert.deepEqual(await asked("begins-9/a"), ["shows 3", 2]);
    assert.deepEqual(await store.transaction((tx) => tx.decisions.answers(source)), [
      { rule: "good", run: "r-9", uom: "C62", at: at(3), value: 3, begins: true },
    ]);
  });

  test("a question that is none any more is taken back while it asks about that value, and is open again when it is asked again", async () => {
    const { store, rows } = world();
    const source = "taken-back-9";
    const ask = (n: number, stood?: { readonly value: number }): Promise<void> => {
      const about = { ...counter, source, rule: "good", at: at(n), value: n, ...(stood && { stood }) };
      const one = { subject: `${source}/a`, text: `shows ${n}`, evidence: [{ id: `t-${n}` }], about };
      return store.transaction((tx) => tx.attention.ask([one], now));
    };
    const takeBack = (...when: readonly (number | undefined)[]): Promise<void> => {
      const past = when.map((n) => ({ subject: `${source}/a`, ...(n !== undefined && { at: at(n) }) }));
      return store.transaction((tx) => tx.attention.takeBack(past, now));
    };
    const asked = async (): Promise<readonly unknown[]> => {
      const [row] = await rows("question", { subject: `${source}/a` });
      return [row?.["state"], row?.["text"], row?.["version"]];
    };
    await ask(5, { value: 1 });
    await takeBack();
    await takeBack(4);
    assert.deepEqual(await asked(), ["open", "shows 5", 0]);
    await takeBack(5);
    assert.deepEqual(await asked(), ["answered", "shows 5", 1]);
    const back = { closes: true, isTakenBack: true };
    assert.deepEqual(await store.transaction((tx) => tx.decisions.answers(source)), [
      { rule: "good", run: "r-9", uom: "C62", at: at(5), value: 5, ...back },
    ]);
    await ask(6);
    assert.deepEqual(await asked(), ["answered", "shows 5", 1], "not one of those that are taken back");
    await ask(7, { value: 2 });
    assert.deepEqual(await asked(), ["open", "shows 7", 2]);
    await takeBack(undefined);
    assert.deepEqual(await asked(), ["answered", "shows 7", 3]);
    await ask(8, { value: 2 });
    const [row] = await rows("question", { subject: `${source}/a` });
    const units = [{ kind: "UnitsCounted", grade: "good" }];
    const answer = { state: "answered", answer: { units, goesOn: true } } as const;
    await store.transaction((tx) => tx.decisions.settleQuestion(Number(row?.["id"]), answer, source, now));
    await takeBack(8);
    await ask(9, { value: 2 });
    assert.deepEqual(await asked(), ["answered", "shows 8", 5], "what a person has decided stays");
    const said = { rule: "good", run: "r-9", uom: "C62", at: at(8), value: 8, stood: { value: 2 } };
    assert.deepEqual(await store.transaction((tx) => tx.decisions.answers(source)), [said], "they have said pieces");
  });

  test("a counter of a source was asked about since, or still is; what a run showed last is none", async () => {
    const { store, rows } = world();
    const about = { ...counter, at: at(5), value: 1 };
    const asked = ["good", "run/last-count", "run/last-count@2"].map((rule, i) => ({
      subject: `asked-${i}/question`,
      text: "?",
      evidence: [],
      about: { ...about, source: `asked-${i}`, rule },
    }));
    await store.transaction((tx) => tx.attention.ask(asked, now));
    const since = (ms: number): Promise<readonly boolean[]> =>
      Promise.all(
        asked.map(({ about: { source } }) => readIn(store, (tx) => tx.decisions.isCounterAsked(source, at(ms)))),
      );
    assert.deepEqual(await since(9), [true, false, false]);
    const answer = { state: "answered", answer: { units: [], goesOn: true } } as const;
    const [row] = await rows("question", { subject: "asked-0/question" });
    await store.transaction((tx) => tx.decisions.settleQuestion(Number(row?.["id"]), answer, "asked", now));
    assert.deepEqual(await since(5), [true, false, false]);
    assert.deepEqual(await since(6), [false, false, false]);
  });

  test("what was not heard is asked about again where it was told late, and is missing after all", async () => {
    const { store, rows } = world();
    const ask = (subject: string): Promise<void> =>
      store.transaction((tx) => tx.attention.ask([{ subject, text: "?", evidence: [] }], now));
    const states = { "m1/unheard-run/5": "open", "m1/run/r/unheard-end": "open", "m1/good/5": "answered" };
    for (const [subject, state] of Object.entries(states)) {
      await ask(subject);
      await store.transaction((tx) => tx.attention.answer([subject], now));
      await ask(subject);
      assert.equal((await rows("question", { subject }))[0]?.["state"], state, subject);
    }
    const [row] = await rows("question", { subject: "m1/unheard-run/5" });
    const said = { state: "answered", answer: { units: [], goesOn: true } } as const;
    await store.transaction((tx) => tx.decisions.settleQuestion(Number(row?.["id"]), said, "looked", now));
    await ask("m1/unheard-run/5");
    assert.equal((await rows("question", { subject: "m1/unheard-run/5" }))[0]?.["state"], "answered", "by a person");
  });
}

function readIn<T>(store: Store, work: Parameters<typeof store.transaction<T>>[0]): Promise<T> {
  return store.transaction(work);
}
