import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { fail, ok } from "../base/result.ts";
import { checkConnection, judgedSettings, readSettings, zodSettings, type SettingsSchema } from "./connection.ts";
import type { Problem } from "./finding.ts";
import type { ReferenceLookup } from "./reference.ts";

const schema = z.strictObject({
  address: z.string().regex(/^http/, { error: "write an address" }),
  password: z.string().min(12, { error: "write 12 characters or more" }),
  size: z.int().default(1),
});
const written = { address: { env: "ADDRESS" }, password: { file: "secret.txt" } };

function check(settings: unknown, made: SettingsSchema, lookup: ReferenceLookup | null = null): readonly Problem[] {
  return checkConnection({ path: ["erps", 0], kindKey: "product", kind: "x", settings, known: { x: made } }, lookup);
}

const holding = (address: string | null, password: string | null): ReferenceLookup => ({
  environment: () => address,
  file: () => password,
});

test("without an environment, what a reference holds is not judged, and everything else is", () => {
  assert.deepEqual(check(written, zodSettings(schema)), []);
  const [only, ...others] = check({ ...written, size: "big" }, zodSettings(schema));
  assert.deepEqual([only?.path, others], [["erps", 0, "settings", "size"], []]);
  const missing = check({ address: { env: "ADDRESS" } }, zodSettings(schema));
  assert.match(missing[0]?.message ?? "", /`password` is missing/);
});

test("a default stands in the file: it is judged without an environment, and where nothing else is there", () => {
  const settings = { ...written, address: { env: "ADDRESS", default: "ftp://y" } };
  const [only, ...others] = check(settings, zodSettings(schema));
  assert.deepEqual([only?.path, others], [["erps", 0, "settings", "address", "default"], []]);
  assert.match(only?.message ?? "", /the default of ADDRESS does not fit; write an address/);
  const unset = check(settings, zodSettings(schema), holding(null, "long enough, truly"));
  assert.deepEqual(unset, [only], "nobody blames a variable that is not set");
  assert.deepEqual(check(settings, zodSettings(schema), holding("http://x", "long enough, truly")), []);
});

test("what does not go together is told where it stands, of settings each of which fits", () => {
  const sized = schema.omit({ password: true });
  const across = zodSettings(sized, ({ size, address }) =>
    size > 1 ? [{ path: ["size"], message: `does not go with ${address}` }] : [],
  );
  const found = check({ address: "http://x", size: 2 }, across).map(({ path, message }) => [path.at(-1), message]);
  assert.deepEqual(found, [["size", "`size`: does not go with http://x"]]);
  const [shape, ...more] = check({ address: 7, size: 2 }, across);
  assert.deepEqual([shape?.path.at(-1), more], ["address", []]);
});

test("a verdict about the settings as a whole is not guessed at", () => {
  const judged = judgedSettings(() => "address and password do not go together");
  assert.deepEqual(check(written, judged), []);
  assert.equal(check({ address: "http://x" }, judged).length, 1);
  assert.equal(check(written, judged, holding("http://x", "long enough, truly")).length, 1);
});

test("with an environment, values are judged as the connector will get them, and never shown", () => {
  assert.deepEqual(check(written, zodSettings(schema), holding("http://x", "long enough, truly\n")), []);
  const problems = check(written, zodSettings(schema), holding("ftp://x", "hunter2"));
  assert.deepEqual(
    problems.map(({ message }) => message),
    [
      "what ADDRESS holds does not fit; write an address",
      "what secret.txt holds does not fit; write 12 characters or more",
    ],
  );
  assert.doesNotMatch(JSON.stringify(problems), /hunter2|ftp:/);
});

test("what is not there is said once, at the reference", () => {
  const problems = check(written, zodSettings(schema), holding(null, null));
  assert.deepEqual(
    problems.map(({ path, message }) => [path.at(-1), message.slice(0, 32)]),
    [
      ["address", "the environment variable ADDRESS"],
      ["password", "the file secret.txt cannot be re"],
    ],
  );
});

test("a connector that reads by a function gives a finding per mistake that it places", () => {
  const placed = readSettings(() => fail("invalid", "x/config", "bad", [{ path: ["size"], message: "write more" }]));
  const [found] = check({ size: 1 }, placed);
  assert.deepEqual([found?.path, found?.message], [["erps", 0, "settings", "size"], "`size` does not fit; write more"]);
  for (const cause of [undefined, [], [7], [{ path: "size", message: 1 }], new Error("x")]) {
    const [whole, ...more] = check(
      {},
      readSettings(() => fail("invalid", "x/config", "bad", cause)),
    );
    assert.deepEqual([whole?.message, more], ["bad", []]);
  }
  assert.deepEqual(
    check(
      {},
      readSettings(() => ok("fine")),
    ),
    [],
  );
});
