/** The OpenAPI document: what it names, and that every reference in it leads somewhere. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { routes } from "../contract/contract.ts";
import { openApiDocument } from "./openapi.ts";

test("the description names every route, every reference in it leads somewhere, and every operation has its problems", () => {
  const names = Object.keys(routes);
  // The document as it is when everything is served.
  const document = JSON.parse(JSON.stringify(openApiDocument(routes, names))) as Document;
  assert.equal(document.openapi, "3.1.0");
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
  );
  assert.deepEqual(described.toSorted(), names.toSorted());
  const references: string[] = [];
  JSON.stringify(document, (key, value: unknown) => {
    if (key === "$ref") references.push(String(value));
    return value;
  });
  assert.ok(references.length > 50);
  for (const reference of new Set(references)) {
    const found = reference
      .split("/")
      .slice(1)
      .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
    assert.ok(found !== undefined, `${reference} leads nowhere`);
  }
  const ids = new Set<string>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const at = `${method} ${path}`;
      assert.ok(!ids.has(operation.operationId), `${operation.operationId} stands there twice`);
      ids.add(operation.operationId);
      assert.equal(operation.responses["4XX"]?.$ref, "#/components/responses/Problem", at);
      assert.equal(operation.responses["5XX"]?.$ref, "#/components/responses/Problem", at);
      assert.ok(operation.responses["200"] ?? operation.responses["204"], at);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(
        operation.parameters.filter((p) => p.in === "path").map((p) => p.name),
        inPath,
        at,
      );
    }
  }
  assert.ok(
    document.paths["/api/v1/keys"]!["post"]!.parameters.some((p) => p.name === "Idempotency-Key" && p.required),
  );
  assert.ok(!JSON.stringify(document).includes("#/$defs"));
});

test("a description with less than is served, or a reference to nowhere, is caught", () => {
  const document = openApiDocument(routes, ["GET /api/v1/people"]);
  assert.deepEqual(Object.keys(document["paths"] as object), ["/api/v1/people"]);
});

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly $ref?: string }>>;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
}
