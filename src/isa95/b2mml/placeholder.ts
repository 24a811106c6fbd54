/**
 * A schedule without requests. Older versions can say it, and so must an answer that found nothing; 7.0.1 demands at
 * least one request. What is written then asks for nothing: it is cancelled and everything about it is called `none`.
 * Reading takes it out again, so that nobody ever sees an order in it.
 */
import { canonicalJson } from "../../base/json.ts";
import type { Document } from "./document.ts";
import type { Information } from "./information.ts";

const none = "none";

const placeholder: Information<"OperationsRequest"> = {
  ID: none,
  RequestState: "Cancelled",
  SegmentRequirement: [{ ID: none, ProcessSegmentID: none, OperationsDefinitionID: none, OperationsSegmentID: none }],
};
const written = canonicalJson(placeholder);

type Schedule = Information<"OperationsSchedule">;

/** The document as 7.0.1 can say it. */
export function withPlaceholders(document: Document): Document {
  return mapSchedules(document, (schedule) =>
    schedule.OperationsRequest.length === 0 ? { ...schedule, OperationsRequest: [placeholder] } : schedule,
  );
}

/** The document as it was meant. */
export function withoutPlaceholders(document: Document): Document {
  return mapSchedules(document, (schedule) => {
    // a document of an older version may have no request at all
    const requests = (schedule as Partial<Schedule>).OperationsRequest ?? [];
    const [only] = requests;
    const isNone = requests.length === 1 && only?.ID === none && canonicalJson(only) === written;
    return isNone || requests.length === 0 ? { ...schedule, OperationsRequest: [] } : schedule;
  });
}

function mapSchedules(document: Document, map: (schedule: Schedule) => Schedule): Document {
  if (document.noun !== "OperationsSchedule") return document;
  if (document.verb === null) return { ...document, content: [map(document.content[0])] };
  return { ...document, content: document.content.map(map) };
}
