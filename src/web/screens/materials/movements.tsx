/** Every movement of a material, newest first, each opening to the fact it was booked from. */
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { QueryOf, ReplyOf } from "../../../api/contract/contract.ts";
import { useList } from "../../api/query.ts";
import { At } from "../../parts/age.tsx";
import { DataGrid, type Column } from "../../parts/data-grid.tsx";
import { OpenLink } from "../../parts/evidence/open-link.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { useText } from "../../text/text.tsx";
import { usePlaceName } from "../../parts/place.ts";

const route = getRouteApi("/materials");

type Query = NonNullable<QueryOf<"GET /api/v1/materials/:material/movements">>;
type Movement = ReplyOf<"GET /api/v1/materials/:material/movements">["items"][number];

export function Movements(props: { readonly material: string }): ReactNode {
  const { t } = useText();
  const { place, lot, unit } = route.useSearch();
  const name = usePlaceName();
  const columns = useColumns();
  const list = useList("GET /api/v1/materials/:material/movements", {
    params: { material: props.material },
    query: { limit: 200, ...(place === undefined ? ofLot(lot) : ofBalance(place, lot, unit)) },
  });
  return (
    <>
      <div className="head">
        <h1>{props.material}</h1>
        <span className="grow soft">
          {place === undefined ? null : `${name(place)} · `}
          {lot !== undefined ? t("materials.of-lot", { lot }) : place === undefined ? null : t("materials.of-no-lot")}
        </span>
        {place === undefined ? null : (
          <Link to="/materials" search={{ material: props.material }} className="chip">
            {t("materials.everywhere")}
          </Link>
        )}
        <Link to="/materials" className="chip">
          {t("materials.back")}
        </Link>
      </div>
      <Loaded read={list}>
        {() =>
          list.rows.length === 0 ? (
            <Empty title={t("materials.no-movement")} hint={t("materials.no-movement.do")} />
          ) : (
            <DataGrid
              label={t("materials.movements", { material: props.material })}
              columns={columns}
              rows={list.rows}
              keyOf={(row) => row.id}
              total={list.rows.length}
              onNearEnd={list.more}
            />
          )
        }
      </Loaded>
    </>
  );
}

function ofLot(lot: string | undefined): Query {
  return lot === undefined ? {} : { lot };
}

/** What a balance is made of: where it names no lot, what has none. */
function ofBalance(account: string, lot: string | undefined, unit: string | undefined): Query {
  return { account, lot: lot ?? "", ...(unit === undefined ? {} : { uom: unit }) };
}

function useColumns(): readonly Column<Movement>[] {
  const { t, amount } = useText();
  const place = usePlaceName();
  return useMemo(
    () => [
      {
        id: "at",
        title: t("evidence.event"),
        width: "176px",
        cell: (row) => (
          <OpenLink kind="fact" id={row.fact}>
            <At time={row.eventAt} />
          </OpenLink>
        ),
      },
      {
        id: "amount",
        title: t("materials.amount"),
        width: "140px",
        isNumber: true,
        cell: (row) => amount(row.amount),
      },
      { id: "from", title: t("materials.from"), width: "minmax(160px, 1fr)", cell: (row) => place(row.from) },
      { id: "to", title: t("materials.to"), width: "minmax(160px, 1fr)", cell: (row) => place(row.to) },
      { id: "lot", title: t("order.lot"), width: "120px", cell: (row) => row.lot ?? "–" },
      {
        id: "order",
        title: t("orders.number"),
        width: "140px",
        cell: (row) =>
          row.order === null ? (
            "–"
          ) : (
            <Link to="/orders/$order" params={{ order: row.order }}>
              {row.number ?? row.order}
            </Link>
          ),
      },
      {
        id: "note",
        title: t("materials.note"),
        width: "minmax(120px, 1fr)",
        cell: (row) => (row.corrects === null ? "" : t("materials.corrects")),
      },
    ],
    [t, amount, place],
  );
}
