/** What can be kept of a text, alone and inside of JSON. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "./testing/chance.ts";
import { fromJson, toJson } from "./json.ts";
import { isKeepable, keptText, withoutPadding } from "./text.ts";

/** Every unit of UTF-16, those that no text can keep more often than chance would have it. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom("\0", "\\", "u0000", "\ud83d", "\ude00", "\u{1f600}", "\\u0000", '"'), fc.string()))
  .map((parts) => parts.join(""));

test("what is kept of a text can be kept, is as long, and is the text itself where that can be", () => {
  forAll(
    fc.property(anyText, (text) => {
      const kept = keptText(text);
      assert.ok(isKeepable(kept));
      assert.equal(kept.length, text.length);
      if (isKeepable(text)) assert.equal(kept, text);
    }),
  );
  assert.equal(keptText("a\0b\ud83d"), "a\ufffdb\ufffd");
});

test("JSON keeps of each text and each name in it what is kept of the text alone", () => {
  forAll(
    fc.property(fc.array(anyText), anyText, (texts, name) => {
      // A computed `__proto__` is a field like any other.
      const read = fromJson<unknown>(toJson({ [name]: texts, within: { texts } }));
      assert.deepEqual(read, { [keptText(name)]: texts.map(keptText), within: { texts: texts.map(keptText) } });
    }),
  );
});

test("the padding of a controller is cut off at the end and nowhere else", () => {
  assert.equal(withoutPadding("done\0\0\0"), "done");
  assert.equal(withoutPadding("\0a\0b"), "\0a\0b");
  assert.equal(withoutPadding("\0\0"), "");
  assert.equal(withoutPadding(""), "");
});
