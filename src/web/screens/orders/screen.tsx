/** All orders in one list of any length, with the filters in the address. */
import { NativeSelect } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { OrderRow } from "../../../api/contract/order.ts";
import type { QueryOf } from "../../../api/contract/contract.ts";
import { useList, useRead } from "../../api/query.ts";
import { useNow } from "../../clock.ts";
import { DataGrid, type Column } from "../../parts/data-grid.tsx";
import { Mark } from "../../parts/mark.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { SearchText } from "../../parts/search-text.tsx";
import { toneOfProgress } from "../../parts/tone.ts";
import { useText } from "../../text/text.tsx";

const route = getRouteApi("/orders");
const progresses = ["open", "running", "done", "cancelled"] as const;
const sorts = ["dispatch", "latestEnd", "number"] as const;
const partSize = 500;

type Query = NonNullable<QueryOf<"GET /api/v1/orders">>;
type Search = ReturnType<typeof route.useSearch>;

/** What the address says, as the interface takes it; anything else in it is no filter. */
function queryOf(search: Search): Query {
  const progress = progresses.find((one) => one === search.progress);
  const sort = sorts.find((one) => one === search.sort);
  const toMend = search.toMend === "true" || search.toMend === "false" ? search.toMend : undefined;
  return {
    limit: partSize,
    ...(progress === undefined ? {} : { progress }),
    ...(sort === undefined ? {} : { sort }),
    ...(toMend === undefined ? {} : { toMend }),
    ...(search.workCenter === undefined ? {} : { workCenter: search.workCenter }),
    ...(search.material === undefined ? {} : { material: search.material }),
    ...(search.text === undefined ? {} : { text: search.text }),
  };
}

export function OrdersScreen(): ReactNode {
  const { t, many, number } = useText();
  const search = route.useSearch();
  const list = useList("GET /api/v1/orders", { query: queryOf(search) });
  const columns = useColumns();
  const total = list.data?.total ?? 0;
  return (
    <>
      <Filters />
      <Loaded read={list}>
        {({ totalIsCapped }) =>
          list.rows.length === 0 ? (
            <Empty title={t("orders.empty")} hint={t("orders.empty.do")} />
          ) : (
            <>
              <p className="soft" role="status">
                {totalIsCapped ? t("orders.capped", { count: number(total) }) : many("orders.count", total)}
              </p>
              <DataGrid
                label={t("nav.orders")}
                columns={columns}
                rows={list.rows}
                keyOf={(row) => row.id}
                total={total}
                onNearEnd={list.more}
              />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function useColumns(): readonly Column<OrderRow>[] {
  const { t, amount, beside, number } = useText();
  return useMemo(
    // a phone shows the first three at once
    () => [
      {
        id: "number",
        title: t("orders.number"),
        width: "minmax(100px, 0.8fr)",
        cell: (row) => (
          <Link to="/orders/$order" params={{ order: row.id }}>
            {row.number}
          </Link>
        ),
      },
      {
        id: "progress",
        title: t("orders.progress"),
        width: "125px",
        cell: (row) => <Mark tone={toneOfProgress[row.progress]}>{t(`progress.${row.progress}`)}</Mark>,
      },
      {
        id: "good",
        title: t("orders.good"),
        width: "140px",
        isNumber: true,
        cell: (row) => `${beside(row.good, row.quantity)} / ${amount(row.quantity)}`,
      },
      { id: "material", title: t("orders.material"), width: "minmax(120px, 1fr)", cell: (row) => row.material },
      {
        id: "scrap",
        title: t("orders.scrap"),
        width: "105px",
        isNumber: true,
        cell: (row) => beside(row.scrap, row.quantity),
      },
      { id: "start", title: t("orders.start"), width: "130px", cell: (row) => <Due time={row.earliestStart} /> },
      {
        id: "end",
        title: t("orders.end"),
        width: "140px",
        cell: (row) => <Due time={row.latestEnd} isOpen={row.progress === "open" || row.progress === "running"} />,
      },
      {
        id: "priority",
        title: t("orders.priority"),
        width: "90px",
        isNumber: true,
        cell: (row) => number(row.priority),
      },
      {
        id: "place",
        title: t("orders.place"),
        width: "minmax(130px, 1.5fr)",
        cell: (row) => <span title={row.workCenters.join(", ")}>{row.workCenters.join(", ")}</span>,
      },
      {
        id: "mend",
        title: t("orders.to-mend"),
        width: "110px",
        cell: (row) => (row.toMend === 0 ? "" : <Mark tone="bad">{number(row.toMend)}</Mark>),
      },
    ],
    [t, amount, beside, number],
  );
}

/** A date; late when it is over and the order is still open. */
function Due(props: { readonly time: string | null; readonly isOpen?: boolean }): ReactNode {
  const { t, dateTime } = useText();
  const now = useNow();
  if (props.time === null) return "–";
  const isLate = props.isOpen === true && Date.parse(props.time) < now;
  const text = dateTime(props.time).replace(/:\d\d$/, "");
  return isLate ? (
    <strong className="late" title={t("orders.late")}>
      {text} <span className="hidden-text">{t("orders.late")}</span>
    </strong>
  ) : (
    text
  );
}

function Filters(): ReactNode {
  const { t } = useText();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const floor = useRead("GET /api/v1/floor", {});
  const centers = floor.data?.equipment.filter(({ id }) => floor.data.units.some((unit) => unit.workCenter === id));
  const set = (name: keyof Search, value: string): void => {
    void navigate({ search: (before) => ({ ...before, [name]: value === "" ? undefined : value }), replace: true });
  };
  const all = { value: "", label: t("orders.all") };
  return (
    <div className="head">
      <h1 className="grow">{t("nav.orders")}</h1>
      <SearchText label={t("orders.text")} value={search.text ?? ""} onChange={(value) => set("text", value)} />
      <NativeSelect
        label={t("orders.progress")}
        value={search.progress ?? ""}
        onChange={({ currentTarget }) => set("progress", currentTarget.value)}
        data={[all, ...progresses.map((value) => ({ value, label: t(`progress.${value}`) }))]}
      />
      <NativeSelect
        label={t("orders.place")}
        value={search.workCenter ?? ""}
        onChange={({ currentTarget }) => set("workCenter", currentTarget.value)}
        data={[all, ...(centers ?? []).map(({ id, description }) => ({ value: id, label: description }))]}
      />
      <NativeSelect
        label={t("orders.to-mend")}
        value={search.toMend ?? ""}
        onChange={({ currentTarget }) => set("toMend", currentTarget.value)}
        data={[
          all,
          { value: "true", label: t("orders.to-mend.true") },
          { value: "false", label: t("orders.to-mend.false") },
        ]}
      />
      <NativeSelect
        label={t("orders.sort")}
        value={search.sort ?? "dispatch"}
        onChange={({ currentTarget }) => set("sort", currentTarget.value === "dispatch" ? "" : currentTarget.value)}
        data={sorts.map((value) => ({ value, label: t(`orders.sort.${value}`) }))}
      />
    </div>
  );
}
