/** What stands where, by material, place and lot; and every movement behind a material. */
import { NativeSelect } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import { useList } from "../../api/query.ts";
import { Age } from "../../parts/age.tsx";
import { DataGrid, type Column } from "../../parts/data-grid.tsx";
import { EvidenceDrawer } from "../../parts/evidence/drawer.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { SearchText } from "../../parts/search-text.tsx";
import { useText } from "../../text/text.tsx";
import { Movements } from "./movements.tsx";
import { usePlaceName } from "../../parts/place.ts";

const route = getRouteApi("/materials");
const accounts = ["stock:", "unit:", "world:unexplained@", "world:"] as const;

type Balance = ReplyOf<"GET /api/v1/materials">["items"][number];

export function MaterialsScreen(): ReactNode {
  const { open, material } = route.useSearch();
  return (
    <>
      {material === undefined ? <Balances /> : <Movements material={material} />}
      <EvidenceDrawer open={open} />
    </>
  );
}

function Balances(): ReactNode {
  const { t } = useText();
  const search = route.useSearch();
  const account = accounts.find((one) => one === search.account);
  const list = useList("GET /api/v1/materials", {
    query: {
      limit: 500,
      ...(search.text === undefined ? {} : { text: search.text }),
      ...(account === undefined ? {} : { account }),
    },
  });
  const columns = useColumns();
  return (
    <>
      <Filters />
      <p className="soft">{t("materials.what")}</p>
      <Loaded read={list}>
        {() =>
          list.rows.length === 0 ? (
            <Empty title={t("materials.empty")} hint={t("materials.empty.do")} />
          ) : (
            <DataGrid
              label={t("nav.materials")}
              columns={columns}
              rows={list.rows}
              keyOf={(row) => `${row.material} ${row.account} ${row.lot ?? ""} ${row.amount.uom}`}
              total={list.rows.length}
              onNearEnd={list.more}
            />
          )
        }
      </Loaded>
    </>
  );
}

function Filters(): ReactNode {
  const { t } = useText();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (name: "text" | "account", value: string): void => {
    void navigate({ search: (before) => ({ ...before, [name]: value === "" ? undefined : value }), replace: true });
  };
  return (
    <div className="head">
      <h1 className="grow">{t("nav.materials")}</h1>
      <SearchText label={t("materials.text")} value={search.text ?? ""} onChange={(value) => set("text", value)} />
      <NativeSelect
        label={t("materials.place")}
        value={search.account ?? ""}
        onChange={({ currentTarget }) => set("account", currentTarget.value)}
        data={[
          { value: "", label: t("orders.all") },
          ...accounts.map((value) => ({ value, label: t(`materials.account.${value}`) })),
        ]}
      />
    </div>
  );
}

function useColumns(): readonly Column<Balance>[] {
  const { t, amount } = useText();
  const place = usePlaceName();
  return useMemo(
    () => [
      {
        id: "material",
        title: t("orders.material"),
        // On a phone the first three share its width: what, where, how much.
        width: "minmax(min(150px, 29vw), 1.3fr)",
        cell: (row) => (
          <Link
            to="/materials"
            search={{ material: row.material, place: row.account, lot: row.lot ?? undefined, unit: row.amount.uom }}
          >
            {row.material}
          </Link>
        ),
      },
      {
        id: "place",
        title: t("materials.place"),
        width: "minmax(min(180px, 34vw), 1.5fr)",
        cell: (row) => place(row.account),
      },
      {
        id: "amount",
        title: t("materials.amount"),
        width: "min(160px, 27vw)",
        isNumber: true,
        cell: (row) => (
          <span className={row.amount.value.startsWith("-") ? "late" : undefined}>{amount(row.amount)}</span>
        ),
      },
      { id: "lot", title: t("order.lot"), width: "minmax(110px, 1fr)", cell: (row) => row.lot ?? "–" },
      {
        id: "last",
        title: t("materials.last"),
        width: "165px",
        isNumber: true,
        cell: (row) => <Age time={row.lastMovementAt} />,
      },
    ],
    [t, amount, place],
  );
}
