/** One order: what was asked, how far it is, its operations, its time line, and a drawer for what an entry opens to. */
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Order } from "../../../api/contract/order.ts";
import { useRead } from "../../api/query.ts";
import { At } from "../../parts/age.tsx";
import { EvidenceDrawer } from "../../parts/evidence/drawer.tsx";
import { Mark } from "../../parts/mark.tsx";
import { Loaded } from "../../parts/page-state.tsx";
import { Pairs } from "../../parts/pairs.tsx";
import { toneOfProgress } from "../../parts/tone.ts";
import { useText } from "../../text/text.tsx";
import { Operations } from "./operations.tsx";
import { Timeline } from "./timeline.tsx";
import "./order.css";

const route = getRouteApi("/orders/$order");

export function OrderScreen(): ReactNode {
  const { order } = route.useParams();
  const { open } = route.useSearch();
  const read = useRead("GET /api/v1/orders/:order", { params: { order } });
  return (
    <>
      <Loaded read={read}>
        {(found) => (
          <div className="stack">
            <Head order={found} />
            <div className="order-parts">
              <Operations order={found} />
              <Timeline order={order} />
            </div>
          </div>
        )}
      </Loaded>
      <EvidenceDrawer open={open} />
    </>
  );
}

function Head(props: { readonly order: Order }): ReactNode {
  const { order } = props;
  const { t, amount, beside, number, look } = useText();
  const facts: readonly (readonly [string, ReactNode])[] = [
    [t("orders.good"), `${beside(order.good, order.quantity)} / ${amount(order.quantity)}`],
    [t("orders.scrap"), beside(order.scrap, order.quantity)],
    [t("orders.start"), <At key="start" time={order.earliestStart} />],
    [t("orders.end"), <At key="end" time={order.latestEnd} />],
    [t("orders.priority"), number(order.priority)],
    [t("order.plant"), order.plant],
    [t("order.receipt-location"), order.receiptLocation ?? "–"],
    [t("order.erp"), `${order.erp} · ${look(`word.${order.state}`) ?? order.state}`],
    [t("order.accepted"), <At key="accepted" time={order.acceptedAt} />],
  ];
  return (
    <header className="card stack">
      <div className="row">
        <Link to="/orders" className="order-back">
          {t("nav.orders")}
        </Link>
        <h1>{order.number}</h1>
        <strong>{order.material}</strong>
        <Mark tone={toneOfProgress[order.progress]}>{t(`progress.${order.progress}`)}</Mark>
        {order.toMend === 0 ? null : (
          <Link to="/mend" search={{ list: "postings" }}>
            {t("order.to-mend", { count: number(order.toMend) })}
          </Link>
        )}
      </div>
      <Pairs of={facts} isRow />
    </header>
  );
}
