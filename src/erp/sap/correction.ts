/**
 * How what was posted to SAP is corrected. SAP writes no negative quantities: a document is cancelled as a whole, and
 * what holds instead is posted anew. Spec: docs/spec/correction.md
 */
import type { CorrectionMeans, DocumentStage, ErpCorrections } from "../../record/correction.ts";

type Row = Readonly<Record<DocumentStage, CorrectionMeans>>;

/** What SAP has stays true: a further document says the rest. */
const more: Row = {
  nothing: "sum",
  confirmed: "post",
  "moved on": "post",
  "period closed": "park",
  refused: "post",
  planned: "post",
  "in doubt": "post",
  final: "person",
  ended: "person",
};

/** What SAP has is not true any more. */
const wrong: Row = {
  nothing: "sum",
  confirmed: "reverse",
  "moved on": "park",
  "period closed": "park",
  refused: "replan",
  planned: "replan",
  "in doubt": "wait",
  final: "person",
  ended: "person",
};

/** A person takes the documents back, and re-assigns the run: only a person knows where it belongs. */
const elsewhere: Row = {
  nothing: "person",
  confirmed: "person",
  "moved on": "person",
  "period closed": "person",
  refused: "person",
  planned: "person",
  "in doubt": "wait",
  final: "person",
  ended: "person",
};

export const sapCorrections: ErpCorrections = {
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
  refusals: {
    "erp/sap-stock-short": "moved on",
    "erp/sap-period-closed": "period closed",
    "erp/sap-order-status": "ended",
  },
};
