import assert from "node:assert/strict";
import { test } from "node:test";
import { compileMap } from "./compiled-map.ts";
import { wireMap } from "./testing/map.ts";

for (const [material, item] of [
  ["PA6", "Use/PA6/Total"],
  ["PA6/66 GF30", "Use/PA6&/66 GF30/Total"],
  ["R&D", "Use/R&&D/Total"],
] as const) {
  test(`a material is read under the name that the machine gives it: ${material}`, () => {
    const map = wireMap();
    const key = map.consumption[0]?.amount ?? "";
    const compiled = compileMap({
      ...map,
      items: { ...map.items, [key]: { path: "Use/{material}/Total", history: true } },
    });
    assert.deepEqual(compiled.place(item), { key, placeholders: { material } });
    assert.equal(compiled.path(key, { material }), item);
  });
}
