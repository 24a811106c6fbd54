/**
 * Results to documents of B2MML: ProcessOperationsPerformance with one response, whose ID is the posting's key and whose
 * BODID follows from it. Taking one back confirmation back is
 * CancelOperationsPerformance; material is booked back by nothing. Pure.
 */
import { formatInstant, type Instant } from "../../base/instant.ts";
import { guidOf } from "../../base/id.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { B2mml } from "../../document/b2mml.ts";
import type { DocumentOf, Message } from "../../isa95/b2mml/document.ts";
import type { Information } from "../../isa95/b2mml/information.ts";
import { performanceOf } from "../../isa95/conversation/performance.ts";
import type { PostingContent } from "../../record/posting.ts";
import type { Envelope } from "../connector.ts";
import type { B2mmlConfig } from "./config.ts";

type Performance = Information<"OperationsPerformance">;

/**
 * The bytes that will travel, the same for the same posting.
 *
 * @fault invalid erp/b2mml-no-document  B2MML has no document for it
 * @fault invalid b2mml/unwritable
 */
export function composePerformance(
  b2mml: B2mml,
  config: B2mmlConfig,
  key: string,
  content: PostingContent,
): Result<Envelope> {
  const message = messageOf(config, key, content);
  if (!message.ok) return message;
  const written = b2mml.write(message.value);
  if (!written.ok) return written;
  return ok({ key, kind: content.kind, bytes: new TextEncoder().encode(written.value) });
}

function messageOf(
  config: B2mmlConfig,
  key: string,
  content: PostingContent,
): Result<DocumentOf<"OperationsPerformance">> {
  switch (content.kind) {
    case "order-accepted": {
      const text =
        "B2MML has no document that says that an order was taken over: leave announceRelease off for this ERP.";
      return fail("invalid", "erp/b2mml-no-document", text);
    }
    case "movement-reversal": {
      const text = `B2MML has no document that books the material of ${content.reversal.document} back: book it back in the ERP, then give this up.`;
      return fail("invalid", "erp/b2mml-no-document", text);
    }
    case "confirmation-reversal": {
      const { document, recordedAt } = content.reversal;
      const named = namedPerformance(document);
      // A Cancel has no answer of its own; a confirmation says whether it was heard.
      return ok({ ...head(config, recordedAt, guidOf(key), "Always"), verb: "Cancel", action: {}, content: [named] });
    }
    case "confirmation":
    case "final-confirmation":
    case "goods-receipt":
    case "goods-issue": {
      const { response, kind } = content;
      const performance = performanceOf(key, [{ key, kind, response }]);
      const action = config.partner.acknowledges ? { acknowledgeCode: "Always" as const } : {};
      const area = head(config, response.dates.recordedAt, guidOf(key));
      return ok({ ...area, verb: "Process", action, content: [performance] });
    }
  }
}

/** A performance that only names a response, for asking and taking back. */
export function namedPerformance(id: string, order?: string): Performance {
  const named = order === undefined ? {} : { OperationsRequestID: [order] };
  return { ID: id, OperationsResponse: [{ ID: id, ...named, SegmentResponse: [{ ID: id }] }] };
}

/** The question for what the ERP has; never the same question twice, so that nobody answers it from memory. */
export function askFor(
  config: B2mmlConfig,
  performance: Performance,
  at: Instant,
  bodId: string,
): DocumentOf<"OperationsPerformance"> {
  return { ...head(config, at, bodId), verb: "Get", action: {}, content: [performance] };
}

type Head = Pick<Message<"OperationsPerformance">, "noun" | "applicationArea" | "releaseID">;

function head(config: B2mmlConfig, at: Instant, bodId: string, confirmation?: "Always"): Head {
  const { ownLogicalId, logicalId } = config;
  return {
    noun: "OperationsPerformance",
    applicationArea: {
      Sender: {
        LogicalID: ownLogicalId,
        ComponentID: "Millrace",
        ...(confirmation && { ConfirmationCode: confirmation }),
      },
      ...(logicalId !== undefined && { Receiver: [{ LogicalID: logicalId }] }),
      CreationDateTime: formatInstant(at),
      BODID: bodId,
    },
    releaseID: "",
  };
}
