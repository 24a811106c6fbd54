/** What an ERP may ask of the work on its orders: what is dispatched and what was done; and that it dispatches nothing. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { openDocuments } from "../../../src/erp/b2mml/documents.ts";
import type { Document } from "../../../src/isa95/b2mml/document.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { countOf } from "../store/world.ts";
import { masterMessage } from "./master-message.ts";
import { openScene, type Scene } from "./scene.ts";
import { scheduleMessage } from "./schedule.ts";

describe("work nouns in B2MML", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
    const orders = ["800", "801"].map((number) => ({ number, operations: ["0010", "0020"] }));
    assert.equal((await scene.give(scheduleMessage({ orders }))).verdict, "whole");
    const [job] = await scene.world.sql(
      "select j.id from job_order j join operations_request r on r.id = j.request where r.number = '800' and j.segment = '0010'",
    );
    const run = { id: "RUN-1", source: "s", workUnit: "north-1", job: "", article: "", jobOrder: String(job?.["id"]), startedAt: instant(1000), endedAt: null, result: null, outside: false }; // prettier-ignore
    await scene.store.transaction(async (tx) => {
      await tx.runs.begin(run, { was: true, because: null });
      await tx.facts.append([countOf("fact-1", "RUN-1")], instant(2000));
    });
  });
  after(() => scene?.close());

  const ask = async (noun: string, content: string): Promise<Document> => {
    const given = await scene.give(masterMessage(noun, content, { verb: "Get" }).replace("OFFICE", "ERP-1"));
    assert.equal(given.status, 200, given.text);
    return unwrap((await openDocuments()).read(new TextEncoder().encode(given.text), "answer")).document;
  };

  test("job orders are shown by order and by their own ID", async () => {
    const list = await ask("JobList", "<JobList><ID>any</ID></JobList>");
    assert.ok(list.noun === "JobList");
    const jobs = list.content[0]?.JobOrder ?? [];
    assert.equal(jobs.length, 4);
    const [first] = jobs;
    assert.deepEqual([first?.DispatchStatus, first?.SegmentRequirementID], ["Ready", ["0010"]]);
    assert.equal(first?.MaterialRequirement?.[0]?.Quantity?.[0]?.QuantityString, "12");
    const one = await ask("JobList", `<JobList><ID>any</ID><JobOrder><ID>${first?.ID ?? ""}</ID></JobOrder></JobList>`);
    assert.equal(one.noun === "JobList" && one.content[0]?.JobOrder?.length, 1);
    const asked =
      "<WorkSchedule><ID>any</ID><WorkRequest><ID>801</ID><JobOrder><ID>*</ID></JobOrder></WorkRequest></WorkSchedule>";
    const schedule = await ask("WorkSchedule", asked);
    assert.ok(schedule.noun === "WorkSchedule");
    assert.deepEqual(
      schedule.content[0]?.WorkRequest.map(({ ID, JobOrder }) => [ID, JobOrder.length]),
      [["801", 2]],
    );
  });

  test("runs are shown with what was counted, by run and by job order; what was not done is not shown", async () => {
    const found = await ask("JobResponse", "<JobResponse><ID>RUN-*</ID></JobResponse>");
    assert.ok(found.noun === "JobResponse");
    const [run, ...others] = found.content;
    assert.deepEqual(others, []);
    assert.equal(run?.JobState, "Running");
    assert.deepEqual(
      run?.JobResponseData?.map(({ ID, Value }) => [ID, Value?.[0]?.ValueString]),
      [["GoodQuantity", "1"]],
    );
    const performance = await ask("WorkPerformance", "<WorkPerformance><ID>any</ID><WorkScheduleID>any</WorkScheduleID><WorkResponse><ID>800</ID><JobResponse><ID>*</ID></JobResponse></WorkResponse></WorkPerformance>"); // prettier-ignore
    assert.ok(performance.noun === "WorkPerformance");
    assert.deepEqual(
      performance.content[0]?.WorkResponse.map(({ ID, JobResponse }) => [ID, JobResponse.map((one) => one.ID)]),
      [["800", ["RUN-1"]]],
    );
    const nothing = await ask("JobResponse", "<JobResponse><ID>*</ID><JobOrderID>never</JobOrderID></JobResponse>");
    assert.deepEqual(nothing.content, []);
  });

  test("job orders from outside are refused with the reason, and none is made", async () => {
    const given = await scene.give(
      masterMessage("JobList", "<JobList><ID>1</ID><JobOrder><ID>X</ID></JobOrder></JobList>").replace(
        "OFFICE",
        "ERP-1",
      ),
    );
    assert.equal(given.status, 409);
    assert.match(given.text, /b2mml\/not-offered/);
    assert.match(given.text, /makes job orders itself.*GetJobList/);
    const [count] = await scene.world.sql("select count(*)::int as n from job_order");
    assert.equal(count?.["n"], 4);
  });

  test("a Cancel of what was never taken over stands in quarantine", async () => {
    await scene.give(
      scheduleMessage({ verb: "Cancel", says: "", confirmation: "Always", orders: [{ number: "never" }] }),
    );
    const [held] = await scene.world.sql("select code, state from quarantine where subject = 'office/never'");
    assert.deepEqual([held?.["code"], held?.["state"]], ["b2mml/unknown-order", "open"]);
  });
});
