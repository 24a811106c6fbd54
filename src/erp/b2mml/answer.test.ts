/** What an answer of Part 5 to a document says, in every shape. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { guidOf, postingKey } from "../../base/id.ts";
import { send } from "./testing/fake-partner.ts";
import { answered, confirmation, connect, from, never, request } from "./testing/session-scene.ts";

test("an answer counts as what it says, and one that says nothing certain is in doubt", async () => {
  assert.equal(await answered((text) => text), "confirmed");
  assert.equal(await answered((text) => text.replace('actionCode="Accepted"', 'actionCode="Modified"')), "in-doubt");
  assert.equal(await answered((text) => text.replace('actionCode="Accepted"', 'actionCode="Rejected"')), "refused");
  const bodId = guidOf(postingKey("n"));
  assert.equal(await answered((text) => text.replaceAll(bodId, guidOf("another"))), "in-doubt");
  assert.equal(await answered(() => ""), "in-doubt");
  assert.equal(await answered(() => "", { partner: { acknowledges: false } }), "confirmed");
});

test("a word that the standard does not know, and several that differ, are no yes", async () => {
  const accepted = '<ResponseExpression actionCode="Accepted"';
  for (const word of ["Refused", "Error", "accepted with errors"])
    assert.equal(
      await answered((text) => text.replace(accepted, accepted.replace("Accepted", word))),
      "in-doubt",
      word,
    );
  const criteria = /<ResponseCriteria>.*?<\/ResponseCriteria>/s;
  const twice = (second: string) => (text: string): string =>
    text.replace(criteria, (first) => first + first.replace('"Accepted"', `"${second}"`)); // prettier-ignore
  assert.equal(await answered(twice("Accepted")), "confirmed");
  assert.equal(await answered(twice("Rejected")), "in-doubt", "the second part was not taken");
});

test("what the ERP has answers no document that was sent to it", async () => {
  const { partner, session, compose } = await connect();
  let shown = "";
  partner.shown.push(
    (answer) => (shown = answer.replace(/<OriginalApplicationArea>.*?<\/OriginalApplicationArea>/s, "")),
  );
  assert.equal((await session.resolve(compose(confirmation), never)).outcome, "absent");
  assert.match(shown, /<Show/);
  partner.mishaps.push((_, to) => send(to, 200, shown));
  assert.equal((await session.push(compose(confirmation), never)).outcome, "in-doubt");
});

test("an empty Show with a word that the standard does not know is no proof that nothing is there", async () => {
  const { partner, session, compose } = await connect();
  const withCriteria = (answer: string): string => {
    const text = answer.replace(/(<\/OriginalApplicationArea>)(?=.*<\/Show>)/s, '$1<ResponseCriteria><ResponseExpression actionCode="Failed"/></ResponseCriteria>'); // prettier-ignore
    assert.match(text, /actionCode="Failed"/);
    return text;
  };
  const reversal = { reference: request.reference, posting: "p", document: postingKey("first"), postingDate: "2026-02-03", recordedAt: from } as const; // prettier-ignore
  const back = compose({ kind: "confirmation-reversal", response: null, reversal }, "back");
  for (const asked of [compose(confirmation), back]) {
    partner.shown.push(withCriteria);
    assert.equal((await session.resolve(asked, never)).outcome, "unknown", asked.kind);
  }
});

test("a word that is none of the standard's, and an answer to something else, say nothing certain", async () => {
  const said = (word: string) => (text: string) => text.replace('actionCode="Accepted"', `actionCode="${word}"`);
  for (const word of ["Error", "Failed", "Refused", "", "Deleted"])
    assert.equal(await answered(said(word)), "in-doubt", word);
  assert.equal(await answered(said(" ACCEPTED ")), "confirmed");
  assert.equal(await answered(said(" rejected ")), "refused");
  const asVerb = (verb: string) => (text: string) => text.replaceAll("Acknowledge", verb);
  assert.equal(await answered(asVerb("Show")), "in-doubt", "a Show answers a Get");
  const ofSchedule = (text: string): string =>
    text
      .replaceAll("AcknowledgeOperationsPerformance", "AcknowledgeOperationsSchedule")
      .replace(/<OperationsPerformance>.*<\/OperationsPerformance>/s, "<OperationsSchedule><ID>none</ID><OperationsRequest><ID>1</ID><SegmentRequirement><ID>1</ID><ProcessSegmentID>1</ProcessSegmentID><OperationsDefinitionID>1</OperationsDefinitionID><OperationsSegmentID>1</OperationsSegmentID></SegmentRequirement></OperationsRequest></OperationsSchedule>"); // prettier-ignore
  assert.equal(await answered(ofSchedule), "in-doubt", "an Acknowledge of something else");
  const status = async (code: number): Promise<string> => {
    const { partner, session, compose } = await connect();
    partner.mishaps.push((_, to, commit) => send(to, code, commit()));
    return (await session.push(compose(confirmation), never)).outcome;
  };
  assert.equal(await status(400), "in-doubt", "a status that says no, with a body that says yes");
});
