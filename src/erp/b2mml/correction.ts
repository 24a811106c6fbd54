/**
 * How what was posted by B2MML is corrected. Part 5 does not say what withdrawing a response does to what was booked by
 * it: what the ERP has is put right by a person. Spec: docs/spec/correction.md
 */
import type { CorrectionMeans, DocumentStage, ErpCorrections } from "../../record/correction.ts";

type Row = Readonly<Record<DocumentStage, CorrectionMeans>>;

/** A person corrects what the ERP has, or may have; `rest` is what differs between the causes. */
function row(rest: Pick<Row, "nothing" | "confirmed" | "refused" | "planned" | "in doubt">): Row {
  return { ...rest, "moved on": "person", "period closed": "person", final: "person", ended: "person" };
}

/** What the ERP has stays true: a further document says the rest. */
const more = row({ nothing: "sum", confirmed: "post", refused: "post", planned: "post", "in doubt": "post" });

/** What the ERP has is not true any more; what it provably does not have is planned anew. */
const wrong = row({ nothing: "sum", confirmed: "person", refused: "replan", planned: "replan", "in doubt": "wait" });

/** Only a person knows where the run belongs. */
const elsewhere = row({
  nothing: "person",
  confirmed: "person",
  refused: "person",
  planned: "person",
  "in doubt": "wait",
});

export const b2mmlCorrections: ErpCorrections = {
  table: {
    "late good": more,
    "late scrap": more,
    "more used": more,
    "fewer pieces": wrong,
    "less used": wrong,
    "other grade": wrong,
    "other day": wrong,
    "other lot": wrong,
    "other material": wrong,
    "run taken back": wrong,
    "other order": elsewhere,
  },
  // A rejection comes in the ERP's own words, and no code of it says how far the document has come.
  refusals: {},
};
