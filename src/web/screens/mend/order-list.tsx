/** Orders that were not accepted: judged again after the site was changed, or not made here. */
import type { ReactNode } from "react";
import { useList } from "../../api/query.ts";
import { Act } from "../../parts/act.tsx";
import { OpenLink } from "../../parts/evidence/open-link.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { Card, Cards, type MendListProps } from "./card.tsx";

export function OrderList(props: MendListProps): ReactNode {
  const { code, onDone } = props;
  const { t } = useText();
  const may = useMay();
  const list = useList("GET /api/v1/mend/orders", { query: code === undefined ? {} : { code } });
  return (
    <Cards
      list={list}
      card={(row) => (
        <Card
          key={row.id}
          title={t("mend.order", { number: row.number, erp: row.erp })}
          code={row.code}
          message={row.message}
          since={row.openedAt}
          actions={
            <>
              {may("mend.decide") ? (
                <>
                  <Act
                    route="POST /api/v1/mend/orders/:quarantine/retry"
                    name="retry-order"
                    isFirst
                    input={(because) => ({ params: { quarantine: row.id }, body: { because }, version: row.version })}
                    onDone={onDone}
                  />
                  <Act
                    route="POST /api/v1/mend/orders/:quarantine/dismiss"
                    name="dismiss-order"
                    isHarmful
                    input={(because) => ({ params: { quarantine: row.id }, body: { because }, version: row.version })}
                    onDone={onDone}
                  />
                </>
              ) : null}
              {row.inbound === null ? null : (
                <OpenLink kind="message" id={row.inbound}>
                  {t("mend.open.message")}
                </OpenLink>
              )}
            </>
          }
        />
      )}
    />
  );
}
