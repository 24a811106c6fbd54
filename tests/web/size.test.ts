import assert from "node:assert/strict";
import { test } from "node:test";
import { buildWeb, firstLoad } from "./build.ts";

const limit = 250_000;

test("the live floor's first load is small", async (t) => {
  const built = await buildWeb();
  try {
    const files = await firstLoad(built.folder, "screens/floor/screen.tsx");
    const total = [...files.values()].reduce((sum, size) => sum + size, 0);
    for (const [file, size] of files) t.diagnostic(`${size} B gz ${file}`);
    t.diagnostic(`${total} B gz together, ${limit} allowed`);
    assert.ok(files.size >= 4, "entry, its style, the floor and its style");
    assert.ok(total <= limit, `${total} B compressed for /floor, ${limit} allowed`);
  } finally {
    await built.remove();
  }
});
