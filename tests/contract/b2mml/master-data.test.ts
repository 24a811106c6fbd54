/** What other systems may say of materials, equipment and people, and who is listened to. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { after, before, describe, test } from "node:test";
import { unwrap } from "../../../src/base/result.ts";
import { openDocuments } from "../../../src/erp/b2mml/documents.ts";
import { saidIn } from "../../../src/erp/b2mml/verdict.ts";
import type { Document } from "../../../src/isa95/b2mml/document.ts";
import { stateMaterials } from "../../../src/flows/state-materials.ts";
import { requestOf } from "../../../src/operations/testing/order.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { masterMessage, materialText, sharedSite, type MasterMessage } from "./master-message.ts";
import { openScene, type Scene } from "./scene.ts";

/** A thing as it is shown, as far as it is looked at here. */
interface Thing {
  readonly ID: string;
  readonly Description?: readonly string[];
  readonly EquipmentLevel?: string;
  readonly MaterialClassID?: readonly string[];
  readonly MaterialDefinitionProperty?: readonly Property[];
  readonly EquipmentProperty?: readonly Property[];
  readonly Equipment?: readonly Thing[];
  readonly PersonName?: string;
  readonly PersonProperty?: unknown;
  readonly PersonnelClassID?: readonly string[];
  readonly WorkCalendarDefinition?: readonly {
    readonly WorkCalendarDefinitionEntry: readonly {
      readonly ID: string;
      readonly RecurrenceTime: string;
      readonly DurationRule: string;
    }[];
  }[];
}

function valueOf(field: unknown): unknown {
  return typeof field === "object" && field !== null && "value" in field ? field.value : undefined;
}

interface Property {
  readonly ID: string;
  readonly Value: readonly { readonly ValueString: string }[];
}

