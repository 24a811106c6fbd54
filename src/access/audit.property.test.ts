/** The chain by itself: every honest one is whole, and every single change is found at the place where it was made. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../base/instant.ts";
import { forAll } from "../base/testing/chance.ts";
import { chained, checkChain, noHead, type AuditEntry, type AuditNote } from "./audit.ts";

const note: fc.Arbitrary<AuditNote> = fc.record({
  at: fc.integer({ min: 0, max: 4e12 }).map(instant),
  who: fc.string(),
  what: fc.string(),
  about: fc.string(),
  detail: fc.dictionary(
    fc.string().filter((key) => key !== "__proto__"),
    fc.jsonValue(),
  ),
});
const notes = fc.array(note, { minLength: 1, maxLength: 8 });

function chainOf(all: readonly AuditNote[]): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const one of all) entries.push(chained(one, entries.at(-1) ?? noHead));
  return entries;
}

test("an honest chain is whole, read in whatever parts", () => {
  forAll(
    fc.property(notes, fc.nat(), (all, cut) => {
      const entries = chainOf(all);
      const at = cut % (entries.length + 1);
      const first = checkChain(noHead, entries.slice(0, at));
      assert.ok(first.ok);
      const rest = checkChain(first.head, entries.slice(at));
      assert.deepEqual(rest, { ok: true, head: { seq: entries.length, hash: entries.at(-1)?.hash } });
    }),
  );
});

test("a changed field, a removed entry and two exchanged ones are found where they are", () => {
  const field = fc.constantFrom("at", "who", "what", "about", "detail", "previous", "hash", "seq" as const);
  forAll(
    fc.property(notes, fc.nat(), field, (all, pick, name) => {
      const entries = chainOf(all);
      const index = pick % entries.length;
      const entry = entries[index];
      assert.ok(entry);
      const value = typeof entry[name] === "number" ? Number(entry[name]) + 1 : `${entry[name]}x`;
      const changed = checkChain(noHead, entries.with(index, Object.assign({}, entry, { [name]: value })));
      assert.ok(!changed.ok);
      assert.equal(changed.broken.seq, name === "seq" ? entry.seq + 1 : entry.seq);
      if (index < entries.length - 1) {
        const removed = checkChain(noHead, entries.toSpliced(index, 1));
        assert.ok(!removed.ok && removed.broken.seq === entry.seq + 1);
      }
    }),
  );
});

test("an entry says the same whatever order its fields came in", () => {
  const one = chained(
    { at: instant(1), who: "a", what: "b", about: "c", detail: { x: 1, y: [2, { q: 1, p: 2 }] } },
    noHead,
  );
  const two = chained(
    { at: instant(1), who: "a", what: "b", about: "c", detail: { y: [2, { p: 2, q: 1 }], x: 1 } },
    noHead,
  );
  assert.equal(one.hash, two.hash);
});

test("two fields that could be read as each other are told apart", () => {
  const of = (who: string, what: string): string =>
    chained({ at: instant(1), who, what, about: "", detail: {} }, noHead).hash;
  assert.notEqual(of('a","what":"b', "c"), of("a", 'b","what":"c'));
});
