/** Hashes that carry their own cost, that nobody matches by accident, and that cost the same for nobody. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPassword, oneTimePassword, passwords, scryptCost } from "./password.ts";

const cheap = passwords({ n: 1024, r: 8, p: 1 });

test("the right password is right and no other is", async () => {
  const hash = await cheap.hash("correct horse battery");
  assert.match(hash, /^scrypt\$1024\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  assert.equal(await cheap.isRight("correct horse battery", hash), true);
  for (const wrong of ["", "correct horse batterz", "correct horse battery ", "Correct horse battery"]) {
    assert.equal(await cheap.isRight(wrong, hash), false, wrong);
  }
  assert.notEqual(await cheap.hash("correct horse battery"), hash, "each has a salt of its own");
});

test("the same letters typed in two ways are one password", async () => {
  const hash = await cheap.hash("p\u00e4ssw\u00f6rter sind lang");
  assert.equal(await cheap.isRight("pa\u0308sswo\u0308rter sind lang", hash), true);
});

test("a hash made at another cost still holds, and says that it should be made anew", async () => {
  const old = await passwords({ n: 2048, r: 4, p: 2 }).hash("correct horse battery");
  assert.equal(await cheap.isRight("correct horse battery", old), true);
  assert.equal(cheap.isOutdated(old), true);
  assert.equal(cheap.isOutdated(await cheap.hash("x")), false);
});

test("nobody, and a hash that cannot be read, are never right", async () => {
  for (const hash of [null, "", "scrypt", "scrypt$0$8$1$AA$AA", "scrypt$1024$8$1$AA$", "plain$text"]) {
    assert.equal(await cheap.isRight("", hash), false, String(hash));
    assert.equal(await cheap.isRight("anything", hash), false, String(hash));
  }
});

test("the standard cost is OWASP's, and nobody costs as much as somebody", async () => {
  assert.deepEqual(scryptCost, { n: 32_768, r: 8, p: 3 });
  const standard = passwords();
  const hash = await standard.hash("correct horse battery");
  const timeOf = async (held: string | null): Promise<number> => {
    const times: number[] = [];
    for (let n = 0; n < 3; n++) {
      const start = performance.now();
      await standard.isRight("wrong", held);
      times.push(performance.now() - start);
    }
    return Math.min(...times);
  };
  const [somebody, nobody] = [await timeOf(hash), await timeOf(null)];
  assert.ok(somebody > 20, `only ${somebody} ms`);
  assert.ok(nobody > somebody / 3 && nobody < somebody * 3, `${nobody} ms for nobody, ${somebody} ms for somebody`);
});

test("a one-time password has no signs that are mistaken for each other, and is never the same", () => {
  const many = new Set(Array.from({ length: 1_000 }, oneTimePassword));
  assert.equal(many.size, 1_000);
  for (const one of many) assert.match(one, /^([A-HJKMNP-TV-Z2-9]{5}-){3}[A-HJKMNP-TV-Z2-9]{5}$/);
});

test("a password that can be guessed is refused with the reason", () => {
  const of = (password: string): string => {
    const checked = checkPassword(password, { login: "miller", old: "the old one it was" });
    return checked.ok ? "good" : checked.fault.message;
  };
  assert.equal(of("a few words in a row"), "good");
  assert.match(of("too short"), /fewer than 12/);
  assert.match(of("my MILLER password"), /holds the login/);
  assert.match(of("ababababababab"), /different signs/);
  assert.match(of("the old one it was"), /old one/);
});
