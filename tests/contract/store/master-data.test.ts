/** Master data in the database: each field is its owner's, whatever the code does; what was said stays said. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../../src/base/testing/chance.ts";
import { history, lastOfOwners, sharedOwnership, type Said } from "../../../src/exchange/testing/master-history.ts";
import { takeMasterData } from "../../../src/flows/take-master-data.ts";
import type { Tx } from "../../../src/flows/ports.ts";
import type { Document } from "../../../src/isa95/b2mml/document.ts";
import type { ThingKey } from "../../../src/isa95/master-data/thing.ts";
import { plant } from "../api/house.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { now, openWorld, race, type World } from "./world.ts";

const site = { ...plant, ownership: sharedOwnership };

function keyOf(id: string): ThingKey {
  return { noun: "MaterialDefinition", plant: "", within: "", id, version: "" };
}

/** The document that says it. */
function documentOf(id: string, { fields }: Said): Document {
  const properties = Object.entries(fields).filter(([name]) => name.includes("/"));
  const content = {
    ID: id,
    ...(fields["Description"] !== undefined && { Description: [fields["Description"]] }),
    ...(fields["MaterialClassID"] !== undefined && { MaterialClassID: [fields["MaterialClassID"]] }),
    MaterialDefinitionProperty: properties.map(([name, value]) => ({
      ID: name.split("/")[1] ?? "",
      Value: [{ ValueString: value }],
    })),
  };
  return { verb: null, noun: "MaterialDefinition", content: [content] };
}

async function say(tx: Tx, id: string, said: Said): Promise<void> {
  const received = { document: documentOf(id, said), refused: [], place: () => undefined };
  const message = { received, file: "message", bodId: "1", kind: said.kind };
  await takeMasterData(tx, { site, erp: said.sender }, message, now);
}

for (const major of [15, 18] as const) {
  describe(`master data in PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    let world: World;
    before(async () => {
      cluster = await withCluster({ major });
      world = await openWorld(cluster);
    });
    after(async () => {
      await world?.close();
      await cluster?.close();
    });
    masterDataSuite(() => world);
  });
}

function masterDataSuite(world: () => World): void {
  let count = 0;

  test("whoever says what in whatever order: each field holds the last that its owner said of it", async () => {
    await forAll(
      fc.asyncProperty(history, async (said) => {
        const id = `property-${++count}`;
        for (const one of said) await world().store.transaction((tx) => say(tx, id, one));
        const rows = await world().sql("select f.field, f.value, f.source from master_field f join master_thing t on t.id = f.thing where t.key = $1", [id]); // prettier-ignore
        const held = Object.fromEntries(rows.map((row) => [row["field"], textIn(row["value"])]));
        assert.deepEqual(held, { ...lastOfOwners(said), ...(held["ID"] !== undefined && { ID: id }) });
        assert.equal("ID" in held, "ID" in lastOfOwners(said));
      }),
      { numRuns: 25 },
    );
  });

  test("two senders at once: both are heard, each for what is its own", async () => {
    const { store, other } = world();
    const ends = await race(
      store.transaction((tx) => say(tx, "race", { sender: "plm", kind: "amend", fields: { Description: "x" } })),
      other.transaction((tx) =>
        say(tx, "race", { sender: "office", kind: "replace", fields: { MaterialClassID: "y" } }),
      ),
    );
    assert.deepEqual(ends, ["ok", "ok"]);
    const rows = await world().sql("select field from master_field f join master_thing t on t.id = f.thing where t.key = 'race' order by field"); // prettier-ignore
    assert.deepEqual(rows.map((row) => row["field"]), ["Description", "ID", "MaterialClassID"]); // prettier-ignore
  });

  test("sabotage: code that asks nobody who owns a field is refused by the database, and so is a row by hand", async () => {
    const { store, sql } = world();
    await store.transaction((tx) => say(tx, "own", { sender: "plm", kind: "amend", fields: { Description: "ours" } }));
    const steal = store.transaction(async (tx) => {
      const [thing] = await tx.masterData.lock([keyOf("own")]);
      assert.ok(thing);
      const change = { thing, field: "Description", value: { value: ["theirs"] } };
      await tx.masterData.save([change], { sender: "office", message: "2", at: now });
    });
    await assert.rejects(steal, /does not own Description of MaterialDefinition/);
    const byHand = sql("update master_field set source = 'office' where field = 'Description'");
    await assert.rejects(byHand, /does not own/);
    const [held] = await sql("select f.value from master_field f join master_thing t on t.id = f.thing where t.key = 'own' and field = 'Description'"); // prettier-ignore
    assert.equal(textIn(held?.["value"]), "ours");
  });

  test("what was said stays said; of people it is never kept what", async () => {
    const { sql } = world();
    await assert.rejects(sql("update master_statement set source = 'me'"), /append-only/);
    await assert.rejects(sql("delete from master_statement"), /append-only/);
    await assert.rejects(sql("truncate master_statement"), /append-only/);
    const personal = sql("insert into master_statement (thing, field, is_personal, value, source, message, stated_at) select id, 'PersonName', true, '1', 'hr', '1', now() from master_thing limit 1"); // prettier-ignore
    await assert.rejects(personal, /people_are_not_kept/);
    const shown = sql("insert into refused_field (sender, noun, plant, within, key, version, field, code, message, place, document, first_at, last_at) values ('s', 'Person', '', 's', '0815', '', '', 'c', 'm', '', '', now(), now())"); // prettier-ignore
    await assert.rejects(shown, /people_are_not_shown/);
    const nobody = sql(
      "insert into master_thing (noun, plant, within, key, version) values ('Person', '', 'hr', '1', '')",
    );
    await assert.rejects(nobody, /only_people_are_people/);
  });
}

/** The text of a field's value: of a property its value's. */
function textIn(value: unknown): unknown {
  const { value: held } = (value ?? {}) as { readonly value?: unknown };
  if (Array.isArray(held)) return held[0];
  if (typeof held !== "object" || held === null) return held;
  return (held as { readonly Value?: readonly { readonly ValueString?: string }[] }).Value?.[0]?.ValueString;
}
