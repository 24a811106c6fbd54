/** Events, capabilities and results of tests that other systems state: kept by their owner's word, shown when asked. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { unwrap } from "../../../src/base/result.ts";
import type { Document } from "../../../src/isa95/b2mml/document.ts";
import { openDocuments } from "../../../src/erp/b2mml/documents.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { masterMessage, sharedSite, type MasterMessage } from "./master-message.ts";
import { openScene, type Given, type Scene } from "./scene.ts";

const event = (id: string, text: string): string =>
  `<OperationsEvent><ID>${id}</ID><Description>${text}</Description><EffectiveTimeStamp>2026-01-05T05:30:00Z</EffectiveTimeStamp></OperationsEvent>`;

describe("events, capabilities and tests in B2MML", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let scene: Scene;
  before(async () => void (scene = await openScene({}, sharedSite)));
  after(() => scene?.close());

  const give = (noun: string, content: string, how: MasterMessage): Promise<Given> =>
    scene.give(masterMessage(noun, content, how));

  async function read(given: Given): Promise<Document> {
    assert.equal(given.status, 200, given.text);
    return unwrap((await openDocuments()).read(new TextEncoder().encode(given.text), "answer")).document;
  }

  async function eventsLike(id: string): Promise<readonly (readonly [id: string, text: string | undefined])[]> {
    const asked = `<OperationsEventInformation><ID>all</ID>${event(id, "")}</OperationsEventInformation>`;
    const shown = await read(await give("OperationsEventInformation", asked, { verb: "Get" }));
    assert.ok(shown.noun === "OperationsEventInformation");
    return shown.content.flatMap(({ OperationsEvent = [] }) =>
      OperationsEvent.map(({ ID, Description = [] }) => [ID, Description[0]] as const),
    );
  }

  test("an event that is notified is kept, once for its BODID, and shown", async () => {
    const how = { verb: "Notify", bodId: "0c9ff2b6-8ae1-4c0c-9e8b-0f6b8d2f1a11" } as const;
    const first = await give("OperationsEvent", event("E-1", "The oven is hot"), how);
    const confirmed = await read(first);
    assert.equal(confirmed.noun, "ConfirmBOD");
    assert.equal(first.verdict, "whole");
    assert.equal((await give("OperationsEvent", event("E-1", "The oven is hot"), how)).text, first.text);
    assert.deepEqual(await eventsLike("E-*"), [["E-1", "The oven is hot"]]);
  });

  test("who does not own events is not heard", async () => {
    const given = await give("OperationsEvent", event("E-2", "x"), { verb: "Notify", from: "PLM" });
    assert.equal(given.verdict, "none");
    assert.deepEqual(await eventsLike("E-2"), []);
  });

  test("a capability and the result of a test are taken, changed, shown and withdrawn", async () => {
    const capability = (text: string): string =>
      `<OperationsCapability><ID>C-1</ID><Description>${text}</Description></OperationsCapability>`;
    const result = "<TestResult><ID>T-1</ID><Description>held</Description></TestResult>";
    assert.equal((await give("OperationsCapability", capability("two shifts"), {})).verdict, "whole");
    assert.equal((await give("OperationsCapability", capability("one shift"), { verb: "Change" })).verdict, "whole");
    assert.equal((await give("TestResult", result, { verb: "Sync", action: "Add" })).verdict, "whole");
    const shown = await read(await give("OperationsCapability", capability(""), { verb: "Get" }));
    assert.ok(shown.noun === "OperationsCapability");
    assert.deepEqual(shown.content[0]?.Description, ["one shift"]);
    const tested = await read(await give("TestResult", "<TestResult><ID>*</ID></TestResult>", { verb: "Get" }));
    assert.ok(tested.noun === "TestResult");
    assert.deepEqual(
      tested.content.map(({ ID }) => ID),
      ["T-1"],
    );
    assert.equal((await give("TestResult", result, { verb: "Sync", action: "Delete" })).verdict, "whole");
  });
});
