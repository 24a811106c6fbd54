/** A person answers questions about counters: the pieces are counted, once, and the machine is read on from there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { whole } from "../../../src/base/quantity.ts";
import { forAll } from "../../../src/base/testing/chance.ts";
import { answerQuestion, countByPerson, dismissQuestion, nothingWasMade } from "../../../src/flows/decide-question.ts";
import { assignRun } from "../../../src/flows/decide-run.ts";
import type { Tx } from "../../../src/flows/ports.ts";
import { by, codeOf, made, runOf } from "./mend-scene.ts";
import { beginLine, jobs, type Frame, type Line } from "./question-line.ts";
import { now, type World } from "./world.ts";

export function questionDecisionSuite(world: () => World): void {
  const begin = (machineJob?: string, spoil?: (tx: Tx) => Tx): Promise<Line> => beginLine(world(), machineJob, spoil);

  const start: Frame = [
    0,
    {
      "Production/ActiveRun": 7,
      "Production/JobNumber": jobs.job,
      "Production/Article": jobs.article,
      "Production/GoodPieces": 0,
    },
  ];
  const good = (ms: number, pieces: number): Frame => [ms, { "Production/GoodPieces": pieces }];
  const end: Frame = [
    90_000,
    {
      "Production/ActiveRun": 0,
      "Production/JobNumber": "",
      "Production/RunsEnded": 1,
      "Production/LastEndedRun": 7,
      "Production/LastJobResult": "Terminated",
    },
  ];
  const big = 5_000_000;

  test("pieces that a person says, in whichever process, are counted and posted, and the counter goes on from there", async () => {
    const line = await begin();
    const { store, sql } = world();
    await line.feed(start, good(1000, 3));
    await line.feed(good(2000, big));
    await line.feed(good(3000, big + 4));
    assert.equal(await made(store, "jo-q"), "3 good, 0 scrap, 0 runs, running", "nothing is guessed");
    const asked = await line.question();
    assert.ok(asked);
    const units = [
      { grade: "good", quantity: whole(11, "C62") },
      { grade: "scrap", quantity: whole(2, "C62") },
    ] as const;
    const command = { ...by(asked.version), question: asked.id, units };
    assert.equal(codeOf(await countByPerson(line.ports, command)), "ok");
    assert.equal(
      await made(store, "jo-q"),
      "18 good, 2 scrap, 0 runs, running",
      "3, 11 said, and 4 that were read since",
    );
    assert.equal(codeOf(await countByPerson(line.ports, command)), "ok", "the same command again");
    const second = { ...by(asked.version), question: asked.id, units };
    assert.equal(codeOf(await countByPerson(line.ports, second)), "decision/changed");
    await line.feed(good(4000, big + 9), end);
    assert.equal(await made(store, "jo-q"), "23 good, 2 scrap, 1 runs, ready");
    const said = await sql(
      "select said_by ->> 'person' as p, jsonb_array_length(evidence) as e, event_at from fact where rule = 'decision/units'",
    );
    assert.deepEqual(
      said.map((row) => [row["p"], row["e"]]),
      [
        ["p-1", 1],
        ["p-1", 1],
      ],
    );
    const [posted] = await sql(
      "select content #>> '{response,segment,good,micro}' as good, content #>> '{response,segment,scrap,micro}' as scrap from posting where request = 's4//q' and kind = 'confirmation'",
    );
    assert.deepEqual(posted, { good: "23000000", scrap: "2000000" });
  });

  test("a person's pieces stay when the samples are read again, also when the run gets another start", async () => {
    const line = await begin();
    const { store } = world();
    await line.feed(start, good(1000, 3), good(2000, big));
    const asked = await line.question();
    assert.ok(asked);
    const units = [{ grade: "good", quantity: whole(11, "C62") }] as const;
    assert.equal(codeOf(await countByPerson(line.ports, { ...by(asked.version), question: asked.id, units })), "ok");
    await line.feed(good(3000, big + 1));
    await line.feed(good(1500, 5));
    // These two are among the eleven.
    assert.equal(await made(store, "jo-q"), "15 good, 0 scrap, 0 runs, running");
    // It had begun earlier: the run is another one, and what was said goes with it.
    await line.feed([
      -500,
      {
        "Production/ActiveRun": 7,
        "Production/JobNumber": jobs.job,
        "Production/Article": jobs.article,
        "Production/GoodPieces": 0,
      },
    ]);
    assert.equal(await made(store, "jo-q"), "15 good, 0 scrap, 0 runs, running");
    await line.feed(end);
    assert.equal(await made(store, "jo-q"), "15 good, 0 scrap, 1 runs, ready");
  });

  test("what comes late while a leap is asked about changes the question, or takes it back", async () => {
    const line = await begin();
    const { store, sql } = world();
    await line.feed(start, good(1000, 3), good(9000, 240_003));
    const asked = await line.question();
    assert.ok(asked);
    await line.feed(good(2000, 60_003));
    const changed = await line.question();
    assert.ok(changed && changed.id === asked.id && changed.version > asked.version);
    const nothing = { ...by(asked.version), question: asked.id };
    assert.equal(codeOf(await nothingWasMade(line.ports, nothing)), "decision/changed", "as it was seen before");
    await line.feed(good(5000, 150_000));
    assert.equal(await line.question(), null);
    assert.equal(await made(store, "jo-q"), "240003 good, 0 scrap, 0 runs, running");
    // Taken back, it decides nothing: the next leap is asked about at the same place.
    await line.feed(good(10_000, big));
    const next = await line.question();
    assert.equal(next?.id, asked.id);
    const [row] = await sql(`select about #>> '{stood,value}' as stood from question where id = ${asked.id}`);
    assert.equal(row?.["stood"], "240003000000");
  });

  test("nothing was made: the counter goes on, nothing is added; a further doubt is a further question", async () => {
    const line = await begin();
    const { store } = world();
    await line.feed(start, good(1000, 3), good(2000, big));
    const asked = await line.question();
    assert.ok(asked);
    assert.equal(codeOf(await nothingWasMade(line.ports, { ...by(asked.version), question: asked.id })), "ok");
    await line.feed(good(3000, big + 2));
    assert.equal(await made(store, "jo-q"), "5 good, 0 scrap, 0 runs, running");
    await line.feed(good(4000, 3 * big));
    const further = await line.question();
    assert.ok(further && further.id !== asked.id);
    assert.equal(codeOf(await dismissQuestion(line.ports, { ...by(further.version), question: further.id })), "ok");
    await line.feed(good(5000, big + 3));
    assert.equal(
      await made(store, "jo-q"),
      "6 good, 0 scrap, 0 runs, running",
      "dismissed: counted from where it stood",
    );
  });

  test("one wild value: what the counter has counted since stays, and counting goes on where it stood", async () => {
    for (const answered of ["nothing", "units"] as const) {
      const line = await begin();
      const { store, sql } = world();
      await line.feed(start, good(1000, 3), good(2000, big), good(3000, 4), good(4000, 6));
      const asked = await line.question();
      assert.ok(asked);
      const command = { ...by(asked.version), question: asked.id };
      const units = [{ grade: "good", quantity: whole(2, "C62") }] as const;
      const decided =
        answered === "nothing"
          ? await nothingWasMade(line.ports, command)
          : await countByPerson(line.ports, { ...command, units });
      assert.equal(codeOf(decided), "ok");
      const said = answered === "nothing" ? 0 : 2;
      assert.equal(await made(store, "jo-q"), `${6 + said} good, 0 scrap, 0 runs, running`);
      await line.feed(good(5000, 9), end);
      assert.equal(await made(store, "jo-q"), `${9 + said} good, 0 scrap, 1 runs, ready`);
      const takenBack = await sql(
        "select f.id from fact f join run r on r.id = f.run where r.job = $1 and f.kind = 'Corrected'",
        [jobs.job],
      );
      assert.deepEqual(takenBack, []);
    }
  });

  for (const how of ["dismissed", "answered in words"] as const) {
    test(`${how}: what the same counter shows later and cannot be told is asked, and can be counted`, async () => {
      const line = await begin();
      const { store, sql } = world();
      await line.feed(start, good(1000, 3), good(2000, big));
      const asked = await line.question();
      assert.ok(asked);
      const command = { ...by(asked.version), question: asked.id };
      const close =
        how === "dismissed"
          ? dismissQuestion(line.ports, command)
          : answerQuestion(line.ports, { ...command, answer: "wild" });
      assert.equal(codeOf(await close), "ok");
      assert.equal(await line.question(), null, "the same doubt is not asked again");
      await line.feed(good(2500, big), good(3000, 4), good(4000, 3 * big), good(5000, 3 * big + 2));
      const further = await line.question();
      assert.ok(further && further.id !== asked.id);
      assert.equal(await made(store, "jo-q"), "4 good, 0 scrap, 0 runs, running");
      const units = [{ grade: "good", quantity: whole(7, "C62") }] as const;
      assert.equal(
        codeOf(await countByPerson(line.ports, { ...by(further.version), question: further.id, units })),
        "ok",
      );
      await line.feed(good(6000, 3 * big + 5), end);
      assert.equal(await made(store, "jo-q"), "16 good, 0 scrap, 1 runs, ready", "4, 7 said, 5 from there on");
      assert.equal((await sql("select id from question where about <> '{}'")).length, 2);
    });
  }

  test("closed: what was not told while it was open is asked at once", async () => {
    const line = await begin();
    await line.feed(start, good(1000, 3), good(2000, big), good(3000, 4), good(4000, 3 * big), end);
    const asked = await line.question();
    assert.ok(asked);
    assert.equal(codeOf(await dismissQuestion(line.ports, { ...by(asked.version), question: asked.id })), "ok");
    const further = await line.question();
    assert.ok(further && further.id !== asked.id);
    assert.equal(codeOf(await dismissQuestion(line.ports, { ...by(further.version), question: further.id })), "ok");
    assert.equal(await line.question(), null);
  });

  test("what cannot be answered so", async () => {
    const line = await begin();
    const { store, sql } = world();
    await line.feed(start, good(1000, 3), good(2000, big));
    const asked = await line.question();
    assert.ok(asked);
    const say = async (units: Parameters<typeof countByPerson>[1]["units"]): Promise<string> =>
      codeOf(await countByPerson(line.ports, { ...by(asked.version), question: asked.id, units }));
    assert.equal(await say([]), "decision/units");
    assert.equal(await say([{ grade: "good", quantity: whole(0, "C62") }]), "decision/units");
    assert.equal(await say([{ grade: "good", quantity: whole(1, "KGM") }]), "decision/units");
    const twice = { grade: "good", quantity: whole(1, "C62") } as const;
    assert.equal(await say([twice, twice]), "decision/units");
    await store.transaction((tx) => tx.attention.ask([{ subject: "words", text: "?", evidence: [] }], now));
    const [words] = await sql("select id from question where subject = 'words'");
    const command = { question: Number(words?.["id"]) };
    assert.equal(
      codeOf(await countByPerson(line.ports, { ...by(0), ...command, units: [twice] })),
      "decision/no-counter",
    );
    assert.equal(codeOf(await nothingWasMade(line.ports, { ...by(0), ...command })), "decision/no-counter");
    assert.equal(codeOf(await answerQuestion(line.ports, { ...by(0), ...command, answer: " " })), "decision/no-answer");
    assert.equal(codeOf(await answerQuestion(line.ports, { ...by(0), ...command, answer: "yes" })), "ok");
    assert.equal(
      codeOf(await answerQuestion(line.ports, { ...by(1), ...command, answer: "no" })),
      "decision/not-possible",
    );
    assert.equal(codeOf(await answerQuestion(line.ports, { ...by(0), question: 0, answer: "no" })), "decision/unknown");
  });

  /** One run in frames that come in some order, in some pieces; somebody assigns it after so many. */
  const lived = async (
    {
      delays,
      when,
      cuts,
    }: { readonly delays: readonly number[]; readonly when: number; readonly cuts: readonly number[] },
    spoil: (tx: Tx) => Tx = (tx) => tx,
  ): Promise<void> => {
    const { store, sql } = world();
    const line = await begin("another job", spoil);
    const frames: readonly Frame[] = [
      start,
      [500, { ...start[1], "Production/GoodPieces": 1 }],
      good(1000, 3),
      good(2000, 4),
      good(3000, 6),
      good(4000, 9),
      good(5000, 10),
      end,
    ];
    const arriving = frames
      .map((frame, i) => ({ frame, place: i + (delays[i] ?? 0), i }))
      .toSorted((a, b) => a.place - b.place || a.i - b.i)
      .map(({ frame }) => frame);
    let assigned = false;
    let fed = 0;
    for (let i = 0; fed < arriving.length; i += 1) {
      const size = cuts[i % cuts.length] ?? 1;
      await line.feed(...arriving.slice(fed, fed + size));
      fed += size;
      if (assigned || (fed < when && fed < arriving.length)) continue;
      const [row] = await sql(
        "select id from run where result is distinct from 'corrected' and job_order is null and not outside and job = $1",
        [jobs.job],
      );
      if (!row) continue;
      const { version, id } = await runOf(store, String(row["id"]));
      assert.equal(codeOf(await assignRun(line.ports, { ...by(version), run: id, jobOrder: "jo-q" })), "ok");
      assigned = true;
    }
    assert.ok(assigned, "there was a run to assign");
    const runs = await sql(
      "select id, decided, job_order from run where result is distinct from 'corrected' and not outside and job = $1",
      [jobs.job],
    );
    assert.deepEqual(
      runs.map((r) => [r["decided"], r["job_order"]]),
      [["assigned", "jo-q"]],
    );
    assert.equal(await made(store, "jo-q"), "10 good, 0 scrap, 1 runs, ready");
    const [sum] = await sql(
      `select sum((content #>> '{response,segment,good,micro}')::bigint)::text as good from posting
       where request = 's4//q' and kind = 'confirmation' and state <> 'dismissed'`,
    );
    assert.equal(sum?.["good"], "10000000", "and posted once");
  };

  const lives = fc.record({
    delays: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 8, maxLength: 8 }),
    when: fc.nat(8),
    cuts: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
  });

  test("whatever way samples come, and whenever somebody assigns: nothing is lost, nothing counted twice", async () => {
    await forAll(
      fc.asyncProperty(lives, (life) => lived(life)),
      { numRuns: 25 },
    );
  });

  for (const [what, spoil] of [
    [
      "a new reading forgets what was decided",
      (tx: Tx): Tx => ({ ...tx, runs: { ...tx.runs, forsaken: async () => [] } }),
    ],
    [
      "what was posted for the old reading is forgotten",
      (tx: Tx): Tx => ({ ...tx, runs: { ...tx.runs, putInPlace: async () => undefined } }),
    ],
  ] as const) {
    test(`it is noticed when ${what}`, async () => {
      // Assigned when all but the first frame is there; then it turns out that the run began earlier.
      const life = { delays: [9, 0, 0, 0, 0, 0, 0, 0], when: 7, cuts: [1] };
      await lived(life);
      await assert.rejects(lived(life, spoil), assert.AssertionError);
    });
  }
}