describe("master data in B2MML", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let scene: Scene;
  before(async () => void (scene = await openScene({}, sharedSite)));
  after(() => scene?.close());

  interface Said {
    readonly verdict: string | null;
    readonly code: string | undefined;
    readonly why: string;
    readonly document: Document;
  }
  const say = async (noun: string, content: string, how: MasterMessage = {}): Promise<Said> => {
    const given = await scene.give(masterMessage(noun, content, how));
    assert.equal(given.status, 200, `${given.text} ${inspect(scene.log.slice(-2), { depth: 5 })}`);
    const answer = unwrap((await openDocuments()).read(new TextEncoder().encode(given.text), "answer"));
    const said = saidIn(answer);
    return { verdict: given.verdict, code: said?.code, why: said?.why ?? "", document: answer.document };
  };
  const shown = async (
    noun: string,
    content: string,
    from: MasterMessage["from"] = "OFFICE",
  ): Promise<readonly Thing[]> => {
    const { document } = await say(noun, content, { verb: "Get", from });
    assert.equal(document.verb, "Show");
    // what a test asks for it knows
    return document.content as readonly Thing[];
  };
  const material = async (id: string): Promise<Thing | undefined> => {
    const [one] = await shown("MaterialDefinition", materialText(id));
    return one;
  };

  test("a material is taken over, acknowledged, shown, and gone when its owner deletes it", async () => {
    const made = await say(
      "MaterialDefinition",
      materialText("M-1", { properties: { Grade: "A" }, classes: ["WIRE"] }),
    );
    assert.equal(made.verdict, "whole", made.why);
    assert.equal(made.code, "accepted");
    assert.equal(made.document.verb, "Acknowledge");
    assert.deepEqual((await material("M-1"))?.MaterialClassID, ["WIRE"]);
    const changed = await say("MaterialDefinition", materialText("M-1", { properties: { Hazard: "no" } }), {
      verb: "Change",
    });
    assert.equal(changed.document.verb, "Respond");
    const both = await material("M-1");
    assert.deepEqual(both?.MaterialDefinitionProperty?.map(({ ID }) => ID), ["Grade", "Hazard"]); // prettier-ignore
    await say("MaterialDefinition", materialText("M-1", { properties: { Hazard: "yes" } }));
    const replaced = await material("M-1");
    assert.deepEqual(replaced?.MaterialDefinitionProperty?.map(({ ID }) => ID), ["Hazard"]); // prettier-ignore
    assert.equal(replaced?.MaterialClassID, undefined, "a Process says all there is");
    const gone = await say("MaterialDefinition", materialText("M-1"), { verb: "Sync", action: "Delete" });
    assert.equal(gone.verdict, "whole", gone.why);
    assert.equal((await material("M-1"))?.ID, "none");
    const again = await say("MaterialDefinition", materialText("M-1"), { verb: "Cancel" });
    assert.equal(again.code, "rejected");
    assert.match(again.why, /no MaterialDefinition M-1/);
  });

  test("a field of another owner is refused with its place, ours stays, the rest is taken, and the refusal is kept and counted", async () => {
    await say("MaterialDefinition", materialText("M-2", { properties: { Grade: "A" } }));
    const named = await say("MaterialDefinition", materialText("M-2", { description: "Cable", properties: { Color: "red" } }), { from: "PLM", verb: "Change" }); // prettier-ignore
    assert.equal(named.verdict, "whole", named.why);
    const text = materialText("M-2", { description: "Kabel", properties: { Color: "red", Grade: "B" } });
    for (const times of [1, 2]) {
      const other = await say("MaterialDefinition", text);
      assert.equal(other.code, "modified");
      assert.match(
        other.why,
        /M-2.*\/ProcessMaterialDefinition\/DataArea\/MaterialDefinition\/Description.*plm.*Cable.*Kabel/,
      );
      const [kept] = await scene.world.sql("select * from refused_field where key = 'M-2' and settled_at is null");
      assert.deepEqual([kept?.["sender"], kept?.["field"], kept?.["owner"], Number(kept?.["times"])], ["office", "Description", "plm", times]); // prettier-ignore
      assert.deepEqual(valueOf(kept?.["ours"]), ["Cable"]);
      assert.deepEqual(valueOf(kept?.["theirs"]), ["Kabel"]);
    }
    const now = await material("M-2");
    assert.deepEqual(now?.Description, ["Cable"]);
    assert.deepEqual(now?.MaterialDefinitionProperty?.map((one) => [one.ID, one.Value[0]?.ValueString]), [["Color", "red"], ["Grade", "B"]]); // prettier-ignore
    const listed = async (): Promise<readonly { key: string; ours: string; theirs: string; times: number }[]> =>
      (await scene.administrator.get("/api/v1/connections/refused?limit=500")).body.items;
    const [shownOne] = (await listed()).filter(({ key }) => key === "M-2");
    assert.deepEqual([shownOne?.ours, shownOne?.theirs, shownOne?.times], ["Cable", "Kabel", 2]);
    const counted = (await scene.administrator.get("/api/v1/connections")).body.erps.find((erp: { id: string }) => erp.id === "office"); // prettier-ignore
    assert.ok(counted.refusedFields >= 1);
    const pages = await scene.administrator.get("/api/v1/connections/refused?limit=1");
    assert.equal(pages.body.items.length, 1);
    assert.equal(typeof pages.body.next, "string");
    await say("MaterialDefinition", materialText("M-2", { description: "Cable", properties: { Grade: "B" } }));
    assert.ok((await listed()).every(({ key }) => key !== "M-2"));
    const open = await scene.world.sql("select * from refused_field where key = 'M-2' and settled_at is null");
    assert.equal(open.length, 0, "who says what we hold is of one mind with us");
  });

  test("what a sender owns of a material that its owner has not stated is kept, and shown once it is there", async () => {
    const early = await say("MaterialDefinition", materialText("M-3", { description: "Early" }), { from: "PLM" });
    assert.equal(early.code, "modified");
    assert.match(early.why, /M-3.*office alone/);
    assert.equal((await material("M-3"))?.ID, "none");
    await say("MaterialDefinition", materialText("M-3"));
    assert.deepEqual((await material("M-3"))?.Description, ["Early"]);
    const other = await say("MaterialDefinition", materialText("M-3"), { from: "PLM", verb: "Sync", action: "Delete" });
    assert.equal(other.code, "rejected");
    assert.equal((await material("M-3"))?.ID, "M-3");
  });

  test("materials that orders of an ERP name are there, where its orders are all that it says of them", async () => {
    const { store, clock } = scene.sources;
    const named = requestOf({ reference: { erp: "office", company: "", number: "1" }, material: "N-1" });
    const message = {
      idempotencyKey: "1",
      noun: "order",
      number: "1",
      bytes: new Uint8Array(),
      mediaType: "",
    } as const;
    const state = (erp: string, namesMaterials?: true): Promise<void> => {
      const traits = {
        settleMs: 1,
        idempotent: new Set<never>(),
        concurrency: 1,
        ...(namesMaterials && { namesMaterials }),
      };
      const session = { traits, interpret: () => ({ ok: true as const, value: named }) };
      return stateMaterials({ store, site: sharedSite, clock, erp, session }, [message, message]);
    };
    await say("MaterialDefinition", materialText("N-1", { description: "Named" }), { from: "PLM" });
    await state("office");
    assert.equal((await material("N-1"))?.ID, "none", "who states its materials itself is not spoken for");
    await state("plm", true);
    assert.equal((await material("N-1"))?.ID, "none", "nor is one that does not own them");
    await state("office", true);
    await state("office", true);
    assert.deepEqual((await material("N-1"))?.Description, ["Named"]);
    const said = await scene.world.sql("select m.source, m.field from master_statement m join master_thing t on t.id = m.thing where t.key = 'N-1' order by m.id"); // prettier-ignore
    assert.deepEqual(said.map((row) => [row["source"], row["field"]]), [["plm", "Description"], ["office", "ID"]]); // prettier-ignore
  });

  test("the same material of another plant is another one; a list of many is taken in one message", async () => {
    const list = Array.from({ length: 500 }, (_, n) => materialText(`L-${1000 + n}`));
    list[7] = "<MaterialDefinition><Description>no ID</Description></MaterialDefinition>";
    const both = [
      materialText("P-1", { plant: "PL01", classes: ["ONE"] }),
      materialText("P-1", { plant: "PL02", classes: ["TWO"] }),
    ];
    const said = await say("MaterialInformation", `<MaterialInformation><ID>ALL</ID>${list.join("")}</MaterialInformation>`); // prettier-ignore
    assert.equal(said.code, "modified");
    assert.match(said.why, /MaterialDefinition\[8\]/);
    const found = await shown("MaterialDefinition", materialText("L-*"));
    assert.equal(found.length, 499);
    const unread = "select 1 from refused_field where noun = 'MaterialDefinition' and key = '' and settled_at is null";
    assert.equal((await scene.world.sql(unread)).length, 1);
    for (const one of both) await say("MaterialDefinition", one);
    assert.equal((await scene.world.sql(unread)).length, 0, "what is sent anew and can be read settles it");
    const ofOne = await shown("MaterialDefinition", materialText("P-*", { plant: "PL02" }));
    assert.deepEqual(ofOne.map(({ MaterialClassID }) => MaterialClassID), [["TWO"]]); // prettier-ignore
  });

  test("a Get that names properties is shown the things that have them, with these alone", async () => {
    await say("MaterialDefinition", materialText("Q-1", { properties: { Width: "5", Grade: "A" } }));
    await say("MaterialDefinition", materialText("Q-2", { properties: { Grade: "A" } }));
    const asked =
      "<MaterialDefinition><ID>Q-*</ID><MaterialDefinitionProperty><ID>Width</ID></MaterialDefinitionProperty></MaterialDefinition>";
    const found = await shown("MaterialDefinition", asked);
    assert.deepEqual(found.map((one) => [one.ID, one.MaterialDefinitionProperty?.map(({ ID }) => ID)]), [["Q-1", ["Width"]]]); // prettier-ignore
    const grade = asked.replace("<ID>Width</ID>", "<ID>Grade</ID><Value><ValueString>B</ValueString></Value>");
    assert.equal((await shown("MaterialDefinition", grade))[0]?.ID, "none");
  });

  test("equipment is the site's: its names and places are not overwritten, properties of the ERP are kept", async () => {
    const cell = (what: string): string => `<Equipment><ID>north-cell</ID>${what}</Equipment>`;
    const said = await say("Equipment", cell("<Description>Nordzelle</Description><EquipmentProperty><ID>Cost</ID><Value><ValueString>12</ValueString></Value></EquipmentProperty>")); // prettier-ignore
    assert.equal(said.code, "modified");
    assert.match(said.why, /north-cell.*site alone/);
    const [held] = await shown("Equipment", cell(""));
    assert.deepEqual([held?.Description, held?.EquipmentLevel, held?.EquipmentProperty?.[0]?.Value[0]?.ValueString], [["north-cell"], "WorkCenter", "12"]); // prettier-ignore
    const foreign = await say("Equipment", "<Equipment><ID>west-9</ID></Equipment>");
    assert.equal(foreign.code, "rejected");
    assert.match(foreign.why, /no Equipment west-9/);
    const moved = await say("Equipment", "<Equipment><ID>south</ID><EquipmentChild><ID>north-cell</ID></EquipmentChild></Equipment>", { verb: "Change" }); // prettier-ignore
    assert.match(moved.why, /north-cell.*north.*south/);
    const all = await shown("EquipmentInformation", "<EquipmentInformation><ID>any</ID></EquipmentInformation>");
    assert.deepEqual(all[0]?.Equipment?.map(({ ID }) => ID).toSorted(), sharedSite.equipment.map(({ id }) => id).toSorted()); // prettier-ignore
    const back = await say("Equipment", "<Equipment><ID>north</ID><Description>north</Description><EquipmentLevel>Area</EquipmentLevel></Equipment>", { verb: "Change" }); // prettier-ignore
    assert.equal(back.verdict, "whole", back.why);
  });

  test("people are kept by key, named to their own system alone, and are nowhere once it takes them back", async () => {
    const person = "<Person><ID>Q7-0815-X</ID><PersonName>Erika Mustermann</PersonName><PersonProperty><ID>Phone</ID></PersonProperty><PersonnelClassID>SETTER</PersonnelClassID></Person>"; // prettier-ignore
    const bodId = randomUUID();
    const made = await say("Person", person, { from: "HR", bodId });
    assert.equal(made.verdict, "whole", made.why);
    const ask = "<Person><ID>*</ID></Person>";
    const [own] = await shown("Person", ask, "HR");
    assert.deepEqual([own?.ID, own?.PersonName, own?.PersonnelClassID, own?.PersonProperty], ["Q7-0815-X", "Erika Mustermann", ["SETTER"], undefined]); // prettier-ignore
    assert.equal((await shown("Person", ask, "OFFICE"))[0]?.ID, "none");
    const foreign = await say("Person", person.replace("Erika", "Erna"), { from: "OFFICE" });
    assert.equal(foreign.code, "rejected");
    assert.doesNotMatch(foreign.why, /Q7-0815-X|Erna|Mustermann/);
    const [named] = await scene.world.sql("select p.key, p.name from person p join master_thing t on t.person = p.key where t.key = 'Q7-0815-X' and t.within = 'hr'"); // prettier-ignore
    assert.equal(named?.["name"], "Erika Mustermann");
    const gone = await say("Person", "<Person><ID>Q7-0815-X</ID></Person>", {
      from: "HR",
      verb: "Sync",
      action: "Delete",
    });
    assert.equal(gone.verdict, "whole", gone.why);
    for (const { table_name: table } of await scene.world.sql(
      "select table_name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'",
    )) {
      // prettier-ignore
      const rows = await scene.world.sql(`select 1 from ${String(table)} x where x::text ~ 'Q7-0815-X|Mustermann|Erna|Erika'`);
      assert.equal(rows.length, 0, String(table));
    }
    const [key] = await scene.world.sql("select name from person where key = $1", [named?.["key"]]);
    assert.equal(key?.["name"], null, "the key stays, for what was done under it");
  });

  test("lots, classes, segments, bills and calendars are kept and shown as they came", async () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ["MaterialClass", "WIRE", "<Description>Wire</Description>"],
      [
        "MaterialLot",
        "LOT-1",
        "<MaterialDefinitionID>M-9</MaterialDefinitionID><Disposition>UnRestricted</Disposition>",
      ],
      ["MaterialSubLot", "SUB-1", "<MaterialLotID>LOT-1</MaterialLotID>"],
      ["EquipmentClass", "PRESS", "<EquipmentLevel>WorkUnit</EquipmentLevel>"],
      ["PhysicalAsset", "SN-1", "<FixedAssetID>7</FixedAssetID>"],
      ["ProcessSegment", "CUT", "<OperationsType>Production</OperationsType>"],
      ["OperationsDefinition", "R-1", "<Version>2</Version><OperationsSegment><ID>0010</ID><MaterialSpecification><ID>1</ID><MaterialDefinitionID>M-9</MaterialDefinitionID><MaterialUse>Consumed</MaterialUse><Quantity><QuantityString>2.5</QuantityString><UnitOfMeasure>MTR</UnitOfMeasure></Quantity></MaterialSpecification></OperationsSegment>"], // prettier-ignore
      ["OperationsMaterialBill", "B-1", "<OperationsMaterialBillItem><ID>1</ID><Quantity><QuantityString>3</QuantityString></Quantity></OperationsMaterialBillItem>"], // prettier-ignore
      ["WorkCalendar", "2026", "<WorkCalendarEntry><ID>1</ID><StartDateTime>2026-01-01T00:00:00Z</StartDateTime><EntryType>Holiday</EntryType></WorkCalendarEntry>"], // prettier-ignore
      ["PersonnelClass", "SETTER", "<Description>Sets machines up</Description>"],
    ];
    for (const [noun, id, what] of cases) {
      const text = `<${noun}><ID>${id}</ID>${what}</${noun}>`;
      const said = await say(noun, text);
      assert.equal(said.verdict, "whole", `${noun}: ${said.why}`);
      const sent = unwrap((await openDocuments()).read(new TextEncoder().encode(masterMessage(noun, text)), "sent"));
      assert.deepEqual(await shown(noun, text), sent.document.content, noun);
    }
    const calendars = await shown("WorkCalendarInformation", "<WorkCalendarInformation><ID>any</ID></WorkCalendarInformation>"); // prettier-ignore
    assert.deepEqual(calendars[0]?.WorkCalendarDefinition?.[0]?.WorkCalendarDefinitionEntry.map((one) => [one.ID, one.RecurrenceTime, one.DurationRule]), [["early", "R/T06:00:00/P1D", "PT8H"], ["night", "R/T22:00:00/P1D", "PT8H"]]); // prettier-ignore
  });

  test("sent again it changes nothing and gets the same answer", async () => {
    const text = masterMessage("MaterialDefinition", materialText("M-7", { description: "x" }));
    const first = await scene.give(text);
    const count = async (): Promise<unknown> => (await scene.world.sql("select count(*)::int as n, sum(times)::int as t from master_statement, refused_field"))[0]; // prettier-ignore
    const before = await count();
    assert.deepEqual(await scene.give(text), first);
    assert.deepEqual(await count(), before);
  });
});
