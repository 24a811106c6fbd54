/** The original message of the ERP, as it came. */
import type { ReactNode } from "react";
import { useRead } from "../../api/query.ts";
import { useText } from "../../text/text.tsx";
import { At } from "../age.tsx";
import { Loaded } from "../page-state.tsx";
import { Pairs } from "../pairs.tsx";

export function MessageEvidence(props: { readonly id: string }): ReactNode {
  const { t, look } = useText();
  const read = useRead("GET /api/v1/messages/:message", { params: { message: props.id } });
  return (
    <Loaded read={read}>
      {(message) => (
        <div className="stack">
          <Pairs
            of={[
              [t("order.erp"), message.erp],
              [t("evidence.received-time"), <At key="at" time={message.receivedAt} />],
              [
                t("evidence.verdict"),
                message.verdict === null ? "–" : (look(`word.${message.verdict}`) ?? message.verdict),
              ],
              [t("evidence.media-type"), message.mediaType],
            ]}
          />
          {/* a region that scrolls must be reachable by keyboard */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre className="plain" tabIndex={0} aria-label={t("evidence.message")}>
            {message.text}
          </pre>
        </div>
      )}
    </Loaded>
  );
}
