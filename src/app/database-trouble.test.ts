import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseTrouble } from "./database-trouble.ts";

const coded = (code: string): Error => Object.assign(new Error("in the server's words"), { code });

test("what is wrong with the database is said plainly, with what to do", () => {
  assert.match(databaseTrouble(coded("53100")), /^The disk of the database is full\. Make room on it/);
  assert.match(databaseTrouble(coded("53300")), /^The database is short of memory or connections\./);
  for (const code of ["08006", "57P01", "57P03", "ECONNREFUSED", "ENOENT"])
    assert.match(databaseTrouble(coded(code)), /^The database does not answer\./, code);
  for (const code of ["28P01", "28000"])
    assert.match(databaseTrouble(coded(code)), /^The database refuses the login\./);
  assert.equal(databaseTrouble(coded("23505")), "The database refused it: in the server's words");
  assert.equal(databaseTrouble(new TypeError("three")), "It could not be done: three");
  assert.equal(databaseTrouble("text"), "It could not be done: text");
});
